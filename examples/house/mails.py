"""Writes mail.mbox: eighteen months of letters, and the noise between them."""

import base64
import binascii
import datetime as dt
import hashlib
import html
import random

import cast
import stories as story_book
import words

TOTAL = 1912  # messages in the file
NOISE = 311  # of them lists, automatic replies, bounces and bulk mail
SETTLED_DAYS = 45  # younger conversations end with our letter, unless a story says otherwise
GROWING_DAYS = 125
UTC = dt.timezone.utc
DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun",
               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LONG_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August",
               "September", "October", "November", "December")
LONG_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Dice:
    """Repeatable chance: the same name gives the same throws in every version of Python."""

    def __init__(self, name):
        self._random = random.Random("house/" + name)

    def below(self, n):
        return int(self._random.random() * n)

    def pick(self, choices):
        return choices[self.below(len(choices))]

    def between(self, low, high):
        return low + (high - low) * self._random.random()

    def chance(self, p):
        return self._random.random() < p


class Letter:
    """One message. `when` is UTC; `zone` is the writer's."""

    def __init__(self, when, zone, sender, to, subject, text, *, client="gmail", charset="utf-8",
                 cc=(), answers=None, lang="en", signature="", headers=(), files=(), quote=True,
                 noise=False):
        self.when = when
        self.zone = zone
        self.sender = sender  # (name, address)
        self.to = tuple(to)
        self.cc = tuple(cc)
        self.subject = subject
        self.text = text
        self.client = client
        self.charset = charset
        self.answers = answers
        self.lang = lang
        self.signature = signature
        self.headers = tuple(headers)
        self.files = tuple(files)
        self.quote = quote
        self.noise = noise
        self.raw = None  # whole message, where it is not built from the fields
        seed = f"{when.isoformat()}|{sender[1]}|{self.to[0][1]}|{subject}|{text}"
        self.key = hashlib.sha256(seed.encode()).hexdigest()
        self.id = f"<{self._local_id()}@{sender[1].split('@')[1]}>"

    def _local_id(self):
        if self.client == "gmail":
            return "CA" + base64.urlsafe_b64encode(bytes.fromhex(self.key[:40])).decode().rstrip("=")
        if self.client == "outlook":
            return f"{self.key[:8]}$01dc{self.key[8:12]}${self.key[12:20]}"
        if self.client == "apple":
            parts = (8, 4, 4, 4, 12)
            text, at = [], 0
            for size in parts:
                text.append(self.key[at:at + size].upper())
                at += size
            return "-".join(text)
        return f"{self.when:%Y%m%d%H%M%S}.{self.key[:10]}"

    def root(self):
        return self if self.answers is None else self.answers.root()

    def references(self):
        chain = []
        letter = self.answers
        while letter is not None:
            chain.append(letter.id)
            letter = letter.answers
        return chain[::-1]


# ---- times -----------------------------------------------------------------------------------

class Calendar:
    def __init__(self, anchor):
        self.midnight = dt.datetime(anchor.year, anchor.month, anchor.day, tzinfo=UTC)
        self.limit = self.midnight - dt.timedelta(minutes=4)  # nothing is younger than this

    def at(self, day, hour, minute, zone):
        """The instant of a local clock time, `day` days before the anchor."""
        date = (self.midnight - dt.timedelta(days=day)).date()
        naive = dt.datetime(date.year, date.month, date.day, tzinfo=UTC) + dt.timedelta(
            hours=hour, minutes=minute)
        when = naive - zone.offset(naive).utcoffset(None)
        return min(when, self.limit)

    def weekday(self, day):
        return (self.midnight - dt.timedelta(days=day)).weekday()

    def say(self, day):
        date = self.midnight - dt.timedelta(days=day)
        return f"{LONG_DAYS[date.weekday()]}, {date.day} {LONG_MONTHS[date.month - 1]}"

    def later(self, when, hours, zone, dice):
        """`hours` later, moved into the writer's waking and mostly working hours."""
        then = when + dt.timedelta(hours=hours, minutes=dice.below(50) + 3, seconds=dice.below(60))
        local = then.astimezone(zone.offset(then))
        if local.hour < 7:
            then += dt.timedelta(hours=7 - local.hour)
        elif local.hour >= 20:
            then += dt.timedelta(hours=31 - local.hour)
        local = then.astimezone(zone.offset(then))
        if local.weekday() >= 5 and not dice.chance(0.15):
            moved = then + dt.timedelta(days=7 - local.weekday())
            if moved < self.limit:
                then = moved
        if then > self.limit:
            then = min(when + dt.timedelta(minutes=25 + dice.below(90)), self.limit)
        return max(then, when + dt.timedelta(minutes=1))


