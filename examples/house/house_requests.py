"""Writes house.jsonl: what no mailbox knows. Calls, visits, promises, facts, feedback, rhythms.

Each line is one request: {"method": "<package>.<Service>/<Method>", "request": {...}} in proto JSON.
Names that only a running system knows are placeholders, resolved by the importer before it sends:
  {tenant}                  the tenant, "tenants/..."
  {person:ADDRESS}          the person with this mail address or telephone number
  {relationship:ADDRESS}    the relationship with that person in the default house
  {saved:KEY}               the name in the answer to the earlier line with "save": "KEY"
"""

import datetime as dt
import json

import cast
from mails import Calendar, Dice
from shapes import (Lines, acknowledge, assign_stewards, create_steward, fact, feedback, keep, promise,
                    quiet, record, rest, set_preference, set_rhythm, update_settings, window)
from understanding import TOPICS, write_understanding

# ---- what happened -------------------------------------------------------------------------------

# First meetings, long before the mail begins: (days ago, kind, channel, subject).
FIRST_MET = {
    "ana": (1157, "MEETING", "IN_PERSON", "first met at the textile fair in Porto"),
    "ruth": (2262, "VISIT", "IN_PERSON", "kiln opening in Bristol"),
    "rui": (1390, "VISIT", "IN_PERSON", "a morning at the looms"),
    "helene": (980, "MEETING", "IN_PERSON", "met at the book fair"),
    "pieter": (1240, "VISIT", "IN_PERSON", "first visit to the print shop"),
    "thorunn": (2040, "VISIT", "IN_PERSON", "wool week"),
    "larserik": (1530, "VISIT", "IN_PERSON", "first visit to the workshop"),
    "ulrike": (1710, "MEETING", "IN_PERSON", "first talk about the books"),
    "olena": (760, "MEETING", "VIDEO", "first talk, with the lamp falling over"),
    "wolfgang": (890, "VISIT", "IN_PERSON", "tour of the grinding room"),
    "siobhan": (700, "VISIT", "IN_PERSON", "harp day in Galway"),
    "yoko": (1100, "VISIT", "IN_PERSON", "tea at the workshop in Nishijin"),
    "rajesh": (930, "MEETING", "VIDEO", "first talk"),
}

# Calls and visits that matter: key: (days ago, hour, kind, channel, our s, their s, subject,
# questions S P I N, topics).
TALKS = {
    "ana": [(7, 10, "CONVERSATION", "PHONE", 600, 900, "how the morning goes", (2, 2, 0, 0), ("re-keying", "export")),
            (61, 9, "CONVERSATION", "PHONE", 420, 700, "after the audit", (1, 1, 0, 0), ("audit",)),
            (150, 11, "VISIT", "IN_PERSON", 1500, 2600, "the new floor in Lisbon", (4, 2, 0, 0), ("the move",))],
    "tomasz": [(47, 12, "CONVERSATION", "PHONE", 300, 520, "the cathedral registers", (1, 1, 1, 0), ("drying",))],
    "ruth": [(88, 18, "CONVERSATION", "PHONE", 700, 1500, "her father, and a little clay", (), ("family",)),
             (419, 10, "VISIT", "IN_PERSON", 3600, 5400, "kiln opening", (), ("glaze",))],
    "ines": [(58, 14, "CONVERSATION", "PHONE", 340, 610, "winter boots and the report", (1, 1, 1, 0), ("report",))],
    "bo": [(73, 7, "CONVERSATION", "PHONE", 380, 460, "the drying kiln", (2, 2, 0, 0), ("drying",))],
    "priya": [(31, 6, "MEETING", "VIDEO", 700, 1300, "the aunt shows how she decides", (3, 1, 1, 0), ("mornings",))],
    "noor": [(9, 11, "CONVERSATION", "PHONE", 420, 1380, "one week in the soap house", (4, 2, 0, 0), ("curing",))],
    "pieter": [(39, 9, "VISIT", "IN_PERSON", 2400, 3300, "a morning at the folder", (2, 2, 1, 1), ("heavy stock",))],
    "rui": [(44, 15, "CONVERSATION", "PHONE", 320, 540, "what stopping the re-keying changed", (0, 1, 1, 1), ("re-keying",))],
    "olena": [(26, 9, "CONVERSATION", "PHONE", 260, 640, "night shifts", (1, 1, 0, 0), ("power cuts",))],
    "matti": [(18, 10, "MEETING", "VIDEO", 500, 1250, "number four on the bench", (3, 2, 0, 0), ("strings",))],
    "siobhan": [(52, 17, "CONVERSATION", "PHONE", 410, 900, "the tree that fell", (), ("spruce",))],
    "jb": [(37, 10, "MEETING", "VIDEO", 640, 820, "the second workshop", (2, 1, 0, 0), ("Saint-Louis",))],
    "wanjiru": [(24, 8, "CONVERSATION", "PHONE", 330, 720, "before the school fleet leaves", (1, 1, 0, 0), ("spare parts",))],
    "yoko": [(48, 9, "MEETING", "VIDEO", 700, 980, "reading the plan together", (1, 1, 0, 0), ("finishing",))],
    "nino": [(13, 8, "CONVERSATION", "PHONE", 200, 520, "felt and frost", (1, 0, 0, 0), ("wool",)),
             (35, 8, "CONVERSATION", "PHONE", 240, 480, "the order from Batumi", (1, 1, 0, 0), ("slippers",)),
             (56, 8, "CONVERSATION", "PHONE", 180, 300, "wool prices in the valley", (), ()),
             (83, 8, "CONVERSATION", "PHONE", 260, 410, "a new helper", (), ()),
             (104, 8, "CONVERSATION", "PHONE", 150, 380, "the tablet by the stove", (), ()),
             (131, 8, "VISIT", "IN_PERSON", 1800, 2700, "felt making on Betlemi Street", (2, 1, 0, 0), ())],
}

