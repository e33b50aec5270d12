"""The house that the other profiles look at: people, then years of mail. With the profile bulk, the
mail is what is measured; otherwise it is only streamed."""

import itertools
import json
import os
import sqlite3

from .measure import compare, row

ROUNDS = 5
UNDERSTOOD = 1000  # relationships for which an offer is a live question


def filled(house):
    """What an earlier run left in the work folder, if it is of the same size."""
    try:
        with open(house.path("filled.json")) as lines:
            return json.load(lines)
    except FileNotFoundError:
        return None


def fill(house, settings, measure_bulk):
    """Returns the rows of bulk if they were asked for."""
    known = filled(house)
    size = {"people": house.people, "engagements": settings.engagements,
            "understood": UNDERSTOOD, "offer": "tenants/bench/offers/linen"}
    if known == size and not measure_bulk:
        return []
    for name in os.listdir(house.work):
        if ".db" in name or name == "filled.json":
            os.remove(house.path(name))
    people = fill_people(house)
    rows = stream(house, settings, measure_bulk)
    settled = follow(house)
    if measure_bulk:
        rows.append(row("bulk", "BatchUpsertPeople, 1,000 a call", "people/s",
                        house.people / people["upsert_seconds"],
                        follow_seconds=people["follow_seconds"]))
        rows.append(row("bulk", "contact and recommendation have followed the whole stream", "s",
                        settled["seconds"]))
    with open(house.path("filled.json"), "w") as out:
        json.dump(size, out)
    return rows


def fill_people(house):
    house.start("contact", core=None, follow=("engagement",))
    house.start("engagement", core=None, follow=("contact",))
    house.start("recommendation", core=None, follow=("contact", "engagement"))
    address = {name: house.running[name].address for name in house.running}
    people = house.tool("rapport_bench", "people", "--people=%d" % house.people,
                        "--names=" + house.names, *("--%s=%s" % pair for pair in address.items()),
                        core=None)
    house.stop_all()
    return people


def stream(house, settings, measure_bulk):
    copy = house.copy_store("engagement", "direct") if measure_bulk else None
    server = house.start("engagement")
    each = settings.engagements // ROUNDS
    ours, ceiling = [], []
    for number in range(ROUNDS):
        after = highest_rowid(house.store("engagement"))
        result = house.bench("stream", engagement=server.address, names=house.names, count=each,
                             seed=number + 1, server_pid=server.pid, core=1,
                             from_days_ago=1000 - 199 * number,
                             until_days_ago=1000 - 199 * (number + 1))
        result["void"] = "refused items" if result["refused"] else ""
        ours.append(result)
        if measure_bulk:
            direct = house.tool("rapport_bare", "direct", "--from=" + house.store("engagement"),
                                "--after=%d" % after, "--store=" + copy, core=0)
            direct["server_us_per_call"] = direct["us_per_row"]
            ceiling.append(direct)
    house.stop("engagement")
    if not measure_bulk:
        return []
    return [compare("bulk", "StreamEngagements, 1,000 a message, of %s" % f"{settings.engagements:,}",
                    ours, ceiling, key="per_second", unit="engagements/s", at_least=0.70)]


def highest_rowid(path):
    store = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
    try:
        return store.execute("SELECT coalesce(max(rowid), 0) FROM engagements").fetchone()[0]
    finally:
        store.close()


def follow(house):
    """Lets recommendation catch up with what was streamed."""
    house.start("contact", core=None, follow=("engagement",))
    house.start("engagement", core=None, follow=("contact",))
    house.start("recommendation", core=None, follow=("contact", "engagement"))
    address = ["--%s=%s" % (name, server.address) for name, server in house.running.items()]
    settled = house.tool("rapport_bench", "settle", "--names=" + house.names, *address, core=None)
    with open(house.names) as names, open(house.understood, "w") as out:
        out.writelines(itertools.islice(names, UNDERSTOOD))
    house.tool("rapport_bench", "understand", "--names=" + house.understood, *address, core=None)
    house.tool("rapport_bench", "settle", "--names=" + house.names, *address, core=None)
    house.stop_all()
    return settled


def engagement_names(house, count):
    """Writes names of engagements drawn evenly from the store; engagement must not run."""
    path = house.path("engagements.txt")
    store = sqlite3.connect(house.store("engagement"))
    total = store.execute("SELECT max(rowid) FROM engagements").fetchone()[0]
    step = max(1, total // count)
    with open(path, "w") as out:
        for parent, own in store.execute(
                "SELECT parent, id FROM engagements WHERE rowid %% %d = 0" % step):
            out.write("tenants/bench/relationships/%s/engagements/%s\n" % (parent, own))
    store.close()
    return path