# ---- words -----------------------------------------------------------------------------------

class Blanks(dict):
    def __missing__(self, key):
        raise KeyError(f"no word for {{{key}}}")


def blanks_for(person, steward, when, dice):
    trade = cast.TRADES[person.trade]
    thing = dice.below(len(trade["things"]))
    other = (thing + 1 + dice.below(max(1, len(trade["things"]) - 1))) % len(trade["things"])
    soon = when + dt.timedelta(days=2 + dice.below(8))
    months = when + dt.timedelta(days=25 + dice.below(50))
    n = 6 + dice.below(70)
    return Blanks(
        fn=person.first, me=steward.first, mate=person.mate, thing=trade["things"][thing],
        thing2=trade["things"][other], machine=dice.pick(trade["machines"]),
        step=dice.pick(trade["steps"]), snag=dice.pick(trade["snags"]), n=n, n2=2 + dice.below(5),
        order=f"{dice.pick('ABKLRT')}-{1000 + dice.below(8800)}", city=person.city,
        wd=LONG_DAYS[min(soon.weekday(), 4)], month=LONG_MONTHS[months.month - 1],
        now_month=LONG_MONTHS[when.month - 1], hours=31 + dice.below(30))


def capital(text):
    """Starts every sentence with a capital, since blanks may stand first."""
    out, start = [], True
    for ch in text:
        if start and ch.isalpha():
            ch, start = ch.upper(), False
        elif ch in ".?!\n":
            start = True
        elif not ch.isspace() and ch not in "\"'(":
            start = False
        out.append(ch)
    return "".join(out)


def compose(groups, blanks, dice):
    sentences = [dice.pick(group) for group in groups]
    sentences = [s for s in sentences if s]
    joint = "\n\n" if len(sentences) > 2 and dice.chance(0.4) else " "
    if len(sentences) > 2:
        text = " ".join(sentences[:-1]) + joint + sentences[-1]
    else:
        text = " ".join(sentences)
    return capital(text.format_map(blanks))


WEEKDAYS_BY_LANG = {
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi"),
    "es": ("el lunes", "el martes", "el miércoles", "el jueves", "el viernes"),
    "pt": ("segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira"),
    "sv": ("måndag", "tisdag", "onsdag", "torsdag", "fredag"),
    "da": ("mandag", "tirsdag", "onsdag", "torsdag", "fredag"),
    "pl": ("poniedziałku", "wtorku", "środy", "czwartku", "piątku"),
    "it": ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì"),
    "uk": ("понеділка", "вівторка", "середи", "четверга", "п'ятниці"),
}
MONTHS_BY_LANG = {
    "de": ("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
           "Oktober", "November", "Dezember"),
}


def localize(blanks, lang):
    moved = Blanks(blanks)
    if lang in WEEKDAYS_BY_LANG and blanks["wd"] in LONG_DAYS[:5]:
        moved["wd"] = WEEKDAYS_BY_LANG[lang][LONG_DAYS.index(blanks["wd"])]
    if lang in MONTHS_BY_LANG:
        moved["month"] = MONTHS_BY_LANG[lang][LONG_MONTHS.index(blanks["month"])]
    return moved


# ---- conversations -----------------------------------------------------------------------------

LOCAL_SHARE = {"ana": 0.0, "ulrike": 1.0, "wolfgang": 0.7, "jb": 0.5, "fatima": 0.5, "yoko": 0.4,
               "bo": 0.5, "larserik": 0.5, "mateo": 0.5}


