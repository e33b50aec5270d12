"""Mail that no human wrote for us: lists, newsletters, automatic replies, bounces, notices.

Rapport keeps such messages and does not count them. Each one carries the header that its kind of
program really sets (RFC 2919, RFC 2369, RFC 3834, RFC 3464).
"""

import base64
import datetime as dt

import cast
import words
from mails import Dice, Letter, date_header, encoded_words, LONG_DAYS, serialize

OUT_OF_OFFICE = 44
BOUNCES = 6
PROMOTIONS = 16
NOTICES = 40


def noise(calendar, people, human, count):
    """Exactly `count` letters; `human` are the letters that machines answer to."""
    dice = Dice("noise")
    letters = []
    letters += weekly(calendar, dice)
    letters += monthly(calendar, dice)
    letters += own_letter(calendar, dice, people)
    letters += away(calendar, dice, human, people)
    letters += bounces(calendar, dice, human)
    letters += promotions(calendar, dice)
    letters += notices(calendar, dice)
    letters += guild(calendar, dice, count - len(letters))
    assert len(letters) == count, len(letters)
    return letters


def listed(list_id, unsubscribe, *more):
    return (("List-Id", list_id), ("List-Unsubscribe", f"<{unsubscribe}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")) + more


MARA = ("Mara Lindqvist", "mara@atelier.example")


def weekly(calendar, dice):
    out = []
    for issue in range(78):
        day = 546 - issue * 7
        title, text = dice.pick(words.NEWS["weekly"])
        when = calendar.at(max(day, 1), 6, 10 + dice.below(20), cast.BERLIN)
        out.append(Letter(
            when, cast.BERLIN, ("Workshop Weekly", "letter@workshop-weekly.example"), (MARA,),
            f"{title} #{210 + issue}", text + "\n\nRead on: https://workshop-weekly.example/" + str(210 + issue),
            client="htmlonly", noise=True,
            headers=listed("Workshop Weekly <weekly.workshop-weekly.example>",
                           "https://workshop-weekly.example/u/7f31", ("Precedence", "bulk"))))
    return out


def monthly(calendar, dice):
    out = []
    for issue in range(18):
        for key, sender, list_id in (
                ("textile", ("Textile Futures", "review@textile-futures.example"), "<review.textile-futures.example>"),
                ("space", ("Hamburg maker space", "rundbrief@maker-space.example"), "Rundbrief <rundbrief.maker-space.example>")):
            title, text = words.NEWS[key][0]
            day = 540 - issue * 30 - (3 if key == "space" else 0)
            out.append(Letter(
                calendar.at(day, 8, dice.below(50), cast.BERLIN), cast.BERLIN, sender, (MARA,),
                f"{title}, issue {issue + 41}", text, client="gmail" if key == "textile" else "webmail",
                noise=True,
                headers=listed(list_id, f"mailto:leave@{sender[1].split('@')[1]}")))
    return out


def own_letter(calendar, dice, people):
    """The house's own newsletter: sent by a machine, so it counts as no contact."""
    out = []
    title, text = words.NEWS["own"][0]
    headers = listed("Notes from the bench <notes.atelier.example>", "https://atelier.example/notes/leave",
                     ("Auto-Submitted", "auto-generated"))
    for issue in range(18):
        day = 530 - issue * 30
        out.append(Letter(
            calendar.at(day, 10, 5, cast.BERLIN), cast.BERLIN, MARA,
            (("Friends of the house", "notes@atelier.example"),), f"{title}, no. {issue + 1}", text,
            client="apple", headers=headers, noise=True))
    by_key = {p.key: p for p in people}
    # Some get a copy of their own. Bo has been quiet for 42 days: neither our newsletter nor the
    # answer of his machine ends that silence.
    for key in ("bo", "chiara", "soren", "emilie"):
        person = by_key[key]
        letter = Letter(
            calendar.at(20, 10, 6, cast.BERLIN), cast.BERLIN, MARA, ((person.shown, person.mail),),
            f"{title}, no. 18", text, client="apple", headers=headers, noise=True)
        out.append(letter)
        if key == "bo":
            out.append(auto_reply(letter, person, "Verkstaden är stängd i dag. Jag läser posten i morgon.",
                                  "Automatiskt svar: ", 3))
    return out


AWAY_SUBJECT = {"de": "Automatische Antwort: ", "sv": "Automatiskt svar: ", "fr": "Réponse automatique : ",
                "pl": "Autoodpowiedź: ", "it": "Risposta automatica: "}
AWAY_HEADERS = (
    (("Auto-Submitted", "auto-replied"), ("X-Auto-Response-Suppress", "All")),
    (("Auto-Submitted", "auto-replied (vacation)"), ("Precedence", "bulk")),
    (("X-Autoreply", "yes"), ("Precedence", "auto_reply"), ("Auto-Submitted", "auto-replied")),
    (("Auto-Submitted", "auto-replied"),),
)


