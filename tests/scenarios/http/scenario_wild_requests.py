"""Anything at all at both ports - bytes by chance, mutated requests, halves of them, resets - while good clients go on.

Every answer to a good client is the right one, nothing that was accepted is lost, no answer to a wild one is a fault of the
server's, and in the end it has neither grown nor kept a connection. Variables, for a soak:
  WILD_SECONDS   how long it goes on (5); the time-out below is for `make test`, run the file itself for more
  WILD_SEED      repeats what is sent (it is printed; the order of events is still the machine's)

test: timeout 240
"""

import contextlib
import http.client
import json
import os
import random
import re
import socket
import struct
import sys
import threading
import time
import unittest
from collections import Counter

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from events import FAILS, SUCCEEDS, event_config, mock, to_queue  # noqa: E402
from invoked import ATTENTIVE, IS_SANITIZED, NATIVE_ECHO, RuntimeApi, command, provided, python, wait_for  # noqa: E402
from pressed import PressedServer, open_connections  # noqa: E402

SECONDS = float(os.environ.get("WILD_SECONDS", 5))
WILD_THREADS = 4
HELD_MAX = 12  # connections that a wild thread keeps open

FUNCTIONS = {
    "echo": {"Runtime": "provided", "CodeUri": NATIVE_ECHO, "Timeout": 60},
    "py": python("def handler(event, context): return event", Timeout=60),
    "cat": command("cat", Timeout=60),
    "m": mock(SUCCEEDS),
    "fails": mock(FAILS, **to_queue("q"), **event_config(MaximumRetryAttempts=0)),
    "ours": provided(ATTENTIVE, Timeout=300),  # its runtime is a good client
    "theirs": provided(ATTENTIVE, Timeout=1),  # its runtime is a wild one
    "wild": mock(SUCCEEDS),
}

# ---- what is sent ----------------------------------------------------------------------------------------------------


def request(method, target, body=b"", *headers):
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", *headers]
    if body and not any(header.startswith("Transfer-Encoding") for header in headers):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


