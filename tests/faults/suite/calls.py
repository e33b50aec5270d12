"""Exact calls (call_once.cc), for rows that must say what they send and see what comes back."""
import dataclasses
import json
import os
import subprocess

PEOPLE = "rapport.contact.v1.PeopleService/"
ENGAGEMENTS = "rapport.engagement.v1.EngagementService/"
RAPPORT = "rapport.engagement.v1.RapportService/"


@dataclasses.dataclass
class Answer:
    code: str  # "OK", "UNAVAILABLE"
    reason: str
    token: str
    response: dict
    message: str = ""

    def ok(self):
        return self.code == "OK"

    def must(self):
        if not self.ok():
            raise RuntimeError(f"{self.code} {self.reason}: {self.message}")
        return self


@dataclasses.dataclass
class Person:
    name: str
    relationship: str
    token: str


def call(house, process, method, request, token="", timeout=10.0):
    done = subprocess.run(
        [os.path.join(house.build, "tests", "faults", "call_once"),
         "--target=unix:" + house.socket_of(process), "--token=" + token,
         f"--timeout_ms={int(timeout * 1000)}", method, json.dumps(request)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"call_once: {done.stderr}")
    return Answer(**json.loads(done.stdout))


def new_person(house, process, name):
    """A person with a relationship."""
    answer = call(house, process, PEOPLE + "BatchUpsertPeople", {
        "parent": "tenants/home",
        "people": [{"external_id": {"source": "row", "id": name}, "person": {"full_name": name}}]})
    made = answer.must().response["results"][0]
    return Person(made["person"], made["relationship"], answer.token)


def rename(house, process, person, name):
    """Its token."""
    return call(house, process, PEOPLE + "UpdatePerson", {
        "person": {"name": person.name, "full_name": name}, "update_mask": "fullName"}).must().token


def get_person(house, process, person, token=""):
    return call(house, process, PEOPLE + "GetPerson", {"name": person.name}, token)


def name_of(answer):
    """What a person is called; the code if there is no answer."""
    return answer.response["fullName"] if answer.ok() else answer.code


def get_rapport(house, process, person, token="", timeout=10.0):
    return call(house, process, RAPPORT + "GetRapport", {"name": person.relationship}, token,
                timeout)


def store_of(token):
    """The id of the store that gave the token."""
    return token.rsplit(".", 1)[0]
