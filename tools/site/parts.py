"""Which documents there are, and in which part of the site."""

import fnmatch
import os

from markup import ROOT

# Part -> documents in their order; a pattern stands for all that no earlier line names, by path.
PARTS = (
    ("Start", ("README.md", "docs/README.md")),
    ("Tutorials", ("docs/tutorials/*.md",)),
    ("Concepts", ("docs/concepts/why-no-relationship-ends.md", "docs/concepts/measures.md",
                  "docs/concepts/consent-and-contact.md", "docs/concepts/worklist.md",
                  "docs/concepts/readiness.md", "docs/concepts/*.md")),
    ("API", ("docs/api-guide.md", "docs/reference/README.md", "docs/reference/errors.md",
             "docs/reference/limits.md", "docs/reference/authorisation.md",
             "docs/reference/api/*.md")),
    ("Examples", ("docs/reference/examples/*.md",)),
    ("Operations", ("docs/operations.md", "docs/caching.md", "docs/runbooks/*.md",
                    "docs/scaling.md", "SECURITY.md", "docs/reference/*.md")),
    ("FAQ", ("docs/faq.md",)),
    ("Coming from", ("docs/coming-from/*.md",)),
    ("Decisions", ("docs/adr/*.md",)),
    ("Contributing", ("CONTRIBUTING.md", "docs/contributing/*.md", "CHANGELOG.md")),
)


def documents():
    """[(part, [path, ...])]. Exits if a document has no part: nobody would find it."""
    found = [n for n in os.listdir(ROOT) if n.endswith(".md")]
    for folder, _, names in os.walk(os.path.join(ROOT, "docs")):
        found += [os.path.relpath(os.path.join(folder, n), ROOT) for n in names
                  if n.endswith(".md")]
    left = sorted(found)
    out = []
    for part, patterns in PARTS:
        pages = []
        for pattern in patterns:
            here = [p for p in left if fnmatch.fnmatchcase(p, pattern)
                    and (p.count("/") == pattern.count("/"))]
            pages += here
            left = [p for p in left if p not in here]
        if pages:
            out.append((part, pages))
    if left:
        raise SystemExit("tools/site/parts.py gives no part to " + ", ".join(left))
    return out


def page_of(path):
    """README.md -> index.html, docs/concepts/worklist.md -> concepts/worklist.html; the page of any
    other file is below files/."""
    if path == "README.md":
        return "index.html"
    if path == "docs/README.md":
        return "contents.html"
    inside = path[len("docs/"):] if path.startswith("docs/") else path
    if path.endswith(".md") and (path.startswith("docs/") or "/" not in path):
        base = inside[:-len(".md")].lower()
        return (base[:-len("readme")] + "index" if base.endswith("/readme") else base) + ".html"
    return "files/%s.html" % path
