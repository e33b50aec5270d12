"""A house that grows: people, then years of mail in parts, then the other services follow. What each
part cost is kept as a curve, and a house that was interrupted goes on where it stopped."""

import itertools
import json
import os
import sys

from .house import SERVICES

PART = 100000  # engagements, at most
PARTS = 10  # at least
DAYS = 1000  # of mail


def load_state(house):
    try:
        with open(house.path("growing.json")) as lines:
            return json.load(lines)
    except FileNotFoundError:
        return None


def save_state(house, state):
    aside = house.path("growing.json.new")
    with open(aside, "w") as out:
        json.dump(state, out, indent=1)
    os.replace(aside, house.path("growing.json"))


def grow(house, engagements):
    """Returns the state of a house that is complete: its size and its curve. One with less mail gets
    more."""
    state = load_state(house)
    size = {"people": house.people, "engagements": engagements}
    if state and state["size"] == size and state["complete"]:
        return state
    if not state or state["size"]["people"] != house.people or state["recorded"] > engagements:
        house.wipe()
        state = {"recorded": 0, "parts": 0, "curve": []}
    state.update(size=size, complete=False)
    if "upsert_seconds" not in state:
        add_people(house, state)
    add_mail(house, state)
    settle(house, state)
    state["stores_mib"] = {service: megabytes(house.store(service)) for service in SERVICES}
    state["complete"] = True
    save_state(house, state)
    return state


def add_people(house, state):
    house.start("contact", core=None, follow=("engagement",))
    house.start("engagement", core=None, follow=("contact",))
    people = house.tool("rapport_bench", "people", "--people=%d" % house.people,
                        "--names=" + house.names, *targets(house), core=None)
    state.update(upsert_seconds=people["upsert_seconds"],
                 people_follow_seconds=people["follow_seconds"], people_memory=memory(house))
    house.stop_all()
    save_state(house, state)


def targets(house):
    return ["--%s=%s" % (name, process.address) for name, process in house.running.items()]


def add_mail(house, state):
    engagements = state["size"]["engagements"]
    if state["recorded"] >= engagements:
        return
    each = min(PART, engagements // PARTS)
    server = house.start("engagement", core=None)

    def age(recorded):
        return DAYS - (DAYS - 1) * recorded / engagements
    while state["recorded"] < engagements:
        state["parts"] += 1  # the seed: never the same twice, even if this part is interrupted
        save_state(house, state)
        count = min(each, engagements - state["recorded"])
        part = house.tool("rapport_bench", "stream", "--engagement=" + server.address,
                          "--names=" + house.names, "--count=%d" % count,
                          "--seed=%d" % state["parts"], "--server_pid=%d" % server.pid,
                          "--from_days_ago=%.6f" % age(state["recorded"]),
                          "--until_days_ago=%.6f" % age(state["recorded"] + count), core=None)
        state["recorded"] += part["recorded"]
        part.update(engagements=state["recorded"], memory=of_process(server),
                    store_mib=megabytes(house.store("engagement")),
                    log_mib=megabytes(house.store("engagement") + "-wal"))
        state["curve"].append(part)
        save_state(house, state)
        print("  %(engagements)d engagements, %(per_second).0f/s" % part, file=sys.stderr)
    house.stop_all()


def settle(house, state):
    """Lets all services catch up, and makes an offer a live question for some relationships."""
    house.start("contact", core=None, follow=("engagement",))
    house.start("engagement", core=None, follow=("contact",))
    house.start("recommendation", core=None, follow=("contact", "engagement"))
    settled = house.tool("rapport_bench", "settle", "--names=" + house.names, *targets(house),
                         core=None)
    state["settle_seconds"] = settled["seconds"]
    if not state.get("understood"):
        with open(house.names) as names, open(house.understood, "w") as out:
            out.writelines(itertools.islice(names, house.understood_relationships))
        house.tool("rapport_bench", "understand", "--names=" + house.understood, *targets(house),
                   core=None)
        state["understood"] = True
    house.tool("rapport_bench", "settle", "--names=" + house.names, *targets(house), core=None)
    state["settled_memory"] = memory(house)
    house.stop_all()


def memory(house):
    return {name: of_process(process) for name, process in house.running.items()}


def of_process(process):
    """MiB: resident, and what is not backed by files."""
    rss, anonymous = process.memory_kib()
    return {"rss": round(rss / 1024, 1), "anonymous": round(anonymous / 1024, 1)}


def megabytes(path):
    return round(os.path.getsize(path) / 1048576, 1) if os.path.exists(path) else 0
