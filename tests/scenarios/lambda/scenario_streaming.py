"""InvokeWithResponseStream as it goes over the wire, from handlers of the bundled Node.js runtime and from runtimes of the
Runtime API. Debian's boto3 has no invoke_with_response_stream, so requests are plain HTTP here, and botocore's parser of
event streams takes the messages apart; boto3 (with the operation described to it) and the AWS SDK for JavaScript have
tests of their own in tests/clients."""
# test: timeout 240

import base64
import http.client
import json
import os
import re
import socket
import sys
import threading
import time
import unittest

from botocore.eventstream import EventStreamBuffer

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from invoked import SLOWNESS, UUID, RuntimeApi, Server, command, fixture, nodejs, provided, python, wait_for  # noqa: E402

PATH = "/2021-11-15/functions/{}/response-streaming-invocations"
MIB = 1 << 20

STREAM = """
const fs = require('fs');
const until = async (file) => {
    while (!fs.existsSync(file))
        await new Promise((resolve) => setTimeout(resolve, 5));
};
let count = 0;
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
    count++;
    if (event.first !== undefined)
        stream.write(event.first);
    if (event.file)
        await until(event.file);
    if (event.log)
        console.log(event.log);
    for (let i = 0; i < (event.pieces || 0); i++) {
        if (!stream.write(Buffer.alloc(event.bytes, 97 + i % 26)))
            await new Promise((resolve) => stream.once('drain', resolve));
        if (event.progress)
            fs.writeFileSync(event.progress, String(i + 1));
    }
    if (event.sleep)
        await new Promise((resolve) => setTimeout(resolve, 60000));
    if (event.exit !== undefined)
        setTimeout(() => process.exit(event.exit), 20);
    if (event.exit !== undefined)
        await until('/nonexistent');
    stream.end(event.count ? String(count) : event.last);
});
"""

# A runtime of the Runtime API that streams: what is in the event is sent chunk by chunk, then trailers.
BOOTSTRAP = """#!/usr/bin/python3
import base64, http.client, json, os, socket, time
host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
while True:
    connection = http.client.HTTPConnection(host, int(port))
    connection.request("GET", "/2018-06-01/runtime/invocation/next")
    answer = connection.getresponse()
    event = json.loads(answer.read())
    stream = socket.create_connection((host, int(port)))
    mode = b"" if event.get("names_no_mode") else b"Lambda-Runtime-Function-Response-Mode: streaming\\r\\n"
    stream.sendall(b"POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\\r\\nHost: x\\r\\n%sTransfer-Encoding: chunked\\r\\n"
                   b"Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\\r\\n\\r\\n"
                   % (answer.headers["Lambda-Runtime-Aws-Request-Id"].encode(), mode))
    send = lambda data: stream.sendall(b"%x\\r\\n%s\\r\\n" % (len(data), data))
    for chunk in event.get("chunks", []):
        send(chunk.encode())
    while event.get("file") and not os.path.exists(event["file"]):
        time.sleep(0.01)
    block = b"b" * (1 << 20)
    for _ in range(event.get("mebibytes", 0)):
        send(block)
    if event.get("exit") is not None:
        os._exit(event["exit"])
    stream.sendall(b"0\\r\\n")
    if "error" in event:
        body = base64.b64encode(json.dumps(event["error"]).encode())
        stream.sendall(b"Lambda-Runtime-Function-Error-Type: %s\\r\\nLambda-Runtime-Function-Error-Body: %s\\r\\n"
                       % (event["error"]["errorType"].encode(), body))
    stream.sendall(b"\\r\\n")
    status = stream.recv(4096).split(b" ")[1]
    with open("status", "wb") as file:
        file.write(status)
    if event.get("leave"):
        os._exit(0)
"""


