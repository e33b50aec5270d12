#!/usr/bin/env python3
"""Checks the sample house: same bytes for the same day, and a story that hangs together."""

import collections
import datetime as dt
import email
import email.policy
import json
import mailbox
import os
import re
import sys
import tempfile
import unittest
from email.utils import getaddresses, parseaddr, parsedate_to_datetime

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import cast  # noqa: E402
import make_house  # noqa: E402
import mails  # noqa: E402

ANCHORS = [dt.date(2026, 11, 21), dt.date(2028, 2, 29)]  # a Saturday; a leap day
NOISE_HEADERS = ("List-Id", "Auto-Submitted", "Precedence")
OWN = {address for steward in cast.STEWARDS for address in steward.addresses}


def is_noise(message):
    return any(message[name] for name in NOISE_HEADERS)


class House:
    def __init__(self, anchor):
        self.anchor = anchor
        self.end = dt.datetime(anchor.year, anchor.month, anchor.day, tzinfo=dt.timezone.utc)
        self.people = cast.people(make_house.days_since_thursday(anchor))
        self.files = make_house.make(anchor)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "mail.mbox")
            with open(path, "wb") as out:
                out.write(self.files["mail.mbox"])
            box = mailbox.mbox(path, factory=lambda f: email.message_from_binary_file(
                f, policy=email.policy.default))
            self.froms = [line for line in self.files["mail.mbox"].split(b"\n") if line.startswith(b"From ")]
            self.messages = list(box)
            box.close()
        self.dated = []
        for message in self.messages:
            try:
                self.dated.append((parsedate_to_datetime(message["Date"]), message))
            except (TypeError, ValueError):
                pass
        self.requests = [json.loads(line) for line in self.files["house.jsonl"].decode().splitlines()]


HOUSES = {anchor: House(anchor) for anchor in ANCHORS}


