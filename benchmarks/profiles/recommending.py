"""worklist: GetWorklist for a steward of a thousand relationships and for one of all of them.
readiness: GetBriefing and CheckReadiness where contact and engagement are asked at every call."""

from .measure import latency_row

PREFIX = "rapport.recommendation.v1.RecommendationService/"


def worklist(house, settings):
    house.start("recommendation", tokens=True)
    rows = []
    everybody = write_names(house, "all.txt", ["all"])
    some = write_names(house, "some.txt", ["s%d" % i for i in range(1, 101)])
    for names, who in ((some, f"steward of {house.people // 100:,}"),
                       (everybody, f"steward of {house.people:,}")):
        rows += at_rest_and_half_load(house, settings, "worklist", "GetWorklist", names, who, 10)
    rows += at_rest_and_half_load(house, settings, "worklist", "GetBriefing", house.names,
                                  "any relationship", 5)
    house.stop_all()
    return rows


def readiness(house, settings, profile="readiness", **options):
    """`options` are House.start's."""
    house.start("contact", tokens=True, follow=("engagement",), **options)
    house.start("engagement", tokens=True, follow=("contact",), **options)
    house.start("recommendation", tokens=True, follow=("contact", "engagement"), **options)
    rows = at_rest_and_half_load(house, settings, profile, "GetBriefing", house.understood,
                                 "asking both services", 5)
    rows += at_rest_and_half_load(house, settings, profile, "CheckReadiness", house.understood,
                                  "asking both services", 1, requests="readiness",
                                  offer="tenants/bench/offers/linen")
    house.stop_all()
    return rows


def write_names(house, name, stewards):
    path = house.path(name)
    with open(path, "w") as out:
        out.writelines("tenants/bench/stewards/%s\n" % steward for steward in stewards)
    return path


def at_rest_and_half_load(house, settings, profile, method, names, who, at_most_ms, **request):
    def run(number, **flags):
        return house.load("recommendation", PREFIX + method, names=names, seed=number + 1,
                          seconds=settings.seconds, authorization_file=settings.authorization,
                          **request, **flags)
    alone = [run(n, in_flight=1) for n in range(settings.rounds)]
    full = run(0, in_flight=16)
    rate = round(full["qps"] / 2, 1)
    half = [run(n, rate=rate) for n in range(settings.rounds)]
    return [latency_row(profile, "%s, %s: p99, 1 in flight" % (method, who), alone, at_most_ms),
            latency_row(profile, "%s, %s: p99 at half load (%d/s)" % (method, who, rate), half,
                        at_most_ms)]
