#!/usr/bin/env python3
"""The rules of the API, held against the descriptors of protos/rapport. Prints file:line of each
breach and exits 1 if there is one.

  methods     scope, idempotency and latency stated and fitting each other; every reason that a
              comment names exists; Update has update_mask; List has its paging fields
  requests    each text that a caller can send has a length, a form or a resource reference; each
              list has max_items; request_id where a method repeats by it
  resources   name is IDENTIFIER; uid, revision and the times of the system are OUTPUT_ONLY; etag
  words       no public name has a word of WORDS in it
  buf         lint and "breaking" against the newest protos/.released/*.binpb, by protos/buf.yaml
"""

import glob
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(HERE)), "tools", "docgen"))
import descriptors  # noqa: E402
from descriptors import ROOT  # noqa: E402
from google.protobuf import descriptor_pb2  # noqa: E402

# Words that see a person as a means. Matched against the parts of names, in every form.
WORDS = re.compile(r"clos(e|ed|es|er|ing|ure|ures)|won|lost|leads?|funnel\w*|pipelin\w*|churn\w*|"
                   r"target\w*|blast\w*")
# Names that hold such a word in another sense: (message or enum, name) -> why.
EXCEPTIONS = {
    ("rapport.engagement.v1.Quadrant", "CLOSE"): "two people who are near to each other",
    ("rapport.cache.v1.CacheMode", "CLOSING"): "a cache",
    ("rapport.cache.v1.Breaker", "CLOSED"): "a breaker",
    ("rapport.cache.v1.CacheCounters", "closes"): "how often a cache was",
}
SYSTEM_FIELDS = ("uid", "revision", "create_time", "update_time", "delete_time", "purge_time")
Field = descriptor_pb2.FieldDescriptorProto
READS = ("LATENCY_CLASS_HOT", "LATENCY_CLASS_READ", "LATENCY_CLASS_SEARCH")


