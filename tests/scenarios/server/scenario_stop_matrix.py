"""Every state of a request when the server stops, in every phase of the stop.

A cell of the matrix starts a server, brings a few requests into one state, and stops the server; what is still to come of
the requests comes a few milliseconds apart, in one phase. The server must end with status 0, without a report of a
sanitizer and without a process left (Server.ended()), and every answer must be whole, of a status that the state allows.
`make sanitize` runs this under AddressSanitizer.

test: timeout 300
"""

import contextlib
import json
import os
import re
import select
import socket
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from events import FAILS, SUCCEEDS, EventServer, event_config, mock, to_queue  # noqa: E402
from invoked import command, fixture, nodejs, provided, python, wait_for  # noqa: E402

INVOKE = "/2015-03-31/functions/{}/invocations"
STREAM = "/2021-11-15/functions/{}/response-streaming-invocations"
GAPS_MS = (0, 1, 2, 3, 4, 6)

SLEEP = "import time\ndef handler(event, context):\n    print('sleeping')\n    time.sleep(event)\n    return 'slept'\n"
DRIP = """
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
    for (let i = 0; i < 20; i++) {
        stream.write('drop');
        await new Promise((resolve) => setTimeout(resolve, 40));
    }
    stream.end();
});
"""

FUNCTIONS = {
    "m": mock(SUCCEEDS),
    "cat": command("cat"),
    "hello": fixture("python-hello"),
    "sleep": python(SLEEP, Timeout=60),
    "slow": command("sleep", "1"),
    "starts": provided("#!/bin/sh\necho here\nexec sleep 60\n", Timeout=60),
    "drip": nodejs(DRIP, Timeout=60),
    "large": mock({"Payload": "x" * 5_000_000}),
    "fails": mock(FAILS, **to_queue("q"), **event_config(MaximumRetryAttempts=0)),
    "retried": mock(FAILS, **to_queue("r"), **event_config(MaximumRetryAttempts=2)),
    "late": mock({**SUCCEEDS, "DelayMs": 300}),
}


def request(method, target, body=b"", *headers):
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


EVENT = "X-Amz-Invocation-Type: Event"
LONG_EVENT = b'{"padding":"' + b"p" * 3000 + b'"}'
LONG_LIST = json.dumps({"MessageIds": [f"{number:08d}-0000-4000-8000-000000000000" for number in range(90)]}).encode()

MAY_BE_ANSWERED = {None, 200, 202, 204, 404, 408, 409, 500}

# What a client sends in two halves.
HALF_BODIES = [request("POST", INVOKE.format(name), LONG_EVENT, *headers) for name, headers in (
    ("m", ()), ("cat", ()), ("hello", ()), ("fails", (EVENT,)), ("m", ("X-Amz-Invocation-Type: DryRun",)),
    ("m", ("X-Invoked-Fault: Drop",)), ("m", ("X-Invoked-Fault: Duplicate",)), ("fails", (EVENT, "X-Invoked-Fault: Duplicate")))] + [
    request("POST", STREAM.format("drip"), LONG_EVENT),
    request("POST", "/_invoked/drain?TimeoutSeconds=20", LONG_EVENT),
    request("POST", "/_invoked/reset", LONG_EVENT),
    request("POST", "/_invoked/dead-letters/redrive", LONG_LIST),
    request("POST", "/_invoked/clock", b'{"AdvanceSeconds": 1%s}' % (b" " * 3000)),
    request("PUT", "/_invoked/functions/m/mock", b'[{"Payload":"%s"}]' % (b"x" * 3000)),
]


class Client:
    """One request: what has been sent of it, what is still to be sent, and what came back."""

    def __init__(self, server, data, at=None, receive_bytes=None):
        self.socket = socket.socket()
        self.socket.settimeout(invoked.WAIT_S)
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.connect((server.host, server.port))
        self.rest = b"" if at is None else data[at:]
        self.socket.sendall(data if at is None else data[:at])

    def send_rest(self):
        with contextlib.suppress(OSError):  # the server may have closed the connection
            self.socket.sendall(self.rest)

    def starts_to_read(self):
        return bool(select.select([self.socket], [], [], 0)[0])

    def read(self):
        self.answer = invoked.read_all(self.socket)
        self.socket.close()
        match = re.match(rb"HTTP/1\.1 (\d+) ", self.answer)
        assert match or self.answer == b"", self.answer[:200]
        return int(match[1]) if match else None


