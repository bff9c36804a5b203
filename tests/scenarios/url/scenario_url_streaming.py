"""Function URLs with InvokeMode RESPONSE_STREAM: the response goes out while the function writes it."""
# test: timeout 240

import http.client
import json
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
from invoked import WAIT_S, Server, nodejs, provided, python, run_tests, wait_for  # noqa: E402

STREAM = {"AuthType": "NONE", "InvokeMode": "RESPONSE_STREAM"}
BUFFERED = {"AuthType": "NONE"}

# What the query says: metadata of the prelude, pieces, a file to wait for after the first of them, an error.
WRITER = """
const fs = require('fs');
const until = async (file) => {
    while (!fs.existsSync(file))
        await new Promise((resolve) => setTimeout(resolve, 5));
};
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
    const order = JSON.parse(event.queryStringParameters.order);
    if (order.metadata)
        stream = awslambda.HttpResponseStream.from(stream, order.metadata);
    if (order.type)
        stream.setContentType(order.type);
    if (order.first)
        stream.write(order.first);
    if (order.file)
        await until(order.file);
    for (let i = 0; i < (order.blocks || 0); i++) {
        if (!stream.write(Buffer.alloc(65536, 97 + i % 26)))
            await new Promise((resolve) => stream.once('drain', resolve));
        if (order.progress)
            fs.writeFileSync(order.progress, String(i + 1));
    }
    if (order.raise)
        throw new Error(order.raise);
    if (order.exit)
        setTimeout(() => process.exit(1), 50);
    if (order.exit)
        await until('/nonexistent');
    if (order.last)
        stream.write(order.last);
    stream.end();
});
"""

WHOLE = """
def handler(event, context):
    return {"statusCode": 201, "headers": {"X-Own": "1"}, "body": "whole"}
"""

# A runtime of the Runtime API: each chunk of the event's query by itself.
BOOTSTRAP = """#!/usr/bin/python3
import http.client, json, os, socket, time
host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
while True:
    connection = http.client.HTTPConnection(host, int(port))
    connection.request("GET", "/2018-06-01/runtime/invocation/next")
    answer = connection.getresponse()
    order = json.loads(json.loads(answer.read())["queryStringParameters"]["order"])
    stream = socket.create_connection((host, int(port)))
    stream.sendall(("POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\\r\\nHost: x\\r\\nContent-Type: %s\\r\\n"
                    "Lambda-Runtime-Function-Response-Mode: streaming\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n"
                    % (answer.headers["Lambda-Runtime-Aws-Request-Id"], order["type"])).encode())
    for chunk in order["chunks"] * order.get("times", 1):
        data = chunk.encode("latin-1")
        stream.sendall(b"%x\\r\\n%s\\r\\n" % (len(data), data))
        time.sleep(0.02)
    while order.get("file") and not os.path.exists(order["file"]):
        time.sleep(0.01)
    stream.sendall(b"0\\r\\n\\r\\n")
    stream.recv(1000)
    stream.close()
"""
HTTP_TYPE = "application/vnd.awslambda.http-integration-response"
NULS = "\0" * 8


def order(**what):
    return "?order=" + "".join(c if c.isalnum() else "".join(f"%{b:02X}" for b in c.encode()) for c in json.dumps(what))


