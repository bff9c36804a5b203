"""What the soak serves: functions that behave, functions that don't, and their code and configuration turn by turn."""

import contextlib
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from events import QUEUE, EventServer, event_config, to_queue  # noqa: E402
from invoked import NATIVE_ECHO, command, nodejs, provided, python  # noqa: E402

# Does what the event says.
OBEDIENT = """
import os, signal, sys, time
def handler(event, context):
    exec(event.get("do", ""))
    return event
"""
NODEJS_ECHO = "exports.handler = async (event) => event;\n"
STREAM = """
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
    for (let i = 0; i < event.pieces; i++)
        if (!stream.write(Buffer.alloc(event.bytes, 97)))
            await new Promise((resolve) => stream.once('drain', resolve));
    if (event.fails)
        throw new Error('in the middle');
    stream.end();
});
"""
API_CLIENT = """#!/usr/bin/python3
import http.client, os
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
def call(method, path, body=None):
    api.request(method, "/2018-06-01/runtime/invocation/" + path, body)
    answer = api.getresponse()
    return answer, answer.read()
while True:
    answer, event = call("GET", "next")
    call("POST", answer.getheader("Lambda-Runtime-Aws-Request-Id") + "/response", event)
"""
# An event names the attempt that succeeds; the count of attempts is in a file, since environments come and go.
EVENTUALLY = """
import os
def handler(event, context):
    path = f"tried-{context.aws_request_id}.tmp"
    with open(path, "a") as file:
        file.write("x")
    tried = os.path.getsize(path)
    if tried < event["succeeds_at"]:
        raise ValueError(f"not yet: {tried}")
    os.remove(path)
    return tried
"""
EDITED = "def handler(event, context):\n    return %d\n"

# What their processes answer is checked byte for byte; those of all others may be killed.
NEVER_KILLED = ("native", "cat", "api", "limited", "mocked-later", "faulty", "fails", "records", "twice", "gives-up")
EVENT_RECORDS = ("records", "eventually", "gives-up")  # each event leaves one record at the destination of that name
IDLE_S = 3


def recorded(name, **settings):
    return event_config(QUEUE + name, QUEUE + name, **settings)


def functions(turn, code_version):
    memory = [128 + (turn // 8 + (turn % 8 > n)) % 4 for n in range(8)]  # one of them changes each turn
    native = {"Runtime": "provided", "CodeUri": NATIVE_ECHO, "Timeout": 60}
    return {
        "native": {**native, "MemorySize": memory[0]},
        "cat": command("cat", Timeout=60, MemorySize=memory[1]),
        "api": provided(API_CLIENT, Timeout=60, MemorySize=memory[2]),
        "python": python(OBEDIENT, Timeout=10, MemorySize=memory[3]),
        "slow": python(OBEDIENT, Timeout=1),
        "nodejs": nodejs(NODEJS_ECHO, Timeout=10, MemorySize=memory[4]),
        "stream": nodejs(STREAM, Timeout=20, MemorySize=memory[5]),
        "victim": {**native, "Timeout": 2},
        "limited": {**native, "ReservedConcurrentExecutions": 1},
        "edited": python(EDITED % code_version, Timeout=10),
        "never-starts": provided("#!/bin/sh\nexit 3\n"),
        "missing": command("no-such-program"),
        "fails": command("sh", "-c", "cat; exit 7"),
        "mocked": {"Local": {"Mock": [
            {"When": {"fails": True}, "FunctionError": "Unhandled", "Payload": {"errorType": "Mocked", "errorMessage": "m"}},
            {"When": {"refuses": True}, "Error": "EC2ThrottledException"}, {"When": {"late": True}, "Timeout": True},
            {"Payload": {"is": "mocked"}, "DelayMs": 5}]}},
        "mocked-later": {**native, "MemorySize": memory[6]},
        "faulty": {**native, "MemorySize": memory[7]},
        "records": {**native, **recorded("records")},
        "twice": {**native, **recorded("twice")},
        "eventually": python(EVENTUALLY, Timeout=10, **recorded("eventually", MaximumRetryAttempts=2)),
        "gives-up": command("sh", "-c", "echo no >&2; exit 1", **recorded("gives-up", MaximumRetryAttempts=1),
                            **to_queue("letters")),
        **({"sometimes": command("cat")} if turn % 2 else {}),
    }


# Little of the past is kept, so that it doesn't look like a leak; idle environments leave before the comparison.
CONFIG = {"Local": {"RetryDelaysSeconds": [0, 1], "HistorySize": 500, "IdleTimeoutSeconds": IDLE_S}}


class SoakServer(EventServer):
    """Its code and configuration can be changed while it runs."""

    def __init__(self, binary):
        self.turn = 0
        self.code_version = 1
        self.seen_version = 1  # the newest that has answered
        super().__init__(functions(0, 1), CONFIG, ("--log-level", "error"), "real", binary=binary, watches=True)

    def place(self, name, function):
        """Code that is there already isn't written again: that would be a reload."""
        files = getattr(function, "files", {})
        if files and all(read(os.path.join(self.code_folder(name), file)) == text for file, text in files.items()):
            return {**function.settings, "CodeUri": self.code_folder(name)}
        return super().place(name, function)

    def reload_configuration(self):
        self.turn += 1
        self.configure(functions(self.turn, self.code_version), CONFIG)

    def reload_code(self):
        self.code_version += 1
        self.place("edited", python(EDITED % self.code_version))

    def spoil_configuration(self):
        """One that the server must refuse, and go on with what it has."""
        with open(self.config_path, "w", encoding="utf-8") as file:
            json.dump({"Functions": {"native": {"Timeout": 0}}}, file)


def read(path):
    """None where there is no such file."""
    with contextlib.suppress(FileNotFoundError):
        with open(path, encoding="utf-8") as file:
            return file.read()
    return None