class Matrix(unittest.TestCase):
    def serve(self):
        self.server = EventServer(FUNCTIONS, {"Local": {"SpareRuntimes": 0}}, clock="real")
        self.addCleanup(self.server.__exit__, None, None, None)

    # -- the states: each brings requests into it, and returns them with the statuses that they may be answered with

    def head_only(self):
        return [Client(self.server, data, data.index(b"\r\n\r\n")) for data in HALF_BODIES], MAY_BE_ANSWERED

    def half_a_body(self):
        return [Client(self.server, data, len(data) - 1000) for data in HALF_BODIES], MAY_BE_ANSWERED

    def waiting_for_an_environment(self):
        clients = [Client(self.server, request("POST", INVOKE.format("starts"), b"1")) for _ in range(4)]
        self.server.wait_for_log("here")
        return clients, {500}

    def waiting_in_the_queue(self):
        ids = [self.server.accept("retried") for _ in range(5)]
        wait_for(lambda: {event["State"] for event in self.server.events()} == {"waiting"}, "five events that wait")
        self.accepted += ids
        return [Client(self.server, request("GET", "/_invoked/events")) for _ in range(3)], {None, 200}

    def running(self):
        clients = [Client(self.server, request("POST", INVOKE.format(name), b"0.6")) for name in ("sleep", "sleep", "slow", "late")]
        self.server.wait_for_log("sleeping")
        return clients, {200, 500}

    def running_with_faults(self):
        clients = [Client(self.server, request("POST", INVOKE.format(name), b"0.3", f"X-Invoked-Fault: {fault}"))
                   for name in ("late", "slow") for fault in ("Duplicate", "Cut", "Drop")]
        time.sleep(0.05)
        return clients, {None, 200, 500}

    def streaming(self):
        clients = [Client(self.server, request("POST", STREAM.format("drip"), b"1")) for _ in range(3)]
        wait_for(lambda: all(client.starts_to_read() for client in clients), "the beginning of the streams")
        return clients, {200}

    def answered_half_way(self):
        clients = [Client(self.server, request("POST", INVOKE.format("large"), b"1"), receive_bytes=4096) for _ in range(3)]
        wait_for(lambda: all(client.starts_to_read() for client in clients), "the beginning of the answers")
        return clients, {200}

    def being_committed(self):
        return [Client(self.server, request("POST", INVOKE.format("fails"), b"%d" % number, EVENT)) for number in range(30)], \
            {None, 202, 500}

    def waiting_in_our_own_endpoints(self):
        self.server.accept("late")
        clients = [Client(self.server, request("POST", "/_invoked/drain?TimeoutSeconds=20")),
                   Client(self.server, request("GET", "/_invoked/invocations/count?AtLeast=1000&TimeoutSeconds=20")),
                   Client(self.server, request("GET", "/metrics")),
                   Client(self.server, request("GET", "/_invoked/dead-letters"))]
        time.sleep(0.05)
        return clients, {200, 408}

    # -- the phases: each stops the server and lets the rest of the requests come in it

    def send_rests(self, clients):
        for number, client in enumerate(clients):
            if client.rest:
                time.sleep(GAPS_MS[number % len(GAPS_MS)] / 1000)
                client.send_rest()

    def directly_before(self, clients):
        self.send_rests(clients)
        self.server.signal()

    def at_once(self, clients):
        self.server.signal()
        self.send_rests(clients)

    def while_others_end(self, clients):
        other = Client(self.server, request("POST", INVOKE.format("sleep"), b"0.5"))
        self.server.wait_for_log("sleeping")
        self.server.signal()
        self.server.wait_for_log("stopping")
        self.send_rests(clients)
        self.assertEqual(other.read(), 200)

    def at_the_second_signal(self, clients):
        other = Client(self.server, request("POST", INVOKE.format("sleep"), b"30"))
        self.server.wait_for_log("sleeping")
        self.server.signal()
        self.server.wait_for_log("stopping")
        self.server.signal()
        self.send_rests(clients)
        self.assertEqual(other.read(), 500)

    # -- a cell

    def cell(self, state, phase):
        self.accepted = []
        self.serve()
        clients, allowed = getattr(self, state)()
        threads = [threading.Thread(target=lambda client=client: results.append((client.read(), client))) for client in clients]
        results = []
        getattr(self, phase)(clients)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(invoked.WAIT_S)
        began = time.monotonic()
        self.server.ended()
        self.assertLess(time.monotonic() - began, 8 * invoked.SLOWNESS)
        self.assertEqual(len(results), len(clients))
        statuses = [status for status, _ in results]
        self.assertLessEqual(set(statuses), allowed, [client.answer[-300:] for status, client in results if status not in allowed])
        self.check_events(statuses.count(202) if state == "being_committed" else 0)

    def check_events(self, accepted_count):
        """What was accepted is there after the next start, and nothing was lost."""
        if accepted_count == 0 and not self.accepted:
            return
        self.server.start()
        if accepted_count > 0:
            self.server.drained()
            self.assertGreaterEqual(len(self.server.dead_letters("q")), accepted_count)
        self.assertEqual({event["RequestId"] for event in self.server.events()}, set(self.accepted))
        self.server.stop()


STATES = ("head_only", "half_a_body", "waiting_for_an_environment", "waiting_in_the_queue", "running", "running_with_faults",
          "streaming", "answered_half_way", "being_committed", "waiting_in_our_own_endpoints")
PHASES = ("directly_before", "at_once", "while_others_end", "at_the_second_signal")

for state_name in STATES:
    for phase_name in PHASES:
        setattr(Matrix, f"test_{state_name}_{phase_name}",
                lambda self, state=state_name, phase=phase_name: self.cell(state, phase))


if __name__ == "__main__":
    invoked.run_tests()
