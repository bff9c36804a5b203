"""The same function under each of AWS's runtime interface clients: invocations, events, errors, ends, streams.

test: timeout 1200
"""

import concurrent.futures
import contextlib
import http.client
import json
import os
import re
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from runtime_clients import CLIENTS, Image, class_name  # noqa: E402

import invoked  # noqa: E402  runtime_clients knows where it is
from invoked import UUID, Server, wait_for  # noqa: E402
from toolchains import Missing  # noqa: E402

SYNC_MAX = 6_291_456
TOGETHER = 3


class ClientServer(Server):
    def place(self, name, function):
        settings = super().place(name, function)
        if isinstance(function, Image):
            settings["ImageConfig"]["WorkingDirectory"] = settings.pop("CodeUri")
        return settings


class RuntimeClient:
    client = None

    @classmethod
    def setUpClass(cls):
        try:
            # Not for functions: one that has it would take several invocations at once.
            cls.server = ClientServer(cls.functions(), environment={"AWS_LAMBDA_MAX_CONCURRENCY": "4"})
        except Missing as missing:
            raise unittest.SkipTest(f"{cls.client.name}: {missing}") from missing

    @classmethod
    def functions(cls):
        function = cls.client.function
        functions = {"f": function(Timeout=60), "late": function(Timeout=3),
                     "broken": function(Timeout=20, **cls.client.variables(MODE="init-error"))}
        if cls.client.stream is not None:
            mode = dict(cls.client.stream)
            settings = {"is_stream": True} if mode.pop("is_stream", False) else cls.client.variables(**mode)
            functions["stream"] = function(Timeout=60, **settings)
        return functions

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def invoke(self, name="f", headers=None, **event):
        return self.server.request("POST", f"/2015-03-31/functions/{name}/invocations", json.dumps(event).encode(), headers)

    def assert_error(self, answer, error_type, message):
        self.assertEqual((answer.status, answer.headers["x-amz-function-error"]), (200, "Unhandled"), answer)
        self.assertRegex(answer.json["errorType"], f"^(?:{error_type})$")
        self.assertRegex(answer.json["errorMessage"], message)

    def assert_works(self):
        self.assertEqual(self.invoke(do="echo", value="again").json, "again")

    def test_values(self):
        for value in (1, "ä✓𝄞", [True, None], {"a": {"b": [1.5]}}):
            with self.subTest(value=value):
                self.assertEqual(self.invoke(do="echo", value=value).json, value)

    def test_context(self):
        answer = self.invoke(do="context")
        self.assertRegex(answer.json["id"], UUID)
        self.assertEqual(answer.json["id"], answer.headers["x-amzn-requestid"])
        self.assertEqual(answer.json["arn"], "arn:aws:lambda:us-east-1:123456789012:function:f")
        self.assertIn(answer.json["remaining"], range(1, 60001))

    def test_an_error(self):
        self.assert_error(self.invoke(do="fail"), self.client.failed, "ouch")
        self.assert_works()

    def test_a_crash(self):
        self.assert_error(self.invoke(do="crash"), *self.client.crashed)
        self.assert_works()

    def test_an_exit(self):
        self.assert_error(self.invoke(do="exit"), "Runtime.ExitError", "Runtime exited with error: exit status 3$")
        self.assert_works()

    def test_a_time_out(self):
        self.assert_error(self.invoke("late", do="sleep"), "Sandbox.Timedout", r"Task timed out after 3\.00 seconds$")

    def test_an_init_error(self):
        answer = self.invoke("broken", {"X-Amz-Log-Type": "Tail"}, do="echo", value=1)
        self.assert_error(answer, "Runtime.ExitError", "Runtime exited with error: exit status 4$")
        self.assertIn("can't begin", answer.log)

    def test_largest_payloads(self):
        event = {"do": "echo", "value": ""}
        event["value"] = "m" * (SYNC_MAX - len(json.dumps(event).encode()))
        self.assertEqual(self.invoke(**event).json, event["value"])
        self.assertEqual(len(self.invoke(do="large", bytes=SYNC_MAX).body), SYNC_MAX)

    def test_a_response_too_large(self):
        answer = self.invoke(do="large", bytes=SYNC_MAX + 1000)
        self.assertEqual(answer.headers.get("x-amz-function-error"), "Unhandled", answer)
        self.assert_works()

    def test_an_event(self):
        file = os.path.join(self.server.folder, "for-the-event")
        accepted = self.invoke("f", {"X-Amz-Invocation-Type": "Event"}, do="meet", file=file)
        self.assertEqual(accepted.status, 202)
        with open(file, "w"):
            pass
        self.assertEqual(self.server.request("POST", "/_invoked/drain?TimeoutSeconds=60").status, 200)
        row = self.server.request("GET", "/_invoked/invocations").json[0]
        self.assertEqual((row["Status"], row["InvocationType"]), ("succeeded", "Event"))

    def test_several_environments_at_once(self):
        """Each in a process of its own, one invocation at a time."""
        file, before = os.path.join(self.server.folder, "for-all"), self.waits()
        with concurrent.futures.ThreadPoolExecutor(TOGETHER) as pool:
            waiting = [pool.submit(self.invoke, do="meet", file=file) for _ in range(TOGETHER)]
            try:
                wait_for(lambda: self.waits() - before == TOGETHER, f"{TOGETHER} that run")
            finally:
                with open(file, "w"):
                    pass
            pids = {future.result().json["pid"] for future in waiting}
        self.assertEqual(len(pids), TOGETHER)

    def waits(self):
        """How many handlers have begun to wait so far."""
        return len(re.findall(r"\bwaits$", self.server.log(), re.MULTILINE))

    def test_an_environment_is_kept(self):
        first, second = (self.invoke("late", do="meet", file="/").json for _ in range(2))  # "f" may have several
        self.assertEqual(second, {"pid": first["pid"], "count": first["count"] + 1})


