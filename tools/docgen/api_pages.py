"""docs/reference/api: one page for each package of the protos."""

import re

import tables
from descriptors import descriptor_pb2
from tables import cell, package_of, prose

Field = descriptor_pb2.FieldDescriptorProto
SCALARS = {
    Field.TYPE_DOUBLE: "double", Field.TYPE_FLOAT: "float", Field.TYPE_INT64: "int64",
    Field.TYPE_UINT64: "uint64", Field.TYPE_INT32: "int32", Field.TYPE_UINT32: "uint32",
    Field.TYPE_BOOL: "bool", Field.TYPE_STRING: "string", Field.TYPE_BYTES: "bytes"}
BEHAVIORS = {"REQUIRED": "required", "OUTPUT_ONLY": "output only", "INPUT_ONLY": "input only",
             "IMMUTABLE": "cannot change", "IDENTIFIER": "identifier", "OPTIONAL": "optional"}


def packages(protos):
    return sorted({file.package for file in protos.files})


def page(protos, package):
    out = [tables.head(package, "protos/%s" % package.replace(".", "/"))]
    services = of_package(protos.services, package)
    if services:
        out.append("## Services")
    for name, (service, path) in services:
        out += service_part(protos, package, name, service, path)
    messages = of_package(protos.messages, package)
    if messages:
        out.append("## Messages")
    for name, (message, path) in messages:
        out += message_part(protos, package, name, message, path)
    enums = of_package(protos.enums, package)
    if enums:
        out.append("## Enums")
    for name, (enum, path) in enums:
        out += enum_part(protos, package, name, enum, path)
    return "\n\n".join(out) + "\n"


def of_package(table, package):
    return [(n, v) for n, v in table.items() if package_of(n) == package]


def anchor(heading):
    return re.sub(r"[^a-z0-9_-]", "", heading.lower())


def link(full_name, package):
    """A link to a message or enum of ours; the plain name of a foreign one."""
    name = full_name.lstrip(".")
    if not name.startswith("rapport."):
        return "`%s`" % name
    home = package_of(name)
    heading = name[len(home) + 1:]
    target = "#" + anchor(heading) if home == package else "%s.md#%s" % (home, anchor(heading))
    return "[%s](%s)" % (heading, target)


def service_part(protos, package, name, service, path):
    out = ["### " + service.name, prose(protos.comment(name, path)),
           "| Method | Scope | Class | Deadline | Repeats |\n|---|---|---|---|---|"]
    for method in service.method:
        rule = protos.method_rule(method)
        latency = tables.latency(protos, rule)
        _, deadline = tables.method_limits(method, latency)
        repeats = tables.short(protos.value_name(rule, "idempotency"), "IDEMPOTENCY_")
        out[-1] += "\n| [%s](#%s) | `%s` | %s | %s | %s |" % (
            method.name, anchor(method.name), rule.scope, latency, deadline,
            tables.REPEATS[repeats])
    for i, method in enumerate(service.method):
        rule = protos.method_rule(method)
        out += ["#### " + method.name,
                "%s%s → %s%s%s" % ("stream of " if method.client_streaming else "",
                                   link(method.input_type, package),
                                   "stream of " if method.server_streaming else "",
                                   link(method.output_type, package),
                                   ". Every call is in the access log." if rule.audit else "."),
                *promise(protos, name, method, protos.comment(name, path + (2, i)), package)]
    return out


def promise(protos, service, method, comment, package):
    """What a method promises, then its limits, its reasons and where it is shown."""
    text, _, errors = comment.partition("Errors")
    per_item = errors.startswith(" per item")
    errors = errors.partition(":")[2].strip().rstrip(".")
    size, deadline = tables.method_limits(method, tables.latency(protos, protos.method_rule(method)))
    fields = [field.name for field in protos.messages[method.input_type.lstrip(".")][0].field]
    limits = "%s of %d MiB" % ("messages" if method.client_streaming else "a request", size >> 20)
    limits += "; no deadline" if deadline == tables.NO_DEADLINE else \
        "; %s, unless the call brings its own deadline" % deadline
    if "page_size" in fields:
        limits += "; 50 a page, at most 500"
    reasons = re.sub(r"\b(%s)\b" % "|".join(reason_names(protos)), r"`\1`", cell(errors))
    if per_item:
        reasons = "for each item " + reasons
    return [prose(text), "- Limits: %s; of each field: %s.\n- Reasons: %s[those of every call]"
            "(../errors.md#reasons-of-every-call).\n- [Examples](../examples/%s.md#%s)." % (
                limits, link(method.input_type, package), reasons + "; and " if reasons else "",
                service, anchor(method.name))]


def reason_names(protos):
    """The longest first, so that QUIETED does not end within another."""
    return sorted((v.name for v in protos.enums["rapport.type.v1.ErrorReason"][0].value),
                  key=len, reverse=True)


def message_part(protos, package, name, message, path):
    out = ["### " + name[len(package) + 1:], prose(protos.comment(name, path))]
    resource = protos.resource(message)
    if resource is not None:
        out.append("Resource `%s`: `%s`." % (resource.type, "`, `".join(resource.pattern)))
    if not message.field:
        out.append("No fields.")
        return out
    out.append("| Field | Type | Rules | Meaning |\n|---|---|---|---|")
    for i, field in enumerate(message.field):
        out[-1] += "\n| `%s` = %d | %s | %s | %s |" % (
            field.name, field.number, type_of(field, message, package),
            cell("; ".join(rules_of(protos, field))), cell(protos.comment(name, path + (2, i))))
    return out


def type_of(field, message, package):
    kind = SCALARS.get(field.type) or link(field.type_name, package)
    if field.label == Field.LABEL_REPEATED:
        return "repeated " + kind
    if field.HasField("oneof_index") and not field.proto3_optional:
        return "%s (one of `%s`)" % (kind, message.oneof_decl[field.oneof_index].name)
    return kind


def rules_of(protos, field):
    rules = [BEHAVIORS[b] for b in sorted(protos.behaviors(field)) if b in BEHAVIORS]
    reference = protos.extension(field.options, "google.api.resource_reference")
    if reference is not None and reference.type:
        rules.append("name of a `%s`" % reference.type)
    elif reference is not None:
        rules.append("name of the parent of a `%s`" % reference.child_type)
    rule = protos.rule(field)
    if rule is None:
        return rules
    if rule.max_items:
        rules.append("at most %d items" % rule.max_items)
    if rule.max_length:
        rules.append("at most %d bytes" % rule.max_length)
    rules += [text for text in (tables.range_of(rule), tables.form_of(protos, rule)) if text]
    if rule.per_item:
        rules.append("a status for each item")
    if rule.pii:
        rules.append("personal data")
    return rules


def enum_part(protos, package, name, enum, path):
    out = ["### " + name[len(package) + 1:], prose(protos.comment(name, path)),
           "| Value | Number | Meaning |\n|---|---:|---|"]
    for i, value in enumerate(enum.value):
        out[-1] += "\n| `%s` | %d | %s |" % (
            value.name, value.number, cell(protos.comment(name, path + (2, i))))
    return out