# Facts in the person's words: key: (days ago, slot, text, said in).
FACTS = {
    "tomasz": [(75, "SITUATION", "twelve registers for the cathedral, all sewn by hand", "letter"),
               (47, "PROBLEM", "boards warp when drying is hurried", "call"),
               (47, "IMPLICATION", "a warped board costs him the whole cover", "call")],
    "ruth": [(36, "SITUATION", "her father died; she is not in the studio this month", "letter"),
             (198, "PROBLEM", "half of a firing depends on the place in the kiln", "letter")],
    "ines": [(252, "SITUATION", "the owner takes the weekly page to the bank", "letter"),
             (58, "PROBLEM", "eleven pages are printed and one is read", "call"),
             (58, "IMPLICATION", "late orders are found on Friday instead of Tuesday", "call"),
             (58, "NEED_PAYOFF", "one page would let the owner decide by himself", "call")],
    "bo": [(73, "SITUATION", "one drying kiln for all boards", "call"),
           (73, "PROBLEM", "the kiln runs two days behind and the boards wait", "call")],
    "priya": [(31, "SITUATION", "her aunt decides each morning what goes on which loom", "video call"),
              (31, "PROBLEM", "the second village learns at noon what was decided at six", "video call"),
              (31, "IMPLICATION", "half a day of weaving is lost when the yarn is the wrong one", "video call"),
              (9, "NEED_PAYOFF", "with the board on the phone the weavers prepare the evening before", "letter")],
    "rui": [(44, "PROBLEM", "orders were typed twice until last spring", "call"),
            (44, "IMPLICATION", "each mistyped order cost a loom morning", "call"),
            (44, "NEED_PAYOFF", "two hours a day are back for setting up", "call")],
    "olena": [(26, "SITUATION", "power comes in the morning only", "call"),
              (26, "PROBLEM", "night shifts tire people", "call")],
    "helene": [(8, "SITUATION", "forty atlases to restore for the city library", "letter"),
               (8, "PROBLEM", "she never planned six months ahead", "letter")],
    "noor": [(16, "SITUATION", "soap cures for nine months", "letter"),
             (9, "PROBLEM", "nobody knows what is in which frame", "call")],
    "pieter": [(39, "PROBLEM", "the folder jams on heavy stock", "visit"),
               (39, "IMPLICATION", "a jam costs the evening shift", "visit"),
               (39, "NEED_PAYOFF", "an hour of warning would be enough to change over", "visit")],
    "malgorzata": [(66, "SITUATION", "two shifts of twelve seamstresses", "call"),
                   (66, "PROBLEM", "the second shift finds half-done work without a note", "call")],
    "giorgos": [(68, "PROBLEM", "the ferry decides the plan", "letter")],
    "mateo": [(7, "SITUATION", "all alpaca blankets were sold at the fair", "letter")],
    "thorunn": [(210, "SITUATION", "she gave up the workshop and kept one small loom", "letter")],
    "yusuf": [(90, "PROBLEM", "the thread keeps snapping on thin hides", "call")],
    "siobhan": [(6, "SITUATION", "four harps come out of one tree", "letter")],
    "jb": [(37, "SITUATION", "a second workshop opens in Saint-Louis", "video call"),
           (37, "PROBLEM", "two plans on two walls", "video call")],
    "matti": [(18, "PROBLEM", "he loses track at the fourth instrument", "video call")],
    "yoko": [(48, "SITUATION", "weaving is early, finishing has one master", "video call")],
    "wanjiru": [(24, "PROBLEM", "spare parts run out before the fleet does", "call")],
    "wolfgang": [(140, "PROBLEM", "one batch in ten comes out too soft", "visit")],
}

