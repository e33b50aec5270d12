"""docs/reference/examples: a page for each gRPC service, and the story as a list."""

import json
import re

WIDTH = 96
HEAD = "<!-- Written by tests/docs/examples.py from docs/examples and real answers. Do not edit. -->"


def anchor(heading):
    return re.sub(r"[^a-z0-9_-]", "", heading.lower())


def block(value):
    return "```json\n%s\n```" % compact(value, 0)


def compact(value, depth):
    """JSON with short objects and lists on one line."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + 2 * depth <= WIDTH or not isinstance(value, (dict, list)):
        return line
    indent = "  " * (depth + 1)
    if isinstance(value, dict):
        inside = ["%s: %s" % (json.dumps(k), compact(v, depth + 1)) for k, v in value.items()]
        return "{\n%s\n%s}" % (",\n".join(indent + i for i in inside), "  " * depth)
    inside = [compact(v, depth + 1) for v in value]
    return "[\n%s\n%s]" % (",\n".join(indent + i for i in inside), "  " * depth)


def pages(protos, chapters):
    """File name -> text."""
    found = {"README.md": story_page(chapters)}
    for name, (service, _) in protos.own(protos.services).items():
        found[name + ".md"] = service_page(name, service, chapters)
    return found


def story_page(chapters):
    out = ["# The examples as a story", HEAD,
           "Mara Lindqvist makes planning boards for workshops. Ana Lopes, who weaves in Portugal, is "
           "one of the people she looks after. These calls were made in this order, against the three "
           "services with an empty store each, in March 2026; a test makes them again with every "
           "change.",
           "Requests and answers are canonical JSON of protobuf: names of fields in camelCase, what is "
           "not set left out, 64-bit numbers as texts. Where a service makes an id, a UUID, the story "
           "shows a word instead; likewise tokens of pages. Numbers are rounded to six digits."]
    for chapter in chapters:
        out += ["## " + chapter.title, chapter.text, "| Call | What happens |\n|---|---|"]
        for call in chapter.calls:
            service, method = call.method.split("/")
            out[-1] += "\n| [%s](%s.md#%s) | %s |" % (method, service, anchor(method), call.text)
    return "\n\n".join(out) + "\n"


def service_page(name, service, chapters):
    package = ".".join(name.split(".")[:3])
    out = ["# Examples of " + service.name, HEAD,
           "Calls of `%s`, out of [one story](README.md)." % name]
    for method in service.method:
        out += ["## " + method.name,
                "[What it promises](../api/%s.md#%s)" % (package, anchor(method.name))]
        for chapter in chapters:
            for call in chapter.calls:
                if call.method == "%s/%s" % (name, method.name):
                    out += call_part(call)
    return "\n\n".join(out) + "\n"


def call_part(call):
    asked = " Asked of %s." % call.at if call.at else ""
    out = [call.text + asked]
    for request in call.requests:
        out.append(block(request))
    if call.refused:
        out += ["is refused:", block(call.answers[0])]
    else:
        out.append("is answered by" if len(call.answers) == 1 else "are answered, one by one, by")
        out += [block(answer) for answer in call.answers]
    return out
