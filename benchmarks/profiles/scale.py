"""Growth: the jobs of the embedded store on houses of several sizes, in turn. Every round visits all
sizes, so what the machine does meanwhile hits them alike."""

import os
import statistics
import sys

from . import growing, standing, tokens
from .house import SERVICES, Broken, House
from .measure import voids
from .reads import IN_FLIGHT, some_names
from .recommending import PREFIX, write_names
from .writes import METHOD as RECORD, PREPARED_A_SECOND

FLAT = 1.5  # a read or a single write in the bigger house may cost so many times as much
HOT_NAMES = 10000  # as many in every house
STREAMED = 20000  # engagements of a round of bulk


def series(job, what, unit, rounds, *, key=None, more_is_better=False, at_most=None, flat=False,
           void=(), **details):
    """One line of the table. `rounds` holds for every size a list of one value a round, None where
    the round is void; a ratio says how many times as much as in the smallest house it costs."""
    others = None
    if key:
        others = statistics.median(r["others_share"] for of in rounds for r in of)
        details["rounds"] = rounds
        rounds = [[None if r.get("void") else r[key] for r in of] for of in rounds]
    values = [middle(of) for of in rounds]
    ratios = [middle([cost(of[n], rounds[0][n], more_is_better) for n in range(len(of))])
              for of in rounds]
    known = [v for v in values if v is not None]
    reached = None
    if at_most is not None and values[-1] is not None:
        reached = max(known) <= at_most
    if flat and ratios[-1] is not None:
        reached = max(r for r in ratios if r is not None) <= FLAT
    wanted = "≤ %g %s" % (at_most, unit) if at_most is not None else None
    return {"job": job, "what": what, "unit": unit, "values": values, "ratios": ratios,
            "wanted": "flat" if flat else wanted, "reached": reached, "others": others,
            "void": list(void), **details}


def middle(values):
    known = [v for v in values if v is not None]
    return statistics.median(known) if known else None


def cost(value, smallest, more_is_better):
    if not value or not smallest:
        return None
    return smallest / value if more_is_better else value / smallest


class Scale:
    """The houses, and the rounds through all of them."""

    def __init__(self, build, work, settings):
        self.settings = settings
        self.houses = [House(build, os.path.join(work, str(size)), size)
                       for size in settings.sizes]

    def grow(self):
        fills = []
        for house in self.houses:
            print("the house of %d …" % house.people, file=sys.stderr)
            fills.append(growing.grow(house, house.people * self.settings.engagements_per))
        return fills

    def sign(self):
        """Tokens live for an hour at most."""
        for house in self.houses:
            tokens.make(house.work, "bench", self.settings.scopes, SERVICES)

    def start(self, service, **options):
        for house in self.houses:
            house.start(service, tokens=True, **options)

    def stop(self):
        for house in self.houses:
            house.stop_all()

    def load(self, house, service, method, **flags):
        return house.load(service, method, seconds=self.settings.seconds,
                          authorization_file=house.path("authorization"), **flags)

    def rounds(self, one):
        """one(house, number) for all sizes, round after round."""
        results = [[] for _ in self.houses]
        for number in range(self.settings.rounds):
            for house, kept in zip(self.houses, results):
                kept.append(one(house, number))
        return results

    def reads(self, service, method, names, in_flight=1, **flags):
        """Rounds of a method that reads; names(house) is a file of names."""
        return self.rounds(lambda house, number: self.load(
            house, service, method, names=names(house), in_flight=in_flight, seed=number + 1,
            **flags))


def throughput(job, what, found):
    return [series(job, what + ", %d in flight" % IN_FLIGHT, "calls/s", found, key="qps",
                   more_is_better=True, flat=True, void=voids(*found)),
            series(job, what + ", server CPU", "µs/call", found, key="server_us_per_call")]


def latency(job, what, found, at_most=None):
    return [series(job, what + ", p50", "ms", found, key="p50_ms", flat=at_most is None,
                   void=voids(*found)),
            series(job, what + ", p99", "ms", found, key="p99_ms", at_most=at_most)]


def hot_read(scale):
    lines = []
    for service, method in (("contact", standing.FIRST["contact"]),
                            ("engagement", standing.FIRST["engagement"])):
        scale.start(service)
        for house in scale.houses:
            house.load(service, method, names=some_names(house, HOT_NAMES), requests="every_name",
                       in_flight=16, once="true", authorization_file=house.path("authorization"))
        found = scale.reads(service, method, lambda h: h.path("hot.txt"), in_flight=IN_FLIGHT)
        lines += throughput("hot_read", method.split("/")[1], found)
        scale.stop()
    return lines


def cold_read(scale):
    for house in scale.houses:
        house.engagement_names(100000)
    scale.start("engagement")
    found = scale.reads("engagement", "rapport.engagement.v1.EngagementService/GetEngagement",
                        lambda h: h.path("engagements.txt"), in_flight=IN_FLIGHT)
    scale.stop()
    return throughput("cold_read", "GetEngagement", found)


