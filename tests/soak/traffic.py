"""The requests of the soak: a row for each kind, with its weight, what does it, and what it may be answered.

A row's function returns how the request was answered, in a word or two; anything else than the row allows is a fault. Some
processes are killed on purpose (trouble.py), so a function that runs in one of those may also be answered `killed`.

To add a kind of request, add a function and a row.
"""

import http.client
import json
import os
import re
import sys
from collections import namedtuple

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from botocore.eventstream import EventStreamBuffer  # noqa: E402
from events import authorization  # noqa: E402
from invoked import Answer  # noqa: E402

WAIT_S = 120  # for any answer: the machine has other things to do
OTHER_ACCOUNT = "111111111111"
STREAM_PATH = "/2021-11-15/functions/stream/response-streaming-invocations"
INSPECTED = ("health", "functions", "events", "invocations?Limit=50", "invocations/count", "dead-letters?Queue=letters", "clock")


class Client:
    """One client of the server: a connection that is kept, a random generator, and the ledger of events."""

    def __init__(self, server, ledger, chance):
        self.server = server
        self.ledger = ledger
        self.chance = chance
        self.connection = None

    def connected(self):
        if self.connection is None or self.chance.random() < 0.1:
            self.close()
            self.connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=WAIT_S)
        return self.connection

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def send(self, method, path, body=None, headers=None):
        connection = self.connected()
        connection.request(method, path, body, headers or {})
        return connection.getresponse()

    def request(self, method, path, body=None, headers=None):
        response = self.send(method, path, body, headers)
        return Answer(response.status, response.getheaders(), response.read())

    def invoke(self, name, event, headers=None):
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        return self.request("POST", f"/2015-03-31/functions/{name}/invocations", body, headers)

    def fresh_event(self):
        return {"number": self.chance.randrange(10 ** 9), "text": "é" * self.chance.randrange(200)}


def how(answer, body=None):
    """`ok`, where the body is what it should be; an error's type; a status."""
    if answer.status not in (200, 202, 204):
        return answer.headers.get("x-amzn-errortype", str(answer.status))
    if answer.function_error is not None:
        said = answer.json
        text = str(said.get("errorMessage", ""))
        if "signal: killed" in text:
            return "killed"
        return str(said.get("errorType"))
    return "ok" if body is None or answer.body == body else f"wrong: {answer.body[:200]!r}"


# ---- synchronous -----------------------------------------------------------------------------------------------------


def echo(name, **headers):
    def act(client):
        event = client.fresh_event()
        body = json.dumps(event).encode()
        answer = client.invoke(name, body, {key.replace("_", "-"): value for key, value in headers.items()})
        outcome = how(answer)
        return outcome if outcome != "ok" or answer.json == event else f"wrong: {answer.body[:200]!r}"
    return act


def large(client):
    body = b'"' + b"e" * client.chance.randrange(100_000, 5_000_000) + b'"'
    return how(client.invoke(client.chance.choice(("native", "cat", "api")), body), body)


def do(what, name="python", tail=False):
    def act(client):
        return how(client.invoke(name, {"do": what}, {"X-Amz-Log-Type": "Tail"} if tail else None))
    return act


def invoke(name, event=None):
    def act(client):
        return how(client.invoke(name, event or {}))
    return act


def dry_run(client):
    return how(client.invoke("native", {}, {"X-Amz-Invocation-Type": "DryRun"}))


def another_account(client):
    return how(client.invoke("native", b"1", authorization(OTHER_ACCOUNT)), b"1")


def edited(client):
    """The code that was there when it was asked, or newer."""
    before = client.server.seen_version
    answer = client.invoke("edited", {})
    outcome = how(answer)
    if outcome == "ok":
        version = answer.json
        if not before <= version <= client.server.code_version:
            return f"wrong: version {version} after {before}"
        client.server.seen_version = max(client.server.seen_version, version)
    return outcome


def too_large(client):
    """The head is enough to be refused."""
    with client.server.connect() as connection:
        connection.sendall(b"POST /2015-03-31/functions/native/invocations HTTP/1.1\r\nHost: localhost\r\n"
                           b"Content-Length: 900000000\r\n\r\n")
        return re.search(rb"(?i)x-amzn-errortype: *(\w+)", connection.recv(65536))[1].decode()


# ---- events ----------------------------------------------------------------------------------------------------------


def event(name, succeeds_at=1):
    def act(client):
        return client.ledger.post(client, name, {"succeeds_at": succeeds_at})
    return act


def duplicated(client):
    return client.ledger.post(client, "twice", {}, {"X-Invoked-Fault": "Duplicate"})


def invoke_async(client):
    return how(client.request("POST", "/2014-11-13/functions/cat/invoke-async", b"{}"))


# ---- mocks and faults ------------------------------------------------------------------------------------------------


def mock_set_later(client):
    """Others set and drop it at the same time: the canned response and the function's own may both come."""
    path = "/_invoked/functions/mocked-later/mock"
    if client.request("PUT", path, json.dumps([{"Payload": "canned", "Times": 3}])).status != 200:
        return "wrong: not set"
    answer = client.invoke("mocked-later", b'"own"')
    outcome = how(answer)
    if client.chance.random() < 0.5 and client.request("DELETE", path).status != 200:
        return "wrong: not dropped"
    return outcome if outcome != "ok" or answer.body in (b'"canned"', b'"own"') else f"wrong: {answer.body[:200]!r}"


def fault_set_later(client):
    fault = {"Error": "KMSDisabledException", "Times": 1, "DelayMs": client.chance.choice((0, 20)),
             "When": client.chance.choice(("Before", "After"))}
    if client.request("PUT", "/_invoked/functions/faulty/faults", json.dumps(fault)).status != 200:
        return "wrong: not set"
    return how(client.invoke("faulty", {}))


