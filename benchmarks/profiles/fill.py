"""The house that the other profiles look at: people, then years of mail. With the profile bulk, the
mail is what is measured; otherwise it is only streamed."""

import itertools
import json

from .measure import compare, row

ROUNDS = 5


def filled(house):
    """What an earlier run left in the work folder, if it is of the same size."""
    try:
        with open(house.path("filled.json")) as lines:
            return json.load(lines)
    except FileNotFoundError:
        return None


def fill(house, settings, chosen):
    """Returns the rows of bulk if they were asked for."""
    profile = "bulk" if house.engine == "SQLite" else "postgres_bulk"
    measure_bulk = profile in chosen
    known = filled(house)
    size = {"people": house.people, "engagements": settings.engagements,
            "understood": house.understood_relationships, "offer": "tenants/bench/offers/linen"}
    if known == size and not measure_bulk:
        return []
    house.wipe()
    people = fill_people(house)
    rows = stream(house, settings, profile if measure_bulk else None)
    settled = follow(house)
    if measure_bulk:
        rows.append(row(profile, "BatchUpsertPeople, 1,000 a call", "people/s",
                        house.people / people["upsert_seconds"],
                        follow_seconds=people["follow_seconds"]))
        rows.append(row(profile, "contact and recommendation have followed the whole stream", "s",
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


def stream(house, settings, profile):
    """Measures if `profile` has a name."""
    copy = house.copy_store("engagement", "direct") if profile else None
    server = house.start("engagement")
    each = settings.engagements // ROUNDS
    ours, ceiling = [], []
    for number in range(ROUNDS):
        after = house.last_engagement()
        result = house.bench("stream", engagement=server.address, names=house.names, count=each,
                             seed=number + 1, server_pid=server.pid, core=1,
                             from_days_ago=1000 - 199 * number,
                             until_days_ago=1000 - 199 * (number + 1))
        result["void"] = "refused items" if result["refused"] else ""
        ours.append(result)
        if profile:
            direct = house.direct(after, copy)
            direct["server_us_per_call"] = direct["us_per_row"]
            ceiling.append(direct)
    house.stop("engagement")
    if not profile:
        return []
    return [compare(profile, "StreamEngagements, 1,000 a message, of %s : %s"
                    % (f"{settings.engagements:,}", house.direct_path), ours, ceiling,
                    key="per_second", unit="engagements/s", at_least=0.70)]


def follow(house):
    """Lets recommendation catch up with what was streamed."""
    house.start("contact", core=None, follow=("engagement",))
    house.start("engagement", core=None, follow=("contact",))
    house.start("recommendation", core=None, follow=("contact", "engagement"))
    address = ["--%s=%s" % (name, server.address) for name, server in house.running.items()]
    settled = house.tool("rapport_bench", "settle", "--names=" + house.names, *address, core=None)
    with open(house.names) as names, open(house.understood, "w") as out:
        out.writelines(itertools.islice(names, house.understood_relationships))
    house.tool("rapport_bench", "understand", "--names=" + house.understood, *address, core=None)
    house.tool("rapport_bench", "settle", "--names=" + house.names, *address, core=None)
    house.stop_all()
    return settled
