#!/usr/bin/env python3
"""What no file of the project may hold. Prints file:line of each breach and exits 1 if there is one.

  every text file   paths of one machine, host names of package registries, open ends (a note that
                    something is still to do), trailing spaces, tabs in code, a missing last newline
  headers           a guard by path: RAPPORT_COMMON_BASE_ID_H_
  C++               the calls of BANNED, unless ALLOWED says why they may stand there
"""

import os
import re
import sys

sys.dont_write_bytecode = True
from source_files import CODE_ROOMS, project_files, read  # noqa: E402

# Real input, byte for byte: mail, cards, fuzz corpora; and what only a tool writes.
DATA = re.compile(r"^tests/fuzz/corpus/|^tests/data/|\.(mbox|eml|vcf|jsonl|binpb)$|/Cargo\.lock$")
TEXT = (
    (re.compile(r"(^|[\s\"'`(=:])/(wor[k]|roo[t]|hom[e]/[a-z]+|User[s]/[a-z]+)(/|\b)"),
     "a path of one machine"),
    (re.compile(r"\b(pypi\.org|pythonhosted\.org|crates\.io|proxy\.golang\.org|npmjs\.(org|com)|"
                r"maven\.(apache\.)?org|(deb|security)\.debian\.org|docker\.io|ghcr\.io|quay\.io|"
                r"gcr\.io)\b"),
     "the host name of a registry"),
    (re.compile(r"\b(TOD[O]|FIXM[E]|XX[X])\b"), "an open end: finish it or file an issue"),
    (re.compile(r"[ \t]+$"), "trailing space"),
)
BANNED = (
    (re.compile(r"\b(Short|Utf8)?DebugString\("), "prints personal data"),
    (re.compile(r"\bstd::regex\b"), "backtracks on hostile input"),
    (re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep|SleepFor)\("),
     "waiting is a condition with a deadline, never a sleep"),
    (re.compile(r"\bstd::async\b|\.detach\(\)"), "threads are owned and joined"),
    (re.compile(r"^\s*#\s*pragma once"), "headers have a guard by path"),
    (re.compile(r"^\s*using namespace (?!std::\w*literals)"), "names are spelled out"),
    (re.compile(r"\bNOLINT(NEXTLINE)?\b(?!\([a-z0-9.,* -]+\)[:,;]? *\S)"),
     "NOLINT names its check and its reason: NOLINT(check): why"),
)
# (file, banned text) -> why it may stand there.
ALLOWED = {
    ("common/host/host.cc", "SleepFor(options_.drain_delay)"):
        "load balancers need this time to see that we drain; no event ends it",
    ("common/rpc/server.cc", "sleep_for"):
        "the end of a drain: handlers of cancelled calls are on their way back",
    ("tools/rapportctl/import_mail.cc", "SleepFor"):
        "back-off of a command-line program between attempts of an import",
    ("common/telemetry/log.h", "NOLINT(google-explicit-constructor)"):
        "values are written plainly where they are logged",
    ("common/telemetry/log_keys.h", "NOLINT(google-explicit-constructor)"):
        "keys are written as literals and checked while compiling",
}


def guard_of(path):
    return "RAPPORT_" + re.sub(r"[^A-Z0-9]", "_", path.upper()) + "_"


def check_guard(path, text):
    guard = guard_of(path)
    found = re.search(r"^#ifndef (\S+)\n#define (\S+)$", text, re.M)
    if not found or found.group(1) != guard or found.group(2) != guard:
        yield 1, "the guard must be " + guard


def check_code(path, number, line):
    is_test = path.startswith(("tests/", "benchmarks/")) or path.endswith("_test.cc")
    if "\t" in line:
        yield number, "a tab"
    code = re.sub(r'"(\\.|[^"\\])*"', '""', line)
    comment = code.find("//")
    for pattern, why in BANNED:
        if "DebugString" in pattern.pattern and is_test:
            continue  # failures of tests on made-up people
        if "sleep" in pattern.pattern and path.startswith("benchmarks/"):
            continue  # a load is paced by the clock
        if "using" in pattern.pattern and "NOLINT(google-build-using-namespace): " in line:
            continue  # a main that only composes, and says so
        found = pattern.search(code)
        if not found or ("NOLINT" not in found.group(0) and 0 <= comment < found.start()):
            continue
        if not any(path == p and text in line for p, text in ALLOWED):
            yield number, "%s: %s" % (found.group(0).strip(), why)


def check(path):
    """(line, what) of each breach in one file."""
    text = read(path)
    if text is None:
        yield 1, "not a text in UTF-8"
        return
    code = path.endswith((".cc", ".h")) and path.split("/")[0] in CODE_ROOMS
    for number, line in enumerate(text.split("\n"), 1):
        for pattern, what in TEXT:
            if pattern.search(line):
                yield number, what
        if code:
            yield from check_code(path, number, line)
    if text.strip() and not text.endswith("\n"):
        yield text.count("\n") + 1, "no newline at the end"
    if code and path.endswith(".h"):
        yield from check_guard(path, text)


def main():
    count = breaches = 0
    for path in project_files():
        if DATA.search(path) or os.path.splitext(path)[1] in (".png", ".svg", ".ico"):
            continue
        count += 1
        for number, what in check(path):
            print("%s:%d: %s" % (path, number, what))
            breaches += 1
    for path, text in ALLOWED:
        if text not in (read(path) or ""):
            print("tests/checks/text_check.py: ALLOWED names %s, which has no %s" % (path, text))
            breaches += 1
    if breaches:
        print("%d breaches in texts" % breaches)
        return 1
    print("%d text files keep the rules of texts" % count)
    return 0


if __name__ == "__main__":
    os.chdir(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    sys.exit(main())
