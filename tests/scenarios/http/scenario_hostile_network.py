"""Clients that mean harm, at both ports: slow ones, idle ones by the thousand, heads that can be read in two ways.

Whatever they do is bounded in time and memory, and others are answered meanwhile. Minutes pass by shifting the server's
clocks (tests/support/shifted_clock.c).

test: timeout 240
"""

import os
import re
import resource
import select
import socket
import struct
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from events import SUCCEEDS, mock  # noqa: E402
from invoked import ATTENTIVE, IS_SANITIZED, NATIVE_ECHO, SLOWNESS, RuntimeApi, command, nodejs, provided, read_all, wait_for  # noqa: E402
from pressed import PressedServer, cpu_seconds, limits, open_connections  # noqa: E402

PATIENCE_S = 120  # as long as the server waits for a head, for a body, for the taking of an answer
STEP_S = 20
LARGE = 6_000_000
ECHO = {"Runtime": "provided", "CodeUri": NATIVE_ECHO, "Timeout": 900}

STREAM = """
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
    for (let i = 0; i < 800; i++)
        if (!stream.write(Buffer.alloc(65536, 97)))
            await new Promise((resolve) => stream.once('drain', resolve));
    stream.end();
});
"""


def post(name, *headers, path="/2015-03-31/functions/{}/invocations"):
    """A head up to the last of its headers, which has no end yet."""
    lines = [f"POST {path.format(name)} HTTP/1.1", "Host: localhost", *headers]
    return "\r\n".join(lines).encode() + b"\r\n"


def closes(connection, timeout_s=0):
    """Has the other side closed it? What it sends is thrown away."""
    while select.select([connection], [], [], timeout_s)[0]:
        try:
            if connection.recv(65536) == b"":
                return True
        except ConnectionError:
            return True
    return False