def record(scale):
    """On copies: the houses stay as they are."""
    lines = []
    for house in scale.houses:
        house.start("engagement", tokens=True, store=house.copy_store("engagement", "grown"))
    for in_flight in (1, IN_FLIGHT):
        found = scale.rounds(lambda house, number: scale.load(
            house, "engagement", RECORD, names=house.names, requests="mail", in_flight=in_flight,
            seed=1000000 + in_flight * 1000 + number,
            count=int((scale.settings.seconds + 0.5) * PREPARED_A_SECOND)))
        what = "RecordEngagement"
        lines += (latency("record", what + ", 1 in flight", found) if in_flight == 1
                  else throughput("record", what, found))
    scale.stop()
    return lines


def bulk(scale):
    """On the same copies, if record has made them."""
    for house in scale.houses:
        copy = house.path("grown.db")
        if not os.path.exists(copy):
            house.copy_store("engagement", "grown")
        house.start("engagement", store=copy)
    memory_before = [growing.of_process(house.running["engagement"]) for house in scale.houses]

    def one(house, number):
        server = house.running["engagement"]
        result = house.bench("stream", engagement=server.address, names=house.names,
                             count=STREAMED, seed=2000000 + number, server_pid=server.pid, core=1,
                             from_days_ago=1, until_days_ago=0)
        result["void"] = "refused items" if result["refused"] else ""
        return result
    found = scale.rounds(one)
    memory_after = [growing.of_process(house.running["engagement"]) for house in scale.houses]
    scale.stop()
    return [series("bulk", "StreamEngagements, 1,000 a message", "engagements/s", found,
                   key="per_second", more_is_better=True, void=voids(*found)),
            series("bulk", "StreamEngagements, server CPU", "µs/engagement", found,
                   key="server_us_per_call"),
            series("bulk", "engagement: resident before", "MiB",
                   [[m["rss"]] for m in memory_before]),
            series("bulk", "engagement: resident after", "MiB",
                   [[m["rss"]] for m in memory_after])]


def worklist(scale):
    scale.start("recommendation")
    lines = []
    for of, stewards in (("1 %", ["s%d" % i for i in range(1, 101)]), ("all", ["all"])):
        found = scale.reads("recommendation", PREFIX + "GetWorklist",
                            lambda h: write_names(h, "stewards.txt", stewards))
        lines += latency("worklist", "GetWorklist, steward of " + of, found, at_most=10)
    scale.stop()
    return lines


def briefing(scale):
    scale.start("recommendation")
    found = scale.reads("recommendation", PREFIX + "GetBriefing", lambda h: h.names)
    scale.stop()
    return latency("briefing", "GetBriefing", found)


def readiness(scale):
    scale.start("contact", follow=("engagement",))
    scale.start("engagement", follow=("contact",))
    scale.start("recommendation", follow=("contact", "engagement"))
    lines = []
    for method, flags in (("CheckReadiness", {"requests": "readiness",
                                              "offer": "tenants/bench/offers/linen"}),
                          ("GetBriefing", {})):
        found = scale.reads("recommendation", PREFIX + method, lambda h: h.understood, **flags)
        lines += latency("readiness", method + ", asking both services", found)
    scale.stop()
    return lines


def cold_start(scale):
    return [series("cold_start", "%s: exec to first answer" % service, "s",
                   scale.rounds(lambda house, number: standing.first_answer(house, service)),
                   at_most=1)
            for service in SERVICES]


def memory(scale):
    lines = []
    for service in SERVICES:
        found = [standing.held(house, service) for house in scale.houses]
        lines += [series("memory", "%s: bytes per relationship" % service, "B",
                         [[of["each"]] for of in found],
                         at_most=400 if service == "recommendation" else None),
                  series("memory", "%s: resident" % service, "MiB",
                         [[of["rss_mib"]] for of in found])]
    return lines


JOBS = {"hot_read": hot_read, "cold_read": cold_read, "record": record, "bulk": bulk,
        "worklist": worklist, "briefing": briefing, "readiness": readiness,
        "cold_start": cold_start, "memory": memory}


def measure(build, work, settings, facts):
    """Returns the lines of the table, and how the houses were filled."""
    scale = Scale(build, work, settings)
    lines = []
    try:
        fills = scale.grow()
        for name in settings.jobs:
            print("%s …" % name, file=sys.stderr)
            scale.sign()
            try:
                lines += JOBS[name](scale)
            except Broken as broken:
                facts["notes"].append("%s could not be measured: %s" % (name, broken))
            scale.stop()
    finally:
        scale.stop()
        for house in scale.houses:
            house.remove_copy("grown")
    return lines, fills