class StreamingClient:
    """Of a client that streams, through InvokeWithResponseStream."""

    def stream(self, **event):
        connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=60)
        connection.request("POST", "/2021-11-15/functions/stream/response-streaming-invocations", json.dumps(event).encode())
        return connection, connection.getresponse()

    def read(self, **event):
        connection, answer = self.stream(**event)
        with contextlib.closing(connection):
            return frames(answer.read())

    def test_a_stream_arrives_while_it_is_written(self):
        file = os.path.join(self.server.folder, f"stream-{time.monotonic()}")
        connection, answer = self.stream(do="stream", texts=["first ", "last"], file=file)
        seen = b""
        while b"first " not in seen:
            piece = answer.read1(65536)
            self.assertTrue(piece, seen)
            seen += piece
        with open(file, "w"):
            pass
        payload, complete = frames(seen + answer.read())
        connection.close()
        self.assertEqual((payload, complete), (b"first last", {}))

    def test_a_stream_of_8_megabytes(self):
        payload, complete = self.read(do="stream", texts=[], bytes=8 << 20)
        self.assertEqual((len(payload), set(payload), complete), (8 << 20, {ord("m")}, {}))

    def test_a_stream_that_fails(self):
        payload, complete = self.read(do="fail", texts=["half "])
        if self.client.stream_failed is None:
            self.assertTrue(payload.startswith(b"half Lambda-Runtime-Function-Error-Type: Runtime.StreamError\r\n"), payload)
            self.assertEqual(complete, {})
            return
        self.assertEqual(payload, b"half ")
        self.assertRegex(complete["ErrorCode"], f"^(?:{self.client.stream_failed})$")
        self.assertIn("half-way", complete["ErrorDetails"])


def frames(body):
    """The payload of an event stream, without the prelude that some clients always write; what its InvokeComplete says."""
    payload, complete = b"", None
    while body:
        length, head = int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big")
        content = body[12 + head:length - 4]
        if re.search(rb":event-type.{3}PayloadChunk", body[12:12 + head], re.DOTALL):
            payload += content
        else:
            complete = json.loads(content)
        body = body[length:]
    return payload.split(bytes(8))[-1], {name: value for name, value in complete.items() if value}


for _client in CLIENTS:
    _bases = (RuntimeClient, *([StreamingClient] if _client.stream else []), unittest.TestCase)
    globals()[class_name(_client)] = type(class_name(_client), _bases, {"client": _client, "__module__": "__main__"})

if __name__ == "__main__":
    invoked.run_tests()
