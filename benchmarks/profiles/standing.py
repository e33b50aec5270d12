"""cold_start: from exec to the first answer. memory: what the services hold."""

import os
import time

from .house import SERVER_CORE, SERVICES, Broken, remove_socket
from .measure import row

FIRST = {"contact": "rapport.contact.v1.RelationshipService/GetRelationship",
         "engagement": "rapport.engagement.v1.RapportService/GetRapport",
         "recommendation": "rapport.recommendation.v1.RecommendationService/GetWorklist"}


def first_names(house, service):
    if service != "recommendation":
        return house.names
    path = house.path("all.txt")
    with open(path, "w") as out:
        out.write("tenants/bench/stewards/all\n")
    return path


def first_answer(house, service):
    """Seconds from exec to the first answer."""
    command, address = house.service_command(service)
    remove_socket(address)
    return house.tool("rapport_bench", "start", "--target=" + address,
                      "--method=" + FIRST[service], "--names=" + first_names(house, service),
                      "--core=%d" % SERVER_CORE, "--", *command)["seconds"]


def cold_start(house, settings):
    rows = []
    for service in SERVICES:
        times = sorted(first_answer(house, service) for _ in range(settings.rounds))
        middle = times[len(times) // 2]
        rows.append(row("cold_start", "%s: exec to first answer, %s relationships"
                        % (service, f"{house.people:,}"), "s", middle,
                        spread=[times[0], times[-1]], wanted="≤ 1 s", reached=middle <= 1.0,
                        rounds=len(times)))
    return rows


def held(house, service):
    """Memory of a service without anybody in its store, and with all relationships in it."""
    empty_store = house.path("empty-%s.db" % service)
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(empty_store + suffix):
            os.remove(empty_store + suffix)
    empty = house.start(service, store=empty_store)
    time.sleep(0.5)
    empty_rss, empty_anon = empty.memory_kib()
    house.stop(service)
    full = house.start(service)
    # Every relationship is asked for once, so that what is kept in memory is there.
    warm = house.load(service, FIRST[service], names=first_names(house, service),
                      requests="every_name", once="true", in_flight=8)
    if warm["void"]:
        raise Broken(warm["void"])
    time.sleep(0.5)
    rss, anon = full.memory_kib()
    house.stop(service)
    return {"each": (anon - empty_anon) * 1024 / house.people, "rss_mib": rss / 1024,
            "anonymous_mib": anon / 1024, "empty_rss_mib": empty_rss / 1024,
            "empty_anonymous_mib": empty_anon / 1024}


def memory(house, settings):
    rows = []
    for service in SERVICES:
        found = held(house, service)
        each = found.pop("each")
        wanted = service == "recommendation"
        rows.append(row("memory", "%s: bytes per relationship" % service, "B", each,
                        wanted="≤ 400 B" if wanted else None,
                        reached=each <= 400 if wanted else None, **found))
        rows.append(row("memory", "%s: resident, %s relationships" % (service, f"{house.people:,}"),
                        "MiB", found["rss_mib"]))
    return rows