WISHES = {
    "tomasz": "letters rather than calls", "ruth": "no calls for now", "bo": "early, before the saw starts",
    "olena": "mornings, when there is power", "yoko": "a letter before a call", "nino": "calls, mornings",
    "ulrike": "letters, with the reference number", "noor": "calls in the early afternoon",
}


def write_requests(anchor, people, thursday):
    """house.jsonl as text. To be sent after people.vcf, before or after mail.mbox."""
    calendar = Calendar(anchor)
    by_key = {p.key: p for p in people}
    lines = Lines(anchor)

    def at(key, day, hour=10, minute=0):
        return calendar.at(day, hour, minute, by_key[key].zone)

    for steward in cast.STEWARDS:
        create_steward(lines, steward)
    update_settings(lines, [("Suppliers", 30, 50), ("Friends", 45, 90)])
    for person in people:
        second = ("mara",) if person.key in ("wolfgang", "yoko") else ()
        assign_stewards(lines, person.address, (person.steward,) + second)
        if person.rhythm:
            set_rhythm(lines, person.address, *person.rhythm)
    set_rhythm(lines, by_key["nino"].address, 22, 35)

    set_preference(lines, by_key["ana"].address, "calls, mornings", [("pricing", at("ana", 283, 15))],
                   [("PHONE", "WISHED", [window(9, 12)]), ("EMAIL", "ALLOWED", [])], [window(20, 8)],
                   zone="Europe/Lisbon")
    for key, wishes in WISHES.items():
        set_preference(lines, by_key[key].address, wishes)

    for key, (day, kind, channel, subject) in FIRST_MET.items():
        person = by_key[key]
        record(lines, person.address, person.steward, f"first-{key}", at(key, day, 14), kind, channel,
               1200, 1500, subject, initiator="PARTY_US")
    for key, talks in TALKS.items():
        person = by_key[key]
        for day, hour, kind, channel, ours, theirs, subject, questions, topics in talks:
            record(lines, person.address, person.steward, f"talk-{key}-{day}", at(key, day, hour, 5), kind,
                   channel, ours, theirs, subject, topics=topics, questions=questions,
                   initiator="PARTY_PERSON" if day % 3 == 0 else "PARTY_US", key=f"talk-{key}-{day}")
    everyday_calls(lines, calendar, people)
    gifts(lines, by_key, at)
    plans(lines, by_key, calendar)
    facts(lines, by_key, at, calendar)
    promises(lines, by_key, at, calendar)
    voices(lines, by_key, at)
    write_understanding(lines, by_key, at)
    rest(lines, by_key["thorunn"].address, "she gave up the workshop; the letters go on",
         "her letter of the day the looms left")
    quiet(lines, by_key["larserik"].address, "he asked for peace and will ring when he wants to")
    return "".join(json.dumps(line, ensure_ascii=False, separators=(", ", ": ")) + "\n"
                   for line in lines.lines)