def dropped(client):
    try:
        return how(client.invoke("native", {}, {"X-Invoked-Fault": "Drop"}))
    except (http.client.RemoteDisconnected, ConnectionResetError):
        client.close()
        return "no answer"


# ---- streams ---------------------------------------------------------------------------------------------------------


def begin_stream(client, pieces, piece_bytes, fails=False):
    return client.send("POST", STREAM_PATH, json.dumps({"pieces": pieces, "bytes": piece_bytes, "fails": fails}))


def stream(pieces, piece_bytes, fails=False):
    """Read to its end; what it says there."""
    def act(client):
        response = begin_stream(client, pieces, piece_bytes, fails)
        buffer, length, end = EventStreamBuffer(), 0, None
        while data := response.read1(65536):
            buffer.add_data(data)
            for message in buffer:
                if message.headers[":event-type"] == "PayloadChunk":
                    length += len(message.payload)
                else:
                    end = json.loads(message.payload)
        if end is None:
            return "wrong: no end"
        if "ErrorCode" in end:
            return "killed" if "signal: killed" in end["ErrorDetails"] else end["ErrorCode"]
        return "ok" if length == pieces * piece_bytes else f"wrong: {length} bytes"
    return act


def left_stream(client):
    """Its reader goes away in the middle."""
    response = begin_stream(client, 32, 100_000)
    response.read1(1000)
    client.close()
    return "left"


# ---- looks -----------------------------------------------------------------------------------------------------------


def look(client):
    path = client.chance.choice([*("/_invoked/" + name for name in INSPECTED), "/metrics"])
    return how(client.request("GET", path))


def forget(client):
    return how(client.request("DELETE", "/_invoked/invocations", headers=authorization(OTHER_ACCOUNT)))


Row = namedtuple("Row", "name weight act expected also", defaults=((),))  # `also`: outcomes that may be, by the minority

KILLED = ("killed", "Sandbox.Timedout")  # what a stopped process gets is a time-out

ROWS = (
    Row("sync, native", 20, echo("native"), "ok"),
    Row("sync, command", 6, echo("cat"), "ok"),
    Row("sync, Runtime API client", 8, echo("api"), "ok"),
    Row("sync, Python", 10, echo("python"), "ok", KILLED),
    Row("sync, Node.js", 10, echo("nodejs"), "ok", KILLED),
    Row("sync, native, to be killed", 8, echo("victim"), "ok", KILLED),
    Row("sync, large", 2, large, "ok"),
    Row("sync, log tail", 3, echo("native", X_Amz_Log_Type="Tail"), "ok"),
    Row("sync, another account", 3, another_account, "ok"),
    Row("sync, over its concurrency", 5, echo("limited"), "ok", ("TooManyRequestsException",)),
    Row("sync, code that is edited", 5, edited, "ok", KILLED),
    Row("sync, comes and goes", 2, invoke("sometimes"), "ok", ("ResourceNotFoundException",)),
    Row("dry run", 4, dry_run, "ok"),
    Row("refused, unknown", 2, invoke("unknown"), "ResourceNotFoundException"),
    Row("refused, no JSON", 2, invoke("native", b"{"), "InvalidRequestContentException"),
    Row("refused, too large", 1, too_large, "RequestEntityTooLargeException"),
    Row("fails, exception", 4, do("raise ValueError('x')"), "ValueError", KILLED),
    Row("fails, exit", 2, do("os._exit(3)"), "Runtime.ExitError", KILLED),
    Row("fails, crash", 2, do("os.kill(os.getpid(), signal.SIGKILL)"), "killed", KILLED),
    Row("fails, time-out", 1, do("time.sleep(60)", "slow"), "Sandbox.Timedout", KILLED),
    Row("fails, status of a command", 3, invoke("fails"), "Runtime.ExitError"),
    Row("fails, never starts", 2, invoke("never-starts"), "Runtime.ExitError", KILLED),
    Row("fails, no such program", 2, invoke("missing"), "Runtime.InvalidEntrypoint"),
    Row("prints two megabytes", 1, do("print('p' * 2_000_000)", tail=True), "ok", KILLED),
    Row("leaves processes behind", 2, do("os.fork() or (os.setsid(), time.sleep(600))"), "ok", KILLED),
    Row("event, succeeds", 8, event("records"), "accepted"),
    Row("event, succeeds at the third", 3, event("eventually", 3), "accepted"),
    Row("event, is given up", 3, event("gives-up"), "accepted"),
    Row("event, twice", 1, duplicated, "accepted"),
    Row("invoke-async", 2, invoke_async, "ok"),
    Row("mock", 6, invoke("mocked"), "ok"),
    Row("mock, fails", 2, invoke("mocked", {"fails": True}), "Mocked"),
    Row("mock, refuses", 2, invoke("mocked", {"refuses": True}), "EC2ThrottledException"),
    Row("mock, time-out", 2, invoke("mocked", {"late": True}), "Sandbox.Timedout"),
    Row("mock, set while it runs", 3, mock_set_later, "ok"),
    Row("fault, set while it runs", 3, fault_set_later, "KMSDisabledException", ("ok",)),
    Row("fault, no answer", 2, dropped, "no answer"),
    Row("stream", 4, stream(5, 10_000), "ok", KILLED),
    Row("stream, long", 1, stream(20, 500_000), "ok", KILLED),
    Row("stream, fails in the middle", 2, stream(3, 1000, True), "Error", KILLED),
    Row("stream, left", 2, left_stream, "left"),
    Row("look", 4, look, "ok"),
    Row("forget the history", 1, forget, "ok"),
)