def hasty(server):
    """A connection that takes next to nothing before it is read from."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(invoked.WAIT_S)
    connection.connect((server.host, server.port))
    return connection


class Slow(unittest.TestCase):
    """One byte in twenty seconds: never idle, and never done."""

    def setUp(self):
        self.server = PressedServer({"m": mock(SUCCEEDS), "echo": ECHO, "stream": nodejs(STREAM, Timeout=900),
                                     "sleep": command("sh", "-c", "sleep 1; echo awake", Timeout=900)}, shifts=True)
        self.addCleanup(self.server.__exit__, None, None, None)

    def assert_others_are_answered(self):
        began = time.monotonic()
        self.assertEqual(self.server.invoke("m", 1).json, SUCCEEDS["Payload"])
        self.assertLess(time.monotonic() - began, 2 * SLOWNESS)

    def seconds_until_closed(self, connection, trickle, at_most_s):
        """How much time passes for the server until it closes; `trickle()` makes it look alive."""
        for passed_s in range(0, at_most_s, STEP_S):
            self.assert_others_are_answered()
            if closes(connection, 0.05):
                return passed_s
            try:
                trickle()
            except ConnectionError:
                return passed_s
            self.server.shift(monotonic_s=STEP_S)
        # The check is made every few seconds, and not the moment that a clock is moved.
        return wait_for(lambda: self.assert_others_are_answered() or closes(connection) and at_most_s, "the end of a slow client")

    def assert_cut_off(self, sent, piece=b"x"):
        with self.server.connect() as connection:
            connection.sendall(sent)
            passed_s = self.seconds_until_closed(connection, lambda: connection.sendall(piece), PATIENCE_S + 2 * STEP_S)
        self.assertGreater(passed_s, PATIENCE_S - STEP_S)
        self.server.wait_for_log("http: closed 1 connection: timed out")

    def test_a_head(self):
        self.assert_cut_off(post("m") + b"X-Slow: ")

    def test_a_request_line(self):
        self.assert_cut_off(b"PO")

    def test_a_body(self):
        self.assert_cut_off(post("m", "Content-Length: 100000") + b'\r\n"')

    def test_a_body_in_chunks(self):
        self.assert_cut_off(post("m", "Transfer-Encoding: chunked") + b"\r\n", b"1\r\n \r\n")

    def test_a_line_of_a_chunk_that_has_no_end(self):
        with self.server.connect() as connection:
            connection.setblocking(False)
            connection.sendall(post("m", "Transfer-Encoding: chunked") + b"\r\n1;")
            while select.select([], [connection], [], 0.5)[1]:  # until it takes no more
                connection.send(b"x" * 65536)
            before_s, began = cpu_seconds(self.server.pid), time.monotonic()
            while time.monotonic() - began < 1:
                self.assert_others_are_answered()
                time.sleep(0.1)
            self.assertLess(cpu_seconds(self.server.pid) - before_s, 0.5)
            self.server.shift(monotonic_s=PATIENCE_S + STEP_S)
            self.assert_others_are_answered()
            wait_for(lambda: closes(connection), "its end")

    def test_one_that_is_too_large(self):
        self.assert_cut_off(post("m", "Content-Length: 30000000") + b"\r\n")

    def test_a_long_invocation_is_nobodys_slowness(self):
        with self.server.connect() as connection:
            connection.sendall(post("sleep", "Content-Length: 1", "Connection: close") + b"\r\n1")
            wait_for(lambda: self.server.request("GET", "/_invoked/invocations?Status=running").json, "a running invocation")
            for _ in range(4):
                self.server.shift(monotonic_s=PATIENCE_S)
                self.assert_others_are_answered()
            self.assertTrue(read_all(connection).endswith(b"\r\n\r\nawake\n"))

    def take_slowly(self, connections, at_most_s, read):
        passed_s = 0
        while open_connections(self.server) > 0 and passed_s < at_most_s:
            self.assert_others_are_answered()
            for connection in connections:
                read(connection)
            self.server.shift(monotonic_s=STEP_S)
            passed_s += STEP_S
        wait_for(lambda: self.assert_others_are_answered() or open_connections(self.server) == 0, "the end of slow readers")
        return passed_s

    def assert_grown_by_at_most(self, kilobytes, before):
        if not IS_SANITIZED:  # which keeps for a while what was freed
            self.assertLess(self.server.resident_kb() - before, kilobytes)

    def begin_large(self, count):
        head = post("echo", f"Content-Length: {LARGE}") + b"\r\n"
        connections = []
        for _ in range(count):
            connection = hasty(self.server)
            self.addCleanup(connection.close)
            connection.sendall(head + b'"' + b"x" * (LARGE - 2) + b'"')
            select.select([connection], [], [], invoked.WAIT_S)
            connections.append(connection)
        return connections

    def test_readers_that_take_nothing(self):
        self.server.invoke("echo", 1)
        before = self.server.resident_kb()
        connections = self.begin_large(10)
        self.assert_grown_by_at_most(2.5 * len(connections) * LARGE / 1000, before)
        passed_s = self.take_slowly(connections, PATIENCE_S + 2 * STEP_S, lambda connection: None)
        self.assertGreaterEqual(passed_s, PATIENCE_S)
        self.assert_grown_by_at_most(3 * LARGE / 1000, before)

    def test_readers_that_take_a_little(self):
        connections = self.begin_large(3)
        # Enough to look alive to whoever counts idle time only.
        passed_s = self.take_slowly(connections, PATIENCE_S + LARGE // 8000 + 2 * STEP_S, lambda connection: take(connection, 40_000))
        self.assertGreater(passed_s, PATIENCE_S - STEP_S)
        for connection in connections:
            self.assertLess(count_rest(connection), LARGE)

    def test_readers_of_streams(self):
        before = self.server.resident_kb()
        connections = []
        for _ in range(4):
            connection = hasty(self.server)
            self.addCleanup(connection.close)
            connection.sendall(post("stream", "Content-Length: 2", path="/2021-11-15/functions/{}/response-streaming-invocations")
                               + b"\r\n{}")
            self.assertTrue(select.select([connection], [], [], invoked.WAIT_S)[0])
            connections.append(connection)
        # On a busy machine the handler goes on for a while before it has filled all buffers.
        passed_s = self.take_slowly(connections, 4 * PATIENCE_S, lambda connection: None)
        self.assertGreaterEqual(passed_s, PATIENCE_S)
        self.assert_grown_by_at_most(16_000, before)  # of the 200 MB that are streamed
        # Their handlers are held back no longer.
        wait_for(lambda: self.server.request("GET", "/_invoked/invocations?FunctionName=stream&Status=running").json == [],
                 "the end of the handlers")


def take(connection, count):
    """Reads so much, if it is there."""
    connection.setblocking(False)
    try:
        while count > 0 and (piece := connection.recv(min(count, 4096))):
            count -= len(piece)
    except (BlockingIOError, ConnectionError):
        pass


def count_rest(connection):
    connection.settimeout(invoked.WAIT_S)
    return len(read_all(connection))


class Many(unittest.TestCase):
    def setUp(self):
        self.connections = []
        self.addCleanup(lambda: [connection.close() for connection in self.connections])

    def connect(self, server, count):
        for _ in range(count):
            self.connections.append(server.connect())

    def assert_answered(self, server, name="m", within_s=5):
        began = time.monotonic()
        self.assertEqual(server.invoke(name, 1).status, 200)
        self.assertLess(time.monotonic() - began, within_s * SLOWNESS)

    def test_ten_thousand_idle_ones(self):
        count = 10_000
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < count + 200:
            self.skipTest(f"the hard limit of descriptors is {hard}: {count} connections can't be had")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count + 200), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        with PressedServer({"m": mock(SUCCEEDS), "echo": ECHO}) as server:
            before = server.resident_kb()
            self.connect(server, count // 2)
            for connection in self.connections[::2]:
                connection.sendall(b"POST /20")  # half of a head
            self.connect(server, count - count // 2)
            self.assert_answered(server)
            self.assert_answered(server, "echo")
            self.assertLess(server.resident_kb() - before, 128_000 * (8 if IS_SANITIZED else 1))
            self.connect(server, 100)  # where that is beyond its bound, the oldest have to go
            self.assert_answered(server)
            for connection in self.connections:
                connection.close()
            self.assert_answered(server)

    def test_idle_ones_beyond_the_bound_give_way(self):
        with PressedServer({"m": mock(SUCCEEDS), "echo": ECHO}, prefix=limits(nofile=100)) as server:
            self.connect(server, 90)
            for name in ("m", "echo"):
                self.assert_answered(server, name)
            wait_for(lambda: closes(self.connections[0]), "the end of the oldest")
            self.assertFalse(closes(self.connections[-1]))
            connection = self.connections[-1]
            connection.sendall(post("m", "Content-Length: 1", "Connection: close") + b"\r\n1")
            self.assertIn(b" 200 OK", read_all(connection))

    def test_busy_ones_beyond_the_bound_wait(self):
        with PressedServer({"m": mock({"DelayMs": 300, **SUCCEEDS})}, prefix=limits(nofile=100)) as server:
            request = post("m", "Content-Length: 1", "Connection: close") + b"\r\n1"
            self.connect(server, 120)  # fifty of them at once
            for connection in self.connections:
                connection.sendall(request)
            for connection in self.connections:
                self.assertIn(b" 200 OK", read_all(connection))

    def test_idle_strangers_don_t_keep_a_runtime_out(self):
        with PressedServer({"f": provided(ATTENTIVE, Timeout=900)}) as server:
            with Runtime(server) as runtime:
                for _ in range(100):
                    self.connections.append(socket.create_connection(runtime.address, timeout=invoked.WAIT_S))
                with runtime.api.another() as another:
                    self.assertEqual(another.next().body, b"1")
                self.assertEqual(runtime.api.next().body, b"1")
                self.assertTrue(closes(self.connections[0], invoked.WAIT_S))
                runtime.end(b"2")


class Runtime:
    """The function f runs, and its runtime is the test."""

    def __init__(self, server):
        self.answer = None
        self.thread = threading.Thread(target=self.invoke, args=(server,), daemon=True)
        self.thread.start()
        path = os.path.join(server.code_folder("f"), "api")
        wait_for(lambda: os.path.exists(path), "the bootstrap")
        with open(path) as file:
            self.api = RuntimeApi(file.read())
        host, port = self.api.address.split(":")
        self.address = (host, int(port))
        self.request_id = self.api.next().headers["lambda-runtime-aws-request-id"]

    def invoke(self, server):
        self.answer = server.invoke("f", 1)

    def end(self, body):
        self.api.respond(self.request_id, body)
        self.thread.join(invoked.WAIT_S)
        assert self.answer is not None and self.answer.body == body, self.answer

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.api.close()


CHUNKED = b"Transfer-Encoding: chunked\r\n"
# What follows the request line and Host. TRAP is another request, and must never be taken for one.
SMUGGLED = [
    b"Content-Length: 1\r\nContent-Length: 400\r\n\r\n1TRAP",
    b"Content-Length: 400\r\nContent-Length: 1\r\n\r\n1TRAP",
    b"Content-Length: 1\r\ncontent-length: 1\r\n\r\n1TRAP",
    b"Content-Length: 400\r\n" + CHUNKED + b"\r\n0\r\n\r\nTRAP",
    CHUNKED + b"Content-Length: 400\r\n\r\n0\r\n\r\nTRAP",
    CHUNKED + CHUNKED + b"\r\n0\r\n\r\nTRAP",
    b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\nTRAP",
    b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\nTRAP",
    b"Transfer-Encoding: identity\r\n\r\nTRAP",
    b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\nTRAP",
    b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\nTRAP",
    b"Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\nTRAP",
    b"Transfer-Encoding:\r\n\r\n0\r\n\r\nTRAP",
    b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\nTRAP",
    b" Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nTRAP",
    b"Content-Length : 400\r\n\r\nTRAP",
    b"Content-Length: +1\r\n\r\n1TRAP",
    b"Content-Length: -1\r\n\r\n1TRAP",
    b"Content-Length: 1,1\r\n\r\n1TRAP",
    b"Content-Length: 0x1\r\n\r\n1TRAP",
    b"Content-Length: 1 1\r\n\r\n1TRAP",
    b"Content-Length:\r\n\r\n1TRAP",
    b"Content-Length: 99999999999999999999\r\n\r\n1TRAP",
    b"X: 1\r\n Transfer-Encoding: chunked\r\n\r\nTRAP",
    b"X: 1\rContent-Length: 400\r\n\r\nTRAP",
    b"Content-Length:\r\n 400\r\n\r\nTRAP",
    b"Content-Length:\r\n\t1\r\n\r\n1TRAP",
    b"Content-Length: 1\r\n 00\r\n\r\n1TRAP",
    b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\nTRAP",
    b"X: 1\r\n \r\n\r\nTRAP",
    b"X: 1\r\n\t\r\nContent-Length: 1\r\n\r\n1TRAP",
    b"X: 1\r\n and 2\r\nContent-Length: 1\r\n\r\n1TRAP",
    b"\tX: 1\r\n\r\nTRAP",
    b"X: 1\nContent-Length: 1\r\n\r\n1TRAP",
    b"X: 1\r\nContent-Length: 1\n\r\n1TRAP",
    b"X: 1\r\nContent-Length: 1\r\n\n1TRAP",
    b"X: 1\nContent-Length: 1\n\n1TRAP",
    b"X: \0\r\n\r\nTRAP",
    b"X: 1\0\r\nContent-Length: 1\r\n\r\n1TRAP",
    b"Transfer-Encoding: chunked\0\r\n\r\n0\r\n\r\nTRAP",
    b"Content-Length: 1\0\r\n\r\n1TRAP",
    b": 1\r\n\r\nTRAP",
    b"X\0Y: 1\r\n\r\nTRAP",
    b"X\x01: 1\r\n\r\nTRAP",
    b"no colon\r\n\r\nTRAP",
    CHUNKED + b"\r\nz\r\nTRAP",
    CHUNKED + b"\r\n-1\r\nTRAP",
    CHUNKED + b"\r\n+1\r\n1\r\n0\r\n\r\nTRAP",
    CHUNKED + b"\r\n0x1\r\n1\r\n0\r\n\r\nTRAP",
    CHUNKED + b"\r\n\r\nTRAP",
    CHUNKED + b"\r\n" + b"f" * 17 + b"\r\nTRAP",
    CHUNKED + b"\r\n1\r\n123\r\n0\r\n\r\nTRAP",
]
# A body that could be read otherwise, and what could be taken for a request behind it: libmicrohttpd takes the body, a
# Runtime API port refuses it, and both close the connection.
ODD_BODIES = [
    CHUNKED + b"\r\n1\n1\n0\n\nTRAP",
    CHUNKED + b"\r\n1;\0\r\n1\r\n0\r\n\r\nTRAP",
    CHUNKED + b"\r\n1;\n1\r\n0\r\n\r\nTRAP",
    CHUNKED + b"\r\n1\r\n1\r\n0\r\nX: 1\n Y: 2\n\r\nTRAP",
]
# Instead of a request line and Host; the path is that of an invocation.
ODD_REQUESTS = [
    b"POST  PATH HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1TRAP",
    b"POST PATH  HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n1TRAP",
    b"POST PATH?a b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n1TRAP",
    b"POST PATH?a\x01b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n1TRAP",
    b"POST PATH?a\rb HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n1TRAP",
    b"POST PATH?a\0b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n1TRAP",
    b"POST PATH HTTP/1.1\nHost: localhost\r\nContent-Length: 1\r\n\r\n1TRAP",
    b"PO(ST PATH HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n1TRAP",
    b" POST PATH HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n1TRAP",
    b"POST\0 PATH HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n1TRAP",
    b"POST PATH HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n" + CHUNKED + b"\r\n1\r\n1\r\n0\r\n\r\nTRAP",
    b"POST PATH HTTP/1.1\r\n Host: localhost\r\nContent-Length: 1\r\n\r\n1TRAP",
    b"POST PATH HTTP/1.1\r\nHost:\r\n localhost\r\nContent-Length: 1\r\n\r\n1TRAP",
    b"POST PATH HTTP/1.1\r\nHost: localhost\r\nOrigin:\r\n http://evil.example\r\nContent-Length: 1\r\n\r\n1TRAP",
    b"POST PATH HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\0\r\nContent-Length: 1\r\n\r\n1TRAP",
]


class Smuggling(unittest.TestCase):
    def setUp(self):
        self.server = PressedServer({"f": provided(ATTENTIVE, Timeout=900), "m": mock(SUCCEEDS), "trap": mock(SUCCEEDS)})
        self.addCleanup(self.server.__exit__, None, None, None)

    def exchange(self, address, data):
        """All that comes back until the server closes."""
        with socket.create_connection(address, timeout=invoked.WAIT_S) as connection:
            try:
                connection.sendall(data)
            except ConnectionError:
                pass
            return read_all(connection)

    def statuses(self, address, data):
        return re.findall(rb"HTTP/1\.[01] (\d+) ", self.exchange(address, data))

    def assert_refused(self, address, head, trap, allowed=rb"(4\d\d|501|505)"):
        for text in SMUGGLED:
            with self.subTest(text=text):
                statuses = self.statuses(address, head + text.replace(b"TRAP", trap))
                self.assertTrue(all(re.fullmatch(allowed, status) for status in statuses), statuses)
                self.assertGreaterEqual(len(statuses), 1)

    def test_at_the_public_port(self):
        address = (self.server.host, self.server.port)
        trap = post("trap", "Content-Length: 1", "Connection: close") + b"\r\n1"
        self.assert_refused(address, post("m"), trap)
        self.assertEqual(self.server.request("GET", "/_invoked/invocations").json, [])
        for text in ODD_REQUESTS:
            with self.subTest(text=text):
                text = text.replace(b"PATH", b"/2015-03-31/functions/m/invocations").replace(b"TRAP", trap)
                self.assertIn(self.statuses(address, text), ([], [b"400"]))
        self.assertEqual(self.server.request("GET", "/_invoked/invocations").json, [])
        for text in ODD_BODIES:
            with self.subTest(text=text):
                self.assertIn(self.statuses(address, post("m") + text.replace(b"TRAP", trap)), ([b"200"], [b"400"]))
        self.assertEqual(self.server.request("GET", "/_invoked/invocations?FunctionName=trap").json, [])

    def test_at_a_runtime_api_port(self):
        with Runtime(self.server) as runtime:
            head = b"POST /2018-06-01/runtime/invocation/%s/error HTTP/1.1\r\nHost: x\r\n" % b"unknown"
            trap = b"POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\nContent-Length: 9\r\n\r\n\"stolen!\"" \
                % runtime.request_id.encode()
            self.assert_refused(runtime.address, head, trap, b"400")
            for text in ODD_BODIES:
                with self.subTest(text=text):
                    self.assertEqual(self.statuses(runtime.address, head + text.replace(b"TRAP", trap)), [b"400"])
            runtime.end(b"3")


class Heads(unittest.TestCase):
    def test_huge_ones_are_refused_and_cost_nothing(self):
        with PressedServer({"m": mock(SUCCEEDS)}) as server:
            before = server.resident_kb()
            heads = [
                post("m") + b"X: " + b"x" * 3_000_000,
                post("m") + b"".join(b"X-%d: 1\r\n" % number for number in range(200_000)),
                b"POST /" + b"x" * 3_000_000,
                b"P" * 3_000_000,
                b"\r\n" * 1_000_000,
                post("m", "Transfer-Encoding: chunked") + b"\r\n1\r\n1\r\n0\r\n" + b"X: 1\r\n" * 500_000,
            ]
            for head in heads:
                with self.subTest(head=head[:60]):
                    with server.connect() as connection:
                        try:
                            connection.sendall(head)
                        except ConnectionError:
                            pass
                        status = re.match(rb"HTTP/1.1 (\d+) |$", read_all(connection))[1]
                        self.assertIn(status, (None, b"400", b"413", b"414", b"431"))  # None: reset before it was read
            self.assertEqual(server.invoke("m", 1).status, 200)
            self.assertLess(server.resident_kb() - before, 8_000 * SLOWNESS)

    def test_a_query_of_too_many_parameters(self):
        with PressedServer({"m": mock(SUCCEEDS)}, shifts=True) as server:  # a sanitizer looks for what is left of it
            with server.connect() as connection:
                connection.sendall(b"GET /_invoked/health?" + b"&" * 3000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
                server.invoke("m", 1)
                server.shift(monotonic_s=PATIENCE_S + STEP_S)
                wait_for(lambda: server.invoke("m", 1).status == 200 and closes(connection), "its end")

    def test_leaving_in_the_middle_of_everything_leaves_nothing_behind(self):
        with PressedServer({"m": mock(SUCCEEDS), "echo": ECHO}, shifts=True) as server:
            server.invoke("echo", 1)
            descriptors = server.descriptor_count()
            whole = post("echo", "Content-Length: 3") + b"\r\n123"
            for length in range(0, len(whole) + 1, 3):
                for is_reset in (False, True):
                    with server.connect() as connection:
                        connection.sendall(whole[:length])
                        if is_reset:
                            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            server.shift(monotonic_s=6)  # it looks every five seconds
            server.request("GET", "/_invoked/health")
            wait_for(lambda: open_connections(server) == 0, "the end of all connections")
            wait_for(lambda: server.descriptor_count() <= descriptors, "the end of their descriptors")
            self.assertEqual(server.invoke("echo", 1).body, b"1")


if __name__ == "__main__":
    invoked.run_tests()
