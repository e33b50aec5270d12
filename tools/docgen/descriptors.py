"""The protos of Rapport as Python objects, with comments and with the options that the rules of
the house are written in. Needs protoc and what deploy/setup put into .deps/python."""

import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DEPS = os.path.join(ROOT, ".deps", "python")
INCLUDES = [os.path.join(ROOT, "protos"), DEPS, "/usr/share/grpc-proto"]

if not os.path.isdir(os.path.join(DEPS, "google", "protobuf")):
    sys.exit("the protobuf library for Python is missing: run deploy/setup first")
sys.path.insert(0, DEPS)

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory  # noqa: E402


def proto_files():
    """Paths of our protos relative to protos/, sorted."""
    found = []
    base = os.path.join(ROOT, "protos")
    for folder, _, names in os.walk(os.path.join(base, "rapport")):
        found += [os.path.relpath(os.path.join(folder, n), base) for n in names
                  if n.endswith(".proto")]
    return sorted(found)


def write_set(path, imports=True, comments=True, also=()):
    """Writes a FileDescriptorSet of all our protos, and of those in `also`, to `path`. Exits with
    protoc's words if it refuses."""
    command = ["protoc"] + ["-I" + include for include in INCLUDES]
    if imports:
        command.append("--include_imports")
    if comments:
        command.append("--include_source_info")
    command += ["--descriptor_set_out=" + path] + proto_files() + list(also)
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        sys.exit("protoc refused the protos:\n" + result.stderr)


def read_set(data):
    """Parses a FileDescriptorSet so that our own options are known fields."""
    plain = descriptor_pb2.FileDescriptorSet.FromString(data)
    pool = descriptor_pool.DescriptorPool()
    for file in plain.file:  # protoc writes them in the order of their imports
        pool.AddSerializedFile(file.SerializeToString())
    kind = message_factory.GetMessageClass(
        pool.FindMessageTypeByName("google.protobuf.FileDescriptorSet"))
    return kind.FromString(data), pool


class Protos:
    """All messages, enums and services of our packages, by full name without leading dot."""

    def __init__(self, also=()):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "protos.binpb")
            write_set(path, also=also)
            with open(path, "rb") as file:
                self.set, self.pool = read_set(file.read())
        self.files = [f for f in self.set.file if f.package.startswith("rapport.")]
        self.messages, self.enums, self.services = {}, {}, {}
        self.file_of, self._comments, self._lines = {}, {}, {}
        for file in self.set.file:
            self._read_file(file)
        self._extensions = {
            name: self.pool.FindExtensionByName(name) for name in (
                "rapport.type.v1.rule", "rapport.type.v1.method", "google.api.field_behavior",
                "google.api.resource", "google.api.resource_reference")}

    def _read_file(self, file):
        own = file.package.startswith("rapport.")
        if own:
            for location in file.source_code_info.location:
                key = (file.name, tuple(location.path))
                self._comments[key] = location.leading_comments
                self._lines[key] = location.span[0] + 1

        def enum(descriptor, prefix, path):
            name = prefix + descriptor.name
            self.enums[name] = (descriptor, path)
            self.file_of[name] = file.name

        def message(descriptor, prefix, path):
            name = prefix + descriptor.name
            self.messages[name] = (descriptor, path)
            self.file_of[name] = file.name
            for i, inner in enumerate(descriptor.nested_type):
                message(inner, name + ".", path + (3, i))
            for i, inner in enumerate(descriptor.enum_type):
                enum(inner, name + ".", path + (4, i))

        prefix = file.package + "."
        for i, descriptor in enumerate(file.message_type):
            message(descriptor, prefix, (4, i))
        for i, descriptor in enumerate(file.enum_type):
            enum(descriptor, prefix, (5, i))
        for i, descriptor in enumerate(file.service):
            self.services[prefix + descriptor.name] = (descriptor, (6, i))
            self.file_of[prefix + descriptor.name] = file.name

    def comment(self, owner, path):
        """The leading comment of the element at `path` in the file of `owner`, as paragraphs."""
        text = self._comments.get((self.file_of[owner], path), "")
        return "\n".join(line[1:] if line.startswith(" ") else line
                         for line in text.strip("\n").split("\n")).strip()

    def where(self, owner, path):
        """protos/<file>:<line> of an element."""
        file = self.file_of[owner]
        return "protos/%s:%d" % (file, self._lines.get((file, path), 0))

    def extension(self, options, name):
        """The value of one of our options; None for a singular one that is absent."""
        handle = self._extensions[name]
        if handle.label == handle.LABEL_REPEATED:
            return list(options.Extensions[handle])
        return options.Extensions[handle] if options.HasExtension(handle) else None

    def rule(self, field):
        return self.extension(field.options, "rapport.type.v1.rule")

    def method_rule(self, method):
        return self.extension(method.options, "rapport.type.v1.method")

    def resource(self, message):
        return self.extension(message.options, "google.api.resource")

    def reference(self, field):
        """The resource type that a string names, or None."""
        reference = self.extension(field.options, "google.api.resource_reference")
        if reference is None:
            return None
        return reference.type or reference.child_type

    def behaviors(self, field):
        """Names of the field behaviours, e.g. {"REQUIRED"}."""
        handle = self._extensions["google.api.field_behavior"]
        values = handle.enum_type.values_by_number
        return {values[v].name for v in field.options.Extensions[handle]}

    def value_name(self, message, field):
        """Name of the number that an enum field of a message object holds."""
        descriptor = message.DESCRIPTOR.fields_by_name[field]
        return descriptor.enum_type.values_by_number[getattr(message, field)].name

    def own(self, table):
        """The entries of our packages, in the order of the files."""
        return {n: v for n, v in table.items() if n.startswith("rapport.")}