class Check:
    def __init__(self):
        self.protos = descriptors.Protos()
        self.breaches = []

    def breach(self, owner, path, text):
        self.breaches.append("%s: %s" % (self.protos.where(owner, path), text))

    # Methods -------------------------------------------------------------------------------------

    def methods(self):
        reasons = {v.name for v in self.protos.enums["rapport.type.v1.ErrorReason"][0].value}
        for name, (service, path) in self.protos.own(self.protos.services).items():
            package = name.split(".")[1]
            for i, method in enumerate(service.method):
                where = (name, path + (2, i))
                self.method(where, package, method)
                self.reasons(where, method, reasons)

    def method(self, where, package, method):
        rule = self.protos.method_rule(method)
        if rule is None:
            self.breach(*where, "%s has no (rapport.type.v1.method)" % method.name)
            return
        idempotency = self.protos.value_name(rule, "idempotency")
        latency = self.protos.value_name(rule, "latency")
        if not re.fullmatch(re.escape(package) + r"\.(read|write|admin)", rule.scope):
            self.breach(*where, "%s: scope must be %s.read, .write or .admin" %
                        (method.name, package))
        if idempotency.endswith("UNSPECIFIED"):
            self.breach(*where, "%s states no idempotency" % method.name)
        if latency.endswith("UNSPECIFIED"):
            self.breach(*where, "%s states no latency class" % method.name)
        streams = method.client_streaming or method.server_streaming
        if streams != (latency == "LATENCY_CLASS_STREAM"):
            self.breach(*where, "%s: streams, and only streams, have LATENCY_CLASS_STREAM" %
                        method.name)
        reads = idempotency == "IDEMPOTENCY_READ"
        if not streams and reads != (latency in READS):
            self.breach(*where, "%s: %s does not go with %s" % (method.name, idempotency, latency))
        if reads != rule.scope.endswith(".read"):
            self.breach(*where, "%s: reads, and only reads, have the scope %s.read" %
                        (method.name, package))
        self.requests(where, method, idempotency)

    def requests(self, where, method, idempotency):
        request, path = self.protos.messages[method.input_type[1:]]
        owner = method.input_type[1:]
        fields = {f.name: (i, f) for i, f in enumerate(request.field)}
        if "request_id" in fields:
            i, field = fields["request_id"]
            rule = self.protos.rule(field)
            if rule is None or self.protos.value_name(rule, "format") != "FORMAT_UUID":
                self.breach(owner, path + (2, i), "request_id must have FORMAT_UUID")
        if ("request_id" in fields) != (idempotency == "IDEMPOTENCY_REQUEST_ID"):
            self.breach(*where, "%s: request_id and IDEMPOTENCY_REQUEST_ID go together" %
                        method.name)
        if method.name.startswith("Update"):
            mask = fields.get("update_mask")
            if mask is None or mask[1].type_name != ".google.protobuf.FieldMask":
                self.breach(owner, path, "%s needs a FieldMask update_mask" % request.name)
        paged = {"page_size", "page_token"} & set(fields)
        if len(paged) == 1 or (method.name.startswith("List") and not paged):
            self.breach(owner, path, "%s needs page_size and page_token" % request.name)
        if paged:
            response, answer_path = self.protos.messages[method.output_type[1:]]
            if "next_page_token" not in {f.name for f in response.field}:
                self.breach(method.output_type[1:], answer_path,
                            "%s needs next_page_token" % response.name)
        if "page_size" in fields:
            i, field = fields["page_size"]
            rule = self.protos.rule(field)
            if rule is None or not rule.HasField("min") or rule.min != 0:
                self.breach(owner, path + (2, i), "page_size must have {min: 0}")

    def reasons(self, where, method, reasons):
        comment = self.protos.comment(*where)
        for sentence in re.findall(r"\bErrors(?: per item)?:(.*?)(?:\.\s|\.$|$)", comment, re.S):
            for word in re.findall(r"\b[A-Z][A-Z_]{2,}\b", re.sub(r"\(.*?\)", "", sentence, flags=re.S)):
                if word not in reasons:
                    self.breach(*where, "%s: no such reason: %s" % (method.name, word))

    # What callers can send -----------------------------------------------------------------------

    def inputs(self):
        waiting, seen = [], set()
        for name, (service, _) in self.protos.own(self.protos.services).items():
            waiting += [method.input_type[1:] for method in service.method]
        while waiting:
            name = waiting.pop()
            if name in seen or not name.startswith("rapport."):
                continue
            seen.add(name)
            message, path = self.protos.messages[name]
            for i, field in enumerate(message.field):
                if "OUTPUT_ONLY" in self.protos.behaviors(field):
                    continue
                if field.type == Field.TYPE_MESSAGE:
                    waiting.append(field.type_name[1:])
                self.input(name, message, path + (2, i), field)

    def input(self, owner, message, path, field):
        rule = self.protos.rule(field)
        if field.type in (Field.TYPE_STRING, Field.TYPE_BYTES):
            is_name = field.name == "name" and self.protos.resource(message) is not None
            limited = rule is not None and (rule.max_length or rule.format)
            if not limited and not is_name and self.protos.reference(field) is None:
                self.breach(owner, path, "%s.%s has no max_length, format or resource reference" %
                            (message.name, field.name))
        if field.label == Field.LABEL_REPEATED and (rule is None or not rule.max_items):
            self.breach(owner, path, "%s.%s has no max_items" % (message.name, field.name))

    # Resources -----------------------------------------------------------------------------------

    def resources(self):
        for name, (message, path) in self.protos.own(self.protos.messages).items():
            resource = self.protos.resource(message)
            if resource is None:
                continue
            if resource.type != "rapport/" + message.name or not resource.pattern:
                self.breach(name, path, "the resource type of %s must be rapport/%s, with a pattern"
                            % (message.name, message.name))
            fields = {f.name: (i, f) for i, f in enumerate(message.field)}
            for needed in ("name", "uid", "etag", "revision", "create_time", "update_time"):
                if needed not in fields:
                    self.breach(name, path, "resource %s needs %s" % (message.name, needed))
            for field_name, (i, field) in fields.items():
                behaviors = self.protos.behaviors(field)
                if field_name == "name" and "IDENTIFIER" not in behaviors:
                    self.breach(name, path + (2, i), "%s.name must be IDENTIFIER" % message.name)
                if field_name in SYSTEM_FIELDS and "OUTPUT_ONLY" not in behaviors:
                    self.breach(name, path + (2, i), "%s.%s must be OUTPUT_ONLY" %
                                (message.name, field_name))

    # Words ---------------------------------------------------------------------------------------

    def word(self, owner, path, name):
        for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name):
            if WORDS.fullmatch(part.lower()) and (owner, name) not in EXCEPTIONS:
                self.breach(owner, path, '"%s" in %s is not a word of this API' %
                            (part.lower(), name))

    def words(self):
        for name, (message, path) in self.protos.own(self.protos.messages).items():
            self.word(name, path, name)
            resource = self.protos.resource(message)
            if resource is not None:
                for text in [resource.type, *resource.pattern]:
                    self.word(name, path, text)
            for i, field in enumerate(message.field):
                self.word(name, path + (2, i), field.name)
            for i, oneof in enumerate(message.oneof_decl):
                self.word(name, path + (8, i), oneof.name)
        for name, (enum, path) in self.protos.own(self.protos.enums).items():
            self.word(name, path, name)
            for i, value in enumerate(enum.value):
                self.word(name, path + (2, i), value.name)
        for name, (service, path) in self.protos.own(self.protos.services).items():
            self.word(name, path, name)
            for i, method in enumerate(service.method):
                self.word(name, path + (2, i), method.name)
                rule = self.protos.method_rule(method)
                if rule is not None:
                    self.word(name, path + (2, i), rule.scope)

    # buf -----------------------------------------------------------------------------------------

    def buf(self):
        with tempfile.TemporaryDirectory() as folder:
            now = os.path.join(folder, "now.binpb")
            with open(now, "wb") as file:
                file.write(self.protos.set.SerializeToString())
            self.run_buf("lint", now)
            newest = newest_release()
            if newest is None:
                self.breaches.append("protos/.released: no release to hold the protos against "
                                     "(tools/release_protos)")
                return
            # A release keeps our files only; what they import stands beside them from today.
            base = os.path.join(folder, "base.binpb")
            joined = descriptor_pb2.FileDescriptorSet()
            foreign = [f for f in self.protos.set.file if not f.package.startswith("rapport.")]
            for file in foreign:
                joined.file.add().ParseFromString(file.SerializeToString())
            with open(newest, "rb") as file:
                joined.MergeFromString(file.read())
            with open(base, "wb") as file:
                file.write(joined.SerializeToString())
            self.run_buf("breaking", now, "--against", base)

    def run_buf(self, *arguments):
        buf = os.path.join(descriptors.DEPS, "bin", "buf")
        environment = dict(os.environ, PYTHONPATH=descriptors.DEPS)
        result = subprocess.run(
            [buf, *arguments, "--config", os.path.join(ROOT, "protos", "buf.yaml")],
            capture_output=True, text=True, env=environment, check=False)
        said = [line for line in (result.stdout + result.stderr).splitlines() if line]
        if result.returncode != 0:
            self.breaches += ["buf %s: %s" % (arguments[0], line) for line in said or ["failed"]]


def newest_release():
    found = glob.glob(os.path.join(ROOT, "protos", ".released", "*.binpb"))
    numbered = [f for f in found if re.fullmatch(r"\d+\.\d+\.\d+\.binpb", os.path.basename(f))]
    return max(numbered, default=None,
               key=lambda f: [int(n) for n in os.path.basename(f).split(".")[:3]])


def main():
    check = Check()
    check.methods()
    check.inputs()
    check.resources()
    check.words()
    check.buf()
    for breach in check.breaches:
        print(breach)
    if check.breaches:
        print("%d breaches of the rules of the API" % len(check.breaches))
        return 1
    own = check.protos.own(check.protos.services)
    print("%d services with %d methods keep the rules of the API" %
          (len(own), sum(len(s.method) for s, _ in own.values())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