def everyday_calls(lines, calendar, people):
    """A call now and then with everybody who is not in TALKS for it; never younger than their last letter."""
    subjects = ("how the season goes", "a question about the board", "after the update",
                "the week ahead", "what stood still", "a new colleague")
    for person in people:
        if not person.mails or person.key in ("larserik", "ulrike", "noor", "matti"):
            continue
        dice = Dice("calls/" + person.key)
        day = max(person.last, 45) + 12 + dice.below(60)
        while day < person.start:
            theirs = 180 + dice.below(700)
            ours = int(theirs * dice.between(0.45, 1.05))
            video = dice.chance(0.25)
            when = calendar.at(day, 9 + dice.below(7), dice.below(60), person.zone)
            record(lines, person.address, person.steward, f"call-{person.key}-{day}", when,
                   "MEETING" if video else "CONVERSATION", "VIDEO" if video else "PHONE", ours, theirs,
                   dice.pick(subjects), initiator=dice.pick(("PARTY_US", "PARTY_PERSON")),
                   questions=(dice.below(3), dice.below(3), dice.below(2), 0))
            day += 80 + dice.below(110)


def gifts(lines, by_key, at):
    for key, day, subject in (("ruth", 419, "bread from Hamburg"), ("ines", 320, "a shoe horn from the flea market"),
                              ("rui", 335, "ear plugs, engraved"), ("siobhan", 330, "a tin of resin"),
                              ("ana", 150, "coffee from Hamburg"), ("tomasz", 190, "a roll of book cloth"),
                              ("pieter", 39, "a fan of colour cards"),
                              ("yoko", 300, "a postcard of the harbour, by post")):
        person = by_key[key]
        record(lines, person.address, person.steward, f"gift-{key}", at(key, day, 12), "GIFT",
               "POST" if key == "yoko" else "IN_PERSON", 0, 0, subject, direction="OUT",
               items=(("GIVE", "gift"),))
    person = by_key["helene"]
    record(lines, person.address, "mara", "letter-helene", at("helene", 140, 11), "LETTER", "POST", 0, 0,
           "a hand-bound notebook with a letter in it", direction="IN", initiator="PARTY_PERSON")


def plans(lines, by_key, calendar):
    """In the future: kept as plans, they count for nothing until they happen."""
    for key, days, kind, channel, subject in (
            ("pieter", 6, "VISIT", "IN_PERSON", "day before delivery at the folder"),
            ("noor", 4, "CONVERSATION", "PHONE", "the photo of the wall")):
        person = by_key[key]
        when = calendar.midnight + dt.timedelta(days=days, hours=9)
        record(lines, person.address, person.steward, f"plan-{key}", when, kind, channel, 0, 0, subject)


def facts(lines, by_key, at, calendar):
    moved = calendar.midnight - dt.timedelta(days=322)
    ana = by_key["ana"].address
    fact(lines, ana, "SITUATION", f"the workshop moved in {moved:%B}", at("ana", 7, 10, 20), said="talk-ana-7", said_in="call",
         topic="the move")
    fact(lines, ana, "PROBLEM", "re-keying orders costs her a day a week", at("ana", 7, 10, 22), said="talk-ana-7", said_in="call",
         topic="re-keying")
    for key, known in FACTS.items():
        person = by_key[key]
        talks = {talk[0] for talk in TALKS.get(key, ())}
        for day, slot, text, said_in in known:
            said = f"talk-{key}-{day}" if day in talks else ""
            fact(lines, person.address, slot, text, at(key, day, 12, 10), said=said, said_in=said_in,
                 topic=TOPICS.get(key, ""))
    fact(lines, by_key["giorgos"].address, "IMPLICATION", "a late ferry probably moves two crews", at("giorgos", 60),
         by="PARTY_US", said_in="our reading of his letters")
    fact(lines, by_key["soren"].address, "SITUATION", "paints on Thursdays only", at("soren", 120), said_in="call")
    fact(lines, by_key["chiara"].address, "SITUATION", "loom four is older than she is", at("chiara", 110), said_in="call")