class Streaming(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server({
            "writer": nodejs(WRITER, FunctionUrlConfig=STREAM),
            "kept": nodejs(WRITER, FunctionUrlConfig=BUFFERED),
            "whole": python(WHOLE, FunctionUrlConfig=STREAM),
            "failing": python("def handler(event, context): raise ValueError('no')", FunctionUrlConfig=STREAM),
            "slow": nodejs(WRITER, FunctionUrlConfig=STREAM, Timeout=1),
            "native": provided(BOOTSTRAP, FunctionUrlConfig=STREAM),
            "mocked": {"FunctionUrlConfig": STREAM, "Local": {"Mock": [{"Payload": {"statusCode": 418}}]}},
            "pages": nodejs(WRITER, FunctionUrlConfig={**STREAM, "Cors": {"AllowOrigins": ["http://a.example"]}}),
        })

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def ask(self, path, headers=None):
        return self.server.request("GET", "/_invoked/url/" + path, headers=headers)

    def open(self, path):
        connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=WAIT_S)
        self.addCleanup(connection.close)
        connection.request("GET", "/_invoked/url/" + path)
        return connection.getresponse()

    def file(self, name):
        return os.path.join(self.server.folder, name)

    def test_the_first_byte_comes_before_the_handler_ends(self):
        gate = self.file("gate-writer")
        response = self.open("writer" + order(first="first", file=gate, last="last"))
        self.assertEqual((response.status, response.getheader("Transfer-Encoding")), (200, "chunked"))
        self.assertEqual(response.getheader("Content-Type"), "application/octet-stream")
        self.assertEqual(response.read1(100), b"first")
        row = self.server.request(
            "GET", f"/_invoked/invocations?RequestId={response.getheader('x-amzn-RequestId')}").json[0]
        self.assertEqual((row["Status"], row["Source"]), ("running", "FunctionUrl"))
        open(gate, "w").close()
        self.assertEqual(response.read(), b"last")

    def test_the_prelude_is_the_head_of_the_response(self):
        gate = self.file("gate-prelude")
        response = self.open("writer" + order(
            metadata={"statusCode": 203, "headers": {"X-Own": "1", "Content-Type": "text/event-stream"}, "cookies": ["a=1", "b=2"]},
            first="data: 1\n\n", file=gate, last="data: 2\n\n"))
        self.assertEqual((response.status, response.getheader("X-Own"), response.getheader("Content-Type")),
                         (203, "1", "text/event-stream"))
        self.assertEqual(response.headers.get_all("Set-Cookie"), ["a=1", "b=2"])
        self.assertEqual(response.read1(100), b"data: 1\n\n")
        open(gate, "w").close()
        self.assertEqual(response.read(), b"data: 2\n\n")

    def test_a_content_type_of_the_stream_is_that_of_the_response(self):
        answer = self.ask("writer" + order(type="text/plain", first="x"))
        self.assertEqual((answer.headers["content-type"], answer.body), ("text/plain", b"x"))

    def test_metadata_may_say_little(self):
        answer = self.ask("writer" + order(metadata={}, first="x"))
        self.assertEqual((answer.status, answer.headers["content-type"], answer.body), (200, "application/octet-stream", b"x"))

    def test_a_stream_without_a_byte_is_empty(self):
        for path in ("writer" + order(), "writer" + order(metadata={"statusCode": 201})):
            answer = self.ask(path)
            self.assertEqual((answer.status, answer.body), (200, b""))  # the runtime sends no prelude either

    def test_metadata_that_cant_be_sent_is_502(self):
        for metadata in ({"statusCode": 1}, {"headers": {"A": "x\ny"}}, {"cookies": 5}):
            answer = self.ask("writer" + order(metadata=metadata, first="x", blocks=20))
            self.assertEqual((answer.status, answer.body), (502, b"Internal Server Error"), metadata)

    def test_a_prelude_comes_in_any_pieces(self):
        head = '{"statusCode": 201, "headers": {"X-Own": "2"}}'
        for chunks in ([head + NULS + "body"], [head, NULS, "body"], [head + "\0\0\0", "\0\0\0\0\0bo", "dy"], [*head, *NULS, *"body"],
                       [head + NULS, "body"]):
            answer = self.ask("native" + order(type=HTTP_TYPE, chunks=chunks))
            self.assertEqual((answer.status, answer.headers["x-own"], answer.body), (201, "2", b"body"), chunks)

    def test_a_body_keeps_its_nul_bytes(self):
        answer = self.ask("native" + order(type=HTTP_TYPE, chunks=["{}" + NULS + "a", "\0" * 20, "b"]))
        self.assertEqual(answer.body, b"a" + b"\0" * 20 + b"b")
        answer = self.ask("native" + order(type="image/png", chunks=["{}" + NULS]))
        self.assertEqual((answer.headers["content-type"], answer.body), ("image/png", b"{}" + b"\0" * 8))

    def test_a_prelude_without_an_end_is_502(self):
        for chunks, times in ((["{}"], 1), (["no JSON" + NULS], 1), (["x" * 10_000], 40)):
            answer = self.ask("native" + order(type=HTTP_TYPE, chunks=chunks, times=times))
            self.assertEqual(answer.status, 502, chunks[0][:20])

    def test_native_runtimes_stream_too(self):
        gate = self.file("gate-native")
        response = self.open("native" + order(type=HTTP_TYPE, chunks=['{"statusCode":200}' + NULS, "first"], file=gate))
        self.assertEqual(response.read1(100), b"first")
        open(gate, "w").close()
        self.assertEqual(response.read(), b"")

    def test_an_error_before_the_first_byte_is_502(self):
        for path in ("failing", "writer" + order(**{"raise": "no"}), "slow" + order(file="/nonexistent")):
            answer = self.ask(path)
            self.assertEqual((answer.status, answer.body), (502, b"Internal Server Error"), path)

    def test_an_error_in_the_middle_breaks_the_response_off(self):
        for name, what in (("writer", {"raise": "no"}), ("writer", {"exit": True}), ("slow", {"file": "/nonexistent"})):
            with self.subTest(f"{name} {what}"):
                response = self.open(name + order(first="first", **what))
                self.assertEqual(response.status, 200)
                with self.assertRaises(http.client.IncompleteRead) as caught:
                    response.read()
                self.assertEqual(caught.exception.partial, b"first")

    def test_a_handler_that_does_not_stream_is_sent_as_it_is(self):
        answer = self.ask("whole")
        self.assertEqual((answer.status, answer.headers["content-type"]), (200, "application/json"))
        self.assertEqual(answer.json, {"statusCode": 201, "headers": {"X-Own": "1"}, "body": "whole"})
        self.assertEqual(self.ask("mocked").json, {"statusCode": 418})

    def test_a_stream_to_a_buffered_url_comes_whole(self):
        answer = self.ask("kept" + order(metadata={"statusCode": 201}, first="first", last="last"))
        self.assertEqual((answer.status, answer.body), (200, b'{"statusCode":201}' + b"\0" * 8 + b"firstlast"))
        answer = self.ask("kept" + order(first='{"statusCode":201,"body":"x"}'))
        self.assertEqual((answer.status, answer.body), (201, b"x"))

    def test_large_streams_arrive(self):
        answer = self.ask("writer" + order(metadata={}, blocks=400))
        self.assertEqual(len(answer.body), 400 * 65536)
        self.assertEqual(answer.body[:65536], b"a" * 65536)
        self.assertEqual(answer.body[-1:], b"j")

    def test_a_slow_client_holds_the_function_back(self):
        progress = self.file("progress")
        response = self.open("writer" + order(first="first", blocks=600, progress=progress))
        self.assertEqual(response.read1(5), b"first")

        def settled():
            before = read_number(progress)
            time.sleep(0.5)
            return before > 0 and read_number(progress) == before

        wait_for(settled, "the function to stop writing")
        self.assertLess(read_number(progress), 500)
        self.assertEqual(len(response.read()), 600 * 65536)

    def test_the_function_goes_on_when_its_client_leaves(self):
        progress = self.file("left")
        response = self.open("writer" + order(first="first", blocks=600, progress=progress))
        response.read1(5)
        response.close()
        self.doCleanups()
        wait_for(lambda: read_number(progress) == 600, "the function to end")

    def test_pages_may_read_it_by_cors(self):
        answer = self.ask("pages" + order(first="x"), {"Origin": "http://a.example"})
        self.assertEqual(answer.headers["access-control-allow-origin"], "http://a.example")
        answer = self.ask("pages" + order(first="x"), {"Origin": "http://b.example"})
        self.assertNotIn("access-control-allow-origin", answer.headers)

    def test_faults_strike(self):
        with self.assertRaises((ConnectionError, http.client.IncompleteRead)):
            self.ask("writer" + order(first="x" * 1000), {"X-Invoked-Fault": "Cut"})
        with self.assertRaises(ConnectionError):
            self.ask("writer" + order(first="x"), {"X-Invoked-Fault": "Drop"})


def read_number(path):
    try:
        with open(path) as file:
            return int(file.read() or 0)
    except FileNotFoundError:
        return 0


if __name__ == "__main__":
    run_tests()
