"""Interleaved rounds, medians, and the rows of the table."""

import statistics


def interleave(count, *sides):
    """Runs each side once a round, in turn; returns a list of results for each side."""
    results = [[] for _ in sides]
    for number in range(count):
        for side, kept in zip(sides, results):
            kept.append(side(number))
    return results


def median(results, key):
    return statistics.median(result[key] for result in results)


def valid(ours, ceiling):
    """The rounds in which neither side is void."""
    return [(a, b) for a, b in zip(ours, ceiling) if not a.get("void") and not b.get("void")]


def voids(*sides):
    return sorted({result["void"] for side in sides for result in side if result.get("void")})


def row(profile, what, unit, ours, *, ceiling=None, ratio=None, wanted=None, reached=None,
        spread=None, rounds=1, void=(), others=None, **details):
    """One line of the table. `wanted` is text; `details` go to the JSON and the notes."""
    return {"profile": profile, "what": what, "unit": unit, "ours": ours, "ceiling": ceiling,
            "ratio": ratio, "spread": spread, "wanted": wanted, "reached": reached,
            "rounds": rounds, "void": list(void), "others_share": others, "details": details}


def compare(profile, what, ours, ceiling, *, key="qps", unit="calls/s", at_least=None):
    """The row of an interleaved comparison: medians, and the median of the rounds' ratios."""
    pairs = valid(ours, ceiling)
    why = voids(ours, ceiling)
    used = pairs or list(zip(ours, ceiling))
    ratios = sorted(a[key] / b[key] for a, b in used)
    ratio = statistics.median(ratios)
    details = {"rounds_ours": ours, "rounds_ceiling": ceiling}
    for name in ("p50_ms", "p99_ms", "p999_ms", "server_us_per_call", "engine_us_per_call", "generator_share",
                 "server_share", "response_bytes"):
        if name in used[0][0]:
            details[name] = median([a for a, _ in used], name)
        if name in used[0][1]:
            details["ceiling_" + name] = median([b for _, b in used], name)
    reached = None if at_least is None else ratio >= at_least
    if not pairs:
        reached = None
    others = [x["others_share"] for pair in used for x in pair if "others_share" in x]
    return row(profile, what, unit, median([a for a, _ in used], key),
               ceiling=median([b for _, b in used], key), ratio=ratio,
               spread=[ratios[0], ratios[-1]], wanted=None if at_least is None else "≥ %.2f" % at_least,
               reached=reached, rounds=len(pairs), void=why,
               others=statistics.median(others) if others else None, **details)


def ratio_row(profile, what, ours, ceiling, *, key, unit, at_most=None):
    """The median of the rounds' ratios of something that should be small."""
    pairs = valid(ours, ceiling)
    used = pairs or list(zip(ours, ceiling))
    ratios = sorted(a[key] / b[key] for a, b in used)
    ratio = statistics.median(ratios)
    return row(profile, what, unit, median([a for a, _ in used], key),
               ceiling=median([b for _, b in used], key), ratio=ratio,
               spread=[ratios[0], ratios[-1]],
               wanted=None if at_most is None else "≤ %.2f" % at_most,
               reached=ratio <= at_most if at_most is not None and pairs else None,
               rounds=len(pairs), void=voids(ours, ceiling))


def cpu_ratio_row(profile, what, compared, at_most):
    """From a compared row: the CPU time of a call against the ceiling's."""
    ours = compared["details"]["server_us_per_call"]
    ceiling = compared["details"]["ceiling_server_us_per_call"]
    return row(profile, what, "µs/call", ours, ceiling=ceiling, ratio=ours / ceiling,
               wanted="≤ %.2f" % at_most,
               reached=ours / ceiling <= at_most if compared["rounds"] else None,
               rounds=compared["rounds"], others=compared["others_share"])


def latency_row(profile, what, results, at_most_ms, *, key="p99_ms"):
    good = [r for r in results if not r.get("void")]
    used = good or results
    value = median(used, key)
    return row(profile, what, "ms", value, wanted="≤ %g ms" % at_most_ms if at_most_ms else None,
               reached=(value <= at_most_ms) if good and at_most_ms else None, rounds=len(good),
               void=voids(results), others=median(used, "others_share"),
               p50_ms=median(used, "p50_ms"), p99_ms=median(used, "p99_ms"),
               p999_ms=median(used, "p999_ms"), qps=median(used, "qps"),
               server_us_per_call=median(used, "server_us_per_call"),
               generator_share=median(used, "generator_share"),
               server_share=median(used, "server_share"), rounds_ours=results)