def promises(lines, by_key, at, calendar):
    def due(days_ahead, hour=16):
        return calendar.midnight + dt.timedelta(days=days_ahead, hours=hour)

    ana = by_key["ana"].address
    promise(lines, ana, "mara", "send the migration checklist", at("ana", 7, 10, 25), at("ana", 4, 17), said="talk-ana-7", key="ana-checklist")
    keep(lines, "ana-checklist", at("ana", 3, 9), "sent by letter, a day late")
    promise(lines, ana, "mara", "ask support about the export bug", at("ana", 7, 10, 28), due(1), said="talk-ana-7", key="ana-export")

    tomasz = by_key["tomasz"].address
    promise(lines, tomasz, "mara", "send the invoice with the new address", at("tomasz", 12, 15), at("tomasz", 9, 17), key="tomasz-invoice")

    promise(lines, by_key["ines"].address, "mara", "tell her when the shorter report has shipped", at("ines", 10, 17), due(0), kind="TELL_BACK", key="ines-report")
    promise(lines, by_key["olena"].address, "mara", "open the calendar of the new dye house", at("olena", 4, 14), due(25), key="olena-calendar")

    siobhan = by_key["siobhan"].address
    promise(lines, siobhan, "jonas", "send the drying sheet", at("siobhan", 6, 17), due(1), key="siobhan-sheet")
    promise(lines, by_key["wanjiru"].address, "aiko", "ask two others how they plan spare parts", at("wanjiru", 4, 14), due(9), key="wanjiru-parts")

    promise(lines, by_key["pieter"].address, "mara", "send the layout of the week view", at("pieter", 39, 12), due(-30), by="PARTY_PERSON", key="pieter-layout")
    keep(lines, "pieter-layout", at("pieter", 31, 10), "his letter with the drawing")
    promise(lines, by_key["noor"].address, "mara", "send a photo of the wall", at("noor", 3, 16), due(10), by="PARTY_PERSON", key="noor-photo")

    # Promises of the past: (key, text, days ago promised, due, kept).
    for key, text, promised, due_day, kept in (
            ("bo", "send the drawings of the tablet holder", 73, 66, 67),
            ("ruth", "draw up the firing sheet", 198, 190, 192),
            ("tomasz", "set up the sewing seat", 75, 70, 72),
            ("ines", "show the sketch of the one-page report", 120, 110, 112),
            ("priya", "send the guide for phones", 31, 26, 28),
            ("rui", "write to him about the auditors", 151, 140, 145),
            ("pieter", "strong colours for the week view", 160, 150, 151),
            ("helene", "prepare the six-month view", 60, 50, 54),
            ("malgorzata", "note field for the second shift", 66, 55, 54),
            ("olena", "night shift in the plan", 90, 88, 89),
            ("giorgos", "a mark for waiting ferries", 68, 60, 61),
            ("mateo", "Spanish labels", 160, 150, 148),
            ("wolfgang", "hardening times on the card", 140, 125, 127),
            ("jb", "French job cards", 210, 200, 205),
            ("yoko", "print the plan from right to left", 130, 120, 119),
            ("rajesh", "a wider column for block numbers", 170, 160, 164)):
        person = by_key[key]
        saved = f"{key}-past-{promised}"
        promise(lines, person.address, person.steward, text, at(key, promised, 15), at(key, due_day, 18), key=saved)
        keep(lines, saved, at(key, kept, 11), "done and told")


def voices(lines, by_key, at):
    feedback(lines, by_key["ana"].address, "WISH",
             "On the report page I can never tell whether the number is this week or last week. "
             "I do not need a new page, only the dates.", at("ana", 19, 11), "the report page", "ana-report")
    feedback(lines, by_key["ines"].address, "WISH",
             "Could the weekly report fit on one page? What came in, what left, what is late and why.",
             at("ines", 252, 10), "the weekly report", "ines-one-page")
    acknowledge(lines, "ines-one-page", at("ines", 252, 16))
    feedback(lines, by_key["pieter"].address, "PRAISE",
             "The strong colours help. Two of us are colour blind.", at("pieter", 148, 9), "the week view", "pieter-colours")
    acknowledge(lines, "pieter-colours", at("pieter", 147, 10))
    feedback(lines, by_key["wolfgang"].address, "IDEA",
             "Die Härtezeiten sollten auf der Karte stehen, nicht im Kopf von Frau Kühn.",
             at("wolfgang", 141, 10), "the job card", "wolfgang-card")
    acknowledge(lines, "wolfgang-card", at("wolfgang", 140, 9))
