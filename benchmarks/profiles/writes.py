"""record: durable RecordEngagement against a bare group commit of the same rows and indexes."""

from .measure import compare, interleave, row

METHOD = "rapport.engagement.v1.EngagementService/RecordEngagement"
CEILING = "rapport.benchmarks.Bare/Call"
PREPARED_A_SECOND = 30000


def record(house, settings):
    ours_store = house.copy_store("engagement", "record")
    bare_store = house.copy_store("engagement", "commit")
    house.start("engagement", tokens=True, store=ours_store)
    house.start_bare("commit", "--store=" + bare_store)
    rows = []
    for in_flight in (1, 16, 64, 256):
        def one(server, method, number, k=in_flight, **flags):
            return house.load(server, method, names=house.names, requests="mail", in_flight=k,
                              seed=1000000 + k * 1000 + number, seconds=settings.seconds,
                              count=int((settings.seconds + 0.5) * PREPARED_A_SECOND), **flags)
        ours, ceiling = interleave(
            settings.rounds,
            lambda n: one("engagement", METHOD, n, authorization_file=settings.authorization),
            lambda n: one("commit", CEILING, n))
        compared = compare("record", "RecordEngagement, %d in flight : group commit" % in_flight,
                           ours, ceiling, at_least=0.70 if in_flight == 64 else None)
        rows.append(compared)
        if in_flight == 1:
            mine, bare = compared["details"]["p50_ms"], compared["details"]["ceiling_p50_ms"]
            rows.append(row("record", "RecordEngagement, 1 in flight, p50 : group commit", "ms",
                            mine, ceiling=bare, ratio=mine / bare, wanted="≤ 1.25",
                            reached=mine / bare <= 1.25 if compared["rounds"] else None,
                            rounds=compared["rounds"], others=compared["others_share"]))
    house.stop_all()
    return rows