class Stream:
    """One answer, read message by message."""

    def __init__(self, server, name, event=None, headers=None, qualifier=None, body=None):
        self.connection = http.client.HTTPConnection(server.host, server.port, timeout=invoked.WAIT_S)
        path = PATH.format(name) + (f"?Qualifier={qualifier}" if qualifier else "")
        self.connection.request("POST", path, json.dumps(event) if body is None else body, headers or {})
        self.response = self.connection.getresponse()
        self.status = self.response.status
        self.headers = {key.lower(): value for key, value in self.response.getheaders()}
        self.buffer = EventStreamBuffer()
        self.messages = iter(self.buffer)

    def next(self):
        """(event type, payload), or None at the end."""
        while True:
            try:
                message = next(self.messages)
            except StopIteration:
                data = self.response.read1(65536)
                if not data:
                    assert not self.buffer._data, "a message is cut off"
                    self.connection.close()
                    return None
                self.buffer.add_data(data)
                continue
            headers = dict(message.headers)
            assert headers.pop(":message-type") == "event", message.headers
            kind = headers.pop(":event-type")
            wanted = {"PayloadChunk": "application/octet-stream", "InvokeComplete": "application/json"}[kind]
            assert headers == {":content-type": wanted}, headers
            return kind, message.payload

    def rest(self):
        """(payload, number of chunks, what InvokeComplete says)"""
        pieces = []
        while (message := self.next()) is not None:
            kind, payload = message
            if kind == "InvokeComplete":
                assert self.next() is None, "something follows InvokeComplete"
                return b"".join(pieces), len(pieces), json.loads(payload)
            pieces.append(payload)
        raise AssertionError("the stream ended without InvokeComplete")

    def leave(self):
        self.response.close()
        self.connection.close()


class WithServer(unittest.TestCase):
    maxDiff = None
    functions = {}
    config = None

    @classmethod
    def setUpClass(cls):
        cls.server = Server(cls.functions, cls.config)
        cls.addClassCleanup(cls.server.__exit__, None, None, None)

    def file(self, name=None):
        return os.path.join(self.server.folder, name or self.id().rsplit(".")[-1])

    def touch(self, path):
        with open(path, "w"):
            pass

    def stream(self, name, event=None, **options):
        return Stream(self.server, name, event, **options)

    def assert_ordinary_error(self, stream, status, error_type):
        self.assertEqual((stream.status, stream.headers["x-amzn-errortype"], stream.headers["content-type"]),
                         (status, error_type, "application/json"))
        self.assertIn("Message", {key.capitalize() for key in json.loads(stream.response.read())})


