#!/usr/bin/env python3
"""Makes a site of the documentation, for reading from files and from any web server.

  build.py [--out build/site]

Every document of docs/ and of the root becomes a page; other files that they link to become pages of
plain text. Only the search needs JavaScript, and nothing is fetched from anywhere."""

import argparse
import html
import json
import os
import shutil
import string
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import parts  # noqa: E402
from markup import ROOT, Document, resolve  # noqa: E402
from parts import page_of  # noqa: E402

THEME = os.path.join(os.path.dirname(os.path.abspath(__file__)), "theme")
LARGEST_FILE = 512 * 1024
SEARCH_PAGE = """<h1>Search</h1>
<noscript><p>The search needs JavaScript. The <a href="contents.html">contents</a> do not.</p></noscript>
<p id="said" role="status"></p>
<ol id="results"></ol>
<script src="search-index.js"></script>
<script src="search.js"></script>
"""


class Site:
    """All pages in memory: path on the site -> text."""

    def __init__(self, documents=None):
        """`documents` by path, if they have been read before."""
        self.parts = parts.documents()
        self.documents = {path: (documents or {}).get(path) or Document(path)
                          for _, pages in self.parts for path in pages}
        with open(os.path.join(THEME, "page.html"), encoding="utf-8") as file:
            self._template = string.Template(file.read())
        self._files = set()
        self.pages = {}
        for part, pages in self.parts:
            for path in pages:
                document = self.documents[path]
                self._add(page_of(path), document.title, part,
                          document.html(lambda a, path=path: self._address(path, a)),
                          contents_of(document), path)
        for path in sorted(self._files):
            self._add(page_of(path), path, "", "<h1>%s</h1>\n<pre><code>%s</code></pre>\n" % (
                html.escape(path), html.escape(read_file(path))), "", "")
        self._add("search.html", "Search", "", SEARCH_PAGE, "", "")
        self.pages["search-index.js"] = self._index()
        for name in ("style.css", "search.js"):
            with open(os.path.join(THEME, name), encoding="utf-8") as file:
                self.pages[name] = file.read()

    def _address(self, path, address):
        """Where a link of the document `path` leads on the site."""
        meant = resolve(path, address)
        if meant is None:
            return address
        target, anchor = meant
        if target not in self.documents:
            self._files.add(target)
        relative = os.path.relpath(page_of(target), os.path.dirname(page_of(path)) or ".")
        if target == path and anchor:
            relative = ""
        return relative + ("#" + anchor if anchor else "")

    def _add(self, page, title, part, body, contents, source):
        up = "../" * page.count("/")
        head, first, rest = body.partition("</h1>\n")
        body = head + first + contents + rest
        self.pages[page] = self._template.substitute(
            title=html.escape(title), up=up, body=body,
            menu=self._menu(page, part, up),
            source='<p class="source">From <code>%s</code></p>' % source if source else "")

    def _menu(self, current, open_part, up):
        out = []
        for part, pages in self.parts:
            items = "".join('<li><a href="%s%s"%s>%s</a></li>\n' % (
                up, page_of(path), ' aria-current="page"' if page_of(path) == current else "",
                html.escape(self.documents[path].title)) for path in pages)
            out.append("<details%s><summary>%s</summary>\n<ul>\n%s</ul></details>\n" % (
                " open" if part == open_part else "", part, items))
        return "".join(out)

    def _index(self):
        """What search.js reads: {"pages": [[address, title, part]], "sections": [[page, anchor,
        heading, words]]}."""
        pages, sections = [], []
        for part, paths in self.parts:
            for path in paths:
                for heading, words in self.documents[path].sections():
                    sections.append([len(pages), heading.anchor, heading.text, words])
                pages.append([page_of(path), self.documents[path].title, part])
        data = json.dumps({"pages": pages, "sections": sections}, ensure_ascii=False,
                          separators=(",", ":"))
        return "var rapportIndex = %s;\n" % data


def contents_of(document):
    """The headings of a long page, as a list of links."""
    second = [h for h in document.headings if h.level == 2]
    third = [h for h in document.headings if h.level in (2, 3)]
    shown = third if len(third) <= 30 else second
    if len(shown) < 4:
        return ""
    return '<nav class="contents" aria-label="On this page"><ul>\n%s</ul></nav>\n' % "".join(
        '<li class="level%d"><a href="#%s">%s</a></li>\n' % (
            h.level, html.escape(h.anchor), html.escape(h.text)) for h in shown)


def read_file(path):
    full = os.path.join(ROOT, path)
    if not os.path.isfile(full):
        raise SystemExit("a document links to %s, which is not there" % path)
    if os.path.getsize(full) > LARGEST_FILE:
        raise SystemExit("a document links to %s, which is too large for a page" % path)
    with open(full, encoding="utf-8") as file:
        return file.read()


def write(pages, out):
    """Writes the site in place of an earlier one."""
    if os.path.isdir(out) and os.listdir(out) and not os.path.isfile(
            os.path.join(out, "search-index.js")):
        raise SystemExit("%s holds something else than a site" % out)
    shutil.rmtree(out, ignore_errors=True)
    for path, text in pages.items():
        full = os.path.join(out, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default=os.path.join(ROOT, "build", "site"))
    out = parser.parse_args().out
    site = Site()
    write(site.pages, out)
    print("%d pages; open %s" % (sum(p.endswith(".html") for p in site.pages),
                                 os.path.join(out, "index.html")))


if __name__ == "__main__":
    main()