CHUNKS = b"4;a=b\r\n{\"a\"\r\n3\r\n:1}\r\n0\r\nX-Trailer: 1\r\n\r\n"
INVOKE = "/2015-03-31/functions/{}/invocations"
PUBLIC = [
    request("POST", INVOKE.format("wild"), b'{"a":[1,2,{"b":"\\u00e4"}]}'),
    request("POST", INVOKE.format("cat"), b"[" * 300 + b"]" * 300, "X-Amz-Log-Type: Tail"),
    request("POST", INVOKE.format("echo"), CHUNKS, "Transfer-Encoding: chunked"),
    request("POST", INVOKE.format("wild"), b"1", "X-Amz-Client-Context: eyJjdXN0b20iOnsiYSI6IjEifX0="),
    request("POST", INVOKE.format("wild"), b"1", "X-Amz-Invocation-Type: DryRun", "Expect: 100-continue"),
    request("POST", INVOKE.format("wild") + "?Qualifier=$LATEST", b"2", "X-Amz-Invocation-Type: Event"),
    request("POST", INVOKE.format("arn:aws:lambda:us-east-1:123456789012:function:wild"), b"3",
            "X-Amzn-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1"),
    request("POST", INVOKE.format("wild"), b"x" * 3000, "Authorization: AWS4-HMAC-SHA256 Credential=111111111111/20260101/us-east-1/"
            "lambda/aws4_request, SignedHeaders=host, Signature=0", "Connection: close"),
    request("POST", "/2014-11-13/functions/wild/invoke-async/", b"{}"),
    request("POST", "/2021-11-15/functions/echo/response-streaming-invocations", b'"%s"' % (b"s" * 20000)),
    request("GET", "/_invoked/health"),
    request("GET", "/_invoked/invocations?FunctionName=wild&Limit=3&Status=succeeded"),
    request("GET", "/_invoked/invocations/count?AtLeast=1&TimeoutSeconds=0"),
    request("GET", "/_invoked/dead-letters?Queue=none"),
    request("PUT", "/_invoked/functions/wild/mock", b'[{"When":{"a":1},"Payload":{"b":[null,true]},"Times":3},{"Payload":2}]'),
    request("PUT", "/_invoked/functions/wild/faults", b'[{"Error":"KMSDisabledException","Times":1}]',
            "Origin: http://evil.example"),
    request("OPTIONS", INVOKE.format("wild"), b"", "Origin: http://localhost:1", "Access-Control-Request-Method: POST"),
    request("GET", "/metrics"),
]
# ID is of an invocation that there isn't, or of one that is theirs.
RUNTIME = [
    request("GET", "/2018-06-01/ping"),
    request("POST", "/2018-06-01/runtime/invocation/ID/response", b'{"a":1}'),
    request("POST", "/2018-06-01/runtime/invocation/ID/response", CHUNKS, "Transfer-Encoding: chunked",
            "Lambda-Runtime-Function-Response-Mode: streaming", "Trailer: Lambda-Runtime-Function-Error-Type"),
    request("POST", "/2018-06-01/runtime/invocation/ID/response", b"r" * 70000),
    request("POST", "/2018-06-01/runtime/invocation/ID/error", b'{"errorMessage":"m","errorType":"t"}',
            "Lambda-Runtime-Function-Error-Type: Unhandled", "Lambda-Runtime-Function-XRay-Error-Cause: {}"),
    request("POST", "/2018-06-01/runtime/init/error", b"{}", "Expect: 100-continue"),
]
RUNTIME_OF_OTHERS = [data for data in RUNTIME if b"init/error" not in data]  # which anybody may say, and be believed
NEXT = request("GET", "/2018-06-01/runtime/invocation/next")
WORDS = [b"\r\n", b"\r\n\r\n", b"\n", b"\r", b"\0", b" ", b":", b";", b"%", b"%00", b"%zz", b"/", b"?", b"&", b"=", b"..", b"\xff\xfe",
         b"HTTP/1.0", b"HTTP/9.9", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n", b"ffffffffffffffff",
         b"99999999999999999999", b"-1", b"4294967296", b"Connection: close\r\n", b"Expect: 100-continue\r\n", b"{", b"[", b'"', b"\\u"]


def mutate(chance, data):
    data = bytearray(data)
    for _ in range(chance.choice((0, 1, 1, 2, 3, 8))):
        at = chance.randrange(len(data) + 1)
        to = min(len(data), at + chance.randrange(1, 40))
        match chance.randrange(7):
            case 0 if at < len(data):
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                data[at:at] = chance.choice(WORDS)
            case 2:
                del data[at:to]
            case 3:
                data[at:at] = data[at:to] * chance.randrange(1, 50)
            case 4:
                data[at:to] = chance.randbytes(to - at)
            case 5:
                data[at:at] = chance.choice(WORDS) * chance.choice((1, 10, 1000))
            case _:
                del data[at:]
    return bytes(data)


def wild_bytes(chance, templates):
    if chance.random() < 0.1:
        return chance.randbytes(chance.choice((1, 100, 5000, 100_000)))
    return b"".join(mutate(chance, chance.choice(templates)) for _ in range(chance.choice((1, 1, 1, 2, 5))))


# ---- who sends it ----------------------------------------------------------------------------------------------------