class MakeHouse(unittest.TestCase):
    maxDiff = 2000

    def each(self):
        return HOUSES.values()

    def test_gives_the_same_bytes_for_the_same_day(self):
        again = make_house.make(ANCHORS[0])
        self.assertEqual(again, HOUSES[ANCHORS[0]].files)

    def test_writes_the_three_files_into_a_new_folder(self):
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "new")
            stdout, sys.stdout = sys.stdout, open(os.devnull, "w")
            try:
                make_house.main(["--anchor", str(ANCHORS[0]), "--out", out])
            finally:
                sys.stdout.close()
                sys.stdout = stdout
            self.assertEqual(sorted(os.listdir(out)), ["house.jsonl", "mail.mbox", "people.vcf"])

    def test_has_the_promised_number_of_messages_and_of_noise(self):
        for house in self.each():
            self.assertEqual(len(house.messages), mails.TOTAL)
            self.assertEqual(len(house.froms), mails.TOTAL)
            self.assertEqual(sum(is_noise(m) for m in house.messages), mails.NOISE)

    def test_every_kind_of_noise_is_there(self):
        for house in self.each():
            kinds = collections.Counter()
            for message in house.messages:
                if message.get_content_type() == "multipart/report":
                    kinds["bounce"] += 1
                elif message["List-Id"]:
                    kinds["list"] += 1
                elif (message["Auto-Submitted"] or "").startswith("auto-replied"):
                    kinds["auto-reply"] += 1
                elif message["Auto-Submitted"]:
                    kinds["machine"] += 1
                elif message["Precedence"]:
                    kinds["bulk"] += 1
            self.assertEqual(set(kinds), {"bounce", "list", "auto-reply", "machine", "bulk"})

    def test_all_but_one_message_have_a_sender_and_all_but_two_a_date(self):
        for house in self.each():
            self.assertEqual(sum(not m["From"] for m in house.messages), 1)
            self.assertEqual(len(house.dated), mails.TOTAL - 2)

    def test_nothing_is_dated_on_or_after_the_anchor(self):
        for house in self.each():
            dates = [when for when, _ in house.dated]
            self.assertLess(max(dates), house.end)
            self.assertGreater(min(dates), house.end - dt.timedelta(days=mails.cast.DAYS_OF_MAIL + 3))

    def test_replies_point_to_earlier_messages_of_the_same_thread(self):
        for house in self.each():
            seen, replies = {}, 0
            for when, message in house.dated:
                if message["Message-ID"]:
                    self.assertFalse(message["Message-ID"] in seen, message["Message-ID"])
                    seen[message["Message-ID"]] = (when, message)
            for when, message in house.dated:
                parent = message["In-Reply-To"]
                if not parent:
                    continue
                replies += 1
                self.assertTrue(parent in seen, parent)
                self.assertLess(seen[parent][0], when)
                references = (message["References"] or parent).split()
                self.assertEqual(references[-1], parent)
            self.assertGreater(replies, 800)

    def test_bodies_decode_and_say_something(self):
        for house in [HOUSES[ANCHORS[0]]]:
            unreadable, empty, charsets = 0, 0, set()
            for message in house.messages:
                if message.get_content_type() == "multipart/report":
                    continue
                for part in message.walk():
                    if part.get_content_maintype() != "text":
                        continue
                    charsets.add(part.get_content_charset())
                    try:
                        text = part.get_content()
                    except LookupError:
                        unreadable += 1
                        continue
                    self.assertNotIn("\ufffd", text)
                    self.assertNotRegex(text, r"(?<![\w{])\{[a-z_0-9]+\}")
                    empty += len(text.strip()) < 5
            self.assertLessEqual(empty, 1)  # the scan with broken base64
            self.assertEqual(unreadable, 1)  # the scanner with letters of its own
            self.assertLessEqual({"utf-8", "iso-8859-1", "iso-8859-2", "iso-2022-jp", "windows-1252"}, charsets)

    def test_all_domains_end_in_example(self):
        for house in self.each():
            everything = b"".join(house.files.values()).decode("utf-8", "replace").replace("=\n", "")
            for domain in re.findall(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)", everything):
                self.assertTrue(domain.endswith(".example"), domain)

    def test_only_those_who_should_wait_wait_for_an_answer(self):
        for house in self.each():
            person_of = {m: p.key for p in house.people for m in p.mails}
            root, last = {}, {}
            for when, message in sorted(house.dated, key=lambda pair: pair[0]):
                if is_noise(message):
                    continue
                key = message["Message-ID"]
                root[key] = root.get(message["In-Reply-To"], key)
                last[root[key]] = (when, parseaddr(str(message["From"]))[1])
            waiting = {person_of[sender] for when, sender in last.values()
                       if sender in person_of and when > house.end - dt.timedelta(days=35)}
            self.assertEqual(waiting, {"ana", "priya", "jb"})

    def test_silences_are_as_the_cast_says(self):
        for house in self.each():
            last = {}
            for when, message in house.dated:
                if is_noise(message):
                    continue
                sender = parseaddr(str(message["From"]))[1]
                if sender not in OWN:
                    last[sender] = max(when, last.get(sender, when))
            for person in house.people:
                if not person.mails:
                    continue
                silence = (house.end - max(last[m] for m in person.mails if m in last)) / dt.timedelta(days=1)
                self.assertLess(abs(silence - person.last), 5.0, person.key)
                if person.key in ("bo", "ruth", "ana", "priya", "tomasz", "ines"):
                    self.assertLess(abs(silence - person.last), 1.0, person.key)

    def test_people_have_thirty_eight_cards_and_two_that_cannot_be_read(self):
        for house in self.each():
            data = house.files["people.vcf"].decode()
            self.assertEqual(len(house.people), 38)
            self.assertEqual(data.count("BEGIN:VCARD"), 40)
            self.assertEqual(data.count("END:VCARD"), 39)
            self.assertEqual({v for v in re.findall(r"VERSION:(\S+)", data)}, {"2.1", "3.0", "4.0"})
            for line in re.split(r"\r?\n", data):
                self.assertLessEqual(len(line.encode()), 76, line)
            for person in house.people:
                for mail in person.mails:
                    self.assertIn(mail, data)

    def test_everyone_in_the_mail_of_a_person_is_in_the_book(self):
        for house in self.each():
            book = {m for p in house.people for m in p.mails}
            strangers = collections.Counter()
            for message in house.messages:
                if is_noise(message) or not message["From"]:
                    continue
                for _, address in getaddresses([str(message["From"]), str(message["To"])]):
                    if address not in book and address not in OWN:
                        strangers[address] += 1
            self.assertEqual(len(strangers), 4)

    def test_requests_name_only_known_people_and_earlier_answers(self):
        for house in self.each():
            known = {m for p in house.people for m in p.mails} | {p.e164 for p in house.people}
            saved, ids = set(), set()
            for line in house.requests:
                self.assertRegex(line["method"], r"^rapport\.\w+\.v1\.\w+Service/\w+$")
                text = json.dumps(line["request"])
                for address in re.findall(r"\{(?:person|relationship):([^}]+)\}", text):
                    self.assertIn(address, known)
                for key in re.findall(r"\{saved:([^}]+)\}", text):
                    self.assertIn(key, saved)
                if "save" in line:
                    self.assertNotIn(line["save"], saved)
                    saved.add(line["save"])
                request_id = line["request"].get("requestId")
                if request_id:
                    self.assertNotIn(request_id, ids)
                    ids.add(request_id)

    def test_only_plans_and_due_times_lie_in_the_future(self):
        for house in self.each():
            for line in house.requests:
                request = dict(line["request"])
                engagement = request.get("engagement", {})
                if engagement.get("sourceId", "").startswith("plan-"):
                    continue
                text = re.sub(r'"dueTime": "[^"]*"', "", json.dumps(request))
                for when in re.findall(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text):
                    self.assertLess(when, house.end.strftime("%Y-%m-%dT%H:%M:%SZ"))

    def test_the_promises_fit_today(self):
        for house in self.each():
            due = {line["save"]: line["request"]["promise"]["dueTime"][:10]
                   for line in house.requests if line["method"].endswith("/MakePromise") and "save" in line}
            day = dt.timedelta(days=1)
            self.assertEqual(due["ana-export"], str(house.anchor + day))
            self.assertEqual(due["tomasz-invoice"], str(house.anchor - 9 * day))
            self.assertEqual(due["ines-report"], str(house.anchor))


    def test_it_shows_what_the_house_is_for(self):
        for house in self.each():
            def calls(method, part, **wanted):
                return [line["request"] for line in house.requests if line["method"].endswith("/" + method)
                        and all(line["request"].get(part, {}).get(k) == v for k, v in wanted.items())]
            self.assertEqual(len(calls("RecordCareEvent", "careEvent", kind="BEREAVEMENT")), 1)
            self.assertEqual(len(calls("SetCareGuard", "")), 1)
            self.assertEqual(len(calls("StateNeed", "need", wantsToBuy=True)), 1)
            self.assertEqual(len(calls("OutliveNeed", "")), 1)
            broken = [r for r in calls("MakePromise", "promise", promisedBy="PARTY_US")
                      if r["promise"]["dueTime"] < str(house.anchor - dt.timedelta(days=2))]
            kept = {line["request"]["name"] for line in house.requests if line["method"].endswith("/KeepPromise")}
            saved = {json.dumps(line["request"]): line.get("save", "") for line in house.requests}
            open_now = [r for r in broken if "{saved:" + saved[json.dumps(r)] + "}" not in kept]
            self.assertEqual(len(open_now), 1)

    def test_every_topic_of_an_offer_is_somebodys(self):
        for house in self.each():
            served, named = set(), set()
            for line in house.requests:
                request = line["request"]
                served.update(request.get("offer", {}).get("serves", ()))
                for kind in ("fact", "need"):
                    named.update(request.get(kind, {}).get("topics", ()))
            self.assertLessEqual(served, named)


if __name__ == "__main__":
    unittest.main()
