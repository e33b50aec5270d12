#!/usr/bin/env python3
"""Runs the examples of docs/examples against the three services, and keeps what they answer.

  examples.py --bin-dir DIR            runs them; exit 1 if docs/reference/examples says something else,
                                       or if an RPC has no example
  examples.py --bin-dir DIR --write    runs them and writes docs/reference/examples

The services run with a clock of their own, so that times repeat. Ids that they make are shown as the
words that the story gives them; tokens of pages and ids of stores likewise."""

import argparse
import difflib
import os
import sys

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, p) for p in ("tests/docs", "tools/docgen", "tests/faults/suite")]
import example_pages  # noqa: E402
import example_story  # noqa: E402
from descriptors import Protos  # noqa: E402
from example_house import ExampleHouse  # noqa: E402

PAGES = "docs/reference/examples"


def committed():
    folder = os.path.join(ROOT, PAGES)
    pages = {}
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            pages[name] = file.read()
    return pages


def write(pages):
    folder = os.path.join(ROOT, PAGES)
    os.makedirs(folder, exist_ok=True)
    for name in set(committed()) - set(pages):
        os.remove(os.path.join(folder, name))
    for name, text in pages.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    print("wrote %d pages into %s" % (len(pages), PAGES))


def compare(pages):
    """How many pages are not what they should be."""
    old = committed()
    different = 0
    for name in sorted(set(old) | set(pages)):
        if old.get(name) == pages.get(name):
            continue
        different += 1
        print("%s/%s is not what the services say now:" % (PAGES, name))
        lines = difflib.unified_diff(old.get(name, "").splitlines(), pages.get(name, "").splitlines(),
                                     "committed", "said", lineterm="", n=2)
        print("\n".join("  " + line for line in list(lines)[:40]))
    return different


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin-dir", required=True)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    protos = Protos(also=["google/rpc/error_details.proto"])
    chapters = example_story.read(os.path.join(ROOT, "docs", "examples"))
    with ExampleHouse(arguments.bin_dir, protos) as house:
        example_story.run(chapters, house)
    shown = {call.method for chapter in chapters for call in chapter.calls if call.ok}
    missing = sorted(set(house.methods) - shown)
    for name in missing:
        print("%s has no example" % name)
    if missing:
        return 1
    pages = example_pages.pages(protos, chapters)
    if arguments.write:
        write(pages)
        return 0
    different = compare(pages)
    if different:
        print("%d pages of examples differ: look whether that is meant, then run "
              "tests/docs/examples.py --bin-dir %s --write" % (different, arguments.bin_dir))
        return 1
    print("%d calls of %d RPCs answer as the examples say" % (
        sum(len(chapter.calls) for chapter in chapters), len(shown)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