class Answers(WithServer):
    functions = {
        "stream": nodejs(STREAM), "parts": fixture("nodejs-stream"), "echo": python("def handler(event, context): return event"),
        "fails": python("def handler(event, context): raise ValueError(event)"), "shout": command("tr", "a-z", "A-Z"),
        "raw": command("printf", "hello"),
        "mock": {"Local": {"Mock": [{"When": {"a": 1}, "Payload": {"b": 2}},
                                    {"FunctionError": "Unhandled", "Payload": {"errorType": "Mocked", "errorMessage": "m"}}]}},
    }

    def test_first_chunk_before_the_end(self):
        file = self.file()
        stream = self.stream("stream", {"first": "one ", "file": file, "last": "two"})
        self.assertEqual(stream.status, 200)
        self.assertEqual(stream.next(), ("PayloadChunk", b"one "))
        self.touch(file)  # the handler waits for it
        self.assertEqual(stream.rest(), (b"two", 1, {}))

    def test_headers(self):
        trace = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1"
        stream = self.stream("stream", {"last": "x"}, headers={"X-Amzn-Trace-Id": trace})
        headers = stream.headers
        self.assertEqual((headers["content-type"], headers["transfer-encoding"], headers["x-amz-executed-version"]),
                         ("application/vnd.amazon.eventstream", "chunked", "$LATEST"))
        self.assertRegex(headers["x-amzn-requestid"], f"^{UUID}$")
        self.assertIn("1-5bef4de7-ad49b0e87f6ef6c87fc2e700", headers["x-amzn-trace-id"])
        self.assertTrue({"x-amz-function-error", "x-amz-log-result", "content-length"}.isdisjoint(headers))
        self.assertEqual(stream.rest(), (b"x", 1, {}))

    def test_an_empty_stream(self):
        self.assertEqual(self.stream("stream", {}).rest(), (b"", 0, {}))

    def test_bytes_of_the_messages(self):
        answer = self.server.request("POST", PATH.format("raw"), b"{}")
        self.assertEqual(answer.body.hex(), (
            "0000006f0000005af5fe871f0b3a6576656e742d7479706507000c5061796c6f61644368756e6b0d3a636f6e74656e742d74797065070018"
            "6170706c69636174696f6e2f6f637465742d73747265616d0d3a6d6573736167652d747970650700056576656e7468656c6c6f29e71260"
            "00000066000000541f56c8690b3a6576656e742d7479706507000e496e766f6b65436f6d706c6574650d3a636f6e74656e742d7479706507"
            "00106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b7d7006d467"))

    def test_buffered_functions_are_one_chunk(self):
        for name, event, expected in (("echo", {"a": [1]}, b'{"a": [1]}'), ("shout", "hi", b'"HI"'), ("mock", {"a": 1}, b'{"b":2}')):
            self.assertEqual(self.stream(name, event).rest(), (expected, 1, {}), name)
        large = "x" * 5_000_000
        self.assertEqual(self.stream("echo", large).rest(), (json.dumps(large).encode(), 1, {}))

    def test_a_buffered_function_that_fails(self):
        stream = self.stream("fails", "why")
        payload, chunks, complete = stream.rest()
        self.assertEqual((stream.status, chunks), (200, 1))
        error = json.loads(payload)
        self.assertEqual((error["errorType"], error["errorMessage"]), ("ValueError", "why"))
        self.assertEqual(complete, {"ErrorCode": "ValueError", "ErrorDetails": payload.decode()})
        payload, _, complete = self.stream("mock", {}).rest()
        self.assertEqual((json.loads(payload)["errorType"], complete["ErrorCode"]), ("Mocked", "Mocked"))

    def test_the_log(self):
        for name, event in (("stream", {"log": "seen", "last": "x"}), ("echo", {})):
            for tail, has in (("Tail", True), ("None", False)):
                complete = self.stream(name, event, headers={"X-Amz-Log-Type": tail}).rest()[2]
                self.assertEqual("LogResult" in complete, has, (name, tail))
                if has:
                    log = base64.b64decode(complete["LogResult"], validate=True).decode()
                    self.assertRegex(log, r"(?s)^START RequestId: .*\nEND RequestId: .*\nREPORT RequestId: ")
                    self.assertEqual("seen" in log, name == "stream")

    def test_content_type_and_prelude_pass_through(self):
        prelude = {"statusCode": 201, "headers": {"X-Custom": "1"}, "cookies": ["a=b"]}
        body = self.stream("parts", {"prelude": prelude, "chunks": ["a", "b"]}).rest()[0]
        metadata, rest = body.split(b"\0" * 8)
        self.assertEqual((json.loads(metadata), rest), (prelude, b"ab"))
        self.assertEqual(self.stream("parts", {"contentType": "text/plain", "chunks": ["a", "b"]}).rest()[0], b"ab")

    def test_chunks_one_by_one(self):
        payload, chunks, complete = self.stream("parts", {"delayMs": 100}).rest()
        self.assertEqual((payload, complete), (b"one two three", {}))
        self.assertGreaterEqual(chunks, 2)

    def test_dry_run(self):
        stream = self.stream("stream", {}, headers={"X-Amz-Invocation-Type": "DryRun"})
        self.assertEqual((stream.status, stream.response.read()), (204, b""))

    def test_refusals_are_ordinary_errors(self):
        for options, status, error_type in (
                ({"name": "nothing", "event": {}}, 404, "ResourceNotFoundException"),
                ({"name": "stream", "body": "{"}, 400, "InvalidRequestContentException"),
                ({"name": "stream", "event": {}, "qualifier": "7"}, 404, "ResourceNotFoundException"),
                ({"name": "stream", "event": {}, "headers": {"X-Amz-Invocation-Type": "Event"}}, 400, "ValidationException"),
                ({"name": "stream", "body": b'"' + b"x" * 6_291_560 + b'"'}, 413, "RequestEntityTooLargeException")):
            stream = self.stream(**options)
            self.assertEqual(stream.status, status, (options.get("name"), stream.headers))
            self.assert_ordinary_error(stream, status, error_type)

    def test_plain_invoke_gives_the_whole_body(self):
        answer = self.server.invoke("parts", {})
        self.assertEqual((answer.status, answer.function_error, answer.body), (200, None, b"one two three"))
        answer = self.server.invoke("stream", {"pieces": 6, "bytes": MIB})
        self.assertEqual((answer.function_error, len(answer.body)), (None, 6 * MIB))
        answer = self.server.invoke("stream", {"pieces": 9, "bytes": MIB})
        self.assertEqual((answer.function_error, answer.json["errorType"]), ("Unhandled", "Function.ResponseSizeTooLarge"))
        self.assertIn("6291556", answer.json["errorMessage"])

    def test_more_than_a_plain_response_may_have(self):
        payload, _, complete = self.stream("stream", {"pieces": 9, "bytes": MIB}).rest()
        self.assertEqual((len(payload), complete), (9 * MIB, {}))

    def test_the_history_has_it(self):
        stream = self.stream("stream", {"first": "one ", "last": "two"})
        stream.rest()
        row = self.server.request("GET", "/_invoked/invocations?RequestId=" + stream.headers["x-amzn-requestid"]).json[0]
        self.assertEqual((row["Status"], row["ResponsePayload"]), ("succeeded", "one two"))

    def test_concurrent_streams(self):
        file = self.file()
        streams = [self.stream("stream", {"first": str(i), "file": file, "last": "."}) for i in range(4)]
        for i, stream in enumerate(streams):
            self.assertEqual(stream.next(), ("PayloadChunk", str(i).encode()))
        self.touch(file)
        for stream in streams:
            self.assertEqual(stream.rest(), (b".", 1, {}))


