"""The story that the examples tell: docs/examples/*.json, one chapter each, in the order of names.

  {"title": "…", "text": "…", "now": "2026-03-02T08:00:00Z",
   "calls": [{"rpc": "rapport.contact.v1.PeopleService/GetPerson", "text": "…", "request": {…}}]}

A call may also have
  "now"       when it is made; otherwise one second after the call before it
  "requests"  in the place of "request": the messages of a stream
  "at"        which service is asked, for the RPCs that several of them have
  "as"        {"person.name": "ana"}: what an id that the answer tells is called from here on
  "refused"   the reason of the error that it gets
Requests and answers are canonical JSON of protobuf."""

import datetime
import json
import os
import re

from example_house import Refused

UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b")
VEILED = {"nextPageToken": "page-token", "storeId": "store", "tzdbVersion": "tzdb"}


class Call:
    def __init__(self, where, data):
        self.where = where
        unknown = set(data) - {"rpc", "text", "request", "requests", "now", "at", "as", "refused"}
        if unknown or "rpc" not in data or "text" not in data:
            raise SystemExit("%s: unknown %s, or no rpc or text" % (where, sorted(unknown)))
        self.method = data["rpc"]
        self.text = data["text"]
        self.requests = data["requests"] if "requests" in data else [data.get("request", {})]
        self.streams = "requests" in data
        self.now, self.at, self.refused = data.get("now"), data.get("at"), data.get("refused")
        self.names = data.get("as", {})
        self.answers = None

    @property
    def ok(self):
        return self.refused is None


class Chapter:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
        name = os.path.basename(path)
        self.title, self.text, self.now = data["title"], data["text"], data["now"]
        self.calls = [Call("docs/examples/%s, call %d (%s)" % (name, i, c.get("rpc")), c)
                      for i, c in enumerate(data["calls"], 1)]


def read(folder):
    return [Chapter(os.path.join(folder, name)) for name in sorted(os.listdir(folder))
            if name.endswith(".json")]


class Names:
    """Ids that the services make <-> what the story calls them."""

    def __init__(self):
        self._shown, self._real, self._counts = {}, {}, {}

    def give(self, real, shown):
        if self._real.get(shown, real) != real:
            raise ValueError("two ids are called %s" % shown)
        self._shown[real], self._real[shown] = shown, real

    def shown(self, value, key=""):
        if isinstance(value, dict):
            items = sorted(value.items()) if key == "metadata" else value.items()
            return {k: self.shown(v, k) for k, v in items}
        if isinstance(value, list):
            return [self.shown(v, key) for v in value]
        if isinstance(value, float):
            return float("%.6g" % value)
        if not isinstance(value, str):
            return value
        if key in VEILED and value:
            return self._veil(value, VEILED[key])
        return UUID.sub(lambda m: self._veil(m.group(0), kind_of(value, m.start())), value)

    def _veil(self, real, kind):
        if real not in self._shown:
            count = self._counts.get(kind, 0) + 1
            self._counts[kind] = count
            self.give(real, "%s-%d" % (kind, count))
        return self._shown[real]

    def real(self, value):
        if isinstance(value, dict):
            return {k: self.real(v) for k, v in value.items()}
        if isinstance(value, list):
            return [self.real(v) for v in value]
        if not isinstance(value, str):
            return value
        if value in self._real:
            return self._real[value]
        return "/".join(self._real.get(part, part) for part in value.split("/"))


def kind_of(text, at):
    """The collection that an id at this place of a name is of, as one word; "id" elsewhere."""
    found = re.search(r"(\w+)/$", text[:at])
    if not found:
        return "id"
    kind = re.sub(r"([A-Z])", lambda m: "-" + m.group(1).lower(), found.group(1))
    return {"people": "person"}.get(kind, kind[:-1] if kind.endswith("s") else kind)


def at_path(value, path):
    for part in path.split("."):
        value = value[int(part)] if part.isdigit() else value[part]
    return value


def run(chapters, house):
    """Makes every call; fills in the answers."""
    names = Names()
    for chapter in chapters:
        now = when(chapter.now)
        for call in chapter.calls:
            now = when(call.now) if call.now else now + datetime.timedelta(seconds=1)
            house.set_now(now.strftime("%Y-%m-%dT%H:%M:%SZ"))
            if call.method not in house.methods:
                raise SystemExit("%s: there is no such RPC" % call.where)
            try:
                answers = house.call(call.method, names.real(call.requests), call.at)
            except Refused as refused:
                answers = [refused.shown]
                if call.refused != refused.shown.get("reason"):
                    raise SystemExit("%s is refused: %s" % (call.where, refused.shown)) from None
            except Exception as error:
                raise SystemExit("%s: %s" % (call.where, error)) from None
            else:
                if call.refused:
                    raise SystemExit("%s is not refused" % call.where)
            for path, shown in call.names.items():
                names.give(UUID.findall(at_path(answers[0], path))[-1], shown)
            call.answers = names.shown(answers)


def when(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
