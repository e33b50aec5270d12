"""cold_start: from exec to the first answer. memory: what the services hold."""

import os
import time

from .house import SERVER_CORE, SERVICES
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


def cold_start(house, settings):
    rows = []
    for service in SERVICES:
        command, address = house.service_command(service)
        times = []
        for _ in range(settings.rounds):
            if os.path.exists(address[5:]):
                os.remove(address[5:])
            result = house.tool("rapport_bench", "start", "--target=" + address,
                                "--method=" + FIRST[service],
                                "--names=" + first_names(house, service),
                                "--core=%d" % SERVER_CORE, "--", *command)
            times.append(result["seconds"])
        times.sort()
        middle = times[len(times) // 2]
        rows.append(row("cold_start", "%s: exec to first answer, %s relationships"
                        % (service, f"{house.people:,}"), "s", middle,
                        spread=[times[0], times[-1]], wanted="≤ 1 s", reached=middle <= 1.0,
                        rounds=len(times)))
    return rows


def memory(house, settings):
    rows = []
    for service in SERVICES:
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
            raise RuntimeError(warm["void"])
        time.sleep(0.5)
        rss, anon = full.memory_kib()
        house.stop(service)
        each = (anon - empty_anon) * 1024 / house.people
        wanted = service == "recommendation"
        rows.append(row("memory", "%s: bytes per relationship" % service, "B", each,
                        wanted="≤ 400 B" if wanted else None,
                        reached=each <= 400 if wanted else None,
                        rss_mib=rss / 1024, anonymous_mib=anon / 1024,
                        empty_rss_mib=empty_rss / 1024, empty_anonymous_mib=empty_anon / 1024))
        rows.append(row("memory", "%s: resident, %s relationships" % (service, f"{house.people:,}"),
                        "MiB", rss / 1024))
    return rows