def auto_reply(letter, person, text, prefix, seconds):
    dice = Dice("away/" + letter.key)
    out = Letter(
        letter.when + dt.timedelta(seconds=seconds), person.zone, (person.shown, person.mail),
        (letter.sender,), prefix + letter.subject, text, client=person.client, charset=person.charset,
        headers=dice.pick(AWAY_HEADERS), quote=False, noise=True)
    out.answers = letter
    return out


def away(calendar, dice, human, people):
    """Automatic replies to letters of ours."""
    by_mail = {p.mail: p for p in people if p.mail}
    ours = [m for m in human if m.sender[1].endswith("@" + cast.HOUSE_DOMAIN) and m.to[0][1] in by_mail
            and m.when < calendar.limit - dt.timedelta(days=12)]
    out, used = [], set()
    while len(out) < OUT_OF_OFFICE:
        letter = ours[dice.below(len(ours))]
        if letter.id in used:
            continue
        used.add(letter.id)
        person = by_mail[letter.to[0][1]]
        text = dice.pick(words.AWAY).format(
            wd=LONG_DAYS[(letter.when.weekday() + 3) % 5], mate=person.mate)
        out.append(auto_reply(letter, person, text, AWAY_SUBJECT.get(person.lang, "Automatic reply: "),
                              2 + dice.below(40)))
    return out


