"""Writes people.vcf: one address book that went through many programs.

Every style below writes its cards the way its program does: vCard 2.1 with quoted-printable, 3.0
with grouped labels, 4.0 with parameters. Two cards cannot be read, so that the report is seen.
"""

import base64
import binascii
import datetime as dt
import hashlib
import uuid

from mails import TINY_PNG

SPACE = uuid.UUID("8d3f6f0e-5b1c-4a54-9a5e-0f2c6e1d7a90")


def uid_of(person):
    return uuid.uuid5(SPACE, person.key)


def birthday_of(person, anchor):
    """(year or 0, month, day) so that the next one comes in person.birthday[0] days."""
    days, year = person.birthday
    date = anchor + dt.timedelta(days=days)
    leap = (date.month, date.day) == (2, 29) and year % 4 != 0
    return year, date.month, 28 if leap else date.day


def escape(text):
    return (text.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;").replace("\n", "\\n"))


def fold(line, limit=75):
    """Folds at 75 bytes without splitting a character (RFC 6350, 3.2)."""
    out, current, size = [], "", 0
    for ch in line:
        width = len(ch.encode())
        if size + width > limit:
            out.append(current)
            current, size = " ", 1
        current += ch
        size += width
    return out + [current]


def qp(name, value):
    """A vCard 2.1 property in quoted-printable, with soft line breaks."""
    data = value.encode()
    if all(32 <= b < 127 and b != 61 for b in data):
        return [f"{name}:{value}"]
    coded = binascii.b2a_qp(data, quotetabs=False, istext=False).decode().replace("=\n", "")
    lines, head = [], f"{name};CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:"
    line = head
    at = 0
    while at < len(coded):
        step = 3 if coded[at] == "=" else 1
        if len(line) + step > 75:
            lines.append(line + "=")
            line = ""
        line += coded[at:at + step]
        at += step
    return lines + [line]


def labels(person):
    return person.labels + ({"mara": (), "jonas": ("Jonas",), "aiko": ("Aiko",)}[person.steward])


def v21(person, birthday, outlook):
    year, month, day = birthday
    out = ["BEGIN:VCARD", "VERSION:2.1"]
    out += qp("N", f"{person.family};{person.given};;;")
    out += qp("FN", person.shown if outlook else f"{person.given} {person.family}")
    out += qp("ORG", person.org)
    out += qp("TITLE", person.title)
    out.append(f"TEL;WORK;VOICE:{person.phone}")
    if person.phone2:
        out.append(f"TEL;CELL:{person.phone2}")
    adr = f";;{person.street};{person.city};;;{person.country_name}"
    out += qp("ADR;WORK;PREF" if outlook else "ADR;WORK", adr)
    if outlook:
        out += qp("LABEL;WORK", f"{person.street}\r\n{person.city}\r\n{person.country_name}")
    for index, mail in enumerate(person.mails):
        out.append(f"EMAIL;{'PREF;' if index == 0 else ''}INTERNET:{mail}")
    out += qp("CATEGORIES", ",".join(labels(person)))
    out.append(f"BDAY:{year:04d}{month:02d}{day:02d}" if year else f"BDAY:--{month:02d}{day:02d}")
    if person.note:
        out += qp("NOTE", person.note)
    if outlook:
        out += ["X-MS-OL-DEFAULT-POSTAL-ADDRESS:2", f"X-MS-TEL;VOICE;COMPANY:{person.phone}"]
    out.append(f"UID:{uid_of(person)}" if outlook else f"X-IRMC-LUID:{uid_of(person).hex[:12].upper()}")
    out.append("REV:20250611T081500Z")
    out.append("END:VCARD")
    return out


def google(person, birthday):
    year, month, day = birthday
    out = ["BEGIN:VCARD", "VERSION:3.0", f"FN:{escape(person.shown)}",
           f"N:{escape(person.family)};{escape(person.given)};;;"]
    for index, mail in enumerate(person.mails):
        if index == 0:
            out.append(f"EMAIL;TYPE=INTERNET;TYPE=WORK:{mail}")
        else:
            out += [f"item1.EMAIL;TYPE=INTERNET:{mail}", "item1.X-ABLabel:old"]
    out.append(f"TEL;TYPE=WORK:{person.e164 if len(person.key) % 2 else person.phone}")
    out += [f"ADR;TYPE=WORK:;;{escape(person.street)};{escape(person.city)};;;{person.country}",
            f"ORG:{escape(person.org)}", f"TITLE:{escape(person.title)}",
            f"BDAY:{year:04d}-{month:02d}-{day:02d}" if year else f"BDAY:--{month:02d}-{day:02d}",
            f"URL;TYPE=WORK:https://{person.mail.split('@')[1] if person.mail else 'atelier.example'}/"]
    out.append(f"CATEGORIES:{','.join(escape(x) for x in labels(person) + ('myContacts',))}")
    if person.note:
        out.append(f"NOTE:{escape(person.note)}")
    out.append(f"UID:{uid_of(person).hex[:16]}")
    out.append("END:VCARD")
    return [piece for line in out for piece in fold(line)]


def ios(person, birthday, phonetic=""):
    year, month, day = birthday
    out = ["BEGIN:VCARD", "VERSION:3.0", "PRODID:-//Apple Inc.//iPhone OS 17.4//EN",
           f"N:{escape(person.family)};{escape(person.given)};;;", f"FN:{escape(person.shown)}"]
    if phonetic:
        given, family = phonetic.split(" ")
        out += [f"X-PHONETIC-FIRST-NAME:{given}", f"X-PHONETIC-LAST-NAME:{family}"]
    out += [f"ORG:{escape(person.org)};", f"TITLE:{escape(person.title)}"]
    for index, mail in enumerate(person.mails):
        out += [f"item{index + 1}.EMAIL;type=INTERNET{';type=pref' if index == 0 else ''}:{mail}",
                f"item{index + 1}.X-ABLabel:{'_$!<Work>!$_' if index == 0 else 'Old address'}"]
    out.append(f"TEL;type=WORK;type=VOICE;type=pref:{person.e164}")
    if person.phone2:
        out.append(f"TEL;type=CELL;type=VOICE:{person.phone2}")
    out += [f"item9.ADR;type=WORK;type=pref:;;{escape(person.street)};{escape(person.city)};;;"
            f"{escape(person.country_name)}", f"item9.X-ABADR:{person.country.lower()}"]
    out.append(f"BDAY:{year:04d}-{month:02d}-{day:02d}" if year
               else f"BDAY;X-APPLE-OMIT-YEAR=1604:1604-{month:02d}-{day:02d}")
    out.append(f"CATEGORIES:{','.join(escape(x) for x in labels(person))}")
    photo = base64.b64encode(TINY_PNG).decode()
    out.append(f"PHOTO;ENCODING=b;TYPE=PNG:{photo}")
    if person.note:
        out.append(f"NOTE:{escape(person.note)}")
    out += [f"UID:{str(uid_of(person)).upper()}:ABPerson", "END:VCARD"]
    return [piece for line in out for piece in fold(line)]


def evolution(person, birthday):
    year, month, day = birthday
    out = ["BEGIN:VCARD", "VERSION:3.0", f"UID:pas-id-{uid_of(person).hex[:16].upper()}",
           f"N:{escape(person.family)};{escape(person.given)};;;", f"FN:{escape(person.shown)}",
           f"X-EVOLUTION-FILE-AS:{escape(person.family)}\\, {escape(person.given)}",
           f"ORG:{escape(person.org)};;", f"TITLE:{escape(person.title)}",
           f"TEL;X-EVOLUTION-UI-SLOT=1;TYPE=\"WORK,VOICE\":{person.phone}"]
    out += [f"EMAIL;X-EVOLUTION-UI-SLOT={i + 1};TYPE=WORK:{m}" for i, m in enumerate(person.mails)]
    out += [f"ADR;TYPE=WORK:;;{escape(person.street)};{escape(person.city)};;;{escape(person.country_name)}",
            f"BDAY:{year:04d}-{month:02d}-{day:02d}", f"CATEGORIES:{','.join(escape(x) for x in labels(person))}",
            "X-MOZILLA-HTML:FALSE", "X-EVOLUTION-VIDEO-URL:", "REV:2025-11-02T10:22:31Z", "END:VCARD"]
    return [piece for line in out for piece in fold(line)]


def v4(person, birthday):
    year, month, day = birthday
    out = ["BEGIN:VCARD", "VERSION:4.0", "PRODID:-//Cardbox//Cardbox 4.2//EN", "KIND:individual",
           f"UID:urn:uuid:{uid_of(person)}", f"FN;LANGUAGE={person.lang}:{escape(person.shown)}",
           f"N;SORT-AS=\"{person.family},{person.given}\":{escape(person.family)};{escape(person.given)};;;",
           f"ORG:{escape(person.org)}", f"TITLE:{escape(person.title)}", f"LANG;PREF=1:{person.lang}",
           f"TZ:{person.zone.iana}"]
    out += [f"EMAIL;PREF={i + 1};TYPE=work:{m}" for i, m in enumerate(person.mails)]
    out += [f"TEL;VALUE=uri;PREF=1;TYPE=\"work,voice\":tel:{person.e164}",
            f"ADR;TYPE=work;LABEL=\"{person.street}\\n{person.city}\":;;{escape(person.street)};"
            f"{escape(person.city)};;;{escape(person.country_name)}",
            f"BDAY:{year:04d}{month:02d}{day:02d}" if year else f"BDAY:--{month:02d}{day:02d}",
            f"CATEGORIES:{','.join(escape(x) for x in labels(person))}"]
    if person.key == "ruth":
        out.append(f"RELATED;TYPE=sibling;VALUE=text:{person.mate} Okafor")
        out.append("GENDER:F")
    if person.note:
        out.append(f"NOTE:{escape(person.note)}")
    out += ["REV:20260203T190411Z", "X-CARDBOX-SHELF:blue", "END:VCARD"]
    return [piece for line in out for piece in fold(line)]


def card(person, anchor):
    birthday = birthday_of(person, anchor)
    if person.card == "v21":
        return v21(person, birthday, outlook=False)
    if person.card == "outlook21":
        return v21(person, birthday, outlook=True)
    if person.card == "google":
        return google(person, birthday)
    if person.card == "ios":
        return ios(person, birthday)
    if person.card == "iosja":
        return ios(person, birthday, "ようこ たなか")
    if person.card == "evolution":
        return evolution(person, birthday)
    return v4(person, birthday)


EMPTY_CARD = ["BEGIN:VCARD", "VERSION:3.0", "N:;;;;", "FN:", "NOTE:met at the fair\\, card got wet",
              "CATEGORIES:Fair", "END:VCARD"]
BROKEN_CARD = ["BEGIN:VCARD", "VERSION:3.0", "N:Roth;Emil;;;", "FN:Emil Roth",
               "EMAIL;TYPE=INTERNET:emil@roth-kisten.example",
               "PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgICAgMCA",
               " gIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQ"]  # and no END
COUNT = 38


def write_people(anchor, people):
    """The file as bytes. Line ends are CRLF, but for the cards of one old telephone."""
    out = b""
    order = sorted(people, key=lambda p: hashlib.sha256(p.key.encode()).hexdigest())
    for index, person in enumerate(order):
        end = "\n" if person.card == "v21" else "\r\n"
        if index == 26:
            out += "".join(line + "\r\n" for line in EMPTY_CARD).encode()
        if index == 33:
            out += "".join(line + "\r\n" for line in BROKEN_CARD).encode()
        out += "".join(line + end for line in card(person, anchor)).encode()
        if index % 11 == 3:
            out += b"\r\n"
    return out