class Wild:
    """One thread's worth of wild clients."""

    def __init__(self, test, seed):
        self.test = test
        self.chance = random.Random(seed)
        self.held = []
        self.statuses = Counter()

    def act(self):
        chance = self.chance
        act = chance.choices((self.send, self.send_by_pieces, self.knock, self.be_a_runtime), (10, 3, 2, 3))[0]
        with contextlib.suppress(ConnectionError, socket.timeout):
            act()

    def connect(self, address):
        connection = socket.create_connection(address, timeout=invoked.WAIT_S)
        connection.settimeout(0.02)
        return connection

    def target(self):
        """A port, and what might be said to it."""
        name = "theirs" if self.chance.random() < 0.5 else "ours"
        address = self.test.address_of(name)
        if address is not None and self.chance.random() < 0.4:
            return address, RUNTIME if name == "theirs" else RUNTIME_OF_OTHERS
        return (self.test.server.host, self.test.server.port), PUBLIC

    def send(self):
        address, templates = self.target()
        connection = self.connect(address)
        try:
            connection.sendall(wild_bytes(self.chance, templates))
            self.look(connection)
        finally:
            self.leave(connection)

    def send_by_pieces(self):
        address, templates = self.target()
        connection = self.connect(address)
        data = wild_bytes(self.chance, templates)[:4000]
        try:
            while data:
                length = self.chance.choice((1, 2, 10, 1000))
                connection.sendall(data[:length])
                data = data[length:]
        finally:
            self.leave(connection)

    def knock(self):
        address, _ = self.target()
        for _ in range(10):
            self.leave(self.connect(address))

    def be_a_runtime(self):
        address = self.test.address_of("theirs")
        if address is None:
            return
        connection = self.connect(address)
        try:
            connection.sendall(NEXT)
            connection.settimeout(0.2)
            match = re.search(rb"Lambda-Runtime-Aws-Request-Id: (\S+)", connection.recv(65536), re.I)
            if match:
                template = self.chance.choice(RUNTIME).replace(b"ID", match[1])
                connection.sendall(mutate(self.chance, template))
                self.look(connection)
        finally:
            self.leave(connection)

    def look(self, connection):
        """Reads a little, sometimes."""
        if self.chance.random() < 0.3:
            return
        if self.chance.random() < 0.2:
            with contextlib.suppress(OSError):  # it may have been closed already
                connection.shutdown(socket.SHUT_WR)
        data = connection.recv(self.chance.choice((1, 100, 65536)))
        match = re.match(rb"HTTP/1\.[01] (\d+) ", data)
        if match:
            self.statuses[int(match[1])] += 1

    def leave(self, connection):
        """Ends it in one way or another, or later."""
        self.held.append(connection)
        while len(self.held) > HELD_MAX or self.held and self.chance.random() < 0.7:
            gone = self.held.pop(self.chance.randrange(len(self.held)))
            if self.chance.random() < 0.5:
                gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
            gone.close()

    def end(self):
        for connection in self.held:
            connection.close()


