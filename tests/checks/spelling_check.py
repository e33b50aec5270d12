#!/usr/bin/env python3
"""The spelling of the documentation: British English and the words of tests/checks/words.txt.

Looked at is what people read: no code, no comments, no addresses, no names in CamelCase, no
abbreviations in capitals, and nothing with a digit, a dot or a slash inside. Prints file:line of each
strange word and exits 1 if there is one."""

import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", "checks"), os.path.join(ROOT, "tools", "site")]
from markup import Document  # noqa: E402
from source_files import project_files  # noqa: E402

WORDS = os.path.join(ROOT, "tests", "checks", "words.txt")
CODE = re.compile(r"[\w.+-]*[^\W_][\d./_:=@<>{}~\\][^\W_][\w.+-]*|\S*\d\S*")
LATIN = "A-Za-zÀ-ÖØ-öø-ɏ"
WORD = re.compile(r"(?<!\w)[%s]+(?:['’][%s]+)*(?!\w)" % (LATIN, LATIN))
CAMEL = re.compile(r"[%s]*[a-z][A-Z]|[A-Z]{2}" % LATIN)


def words_of(text):
    for word in WORD.findall(CODE.sub(" ", text)):
        word = re.sub(r"['’]s$", "", word)
        if len(word) > 1 and not CAMEL.match(word):
            yield word.replace("’", "'")


def main():
    places = {}
    count = 0
    for path in project_files():
        if not path.endswith(".md") or path.startswith("benchmarks/results/"):
            continue
        count += 1
        for line, text in Document(path).prose():
            for word in words_of(text):
                places.setdefault(word, []).append("%s:%d" % (path, line))
    try:
        done = subprocess.run(["hunspell", "-i", "utf-8", "-d", "en_GB", "-p", WORDS, "-l"],
                              input="\n".join(sorted(places)) + "\n", capture_output=True,
                              env=dict(os.environ, LC_ALL="C.UTF-8"), encoding="utf-8",
                              timeout=60, check=False)
    except FileNotFoundError:
        sys.exit("hunspell is missing: run deploy/setup first")
    if done.returncode != 0 or "Can't open" in done.stderr:
        sys.exit("hunspell: " + done.stderr.strip())
    strange = sorted(set(done.stdout.split()))
    for word in strange:
        for place in places.get(word, ["?"])[:5]:
            print("%s: %s" % (place, word))
    if strange:
        print("%d strange words: correct them, write names of code in backticks, or add what is a "
              "word to tests/checks/words.txt" % len(strange))
        return 1
    print("%d documents are spelled well" % count)
    return 0


if __name__ == "__main__":
    sys.exit(main())
