#!/usr/bin/env python3
"""That nobody is woken without a plan. Prints each breach and exits 1 if there is one.

  metrics    an alert of deploy/alerts looks only at metrics that the sources register
  runbook    each alert links to a section of a runbook, and that section names it
  rehearsal  each section of a runbook that names an alert names a test, and one of these tests tries
             the alert
  lines      each line that the shared cache writes for operators stands in its runbook
"""

import glob
import os
import re
import sys

sys.dont_write_bytecode = True
from source_files import ROOT, read  # noqa: E402


def slug(heading):
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")


def sections(text):
    """Heading -> text, of level 2."""
    found = re.split(r"^## (.+)$", text, flags=re.M)
    return dict(zip(found[1::2], found[2::2]))


def alerts(path):
    """(name, expression, link) of each rule."""
    for block in re.split(r"^ +- alert: ", read(path), flags=re.M)[1:]:
        yield (block.split("\n", 1)[0].strip(), re.search(r"^ +expr: (.+)$", block, re.M).group(1),
               re.search(r"^ +runbook: (.+)$", block, re.M).group(1))


def tests():
    """"Suite.Name" -> its source, of all component tests."""
    found = {}
    for path in sorted(glob.glob(os.path.join(ROOT, "tests", "component", "*_test.cc"))):
        parts = re.split(r"^TEST(?:_F)?\((\w+), (\w+)\)", read(os.path.relpath(path, ROOT)), flags=re.M)
        for suite, name, body in zip(parts[1::3], parts[2::3], parts[3::3]):
            found["%s.%s" % (suite, name)] = body
    return found


def sources():
    paths = glob.glob(os.path.join(ROOT, "common", "**", "*.cc"), recursive=True)
    paths += glob.glob(os.path.join(ROOT, "tools", "**", "*.cc"), recursive=True)
    return {os.path.relpath(p, ROOT): read(os.path.relpath(p, ROOT)) for p in sorted(paths)}


def literals(text):
    return "".join(re.findall(r'"([^"]*)"', text))


def lines(text):
    """What a source of common/cache tells operators, without "cache: "."""
    for call in re.findall(r"on_event\(\s*((?:\"[^\"]*\"\s*)+)\)", text):
        yield literals(call)
    for call in re.findall(r"on_event\(absl::StrCat\(([^;]*)\)\);", text):
        parts = re.findall(r'"([^"]*)"|([^\s,"]+)', call)
        if ("", "what") not in parts:  # that is Tell
            yield "".join(literal or "N" for literal, _ in parts)
    for call in re.findall(r"\bTell\(\s*((?:\"[^\"]*\"\s*)+)\)", text):
        yield "the cache (scope N) " + literals(call)
    for call in re.findall(r"\bClose\([^()]*,\s*((?:\"[^\"]*\"\s*)+)\)", text):
        yield "the cache (scope N) was closed: " + literals(call)


def main():
    breaches = []
    code = sources()
    registered = set(re.findall(r'"(rapport_[a-z0-9_]+)"', "".join(code.values())))
    rehearsals = tests()
    count = 0
    for path in sorted(glob.glob(os.path.join(ROOT, "deploy", "alerts", "*.yaml"))):
        rules = os.path.relpath(path, ROOT)
        for name, expression, link in alerts(rules):
            count += 1
            for metric in re.findall(r"\brapport_[a-z0-9_]+", expression):
                if metric not in registered:
                    breaches.append("%s: %s looks at %s, which nobody registers" % (rules, name, metric))
            page, _, anchor = link.partition("#")
            if not os.path.exists(os.path.join(ROOT, page)):
                breaches.append("%s: %s links to %s, which is not there" % (rules, name, page))
                continue
            named = {slug(h): text for h, text in sections(read(page)).items()
                     if "`%s`" % name in text}
            if anchor not in named:
                breaches.append("%s: %s links to a section of %s that does not name it" %
                                (rules, name, link))
            tried = [t for text in named.values() for t in re.findall(r"`(\w+\.\w+)`", text)
                     if '"%s"' % name in rehearsals.get(t, "")]
            if not tried:
                breaches.append("%s: no test that a section of %s names tries %s" %
                                (rules, page, name))
    for page in sorted(glob.glob(os.path.join(ROOT, "docs", "runbooks", "*.md"))):
        text = read(os.path.relpath(page, ROOT))
        for test in re.findall(r"[Rr]ehearsed by `(\w+\.\w+)`", text):
            if test not in rehearsals:
                breaches.append("%s: there is no test %s" % (os.path.relpath(page, ROOT), test))
    runbook = read("docs/runbooks/cache.md")
    for path, text in code.items():
        if not path.startswith("common/cache/") or path.endswith("_test.cc"):
            continue
        for line in lines(text):
            if "`cache: %s`" % line not in runbook:
                breaches.append("%s: docs/runbooks/cache.md does not know the line \"%s\"" %
                                (path, line))
    for breach in breaches:
        print(breach)
    if breaches:
        return 1
    print("%d alerts, each with a runbook and a rehearsal" % count)
    return 0


if __name__ == "__main__":
    sys.exit(main())
