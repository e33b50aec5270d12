#!/usr/bin/env python3
"""Generates docs/reference and protos/service_config.json.

  docgen.py [--bin-dir DIR]           writes them
  docgen.py --check [--bin-dir DIR]   writes nothing; exit 1 and a list if they are not up to date

From the protos: api/<package>.md, limits.md, errors.md, authorisation.md and the service config.
From the binaries, if --bin-dir says where they are: flags.md and metrics.md."""

import argparse
import difflib
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import api_pages  # noqa: E402
import descriptors  # noqa: E402
import service_config  # noqa: E402
import tables  # noqa: E402
from descriptors import ROOT  # noqa: E402

REFERENCE = "docs/reference"
SERVICES = ("contact", "engagement", "recommendation")


def ask(bin_dir, name, arguments):
    """What a binary says about itself."""
    binary = find_binary(bin_dir, name)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RAPPORT_")}
    result = subprocess.run([binary] + arguments, capture_output=True, text=True,
                            env=environment, timeout=60, check=False)
    if result.returncode != 0:
        sys.exit("%s %s failed: %s" % (binary, arguments[0], result.stderr.strip()))
    return result.stdout.strip()


def flags_page(bin_dir):
    """flags.md, from what the binaries say about themselves."""
    out = [tables.head("Flags", "the binaries (`--print_flags`)"),
           "Every flag can be set by its environment variable; the flag wins. Durations are written "
           "like `250ms`, `5s`, `2m`. An unknown flag or an unknown `RAPPORT_` variable stops the "
           "start with one clear line."]
    for name in SERVICES:
        out.append("## %s\n\n%s" % (name, ask(bin_dir, name, ["--print_flags"])))
    return "\n\n".join(out) + "\n"


def metrics_page(bin_dir):
    """metrics.md, from what the binaries say about themselves."""
    out = [tables.head("Metrics", "the binaries (`--print_metrics`)"),
           "Served as Prometheus text on `--metrics_listen`. No label holds personal data."]
    for name in SERVICES:
        said = ask(bin_dir, name, ["--print_metrics", "--store=sqlite::memory:",
                                   "--fixed_tenant=home"])
        out.append("## %s\n\n%s" % (name, said))
    return "\n\n".join(out) + "\n"


def find_binary(bin_dir, name):
    for path in (os.path.join(bin_dir, name), os.path.join(bin_dir, "services", name, name)):
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    sys.exit("no binary %s under %s" % (name, bin_dir))


def index_page(pages):
    lines = [tables.head("Reference", "the protos and the binaries"), "| Page | What it has |\n|---|---|"]
    for path in sorted(pages):
        inside = path[len(REFERENCE) + 1:]
        title = pages[path].split("\n", 1)[0].lstrip("# ")
        lines[-1] += "\n| [%s](%s) | %s |" % (inside, inside, title)
    lines.append("[The examples](examples/README.md) show every method at work, with requests and answers.")
    lines.append("The retry rules and deadlines for clients are in "
                 "[protos/service_config.json](../../protos/service_config.json).")
    return "\n\n".join(lines) + "\n"


def generate(bin_dir):
    """Path from the root -> text, for everything that can be generated now."""
    protos = descriptors.Protos()
    pages = {}
    for package in api_pages.packages(protos):
        pages["%s/api/%s.md" % (REFERENCE, package)] = api_pages.page(protos, package)
    pages[REFERENCE + "/limits.md"] = tables.limits(protos)
    pages[REFERENCE + "/errors.md"] = tables.errors(protos)
    pages[REFERENCE + "/authorisation.md"] = tables.authorisation(protos)
    flags = REFERENCE + "/flags.md"
    if bin_dir:
        pages[flags] = flags_page(bin_dir)
        pages[REFERENCE + "/metrics.md"] = metrics_page(bin_dir)
    # The index names every page of the folder, also those that this run did not make.
    listed = dict(pages)
    for name in ("flags.md", "metrics.md"):
        path = os.path.join(ROOT, REFERENCE, name)
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as file:
                listed.setdefault("%s/%s" % (REFERENCE, name), file.read())
    pages[REFERENCE + "/README.md"] = index_page(listed)
    pages["protos/service_config.json"] = service_config.text(protos)
    return pages


def stale_pages(pages):
    """API pages whose package is gone."""
    folder = os.path.join(ROOT, REFERENCE, "api")
    names = os.listdir(folder) if os.path.isdir(folder) else []
    paths = ("%s/api/%s" % (REFERENCE, n) for n in sorted(names))
    return [p for p in paths if p.endswith(".md") and p not in pages]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--bin-dir")
    arguments = parser.parse_args()
    pages = generate(arguments.bin_dir)
    different = 0
    for path in stale_pages(pages):
        print("%s: its package is gone" % path)
        different += 1
        if not arguments.check:
            os.remove(os.path.join(ROOT, path))
    for path, text in sorted(pages.items()):
        text = re.sub(r"[ \t]+\n", "\n", text)
        full = os.path.join(ROOT, path)
        old = None
        if os.path.isfile(full):
            with open(full, encoding="utf-8") as file:
                old = file.read()
        if old == text:
            continue
        different += 1
        if arguments.check:
            print("%s is not what the sources say now:" % path)
            lines = difflib.unified_diff((old or "").splitlines(), text.splitlines(),
                                         "committed", "generated", lineterm="", n=0)
            print("\n".join("  " + line for line in list(lines)[:12]))
        else:
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write(text)
            print("wrote " + path)
    if not different:
        print("%d generated files are up to date" % len(pages))
    elif arguments.check:
        print("%d generated files are out of date: run tools/docgen/docgen.py" % different)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