class Ends(WithServer):
    functions = {"error": fixture("nodejs-stream-error"), "stream": nodejs(STREAM), "late": nodejs(STREAM, Timeout=1)}

    def test_an_error_before_the_first_byte(self):
        stream = self.stream("error", {"chunks": []})
        payload, chunks, complete = stream.rest()
        self.assertEqual((stream.status, chunks, complete["ErrorCode"]), (200, 1, "Error"))
        self.assertEqual(json.loads(payload)["errorMessage"], "broken")
        self.assertEqual(complete["ErrorDetails"], payload.decode())
        self.assertEqual(self.server.invoke("error", {"chunks": []}).function_error, "Unhandled")

    def test_an_error_in_the_middle(self):
        stream = self.stream("error", {"chunks": ["one ", "two"]}, headers={"X-Amz-Log-Type": "Tail"})
        payload, _, complete = stream.rest()
        self.assertEqual((stream.status, payload, complete["ErrorCode"]), (200, b"one two", "Error"))
        details = json.loads(complete["ErrorDetails"])
        self.assertEqual((details["errorType"], details["errorMessage"]), ("Error", "broken"))
        self.assertIn("Invoke Error", base64.b64decode(complete["LogResult"]).decode())
        row = self.server.request("GET", "/_invoked/invocations?RequestId=" + stream.headers["x-amzn-requestid"]).json[0]
        self.assertEqual((row["Status"], row["FunctionError"]), ("failed", "Unhandled"))

    def test_a_timeout_in_the_middle(self):
        stream = self.stream("late", {"first": "one", "sleep": True})
        self.assertEqual(stream.next(), ("PayloadChunk", b"one"))
        payload, _, complete = stream.rest()
        self.assertEqual((payload, complete["ErrorCode"]), (b"", "Sandbox.Timedout"))
        self.assertIn("Task timed out after 1.00 seconds", complete["ErrorDetails"])
        self.assertEqual(self.stream("late", {"count": True}).rest(), (b"1", 1, {}))  # in a new environment

    def test_a_timeout_before_the_first_byte(self):
        payload, chunks, complete = self.stream("late", {"sleep": True}).rest()
        self.assertEqual((chunks, complete["ErrorCode"]), (1, "Sandbox.Timedout"))
        self.assertEqual(payload.decode(), complete["ErrorDetails"])

    def test_an_exit_in_the_middle(self):
        stream = self.stream("stream", {"first": "one", "exit": 3})
        payload, _, complete = stream.rest()
        self.assertEqual((payload, complete["ErrorCode"]), (b"one", "Runtime.ExitError"))
        self.assertIn("exit status 3", complete["ErrorDetails"])

    def test_a_client_that_leaves_in_the_middle(self):
        before = int(self.stream("stream", {"count": True}).rest()[0])
        file, progress = self.file(), self.file("left")
        stream = self.stream("stream", {"first": "one", "file": file, "pieces": 20, "bytes": MIB, "progress": progress})
        self.assertEqual(stream.next(), ("PayloadChunk", b"one"))
        stream.leave()
        self.touch(file)
        wait_for(lambda: read(progress) == "20", "the handler to come to its end")
        wait_for(lambda: self.server.request("GET", "/_invoked/invocations?Status=running").json == [], "the end")
        self.assertEqual(self.stream("stream", {"count": True}).rest(), (str(before + 2).encode(), 1, {}))

    def test_clients_that_leave_while_the_handler_is_held_back(self):
        for _ in range(3):
            stream = self.stream("stream", {"pieces": 64, "bytes": MIB})
            stream.next()
            stream.leave()
        wait_for(lambda: self.server.request("GET", "/_invoked/invocations?Status=running").json == [], "the end")
        self.assertEqual(self.stream("stream", {"last": "x"}).rest(), (b"x", 1, {}))