class WildRequests(unittest.TestCase):
    def setUp(self):
        self.faults = []
        self.accepted = []
        self.counts = Counter()
        self.one_at_a_time = threading.Lock()
        self.server = PressedServer(FUNCTIONS, {"Local": {"HistorySize": 100, "SpareRuntimes": 0}}, arguments=("--log-level", "error"))
        self.addCleanup(self.server.__exit__, None, None, None)

    def address_of(self, name):
        """Of the Runtime API, once its bootstrap has told."""
        try:
            with open(os.path.join(self.server.code_folder(name), "api")) as file:
                host, port = file.read().strip().rsplit(":", 1)
            return host, int(port)
        except (FileNotFoundError, ValueError):
            return None

    # -- the good ones

    def invoke(self, chance):
        name = chance.choice(("echo", "py", "cat", "ours", "m"))
        event = {"token": chance.randrange(10 ** 12), "padding": "p" * chance.choice((0, 10, 10_000, 300_000))}
        with self.one_at_a_time if name == "ours" else contextlib.nullcontext():  # it has one runtime
            answer = self.server.invoke(name, event)
        if (answer.status, answer.function_error) != (200, None) or answer.json != (SUCCEEDS["Payload"] if name == "m" else event):
            self.faults.append((name, event["token"], str(answer)[:500]))
        self.counts["invocations"] += 1

    def accept(self, chance):
        number = chance.randrange(10 ** 12)
        answer = self.server.post("fails", number)
        if answer.status == 202:
            self.accepted.append(str(number))
        elif answer.status != 429:  # Local.QueueCapacity: the wild ones' may have filled it
            self.faults.append(("event", str(answer)[:500]))
        time.sleep(0.005)

    def serve(self, chance):
        """A runtime as it should be, for `ours`."""
        if self.runtime is None:
            address = self.address_of("ours")
            if address is None:
                time.sleep(0.01)
                return
            self.runtime = RuntimeApi("%s:%d" % address)
            self.runtime.connection.timeout = None
        event = self.runtime.next()
        answer = self.runtime.respond(event.headers["lambda-runtime-aws-request-id"], event.body)
        if (event.status, answer.status) != (200, 202):
            self.faults.append(("runtime", str(event)[:300], str(answer)[:300]))

    def provoke(self, chance):
        """Something to run for the wild runtimes, whatever becomes of it."""
        answer = self.server.invoke("theirs", {"n": chance.randrange(100)})
        if answer.status not in (200, 502):
            self.faults.append(("theirs", str(answer)[:500]))

    def work(self, act, seed, until):
        chance = random.Random(seed)
        while time.monotonic() < until and len(self.faults) < 5:
            try:
                act(chance)
            except (OSError, http.client.HTTPException, AssertionError) as error:
                if act != self.serve or time.monotonic() < until:
                    self.faults.append((act.__name__, repr(error)))
                return

    def rampage(self, wild, until):
        while time.monotonic() < until and len(self.faults) < 5:
            try:
                wild.act()
                self.counts["wild"] += 1
            except OSError as error:
                self.faults.append(("wild", repr(error)))
                return

    def run_all(self, seed):
        self.runtime = None
        until = time.monotonic() + SECONDS
        wilds = [Wild(self, seed + 100 + number) for number in range(WILD_THREADS)]
        acts = [self.invoke] * 3 + [self.accept, self.provoke]
        threads = [threading.Thread(target=self.work, args=(act, seed + number, until)) for number, act in enumerate(acts)]
        threads += [threading.Thread(target=self.rampage, args=(wild, until)) for wild in wilds]
        serving = threading.Thread(target=self.work, args=(self.serve, seed, until + 10 ** 9), daemon=True)
        for thread in [*threads, serving]:
            thread.start()
        for thread in threads:
            thread.join()
        for wild in wilds:
            wild.end()
        return sum((wild.statuses for wild in wilds), Counter())

    def test_good_clients_are_unharmed(self):
        seed = int(os.environ.get("WILD_SEED", random.randrange(10 ** 9)))
        print(f"WILD_SEED={seed}", flush=True)
        for name in ("echo", "py", "m"):
            self.server.invoke(name, "p" * 300_000)
        before_kb = self.server.resident_kb()
        statuses = self.run_all(seed)
        print(json.dumps({**self.counts, "accepted": len(self.accepted), "answers to wild ones": dict(sorted(statuses.items()))}))
        log = self.server.log()
        self.assertEqual(self.faults, [], log[-3000:])
        self.assertGreater(self.counts["invocations"], 0)
        # 5xx would be a fault of ours. 501 and 505 are for what HTTP/1.1 has and we don't; 502 for faults that were asked for.
        self.assertLessEqual({status for status in statuses if status >= 500}, {501, 502, 505})
        self.assertNotIn("assert", log)
        self.server.drained()
        letters = Counter(letter["Body"] for letter in self.server.dead_letters("q"))
        self.assertEqual([body for body in self.accepted if letters[body] != 1], [])
        self.assert_nothing_is_left(before_kb)

    def assert_nothing_is_left(self, before_kb):
        """Neither connections nor memory."""
        wait_for(lambda: open_connections(self.server) == 0, "the end of all connections")
        self.assertEqual(self.server.invoke("echo", 1).body, b"1")
        if not IS_SANITIZED:
            self.assertLess(self.server.resident_kb() - before_kb, 100_000)


if __name__ == "__main__":
    invoked.run_tests()
