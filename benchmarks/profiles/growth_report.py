"""The table of growth as text, Markdown and JSON, and its curves as SVG."""

import json
import math
import os

from .report import number

WIDTH, HEIGHT, LEFT, TOP = 460, 260, 56, 24
COLOURS = ("#1f6f8b", "#c0552d", "#4f772d", "#7b4397", "#b8860b", "#333333", "#c2185b", "#5d8aa8")


def headings(sizes):
    return ["job", "unit"] + [f"{size:,}" for size in sizes] + \
        ["× at " + f"{size:,}" for size in sizes[1:]] + ["wanted", "reached", "others' CPU"]


def cells(line):
    return (["%s: %s" % (line["job"], line["what"]), line["unit"]] +
            [number(value) for value in line["values"]] +
            ["" if ratio is None else "%.2f" % ratio for ratio in line["ratios"][1:]] +
            [line["wanted"] or "", {True: "yes", False: "NO", None: ""}[line["reached"]],
             "" if line["others"] is None else "%.2f" % line["others"]])


def as_text(lines, sizes):
    rows = [headings(sizes)] + [cells(line) for line in lines]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
                     for row in rows)


def table(rows):
    out = ["| " + " | ".join(rows[0]) + " |", "|" + "---|" * len(rows[0])]
    return out + ["| " + " | ".join(row) + " |" for row in rows[1:]]


def as_markdown(lines, fills, facts, sizes):
    out = ["# Growth, %s" % facts["date"], ""]
    out += ["- %s: %s" % (name.replace("_", " "), value) for name, value in facts.items()
            if name not in ("date", "notes")]
    out += ["- **%s**" % note for note in facts["notes"]]
    out += ["", "× is what a job costs, as a multiple of what it costs in the smallest house: the "
            "median over rounds that visit all houses in turn. Flat means at most 1.5.", ""]
    out += table([headings(sizes)] + [cells(line) for line in lines])
    why = sorted({reason for line in lines for reason in line["void"]})
    if why:
        out += ["", "Void rounds, left out: " + "; ".join(why) + "."]
    out += ["", "![Cost against size](growth.svg)", "", "## How the houses were filled", ""]
    rows = [["relationships", "engagements", "people/s", "engagements/s: first tenth", "last tenth",
             "engagement, resident MiB: with people", "largest", "last", "store MiB",
             "log MiB, largest", "others followed after s"]]
    rows += [filled(fill) for fill in fills]
    out += table(rows)
    out += ["", "The mail came over StreamEngagements, 1,000 a message; the others followed behind it.", "",
            "![The engagement service while it is filled](fill.svg)"]
    return "\n".join(line.rstrip() for line in out) + "\n"


def filled(fill):
    curve = fill["curve"]
    tenth = max(1, len(curve) // 10)

    def rate(parts):
        return len(parts) / sum(1 / part["per_second"] for part in parts)
    resident = [part["memory"]["rss"] for part in curve]
    return [number(value) if isinstance(value, float) else f"{value:,}" for value in (
        fill["size"]["people"], fill["size"]["engagements"],
        fill["size"]["people"] / fill["upsert_seconds"], rate(curve[:tenth]), rate(curve[-tenth:]),
        fill["people_memory"]["engagement"]["rss"], max(resident), resident[-1],
        fill["stores_mib"]["engagement"], float(max(part["log_mib"] for part in curve)),
        fill["settle_seconds"])]


# Curves.

def panel(title, curves, x_of, x_marks, y_top, y_marks, offset=0):
    """One drawing; `curves` maps a name to points."""
    out = ['<g transform="translate(%d,0)">' % offset,
           '<text x="%d" y="14" font-weight="bold">%s</text>' % (LEFT, title)]
    inner_w, inner_h = WIDTH - LEFT - 10, HEIGHT - TOP - 30

    def at(x, y):
        return LEFT + x_of(x) * inner_w, TOP + inner_h * (1 - min(y, y_top) / y_top)
    for mark in y_marks:
        y = at(x_marks[0], mark)[1]
        out.append('<path d="M%d %.1fh%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">'
                   '%s</text>' % (LEFT, y, inner_w, LEFT - 4, y + 4, number(mark)))
    for mark in x_marks:
        x = at(mark, 0)[0]
        out.append('<text x="%.1f" y="%d" text-anchor="middle">%s</text>'
                   % (x, HEIGHT - 14, number(mark)))
    for index, (name, points) in enumerate(curves.items()):
        colour = COLOURS[index % len(COLOURS)]
        dashes = ' stroke-dasharray="5 3"' if index >= len(COLOURS) else ""
        path = "L".join("%.1f %.1f" % at(x, y) for x, y in points)
        out.append('<path d="M%s" fill="none" stroke="%s" stroke-width="1.5"%s/>'
                   % (path, colour, dashes))
        out.append('<path d="M%d %dh18" stroke="%s" stroke-width="2"%s/><text x="%d" y="%d">%s'
                   '</text>' % (LEFT, HEIGHT + 14 + 16 * index, colour, dashes, LEFT + 24,
                                HEIGHT + 18 + 16 * index, name))
    return out + ["</g>"]


def drawing(panels, legend_lines):
    width, height = WIDTH * len(panels), HEIGHT + 24 + 16 * legend_lines
    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" '
           'font-size="11">' % (width, height),
           '<rect width="%d" height="%d" fill="white"/>' % (width, height)]
    for lines in panels:
        out += lines
    return "\n".join(out + ["</svg>"]) + "\n"


def growth_svg(lines, sizes):
    """What each job costs against the size, as a multiple of the smallest."""
    curves = {}
    for line in lines:
        points = [(size, ratio) for size, ratio in zip(sizes, line["ratios"]) if ratio is not None]
        if line["unit"] not in ("MiB", "B", "µs/call", "µs/engagement") and len(points) > 1:
            curves["%s: %s" % (line["job"], line["what"])] = points
    if not curves:
        return None
    low, high = math.log(sizes[0]), math.log(sizes[-1])
    top = max([2.0] + [y for points in curves.values() for _, y in points])
    return drawing([panel("cost, × the smallest house", curves,
                          lambda x: (math.log(x) - low) / (high - low), sizes, top,
                          sorted({1.0, 1.5, round(top, 1)}))], len(curves))


def fill_svg(fills):
    def of(key):
        return {f"{fill['size']['people']:,} relationships":
                [(part["engagements"] / fill["size"]["engagements"], key(part))
                 for part in fill["curve"]] for fill in fills}

    def one(title, curves, offset):
        top = max(y for points in curves.values() for _, y in points) * 1.05
        return panel(title, curves, lambda x: x, [0.25, 0.5, 0.75, 1.0], top,
                     [0, top / 2, top / 1.05], offset)
    return drawing([one("engagements a second", of(lambda p: p["per_second"]), 0),
                    one("resident memory of engagement, MiB",
                        of(lambda p: p["memory"]["rss"]), WIDTH)], len(fills))


def write(folder, lines, fills, facts, sizes):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "growth.json"), "w") as out:
        json.dump({"facts": facts, "sizes": sizes, "lines": lines, "fills": fills}, out, indent=1,
                  ensure_ascii=False)
        out.write("\n")
    pictures = {"growth.svg": growth_svg(lines, sizes), "fill.svg": fill_svg(fills)}
    for name, picture in pictures.items():
        if picture:
            with open(os.path.join(folder, name), "w") as out:
                out.write(picture)
    with open(os.path.join(folder, "growth.md"), "w") as out:
        out.write(as_markdown(lines, fills, facts, sizes))