def read(path):
    try:
        with open(path) as file:
            return file.read()
    except FileNotFoundError:
        return ""


def resident_kb(pid):
    with open(f"/proc/{pid}/status") as file:
        return int(next(line.split()[1] for line in file if line.startswith("VmRSS")))


class SlowReaders(WithServer):
    functions = {"stream": nodejs(STREAM, MemorySize=512), "native": provided(BOOTSTRAP, MemorySize=512)}

    def begin_slowly(self, name, event):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        connection.settimeout(invoked.WAIT_S)
        connection.connect((self.server.host, self.server.port))
        body = json.dumps(event).encode()
        connection.sendall(b"POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
                           % (PATH.format(name).encode(), len(body), body))
        self.addCleanup(connection.close)
        return connection

    def test_the_handler_is_held_back(self):
        self.stream("stream", {}).rest()
        progress = self.file()
        before = resident_kb(self.server.pid)
        connection = self.begin_slowly("stream", {"pieces": 640, "bytes": 65536, "progress": progress})
        last = None
        while read(progress) == "" or read(progress) != last:  # until it no longer goes on
            last = read(progress)
            time.sleep(0.5 * SLOWNESS)
        self.assertLess(int(last), 200)
        self.assertLess(resident_kb(self.server.pid) - before, 8192 * SLOWNESS)
        received = 0
        while data := connection.recv(1 << 20):
            received += len(data)
        self.assertGreater(received, 640 * 65536)
        self.assertEqual(read(progress), "640")

    def test_a_runtime_of_the_runtime_api_is_held_back(self):
        self.stream("native", {}).rest()
        before = resident_kb(self.server.pid)
        connection = self.begin_slowly("native", {"mebibytes": 40})
        time.sleep(1)
        self.assertEqual(len(self.server.request("GET", "/_invoked/invocations?Status=running").json), 1)
        self.assertLess(resident_kb(self.server.pid) - before, 8192 * SLOWNESS)
        received = 0
        while data := connection.recv(1 << 20):
            received += len(data)
        self.assertGreater(received, 40 * MIB)
        self.assertEqual(self.stream("native", {"chunks": ["x"]}).rest(), (b"x", 1, {}))


