#!/usr/bin/env python3
"""Writes the sample house: people.vcf, mail.mbox and house.jsonl, with dates that fit one day.

  make_house.py --anchor 2026-11-21 --out DIR

The anchor is "today". The same anchor gives the same bytes, on every machine. Needs nothing but the
standard library of Python 3.9 or later; opens no network connection.
"""

import argparse
import datetime as dt
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import cast  # noqa: E402
from house_requests import write_requests  # noqa: E402
from mails import mbox_entry, write_mail  # noqa: E402
from vcards import write_people  # noqa: E402


def days_since_thursday(anchor):
    """1 to 7: people say "on Thursday" of a past one."""
    return (anchor.weekday() - 3) % 7 or 7


def make(anchor):
    """The three files by name."""
    thursday = days_since_thursday(anchor)
    people = cast.people(thursday)
    letters = write_mail(anchor, people, thursday)
    return {
        "people.vcf": write_people(anchor, people),
        "mail.mbox": b"".join(mbox_entry(letter) for letter in letters),
        "house.jsonl": write_requests(anchor, people, thursday).encode(),
    }


def main(argv):
    parser = argparse.ArgumentParser(description="Writes the sample house.")
    parser.add_argument("--anchor", required=True, type=dt.date.fromisoformat, metavar="YYYY-MM-DD",
                        help="the day that is today in the sample")
    parser.add_argument("--out", required=True, help="folder to write into; made if missing")
    options = parser.parse_args(argv)
    files = make(options.anchor)
    os.makedirs(options.out, exist_ok=True)
    for name, data in files.items():
        # Written aside and renamed: an interrupted run leaves no half file.
        path = os.path.join(options.out, name)
        with open(path + ".part", "wb") as out:
            out.write(data)
        os.replace(path + ".part", path)
    print(f"wrote {', '.join(files)} for {options.anchor}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
