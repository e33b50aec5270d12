#!/usr/bin/env python3
"""Builds the site of the documentation in memory and holds it to this:

  links     every link of every Markdown file leads to a file, and to a heading, that is there; so does
            every link of the site; nothing on it is fetched from another host
  pages     one title and one first heading each, a language, names for search field and pictures
  search    finds what the questions below ask for (if there is a node to run it)

Prints file:line of each breach and exits 1 if there is one."""

import html.parser
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", "checks"), os.path.join(ROOT, "tools", "site")]
from build import Site, write  # noqa: E402
from markup import Document, resolve  # noqa: E402
from source_files import project_files  # noqa: E402

# What is typed -> where the first result has to be.
QUESTIONS = {
    "getworklist": "reference/api/rapport.recommendation.v1.html",
    "page token": "api-guide.html",
    "lost deal": "coming-from/pipeline.html",
    "ticket": "coming-from/support-desk.html",
    "forgotten for good": "faq.html",
    "python stubs": "tutorials/2-listen-understand-propose.html",
    "quiet hours": "concepts/consent-and-contact.html",
    "formula half-life": "concepts/measures.html",
    "restore backup": "operations.html",
    "relations ends": "concepts/why-no-relationship-ends.html",
}


def markdown_breaches(documents):
    for path, document in sorted(documents.items()):
        for line, text in document.foreign_html():
            yield "%s:%d: HTML in Markdown: %s" % (path, line, text)
        for line, address in document.links():
            if re.match(r"https?://[a-z0-9.-]+\.[a-z]+(/|$)", address):
                continue
            meant = resolve(path, address)
            if meant is None:
                yield "%s:%d: a strange address: %s" % (path, line, address)
                continue
            target, anchor = meant
            if target.startswith("..") or not os.path.exists(os.path.join(ROOT, target)):
                yield "%s:%d: leads to no file: %s" % (path, line, address)
            elif os.path.isdir(os.path.join(ROOT, target)):
                yield "%s:%d: leads to a folder: %s" % (path, line, address)
            elif anchor and (target not in documents or
                             anchor not in documents[target].anchors()):
                yield "%s:%d: leads to no heading: %s" % (path, line, address)


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.sources, self.bad = [], [], [], []
        self.counts = {"h1": 0, "title": 0, "main": 0}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        if tag in self.counts:
            self.counts[tag] += 1
        if "id" in named:
            self.ids.append(named["id"])
        if tag == "a" and "href" in named:
            self.links.append(named["href"])
        if tag == "link" or "src" in named:
            self.sources.append(named.get("src", named.get("href", "")))
        if tag == "img" and not named.get("alt"):
            self.bad.append("a picture without words")
        if tag == "html" and not named.get("lang"):
            self.bad.append("no language")
        if any(name.startswith("on") or name == "style" for name in named):
            self.bad.append("script or style inside of a tag")


def site_breaches(pages):
    parsed = {path: Page(text) for path, text in pages.items() if path.endswith(".html")}
    for path, page in sorted(parsed.items()):
        for what in page.bad:
            yield "site/%s: %s" % (path, what)
        for tag, count in page.counts.items():
            if count != 1:
                yield "site/%s: %d of <%s>" % (path, count, tag)
        for name in sorted({i for i in page.ids if page.ids.count(i) > 1}):
            yield "site/%s: the id %s stands twice" % (path, name)
        for address in page.sources:
            if resolve(path, address) is None or resolve(path, address)[0] not in pages:
                yield "site/%s: takes in %s" % (path, address)
        for address in page.links:
            meant = resolve(path, address)
            if meant is None:
                continue
            target, anchor = meant
            if target not in parsed:
                yield "site/%s: leads to no page: %s" % (path, address)
            elif anchor and anchor not in parsed[target].ids:
                yield "site/%s: leads to no place: %s" % (path, address)
    for path, text in pages.items():
        if path.endswith((".js", ".css")) and path != "search-index.js":
            found = re.search(r"https?://|\bfetch\(|XMLHttpRequest|@import|\bimport\(", text)
            if found:
                yield "site/%s: fetches: %s" % (path, found.group(0))


def search_breaches(pages):
    """Runs the search as the page would."""
    node = shutil.which("node") or shutil.which("nodejs")
    if node is None:
        print("no node here: the search is not tried")
        return
    folder = tempfile.mkdtemp(prefix="rapport-site-")
    try:
        write({name: pages[name] for name in ("search-index.js", "search.js")}, folder)
        script = """
const fs = require('fs');
eval(fs.readFileSync('search-index.js', 'utf8') + 'globalThis.index = rapportIndex;');
const s = require('./search.js'), prepared = s.prepare(index), out = {};
for (const q of JSON.parse(process.argv[1]))
  out[q] = s.search(prepared, q).slice(0, 3).map(f => [index.pages[f.section[0]][0], f.section[2],
                                                      s.snippet(f.section[3], [q])]);
console.log(JSON.stringify(out));"""
        done = subprocess.run([node, "-e", script, json.dumps(sorted(QUESTIONS) + ["zzyzx"])],
                              cwd=folder, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            yield "tools/site/theme/search.js: " + done.stderr.strip()
            return
        answers = json.loads(done.stdout)
        for question, page in QUESTIONS.items():
            found = [a[0] for a in answers[question]]
            if found[:1] != [page]:
                yield "the search for '%s' finds %s first, not %s" % (question, found, page)
        if answers["zzyzx"]:
            yield "the search finds what is nowhere"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    documents = {path: Document(path) for path in project_files() if path.endswith(".md")}
    breaches = list(markdown_breaches(documents))
    if not breaches:
        site = Site(documents)
        breaches = list(site_breaches(site.pages)) + list(search_breaches(site.pages))
    for breach in breaches[:100]:
        print(breach)
    if breaches:
        print("%d breaches in the documentation" % len(breaches))
        return 1
    print("%d documents, %d pages: every link leads somewhere" % (
        len(documents), sum(p.endswith(".html") for p in site.pages)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