class ByRuntimeApi(WithServer):
    functions = {"f": provided(BOOTSTRAP, Timeout=60)}

    def test_chunks_as_they_come(self):
        self.check_chunks({})

    def test_chunks_as_they_come_from_a_runtime_that_names_no_mode(self):
        self.check_chunks({"names_no_mode": True})
        payload, _, complete = self.stream("f", {"names_no_mode": True, "mebibytes": 8}).rest()
        self.assertEqual((len(payload), complete), (8 * MIB, {}))

    def check_chunks(self, event):
        file = self.file()
        stream = self.stream("f", {"chunks": ["one ", "two "], "file": file, **event})
        first = b""
        while first != b"one two ":
            first += stream.next()[1]
        self.touch(file)
        self.assertEqual(stream.rest(), (b"", 0, {}))
        wait_for(lambda: read(os.path.join(self.server.code_folder("f"), "status")) == "202", "the runtime's answer")

    def test_error_trailers(self):
        error = {"errorType": "Function.Broken", "errorMessage": "in the middle ä", "trace": ["a", "b"]}
        payload, _, complete = self.stream("f", {"chunks": ["one "], "error": error}).rest()
        self.assertEqual((payload, complete["ErrorCode"]), (b"one ", "Function.Broken"))
        self.assertEqual(json.loads(complete["ErrorDetails"]), error)
        payload, chunks, complete = self.stream("f", {"error": error}).rest()
        self.assertEqual((json.loads(payload), chunks, complete["ErrorCode"]), (error, 1, "Function.Broken"))

    def test_plain_invoke(self):
        self.assertEqual(self.server.invoke("f", {"chunks": ["one ", "two"]}).body, b"one two")
        answer = self.server.invoke("f", {"mebibytes": 7})
        self.assertEqual((answer.function_error, answer.json["errorType"]), ("Unhandled", "Function.ResponseSizeTooLarge"))
        error = {"errorType": "Function.Broken", "errorMessage": "m"}
        answer = self.server.invoke("f", {"chunks": ["lost"], "error": error})
        self.assertEqual((answer.function_error, answer.json), ("Unhandled", error))

    def test_an_exit_in_the_middle(self):
        payload, _, complete = self.stream("f", {"chunks": ["one "], "exit": 1}).rest()
        self.assertEqual((payload, complete["ErrorCode"]), (b"one ", "Runtime.ExitError"))

    def test_a_runtime_that_leaves_after_its_answer(self):
        self.assertEqual(self.stream("f", {"chunks": ["x"], "leave": True}).rest(), (b"x", 1, {}))
        self.assertEqual(self.stream("f", {"chunks": ["y"]}).rest(), (b"y", 1, {}))

    def test_200_megabytes_and_no_more(self):
        for mebibytes, is_accepted in ((200, True), (201, False)):
            stream = self.stream("f", {"mebibytes": mebibytes})
            total = 0
            while (message := stream.next())[0] == "PayloadChunk":
                total += len(message[1])
            self.assertLessEqual(total, 200 * MIB)
            complete = json.loads(message[1])
            if is_accepted:
                self.assertEqual((total, complete), (200 * MIB, {}))
            else:
                self.assertGreater(total, 199 * MIB)
                self.assertEqual(complete["ErrorCode"], "Function.ResponseSizeTooLarge")
                self.assertIn("(209715200 bytes)", complete["ErrorDetails"])
        self.assertEqual(self.stream("f", {"chunks": ["x"]}).rest(), (b"x", 1, {}))


# Handlers that have found the socket of the bundled runtime, and write frames of their own to it.
FRAMES = """
import os, stat, struct
socket = next(i for i in range(3, 1024) if os.path.exists(f"/proc/self/fd/{i}") and stat.S_ISSOCK(os.fstat(i).st_mode))
def frame(kind, body):
    data = memoryview(struct.pack(">I", len(body) + 1) + kind + body)
    while data:
        data = data[os.write(socket, data):]
"""
LARGE_CHUNK = FRAMES + """
def handler(event, context):
    frame(b"S", b"text/plain\\0")
    frame(b"C", b"x" * event)
    frame(b"Z", b"")
"""
LARGE_INIT_ERROR = FRAMES + """
frame(b"X", b"Runtime.Large\\0" + b"\\x01" * (60 << 20))
os._exit(1)
"""


class LargeMessages(WithServer):
    functions = {"chunk": python(LARGE_CHUNK, MemorySize=512), "init": python(LARGE_INIT_ERROR, MemorySize=512)}

    def test_a_chunk_that_is_larger_than_a_message_is_split(self):
        for length, messages in ((MIB, 1), (16 * MIB + 1, 2)):
            payload, chunks, complete = self.stream("chunk", length).rest()
            self.assertEqual((len(payload), set(payload), chunks, complete), (length, {ord("x")}, messages, {}))

    def test_a_large_init_error_is_too_large(self):
        too_large = {"errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
                     "errorType": "Function.ResponseSizeTooLarge"}
        answer = self.server.invoke("init", {})
        self.assertEqual((answer.function_error, answer.json), ("Unhandled", too_large))
        payload, chunks, complete = self.stream("init", {}).rest()
        self.assertEqual((json.loads(payload), chunks, complete["ErrorCode"]), (too_large, 1, "Function.ResponseSizeTooLarge"))