class Correspondence:
    """All letters between the house and one person."""

    def __init__(self, person, calendar, tales, people):
        self.person = person
        self.people = people
        self.calendar = calendar
        self.steward = cast.STEWARD[person.steward]
        self.dice = Dice("mail/" + person.key)
        self.tales = tales
        self.threads = []
        self._recent = []

    def write(self):
        taken = []
        for tale in self.tales:
            self.threads.append(self._story(tale))
            taken.append(tale[0])
        for day in self._days():
            if any(abs(day - other) < 2.5 for other in taken):
                continue
            if self.tales and day < max(self.person.last, 1) + 2 and self.person.last in taken:
                continue
            self.threads.append(self._everyday(day))
        return self.threads

    def _days(self):
        days, day = [], float(self.person.last)
        while day <= self.person.start:
            days.append(int(day))
            gap = next(g for until, g in self.person.phases if day >= until)
            if day > GROWING_DAYS and len(self.person.phases) == 1:
                gap *= 2.1  # most ties grew: in the first year people wrote less often
            day += gap * self.dice.between(0.75, 1.25)
        return days[::-1]

    def _story(self, tale):
        day, hour, subject, letters = tale[:4]
        thread, dice = [], self.dice
        blanks = Blanks(mate=self.person.mate, fn=self.person.first, me=self.steward.first)
        for index, (side, hours, text) in enumerate(letters):
            zone = self.person.zone if side == "T" else self.steward.zone
            if index == 0:
                when = self.calendar.at(day, hour, 4 + dice.below(35), zone)
            else:
                when = self.calendar.later(thread[-1].when, hours, zone, dice)
            thread.append(self._letter(side, when, subject, text.replace("{mate}", blanks["mate"]),
                                       thread, local=self.person.key in OWN_LANGUAGE))
        for key in tale[4:]:
            other = next(p for p in self.people if p.key == key)
            thread[0].to += ((other.shown, other.mail),)
        return thread

    def _everyday(self, day):
        dice, person = self.dice, self.person
        recent = day <= SETTLED_DAYS
        they_begin = dice.chance(0.62)
        local = person.lang in words.LOCAL and dice.chance(LOCAL_SHARE.get(person.key, 0.25))
        if local:
            they_begin = True
        zone = person.zone if they_begin else self.steward.zone
        weekday = self.calendar.weekday(day)
        if weekday >= 5 and day != person.last and not dice.chance(0.2):
            day += weekday - 4
        when = self.calendar.at(day, 7 + dice.below(11), dice.below(60), zone)
        blanks = blanks_for(person, self.steward, when, dice)
        if local:
            return self._local(when, localize(blanks, person.lang), recent)
        subject, turns = self._topic(words.THEY_START if they_begin else words.WE_START, dice)
        if they_begin:
            length = min(len(turns), 2 if recent or not person.rhythm else dice.pick((2, 2, 2, 2, 3, 4)))
            if length == 3 and recent:
                length = 2
        else:
            length = min(len(turns), 3 if recent else dice.pick((2, 3, 3, 3)))
            if recent:
                # The answer, not our question, falls on the day.
                when -= dt.timedelta(hours=26)
        subject = capital(subject.format_map(blanks))
        thread = []
        for index in range(length):
            side = "T" if (index % 2 == 0) == they_begin else "U"
            if index:
                zone = person.zone if side == "T" else self.steward.zone
                hours = dice.pick((1, 2, 3, 5, 8, 20, 24)) if side == "U" else dice.pick((2, 4, 7, 20, 26))
                when = self.calendar.later(thread[-1].when, hours, zone, dice)
            thread.append(self._letter(side, when, subject, compose(turns[index], blanks, dice), thread))
        if recent and thread[-1].sender[1] in person.mails:
            zone = self.steward.zone
            when = self.calendar.later(thread[-1].when, 2, zone, dice)
            thread.append(self._letter("U", when, subject, "Thank you, that is good to know.", thread))
        return thread

    def _topic(self, topics, dice):
        """A topic that this person did not have lately."""
        fresh = [i for i in range(len(topics)) if (id(topics), i) not in self._recent]
        index = fresh[dice.below(len(fresh))]
        self._recent = (self._recent + [(id(topics), index)])[-max(3, len(words.WE_START) - 2):]
        subjects, turns = topics[index]
        return dice.pick(subjects), turns

    def _local(self, when, blanks, recent):
        dice, person = self.dice, self.person
        talks = words.LOCAL[person.lang]
        fresh = [t for t in talks if ("L", t[0]) not in self._recent] or talks
        talk = dice.pick(fresh)
        self._recent = (self._recent + [("L", talk[0])])[-4:]
        subject, thread = talk[0].format_map(blanks), []
        for index, text in enumerate(talk[1:]):
            if not text or (index == 2 and (recent or not person.rhythm)):
                break
            side = "TU"[index % 2]
            if index:
                zone = person.zone if side == "T" else self.steward.zone
                when = self.calendar.later(thread[-1].when, 2 + dice.below(20), zone, dice)
            body = text.replace("{hello}\n\n", "").format_map(blanks)
            thread.append(self._letter(side, when, subject, body, thread, local=True))
        return thread

    def closer(self, thread):
        """A short thank-you at the end of a settled conversation."""
        last, dice = thread[-1], self.dice
        when = self.calendar.later(last.when, 1 + dice.below(5), self.person.zone, dice)
        text = dice.pick(words.CLOSERS).format_map(
            Blanks(me=self.steward.first, mate=self.person.mate))
        thread.append(self._letter("T", when, last.root().subject, text, thread, short=True))

    def _letter(self, side, when, subject, text, thread, local=False, short=False):
        dice, person, steward = self.dice, self.person, self.steward
        lang = person.lang if local else "en"
        answers = thread[-1] if thread else None
        if side == "T":
            name, bye_name = steward.first, person.first if person.lang != "de" else person.shown
            if person.lang == "de" and local:
                name = "Frau " + steward.name.split()[1] if steward.key == "mara" else "Herr " + steward.name.split()[1]
            bye_name = bye_name.replace("Tanaka-san", person.family if local else "Tanaka")
            sender = (person.shown, dice.pick(person.mails) if dice.chance(0.2) else person.mail)
            to = ((steward.name, steward.addresses[0]),)
            client, charset = person.client, person.charset
            signature = signature_of_person(person)
            files = self._file(dice, when) if not short and dice.chance(0.035) else ()
        else:
            name, bye_name = person.first, steward.first
            sender = (steward.name, steward.addresses[0])
            to = ((person.shown, person.mail),)
            client, charset = steward.client, "utf-8"
            signature = signature_of_steward(steward)
            files = ()
        cc = ()
        if steward.key != "mara":
            cc = (("Team", "team@atelier.example"),)
        if short:
            body = text
        else:
            hello = dice.pick(words.HELLO.get(lang, words.HELLO["en"])).format(x=name)
            bye = dice.pick(words.BYE.get(lang, words.BYE["en"]))
            if answers is not None and dice.chance(0.35) and lang == "en":
                hello = ""
            body = (hello + "\n\n" if hello else "") + (text if lang in CASELESS else capital_first(text))
            body += f"\n\n{bye}\n{bye_name}"
        full = subject if answers is None else reply_prefix(client, person.lang if side == "T" else "en") + subject
        return Letter(when, person.zone if side == "T" else steward.zone, sender, to, full, body,
                      client=client, charset=charset, cc=cc, answers=answers, lang=lang,
                      signature=signature, files=files,
                      quote=not (client == "phone" and dice.chance(0.5)))

    def _file(self, dice, when):
        if dice.chance(0.6):
            rows = "order;due;pieces\r\n" + "".join(
                f"{dice.pick('ABKLRT')}-{1000 + dice.below(8800)};"
                f"{(when + dt.timedelta(days=dice.below(40))):%Y-%m-%d};{5 + dice.below(200)}\r\n"
                for _ in range(4 + dice.below(9)))
            return (("orders.csv", "text/csv", rows.encode()),)
        return (("photo.png", "image/png", TINY_PNG),)


