"""Markdown as tokens: headings with their anchors, links, words, and HTML."""

import html
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DEPS = os.path.join(ROOT, ".deps", "python")
if not os.path.isdir(os.path.join(DEPS, "markdown_it")):
    sys.exit("the Markdown library is missing: run deploy/setup first")
sys.path.insert(0, DEPS)

from markdown_it import MarkdownIt  # noqa: E402



def link_open(_, tokens, index, options, env):
    rewritten = env["rewrite"](tokens[index].attrGet("href"))
    return '<a href="%s">' % html.escape(rewritten)


PARSER = MarkdownIt("commonmark").enable("table")
PARSER.add_render_rule("link_open", link_open)
COMMENT = re.compile(r"\s*<!--.*?-->\s*", re.S)


def anchor_of(heading):
    """The anchor that readers of Markdown give to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


class Heading:
    def __init__(self, level, text, anchor, line):
        self.level, self.text, self.anchor, self.line = level, text, anchor, line


class Document:
    """One Markdown file. `path` is relative to the root, with slashes."""

    def __init__(self, path, text=None):
        self.path = path
        if text is None:
            with open(os.path.join(ROOT, path), encoding="utf-8") as file:
                text = file.read()
        self.text = text
        self.tokens = PARSER.parse(text)
        self.headings = []
        taken = {}
        for i, token in enumerate(self.tokens):
            alignment = token.attrs.pop("style", None)
            if alignment:  # of a cell of a table
                token.attrSet("class", alignment.replace("text-align:", ""))
            if token.type != "heading_open":
                continue
            words = plain(self.tokens[i + 1])
            anchor = anchor_of(words)
            count = taken.get(anchor, 0)
            taken[anchor] = count + 1
            if count:
                anchor = "%s-%d" % (anchor, count)
            token.attrSet("id", anchor)
            self.headings.append(Heading(int(token.tag[1]), words, anchor, token.map[0] + 1))
        self.title = self.headings[0].text if self.headings else path

    def anchors(self):
        return {heading.anchor for heading in self.headings}

    def _inline(self):
        """(line, piece) of what stands in the running text."""
        for token in self.tokens:
            if token.type != "inline":
                continue
            line = token.map[0] + 1
            for child in token.children:
                line += child.type in ("softbreak", "hardbreak")
                yield line, child

    def links(self):
        """(line, address) of every link and picture."""
        for line, piece in self._inline():
            address = piece.attrGet("href") or piece.attrGet("src")
            if address is not None:
                yield line, address

    def prose(self):
        """(line, text) of everything that is neither code nor a comment."""
        for line, piece in self._inline():
            if piece.type == "text":
                yield line, piece.content

    def foreign_html(self):
        """(line, text) of HTML that is more than a comment."""
        for token in self.tokens:
            for part in [token] + (token.children or []):
                if part.type in ("html_block", "html_inline") and COMMENT.sub("", part.content):
                    yield (token.map or [0])[0] + 1, part.content.strip()

    def sections(self):
        """(heading, words) for the search: code blocks left out, code in lines kept."""
        words, current = [], None
        headings = iter(self.headings)
        for i, token in enumerate(self.tokens):
            if token.type == "heading_open":
                if current is not None:
                    yield current, " ".join(words)
                words, current = [], next(headings)
            elif token.type == "inline" and (not i or self.tokens[i - 1].type != "heading_open"):
                words.append(plain(token))
        if current is not None:
            yield current, " ".join(words)

    def html(self, rewrite):
        """The body. `rewrite` says where an address leads on the site."""
        body = PARSER.renderer.render(self.tokens, PARSER.options, {"rewrite": rewrite})
        # A wide table scrolls by itself, not with the page; the keyboard reaches it.
        return body.replace("<table>", '<div class="wide" tabindex="0"><table>').replace(
            "</table>", "</table></div>")


def plain(inline):
    """The words of an inline token."""
    out = []
    for child in inline.children:
        if child.type in ("text", "code_inline"):
            out.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            out.append(" ")
    return "".join(out)


def resolve(path, address):
    """(path of the file, anchor) that a link in the document `path` means; None if it leads out of
    the project."""
    if re.match(r"[a-z][a-z0-9+.-]*:", address):
        return None
    target, _, anchor = address.partition("#")
    if not target:
        return path, anchor
    return os.path.normpath(os.path.join(os.path.dirname(path), target)), anchor
