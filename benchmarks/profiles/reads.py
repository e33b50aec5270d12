"""hot_read: from the owner's memory. cold_read: from SQLite."""

from .measure import compare, cpu_ratio_row, interleave

ECHO = "rapport.benchmarks.Bare/Call"
HOT_NAMES = 20000
IN_FLIGHT = 64


def some_names(house, count):
    path = house.path("hot.txt")
    with open(house.names) as lines, open(path, "w") as out:
        names = lines.read().split()
        step = max(1, len(names) // count)
        out.write("\n".join(names[::step][:count]) + "\n")
    return path


def against_echo(house, settings, service, method, names, echo="echo"):
    def one(server, called, number, **flags):
        return house.load(server, called, names=names, in_flight=IN_FLIGHT, seed=number + 1,
                          seconds=settings.seconds, **flags)
    return interleave(
        settings.rounds,
        lambda n: one(service, method, n, authorization_file=settings.authorization),
        lambda n: one(echo, ECHO, n))


def hot_read(house, settings):
    rows = []
    names = some_names(house, HOT_NAMES)
    house.start_bare("echo", "--bytes=400")
    house.start_bare("typed_echo")
    for service, method in (("contact", "rapport.contact.v1.RelationshipService/GetRelationship"),
                            ("engagement", "rapport.engagement.v1.RapportService/GetRapport")):
        house.start(service, tokens=True)
        warm = house.load(service, method, names=names, requests="every_name", in_flight=16,
                          once="true", authorization_file=settings.authorization)
        if warm["void"]:
            raise RuntimeError(warm["void"])
        ours, ceiling = against_echo(house, settings, service, method, names)
        short = method.split("/")[1]
        compared = compare("hot_read", "%s, 64 in flight : echo" % short, ours, ceiling,
                           at_least=1.00)
        rows += [compared, cpu_ratio_row("hot_read", "%s, server CPU : echo" % short, compared, 1.0)]
        if service == "contact":
            ours, ceiling = against_echo(house, settings, service, method, names, "typed_echo")
            rows.append(compare("hot_read", "%s, 64 in flight : echo that parses and serializes"
                                % short, ours, ceiling))
        house.stop(service)
    house.stop_all()
    return rows


def cold_read(house, settings):
    names = house.engagement_names(100000)
    house.start_bare("echo", "--bytes=400")
    house.start("engagement", tokens=True)
    method = "rapport.engagement.v1.EngagementService/GetEngagement"
    ours, ceiling = against_echo(house, settings, "engagement", method, names)
    house.stop_all()
    return [compare("cold_read", "GetEngagement, 64 in flight : echo", ours, ceiling,
                    at_least=0.60)]