CASELESS = {"ja", "zh", "ko", "ar"}
OWN_LANGUAGE = {"bo", "olena", "helene", "larserik", "jb", "mateo", "yoko"}  # in their stories
TINY_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==")


def capital_first(text):
    at = 1 if text[:1] in "¡¿«" else 0
    return text[:at] + text[at:at + 1].upper() + text[at + 1:]


def reply_prefix(client, lang):
    if client == "outlook":
        return {"de": "AW: ", "sv": "SV: ", "da": "SV: ", "ja": "RE: "}.get(lang, "RE: ")
    if client == "thunderbird" and lang == "pl":
        return "Odp: "
    return "Re: "


def signature_of_person(person):
    lines = [person.shown, f"{person.title}, {person.org}"]
    if person.client in ("outlook", "thunderbird", "gmail", "htmlonly"):
        lines.append(person.phone)
    return "\n".join(lines)


def signature_of_steward(steward):
    return f"{steward.name}\n{steward.title}\nAtelier, Am Kran 4, Hamburg\n{steward.phone}"


# ---- form --------------------------------------------------------------------------------------

def date_header(when, zone, client):
    local = when.astimezone(zone.offset(when))
    minutes = int(local.utcoffset().total_seconds() // 60)
    sign = "-" if minutes < 0 else "+"
    offset = f"{sign}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}"
    text = (f"{local.day} {MONTH_NAMES[local.month - 1]} {local.year} "
            f"{local.hour:02d}:{local.minute:02d}:{local.second:02d} {offset}")
    if client == "phone":
        return text
    if client == "webmail":
        text += " (UTC)" if minutes == 0 else ""
    return f"{DAY_NAMES[local.weekday()]}, {text}"


def said_on(when, zone, lang, name, address):
    local = when.astimezone(zone.offset(when))
    day = f"{local.day}"
    clock = f"{local.hour:02d}:{local.minute:02d}"
    month = MONTH_NAMES[local.month - 1]
    if lang == "de":
        return f"Am {local.day:02d}.{local.month:02d}.{local.year} um {clock} schrieb {name}:"
    if lang == "fr":
        return f"Le {local.day:02d}/{local.month:02d}/{local.year} à {clock}, {name} a écrit :"
    if lang == "sv":
        return f"Den {local.year}-{local.month:02d}-{local.day:02d} kl. {clock}, skrev {name}:"
    if lang == "pt":
        return f"Em {local.day:02d}/{local.month:02d}/{local.year}, às {clock}, {name} <{address}> escreveu:"
    if lang == "pl":
        return f"W dniu {local.day:02d}.{local.month:02d}.{local.year} o {clock}, {name} pisze:"
    if lang == "es":
        return f"El {local.day:02d}/{local.month:02d}/{local.year} a las {clock}, {name} escribió:"
    return f"On {DAY_NAMES[local.weekday()]}, {day} {month} {local.year} at {clock}, {name} <{address}> wrote:"


ORIGINAL = {"de": ("-----Ursprüngliche Nachricht-----", "Von", "Gesendet", "An", "Betreff"),
            "sv": ("-----Ursprungligt meddelande-----", "Från", "Skickat", "Till", "Ämne")}


def quoted_block(letter, lang):
    """The quotation under a reply, as the writer's program makes it."""
    before = letter.answers
    text = before.text + ("\n\n-- \n" + before.signature if before.client == "thunderbird" else "")
    if before.answers is not None:
        deeper = "\n".join("> " + line if line else ">" for line in before.answers.text.split("\n"))
        text += "\n\n" + said_on(before.answers.when, before.zone, "en", *before.answers.sender) + "\n" + deeper
    if letter.client == "outlook":
        head, frm, sent, to, subject = ORIGINAL.get(
            lang, ("-----Original Message-----", "From", "Sent", "To", "Subject"))
        return (f"{head}\n{frm}: {before.sender[0]} <{before.sender[1]}>\n{sent}: "
                f"{date_header(before.when, letter.zone, '')}\n{to}: {before.to[0][0]}\n"
                f"{subject}: {before.subject}\n\n{text}")
    lines = [">" + line if line.startswith(">") else ("> " + line if line else ">")
             for line in text.split("\n")]
    return said_on(before.when, letter.zone, lang, *before.sender) + "\n" + "\n".join(lines)


def wrap(text, width=72, flowed=False):
    out = []
    for line in text.split("\n"):
        if line.startswith(">") or len(line) <= width:
            out.append(line)
            continue
        current = ""
        for word in line.split(" "):
            if current and len(current) + 1 + len(word) > width:
                out.append(current + (" " if flowed else ""))
                current = word
            else:
                current = current + " " + word if current else word
        out.append(current)
    return "\n".join(out)


def plain_body(letter):
    parts = [letter.text]
    if letter.client == "phone":
        parts.append(PHONE_LINE.get(letter.lang, "Sent from my phone"))
    elif letter.signature and letter.client in ("thunderbird", "apple", "webmail"):
        parts.append("-- \n" + letter.signature)
    elif letter.signature:
        parts.append(letter.signature)
    quote = quoted_block(letter, letter.lang) if letter.answers is not None and letter.quote else ""
    if letter.client == "thunderbird" and quote and int(letter.key[0], 16) < 5:
        # Some people answer below what they quote.
        return quote + "\n\n" + "\n\n".join(parts)
    if quote:
        parts.append(quote)
    return "\n\n".join(parts)


PHONE_LINE = {"tr": "Telefonumdan gönderildi", "es": "Enviado desde mi teléfono",
              "pt": "Enviado do meu telemóvel", "vi": "Gửi từ điện thoại của tôi"}


def html_body(letter):
    def paragraphs(text):
        return "".join(f"<p>{html.escape(p, quote=False).replace(chr(10), '<br>' + chr(10))}</p>\n"
                       for p in text.split("\n\n"))

    style = ("<style>p.MsoNormal {margin:0; font-size:11.0pt;}</style>" if letter.client == "outlook"
             else "")
    out = [f"<html><head><meta charset=\"utf-8\">{style}</head><body>\n", paragraphs(letter.text)]
    if letter.signature:
        out.append("<div class=\"signature\">-- <br>\n" + paragraphs(letter.signature) + "</div>\n")
    if letter.answers is not None and letter.quote:
        before = letter.answers
        cite = html.escape(said_on(before.when, letter.zone, letter.lang, *before.sender), quote=False)
        out.append(f"<div class=\"gmail_quote\"><div dir=\"ltr\" class=\"gmail_attr\">{cite}<br></div>\n"
                   "<blockquote class=\"gmail_quote\" style=\"margin:0 0 0 .8ex;"
                   "border-left:1px solid #ccc;padding-left:1ex\">\n"
                   + paragraphs(before.text) + "</blockquote></div>\n")
    out.append("</body></html>")
    return "".join(out)


def encoded_words(text, charset):
    """RFC 2047, in words of at most 75 characters."""
    if all(32 <= ord(ch) < 127 for ch in text) and "=?" not in text:
        return text
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        charset = "utf-8"
    quoted = sum(ord(ch) > 126 for ch in text) * 3 < len(text) and charset != "iso-2022-jp"
    label, out, chunk = charset.upper() if charset != "utf-8" else "UTF-8", [], ""
    for ch in text:
        if chunk and len(_word(chunk + ch, charset, quoted, label)) > 70:
            out.append(_word(chunk, charset, quoted, label))
            chunk = ""
        chunk += ch
    out.append(_word(chunk, charset, quoted, label))
    return "\n ".join(out)


def _word(text, charset, quoted, label):
    data = text.encode(charset)
    if quoted:
        body = "".join("_" if b == 32 else chr(b) if chr(b).isalnum() and b < 128 else f"={b:02X}"
                       for b in data)
        return f"=?{label}?Q?{body}?="
    return f"=?{label}?B?{base64.b64encode(data).decode()}?="


def mailbox_header(pair, charset):
    name, address = pair
    if not name:
        return address
    coded = encoded_words(name, charset)
    if coded == name:
        if any(ch in name for ch in ",.()'\""):
            escaped = name.replace('"', '\\"')
            return f'"{escaped}" <{address}>'
        return f"{name} <{address}>"
    return f"{coded} <{address}>"


def transfer(text, charset, client):
    """(charset, transfer encoding, bytes) of a text part."""
    try:
        data = text.encode(charset)
    except UnicodeEncodeError:
        charset = "utf-8"
        data = text.encode(charset)
    if charset == "iso-2022-jp" or all(b < 128 for b in data):
        if all(len(line) < 900 for line in data.split(b"\n")) and client not in ("webmail", "phone"):
            return charset if charset == "iso-2022-jp" else "us-ascii" if client == "thunderbird" else charset, "7bit", data
    if client in ("webmail", "phone"):
        return charset, "base64", base64.encodebytes(data).rstrip(b"\n")
    if client == "thunderbird":
        return charset, "8bit", data
    return charset, "quoted-printable", binascii.b2a_qp(data, istext=True)


def part(content_type, encoding, data, extra=""):
    head = f"Content-Type: {content_type}\nContent-Transfer-Encoding: {encoding}\n{extra}\n"
    return head.encode() + data


def mime(letter):
    """(headers of the body, body bytes)."""
    plain = plain_body(letter)
    flowed = letter.client == "thunderbird"
    if letter.client in ("thunderbird", "apple", "outlook"):
        plain = wrap(plain, 72, flowed)
    charset, encoding, data = transfer(plain, letter.charset, letter.client)
    plain_type = f"text/plain; charset={charset}" + ("; format=flowed" if flowed else "")
    boundary = f"=_{letter.key[20:44]}"
    if letter.client == "htmlonly":
        charset, encoding, data = transfer(html_body(letter), "utf-8", "htmlonly")
        kind, body = f"text/html; charset={charset}", data
    elif letter.client in ("gmail", "outlook") or (letter.client == "apple" and letter.key[1] in "0123"):
        hcharset, hencoding, hdata = transfer(html_body(letter), "utf-8", letter.client)
        body = b"\n".join([
            b"--" + boundary.encode(), part(plain_type, encoding, data), b"",
            b"--" + boundary.encode(), part(f"text/html; charset={hcharset}", hencoding, hdata), b"",
            b"--" + boundary.encode() + b"--", b""])
        kind, encoding = f"multipart/alternative; boundary=\"{boundary}\"", ""
    else:
        kind, body = plain_type, data
    if letter.files:
        outer = f"=_mixed_{letter.key[44:60]}"
        inner_head = f"Content-Type: {kind}\n" + (
            f"Content-Transfer-Encoding: {encoding}\n" if encoding else "")
        pieces = [b"--" + outer.encode(), inner_head.encode() + b"\n" + body]
        for name, media, content in letter.files:
            pieces += [b"--" + outer.encode(),
                       part(f"{media}; name=\"{name}\"", "base64",
                            base64.encodebytes(content).rstrip(b"\n"),
                            f"Content-Disposition: attachment; filename=\"{name}\"\n")]
        pieces += [b"--" + outer.encode() + b"--", b""]
        kind, encoding, body = f"multipart/mixed; boundary=\"{outer}\"", "", b"\n".join(pieces)
    return kind, encoding, body


AGENTS = {"thunderbird": ("User-Agent", "Mozilla Thunderbird"), "apple": ("X-Mailer", "Apple Mail (2.3826)"),
          "outlook": ("X-Mailer", "Microsoft Outlook 16.0"), "phone": ("X-Mailer", "PhoneMail 9.2"),
          "webmail": ("X-Mailer", "Webmail/4")}


def serialize(letter):
    """The message as bytes, with LF line ends as mbox files have them."""
    if letter.raw is not None:
        return letter.raw
    kind, encoding, body = mime(letter)
    ours = letter.sender[1].endswith("@" + cast.HOUSE_DOMAIN)
    lines = []
    if not ours:
        local = letter.when + dt.timedelta(seconds=2)
        lines += [f"Return-Path: <{letter.sender[1]}>",
                  f"Received: from mx.{letter.sender[1].split('@')[1]} by mail.atelier.example\n\t"
                  f"with ESMTPS id {letter.key[:10]}; {date_header(local, cast.BERLIN, '')}"]
    message_id = ("Message-Id" if letter.client == "apple" else "Message-ID", letter.id)
    head = [("From", mailbox_header(letter.sender, letter.charset)),
            ("To", ",\n ".join(mailbox_header(p, letter.charset) for p in letter.to))]
    if letter.cc:
        head.append(("Cc", ",\n ".join(mailbox_header(p, letter.charset) for p in letter.cc)))
    head += [("Subject", encoded_words(letter.subject, letter.charset)),
             ("Date", date_header(letter.when, letter.zone, letter.client)), message_id]
    if letter.answers is not None:
        head.append(("In-Reply-To", letter.answers.id))
        if letter.client != "phone":
            head.append(("References", "\n ".join(letter.references())))
    head += list(letter.headers)
    if letter.client in AGENTS:
        head.append(AGENTS[letter.client])
    head.append(("MIME-Version", "1.0"))
    head.append(("Content-Type", kind.replace("; boundary", ";\n boundary")))
    if encoding:
        head.append(("Content-Transfer-Encoding", encoding))
    if letter.client in ("outlook", "webmail"):
        head = head[4:5] + head[:4] + head[5:] if not letter.cc else head
    lines += [f"{name}: {value}" for name, value in head]
    return "\n".join(lines).encode() + b"\n\n" + body


def mbox_entry(letter):
    when = letter.when
    head = (f"From {letter.sender[1]} {DAY_NAMES[when.weekday()]} {MONTH_NAMES[when.month - 1]} "
            f"{when.day:2d} {when.hour:02d}:{when.minute:02d}:{when.second:02d} {when.year}\n")
    raw = serialize(letter)
    lines = []
    for line in raw.split(b"\n"):
        if line.lstrip(b">").startswith(b"From "):
            line = b">" + line
        lines.append(line)
    return head.encode() + b"\n".join(lines).rstrip(b"\n") + b"\n\n"


# ---- the whole file ------------------------------------------------------------------------------

def _loose_threads(calendar, tales, us_name):
    """Conversations with people who are not in the address book, or among ourselves."""
    out = []
    for day, name, address, subject, letters in tales:
        dice, thread = Dice("loose/" + address + subject), []
        for index, (side, hours, text) in enumerate(letters):
            when = (calendar.at(day, 10, dice.below(50), cast.BERLIN) if index == 0
                    else calendar.later(thread[-1].when, hours, cast.BERLIN, dice))
            them, us = (name, address), (us_name, "mara@" + cast.HOUSE_DOMAIN)
            sender, to = (them, us) if side == "T" else (us, them)
            first = sender[0].split()[0]
            thread.append(Letter(
                when, cast.BERLIN, sender, (to,), subject if index == 0 else "Re: " + subject,
                f"{text}\n\n{first}", client="thunderbird" if side == "U" else "gmail",
                answers=thread[-1] if thread else None))
        out.append(thread)
    return out


def write_mail(anchor, people, thursday):
    """All letters, oldest first."""
    from noise import noise, odd_ones  # noise builds on this module

    calendar = Calendar(anchor)
    tales = story_book.stories(thursday, calendar.say)
    settled, threads = [], []
    for person in people:
        if not person.mails:
            continue
        letters = Correspondence(person, calendar, tales.get(person.key, []), people)
        letters.write()
        threads += letters.threads
        if person.rhythm:
            settled += [(letters, t) for t in letters.threads
                        if t[-1].sender[1] not in person.mails
                        and t[-1].when < calendar.limit - dt.timedelta(days=SETTLED_DAYS + 20)]
    threads += _loose_threads(calendar, story_book.UNKNOWN, "Mara Lindqvist")
    threads += _loose_threads(calendar, [
        (day, cast.STEWARD[key].name, cast.STEWARD[key].addresses[0], subject, letters)
        for day, key, subject, letters in story_book.INTERNAL], "Mara Lindqvist")
    odd = odd_ones(calendar)
    missing = TOTAL - NOISE - len(odd) - sum(len(t) for t in threads)
    # Weekends shift a little with the anchor; a few closing lines more or less keep the count.
    long_ones = [thread for _, thread in settled if len(thread) > 2]
    while missing < 0:
        long_ones.pop(0).pop()
        missing += 1
    if missing > len(settled):
        raise AssertionError(f"{missing} letters to add, {len(settled)} places for them")
    for index in range(missing):
        letters, thread = settled[index * len(settled) // missing]
        letters.closer(thread)
    human = [letter for thread in threads for letter in thread]
    every = human + odd + noise(calendar, people, human, NOISE)
    every.sort(key=lambda letter: (letter.when, letter.key))
    return every