def bounces(calendar, dice, human):
    """Messages that came back (RFC 3464)."""
    ours = [m for m in human if m.sender[1] == MARA[1] and m.when < calendar.limit - dt.timedelta(days=70)]
    out = []
    for index in range(BOUNCES):
        letter = ours[(index + 1) * len(ours) // (BOUNCES + 2)]
        when = letter.when + dt.timedelta(minutes=1 + dice.below(200))
        to = letter.to[0][1]
        old = to.split("@")[0] + ".old@" + to.split("@")[1]
        delayed = index == BOUNCES - 1
        status, word, why = (("4.4.1", "delayed", "450 4.4.1 no answer from host") if delayed else
                             ("5.1.1", "failed", "550 5.1.1 no such mailbox"))
        bounce = Letter(when, cast.BERLIN, ("Mail Delivery System", "mailer-daemon@atelier.example"),
                        (MARA,), "Undelivered Mail Returned to Sender", old, noise=True)
        boundary = "=_report_" + bounce.key[:16]
        sent = serialize(letter).split(b"\n\n")[0].decode()
        sent = sent.replace(to, old)
        bounce.raw = (
            f"Return-Path: <>\nFrom: Mail Delivery System <mailer-daemon@atelier.example>\n"
            f"To: {MARA[1]}\nSubject: {'Delayed Mail (still being retried)' if delayed else bounce.subject}\n"
            f"Date: {date_header(when, cast.BERLIN, '')}\nMessage-ID: {bounce.id}\n"
            f"Auto-Submitted: auto-replied\nMIME-Version: 1.0\n"
            f"Content-Type: multipart/report; report-type=delivery-status;\n boundary=\"{boundary}\"\n\n"
            f"This is a MIME-encapsulated message.\n\n--{boundary}\nContent-Type: text/plain; charset=us-ascii\n\n"
            f"Your message to <{old}> could not be delivered{' yet' if delayed else ''}.\n\n"
            f"--{boundary}\nContent-Type: message/delivery-status\n\n"
            f"Reporting-MTA: dns; mail.atelier.example\nArrival-Date: {date_header(letter.when, cast.BERLIN, '')}\n\n"
            f"Final-Recipient: rfc822; {old}\nAction: {word}\nStatus: {status}\n"
            f"Diagnostic-Code: smtp; {why}\n\n"
            f"--{boundary}\nContent-Type: text/rfc822-headers\n\n{sent}\n\n--{boundary}--\n").encode()
        out.append(bounce)
    return out


def promotions(calendar, dice):
    out = []
    for index in range(PROMOTIONS):
        subject, text = words.PROMO[index % len(words.PROMO)]
        domain = ("tablets-now.example", "webinar-hub.example", "desk-world.example")[index % 3]
        day = 520 - index * 32
        out.append(Letter(
            calendar.at(day, 11, dice.below(50), cast.BERLIN), cast.BERLIN, ("", f"offers@{domain}"), (MARA,),
            subject, text, client="htmlonly", noise=True,
            headers=(("Precedence", "bulk"), ("List-Unsubscribe", f"<mailto:stop@{domain}>"))))
    return out


def notices(calendar, dice):
    out = []
    for index in range(NOTICES):
        sender, subject, text = words.NOTICES[index % len(words.NOTICES)]
        day = 540 - index * 13
        out.append(Letter(
            calendar.at(day, 5 + dice.below(8), dice.below(60), cast.BERLIN), cast.BERLIN, ("", sender),
            (MARA,), f"{subject} ({index + 1})" if "Backup" in subject else subject, text, client="webmail",
            headers=(("Auto-Submitted", "auto-generated"),), noise=True))
    return out


def guild(calendar, dice, count):
    """A discussion list: written by humans, but to everybody."""
    names = [("Pelle Ek", "pelle@ek-snickeri.example"), ("Rosalind Marsh", "rosalind@marsh-bindery.example"),
             ("Tobias Kern", "kern@kern-druck.example"), ("Amélie Roux", "amelie@roux-ceramique.example"),
             ("Zoltán Kis", "zoltan@kis-bor.example")]
    headers = (("List-Id", "Planning Guild <guild.planning-guild.example>"),
               ("List-Post", "<mailto:guild@planning-guild.example>"),
               ("List-Unsubscribe", "<mailto:guild-leave@planning-guild.example>"), ("Precedence", "list"))
    out, thread = [], None
    for index in range(count):
        day = 544 - index * 540 // max(1, count)
        when = calendar.at(max(day, 2), 12 + dice.below(8), dice.below(60), cast.BERLIN)
        subject, text = words.GUILD[(index // 3) % len(words.GUILD)]
        if index % 3 == 0:
            thread = None
        name = dice.pick(names)
        if thread is not None:
            text = dice.pick(["We tried that for a year and came back to the wall.", "Same here, with fewer people.",
                              "It depends on who sweeps.", "Two days, leather, and it is never enough.",
                              "Could you share the sheet?", "We do the opposite and it also works."])
        letter = Letter(when, cast.BERLIN, name, (("Planning Guild", "guild@planning-guild.example"),),
                        ("Re: " if thread else "") + "[guild] " + subject, text + "\n\n" + name[0],
                        client=("thunderbird", "gmail", "webmail")[index % 3], answers=thread,
                        headers=headers, noise=True)
        if thread is not None and letter.when <= thread.when:
            letter = Letter(thread.when + dt.timedelta(hours=2, minutes=dice.below(50)), cast.BERLIN, name,
                            letter.to, letter.subject, letter.text, client=letter.client, answers=thread,
                            headers=headers, noise=True)
        thread = letter
        out.append(letter)
    return out


def odd_ones(calendar):
    """Two messages that are not as the rules want them, and two that only look bad."""
    when = calendar.at(260, 9, 12, cast.BERLIN)
    nameless = Letter(when, cast.BERLIN, ("", "unknown@nowhere.example"), (MARA,), "half a message", "half", noise=False)
    nameless.raw = (b"Subject: =?utf-8?Q?half_a_mess\n"
                    b"X-Note: the program that wrote this stopped in the middle of the header\n"
                    b"Content-Type: text/plain; charset=utf-8\n\nWithout sender and without date.\n")
    when = calendar.at(171, 14, 31, cast.ISTANBUL)
    bad_date = Letter(when, cast.ISTANBUL, ("Yusuf Demir", "yusuf@demirderi.example"), (MARA,), "from the old phone", "old")
    bad_date.raw = (b"From: Yusuf Demir <yusuf@demirderi.example>\nTo: mara@atelier.example\n"
                    b"Subject: from the old phone\nDate: Thu, 32 Foo 20xx 25:99\n\n"
                    b"the old phone has lost its clock. the belts are ready.\n\nYusuf\n")
    when = calendar.at(233, 10, 2, cast.STOCKHOLM)
    odd_charset = Letter(when, cast.BRUSSELS, ("Pieter van den Berg", "pieter@drukkerijvdb.example"), (MARA,),
                         "test of the new scanner", "scan")
    odd_charset.raw = (
        f"From: Pieter van den Berg <pieter@drukkerijvdb.example>\nTo: mara@atelier.example\n"
        f"Subject: test of the new scanner\nDate: {date_header(when, cast.BRUSSELS, '')}\n"
        f"Message-ID: {odd_charset.id}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=x-scanner-8\n"
        f"Content-Transfer-Encoding: 8bit\n\nThe scanner writes its own letters: ").encode() + b"\xe9\xff\x80\x93.\n"
    when = calendar.at(222, 10, 40, cast.BRUSSELS)
    broken_body = Letter(when, cast.BRUSSELS, ("Pieter van den Berg", "pieter@drukkerijvdb.example"), (MARA,),
                         "scan, second try", "scan 2")
    broken_body.raw = (
        f"From: Pieter van den Berg <pieter@drukkerijvdb.example>\nTo: mara@atelier.example\n"
        f"Subject: {encoded_words('scan, deuxième essai', 'iso-8859-1')}\nDate: {date_header(when, cast.BRUSSELS, '')}\n"
        f"Message-ID: {broken_body.id}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
        f"Content-Transfer-Encoding: base64\n\n{base64.b64encode(b'It stopped after half a').decode()[:-3]}\n").encode()
    return [nameless, bad_date, odd_charset, broken_body]