class LargeErrors(unittest.TestCase):
    """The test is the runtime, and its errors grow when they are made JSON of."""

    def test_details_are_cut(self):
        with invoked.Server({"f": {"ImageConfig": {"Command": ["x"]}, "Local": {"Attach": True}}}) as server:
            address = server.wait_for_log(r"AWS_LAMBDA_RUNTIME_API=(\S+)").group(1)
            api = RuntimeApi(address)
            self.addCleanup(api.close)
            for body, code, details in ((b"\1" * 6_291_556, "Unhandled", "\1" * 2785280),
                                        (b"\xe2\x9c\x93" * 1_500_000, "Unhandled", "\u2713" * 1_500_000),
                                        (b'{"errorType":"%s"}' % (b"\\u0001" * 1_000_000), "\1" * 256, None)):
                api.send_next()
                answer = []
                thread = threading.Thread(target=lambda: answer.append(Stream(server, "f", {}).rest()))
                thread.start()
                event = api.read()
                api.fail(event.headers["lambda-runtime-aws-request-id"], body)
                thread.join(invoked.WAIT_S)
                payload, chunks, complete = answer[0]
                self.assertEqual((payload == body, chunks, complete["ErrorCode"]), (True, 1, code))
                self.assertTrue(details is None or complete["ErrorDetails"] == details, len(complete["ErrorDetails"]))


class LateBodies(unittest.TestCase):
    """The test is the runtime."""

    def begin_response(self, api, request_id):
        host, port = api.address.split(":")
        connection = socket.create_connection((host, int(port)), timeout=invoked.WAIT_S)
        self.addCleanup(connection.close)
        connection.sendall(b"POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
                           b"Lambda-Runtime-Function-Response-Mode: streaming\r\n\r\n4\r\nold \r\n" % request_id.encode())
        return connection

    def test_a_body_whose_invocation_is_over_goes_nowhere(self):
        with Server({"f": provided(invoked.ATTENTIVE)}) as server:
            answers = []
            has_begun = threading.Event()

            def invoke():
                stream = Stream(server, "f", {})
                first_piece = stream.next()[1]
                has_begun.set()
                answers.append((first_piece, *stream.rest()))

            first = threading.Thread(target=invoke)
            first.start()
            path = os.path.join(server.code_folder("f"), "api")
            wait_for(lambda: os.path.exists(path), "the bootstrap")
            with open(path) as file, RuntimeApi(file.read()) as api:
                request_id = api.next().headers["lambda-runtime-aws-request-id"]
                late = self.begin_response(api, request_id)
                self.assertTrue(has_begun.wait(invoked.WAIT_S))
                api.fail(request_id, b'{"errorType":"E"}')
                first.join(invoked.WAIT_S)
                self.assertEqual((answers[0][0], answers[0][3]["ErrorCode"]), (b"old ", "E"))
                api.send_next()
                second = threading.Thread(target=invoke)
                second.start()
                request_id = api.read().headers["lambda-runtime-aws-request-id"]
                late.sendall(b"5\r\nlater\r\n0\r\n\r\n")
                self.assertTrue(late.recv(1000).startswith(b"HTTP/1.1 400 "))
                api.respond(request_id, b"new")
                second.join(invoked.WAIT_S)
            self.assertEqual(answers[1], (b"new", b"", 0, {}))


class Throttled(unittest.TestCase):
    def test_throttles_are_ordinary_errors(self):
        with Server({"stream": nodejs(STREAM, ReservedConcurrentExecutions=1)}) as server:
            file = os.path.join(server.folder, "go")
            first = Stream(server, "stream", {"first": "one", "file": file})
            self.assertEqual(first.next(), ("PayloadChunk", b"one"))
            second = Stream(server, "stream", {})
            self.assertEqual((second.status, second.headers["x-amzn-errortype"]), (429, "TooManyRequestsException"))
            second.response.read()
            with open(file, "w"):
                pass
            first.rest()

    def test_a_stop_in_the_middle(self):
        with Server({"stream": nodejs(STREAM, Timeout=60)}) as server:
            stream = Stream(server, "stream", {"first": "one", "sleep": True})
            self.assertEqual(stream.next(), ("PayloadChunk", b"one"))
            server.signal()
            server.signal()  # at once
            payload, _, complete = stream.rest()
            self.assertEqual((payload, complete["ErrorCode"]), (b"", "Sandbox.Failure"))
            server.ended()


if __name__ == "__main__":
    invoked.run_tests()
