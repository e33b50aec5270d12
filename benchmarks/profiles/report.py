"""The table, as text for the terminal and as Markdown, and the JSON."""

import json
import os


def number(value):
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    if abs(value) >= 100:
        return "%.0f" % value
    if abs(value) >= 10:
        return "%.1f" % value
    return "%.3g" % value


def verdict(row):
    if row["void"] and not row["rounds"]:
        return "void"
    return {True: "yes", False: "NO", None: ""}[row["reached"]]


HEADINGS = ("job", "ours", "ceiling", "unit", "ratio", "range", "at least", "reached",
            "p50/p99/p99.9 ms", "µs CPU/call (ceiling) + engines", "rounds", "others' CPU")


def cells(row):
    details = row["details"]
    latency = cpu = ""
    if "p50_ms" in details:
        latency = "/".join(number(details[k]) for k in ("p50_ms", "p99_ms", "p999_ms"))
    if "server_us_per_call" in details:
        cpu = number(details["server_us_per_call"])
        bare = details.get("ceiling_server_us_per_call")
        if bare is not None:
            cpu += " (%s)" % number(bare)
        engine = details.get("engine_us_per_call")
        if engine:
            cpu += " + %s" % number(engine)
            if "ceiling_engine_us_per_call" in details:
                cpu += " (%s)" % number(details["ceiling_engine_us_per_call"])
    spread = "–".join(number(x) for x in row["spread"]) if row["spread"] else ""
    return ("%s: %s" % (row["profile"], row["what"]), number(row["ours"]), number(row["ceiling"]),
            row["unit"], "" if row["ratio"] is None else "%.2f" % row["ratio"], spread,
            row["wanted"] or "", verdict(row), latency, cpu, str(row["rounds"]),
            "" if row["others_share"] is None else "%.2f" % row["others_share"])


def as_text(rows):
    lines = [HEADINGS] + [cells(row) for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADINGS))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
                     for line in lines)


def as_markdown(rows, facts):
    out = ["# Benchmarks of %s" % facts["date"], ""]
    for name, value in facts.items():
        if name not in ("date", "notes"):
            out.append("- %s: %s" % (name.replace("_", " "), value))
    for note in facts["notes"]:
        out.append("- **%s**" % note)
    out += ["", "| " + " | ".join(HEADINGS) + " |", "|" + "---|" * len(HEADINGS)]
    out += ["| " + " | ".join(cells(row)) + " |" for row in rows]
    why = sorted({reason for row in rows for reason in row["void"]})
    if why:
        out += ["", "Void rounds, left out of the medians unless all were: " + "; ".join(why) + "."]
    return "\n".join(line.rstrip() for line in out) + "\n"


def write(folder, rows, facts):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "results.json"), "w") as out:
        json.dump({"facts": facts, "rows": rows}, out, indent=1, ensure_ascii=False)
        out.write("\n")
    with open(os.path.join(folder, "results.md"), "w") as out:
        out.write(as_markdown(rows, facts))
