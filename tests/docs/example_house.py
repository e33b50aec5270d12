"""The three services on the embedded store, with a clock that the story moves, and calls to them."""

import os
import re
import shutil
import tempfile

from descriptors import ROOT  # also puts the libraries on the path
from spawn import Spawned, until

import grpc
from google.protobuf import json_format, message_factory

SERVICES = ("contact", "engagement", "recommendation")
FOLLOWS = {"contact": ("engagement",), "engagement": ("contact",),
           "recommendation": ("contact", "engagement")}
TOKEN = "rapport-consistency-token"
SETTLE = "rapport.cache.v1.CacheService/GetCacheStatus"  # every service has it


class Refused(Exception):
    """What is shown of an error: code, message, reason and metadata, and broken fields."""

    def __init__(self, error, message_of):
        super().__init__(str(error))
        self.shown = {"code": error.code().name, "message": error.details()}
        details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
        if details is None:
            return
        for detail in message_of("google.rpc.Status").FromString(details).details:
            kind = detail.type_url.rpartition("/")[2]
            value = message_of(kind).FromString(detail.value)
            if kind == "google.rpc.ErrorInfo":
                self.shown["reason"] = value.reason
                if value.metadata:
                    self.shown["metadata"] = dict(sorted(value.metadata.items()))
            elif kind == "google.rpc.BadRequest":
                self.shown["violations"] = [{"field": v.field, "description": v.description}
                                            for v in value.field_violations]


class ExampleHouse:
    def __init__(self, bin_dir, protos):
        self._bin_dir = bin_dir
        self._protos = protos
        self.methods = {}  # "rapport.contact.v1.PeopleService/GetPerson" -> its descriptor
        for name, (service, _) in protos.own(protos.services).items():
            for method in service.method:
                self.methods["%s/%s" % (name, method.name)] = method
        self._folder = tempfile.mkdtemp(prefix="rapport-examples-", dir="/tmp")
        self._processes, self._channels, self._tokens = {}, {}, {}
        self.set_now("2026-01-01T00:00:00Z")
        try:
            for service in SERVICES:
                self._start(service)
            for service in SERVICES:
                until(lambda s=service: self._ready(s), 30, service + " is ready")
                self._channels[service] = grpc.insecure_channel("unix:" + self._path(service, ".sock"))
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for channel in self._channels.values():
            channel.close()
        for process in self._processes.values():
            process.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, service, suffix):
        return os.path.join(self._folder, service + suffix)

    def _start(self, service):
        arguments = [os.path.join(self._bin_dir, "services", service, service),
                     "--listen=unix:" + self._path(service, ".sock"),
                     "--store=sqlite:" + self._path(service, ".db"), "--fixed_tenant=home",
                     "--port_file=" + self._path(service, ".ready"), "--log_level=warning",
                     "--test_now_file=" + os.path.join(self._folder, "now")]
        if service == "recommendation":
            arguments.append("--ask_timeout=10s")  # a busy machine is no reason for another answer
        arguments += ["--%s_target=unix:%s" % (other, self._path(other, ".sock"))
                      for other in FOLLOWS[service]]
        self._processes[service] = Spawned(arguments, self._path(service, ".log"))

    def _ready(self, service):
        path = self._path(service, ".ready")
        if os.path.exists(path) and os.path.getsize(path) > 0:
            return True
        if not self._processes[service].running():
            with open(self._path(service, ".log"), encoding="utf-8") as file:
                raise RuntimeError("%s ended: %s" % (service, file.read()[-2000:]))
        return False

    def set_now(self, text):
        path = os.path.join(self._folder, "now")
        with open(path + ".new", "w", encoding="ascii") as file:
            file.write(text + "\n")
        os.rename(path + ".new", path)

    def _message(self, type_name):
        pool = self._protos.pool
        return message_factory.GetMessageClass(pool.FindMessageTypeByName(type_name.lstrip(".")))

    def call(self, method_name, requests, at=None, take=1):
        """Sends the requests (JSON values), returns the answers as JSON values. `take`: of a stream
        that does not end, so many messages. Refused if the call is. Everybody has heard of the
        effect when this returns."""
        method = self.methods[method_name]
        service = at or re.match(r"rapport\.(\w+)\.", method_name).group(1)
        kind = self._message(method.input_type)
        messages = [json_format.ParseDict(r, kind(), descriptor_pool=self._protos.pool)
                    for r in requests]
        channel = self._channels[service if service in SERVICES else "contact"]
        shape = ("stream" if method.client_streaming else "unary") + "_" + (
            "stream" if method.server_streaming else "unary")
        stub = getattr(channel, shape)("/" + method_name,
                                       request_serializer=kind.SerializeToString,
                                       response_deserializer=self._message(
                                           method.output_type).FromString)
        metadata = [(TOKEN, ",".join(self._tokens.values()))] if self._tokens else []
        argument = iter(messages) if method.client_streaming else messages[0]
        try:
            if method.server_streaming:
                call = stub(argument, metadata=metadata, timeout=20)
                answers = []
                for answer in call:
                    answers.append(answer)
                    if len(answers) == take and not method.client_streaming:
                        call.cancel()
                        break
            else:
                answer, call = stub.with_call(argument, metadata=metadata, timeout=20)
                answers = [answer]
        except grpc.RpcError as error:
            raise Refused(error, self._message) from None
        if not method.server_streaming or method.client_streaming:
            self._remember(call.trailing_metadata())
        if method_name != SETTLE:
            self._settle()
        return [json_format.MessageToDict(a, descriptor_pool=self._protos.pool) for a in answers]

    def _remember(self, metadata):
        for key, value in metadata or ():
            if key == TOKEN:
                for part in value.split(","):
                    self._tokens[part.rsplit(".", 1)[0]] = part

    def _settle(self):
        for service in SERVICES:
            self.call(SETTLE, [{}], at=service)
