"""One row a case: a request as bytes, and the whole answer that it must get - status line, headers as they are spelled,
body. The tables stand in scenario_wire_*.py; docs/management.md names their cases (scenario_wire_parity.py checks that).

A table's file defines FUNCTIONS (and CONFIG, ARGUMENTS, prepare(server)), CASES, and ends with `main(globals())`.
"""

import dataclasses
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402

# How an answer is known; aws tells nothing of `own`.
RECORDED = "recorded"  # seen in a recording against AWS
CAPTURED = "captured"  # a raw answer of AWS in a public report
MODELLED = "modelled"  # the service model
DOCUMENTED = "documented"
INFERRED = "inferred"
OWN = "own"
FACTS = (RECORDED, CAPTURED, MODELLED, DOCUMENTED, INFERRED, OWN)

REGION = "us-east-1"
ACCOUNT = "123456789012"

UUID = re.compile(invoked.UUID)
DATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")
TRACE = re.compile(r"root=1-[0-9a-f]{8}-[0-9a-f]{24};sampled=0")
KEEP_ALIVE = "Keep-Alive"  # AWS writes `keep-alive`; libmicrohttpd drops what we would write ourselves
REQUEST_ID = "<request id>"  # in an expected body: the answer's x-amzn-RequestId

# ---- requests --------------------------------------------------------------------------------------------------------

INVOCATIONS = "/2015-03-31/functions/{}/invocations"


def http(method, target, body=None, headers=(), version="1.1", host="127.0.0.1"):
    """`headers` are (name, value); a Content-Length is added where there is a body and none is given."""
    lines = [f"{method} {target} HTTP/{version}".encode()]
    if host is not None:
        lines.append(f"Host: {host}".encode())
    lines += [name.encode() + b": " + (value if isinstance(value, bytes) else value.encode()) for name, value in headers]
    if body is not None and not any(name.lower() in ("content-length", "transfer-encoding") for name, _ in headers):
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")


def invoke(name, body=None, query="", headers=(), **more):
    """`name` stands in the path as it is: encode it yourself, or don't."""
    return http("POST", INVOCATIONS.format(name) + query, body, headers, **more)


def dry_run(name, body=None, query="", headers=()):
    return invoke(name, body, query, (("X-Amz-Invocation-Type", "DryRun"), *headers))


def event(name, body=None, query="", headers=()):
    return invoke(name, body, query, (("X-Amz-Invocation-Type", "Event"), *headers))


def invoke_async(name, body=None, slash="", headers=()):
    return http("POST", f"/2014-11-13/functions/{name}/invoke-async{slash}", body, headers)


# ---- answers ---------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Expected:
    status_line: str
    headers: dict  # exact names; values are texts or patterns that match the whole
    body: object  # bytes, a compiled pattern, or a function of the whole answer that returns what is wrong or None
    is_closed: bool = False  # the server closes the connection after it
    interim: tuple = ()  # status lines in front, as of 100 Continue

    def with_headers(self, **more):
        return dataclasses.replace(self, headers={**self.headers, **{k.replace("_", "-"): v for k, v in more.items()}})

    def closing(self):
        return dataclasses.replace(self, headers={**self.headers, "Connection": "close"}, is_closed=True)

    def after(self, *status_lines):
        return dataclasses.replace(self, interim=status_lines)


def base_headers(**more):
    headers = {"Date": DATE, "Connection": KEEP_ALIVE, "x-amzn-RequestId": UUID}
    return {**headers, **more}


def as_bytes(body):
    return body.encode() if isinstance(body, str) else body


def ok(body, version="$LATEST", error=False, log=None, trace=TRACE):
    """200: the eight recorded headers, and the two that depend on what was asked and what happened."""
    headers = base_headers(**{"Content-Type": "application/json", "Content-Length": None,
                              "x-amzn-Remapped-Content-Length": "0", "X-Amz-Executed-Version": version,
                              "X-Amzn-Trace-Id": trace})
    if error:
        headers["X-Amz-Function-Error"] = "Unhandled"
    if log is not None:
        headers["X-Amz-Log-Result"] = log
    return Expected("HTTP/1.1 200 OK", headers, as_bytes(body))


def failed(body, **more):
    return ok(body, error=True, **more)


def accepted(trace=TRACE):
    """202: no Content-Type, no executed version, no body."""
    return Expected("HTTP/1.1 202 Accepted", base_headers(**{"Content-Length": "0", "x-amzn-Remapped-Content-Length": "0",
                                                             "X-Amzn-Trace-Id": trace}), b"")


def may_run(trace=TRACE):
    """204, of a dry run."""
    return Expected("HTTP/1.1 204 No Content", base_headers(**{"x-amzn-Remapped-Content-Length": "0",
                                                              "X-Amzn-Trace-Id": trace}), b"")


PHRASES = {400: "Bad Request", 403: "Forbidden", 404: "Not Found", 413: "Content Too Large", 429: "Too Many Requests",
           500: "Internal Server Error", 501: "Not Implemented"}


def refused(status, name, body):
    return Expected(f"HTTP/1.1 {status} {PHRASES[status]}",
                    base_headers(**{"Content-Type": "application/json", "Content-Length": None,
                                    "x-amzn-ErrorType": name}), as_bytes(body))


def not_implemented(operation):
    return refused(501, "NotImplementedException", '{"Type":"User","message":"invoked does not implement %s. Its page docs/management.md '
                   'lists the operations that it has."}' % operation)


def json_text(text):
    """As a JSON string of the answers: what must be escaped is, and nothing else."""
    return '"' + "".join({'"': '\\"', "\\": "\\\\", "\n": "\\n"}.get(c, c) for c in text) + '"'


def invalid(*violations):
    """ValidationException with all violations in one message."""
    count = len(violations)
    message = f"{count} validation error{'s' if count > 1 else ''} detected: {'; '.join(violations)}"
    return refused(400, "ValidationException", '{"message":%s}' % json_text(message))


def invalid_parameter(message):
    return refused(400, "InvalidParameterValueException", '{"Type":"User","message":%s}' % json_text(message))


def invalid_content(message):
    return refused(400, "InvalidRequestContentException", '{"Type":"User","message":%s}' % json_text(message))


def not_found(message):
    return refused(404, "ResourceNotFoundException", '{"Message":%s,"Type":"User"}' % json_text(message))


def function_arn(name, account=ACCOUNT):
    return f"arn:aws:lambda:{REGION}:{account}:function:{name}"


def no_function(name, account=ACCOUNT):
    return not_found(f"Function not found: {function_arn(name, account)}")


def too_large(message):
    return refused(413, "RequestEntityTooLargeException", '{"message":%s}' % json_text(message))


def denied(resource, policy="identity-based", account=ACCOUNT):
    return refused(403, "AccessDeniedException", '{"Message":%s}' % json_text(
        f"User: arn:aws:iam::{account}:user/local is not authorized to perform: lambda:InvokeFunction on resource: "
        f"{resource} because no {policy} policy allows the lambda:InvokeFunction action"))


def throttled(reason):
    return refused(429, "TooManyRequestsException", '{"Reason":"%s","Type":"User","message":"Rate Exceeded."}' % reason)


NO_OPERATION = Expected(
    "HTTP/1.1 403 Forbidden", base_headers(**{"Content-Length": "130"}),
    b"<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be authorized</Message>\n"
    b"</AccessDeniedException>\n")


# ---- cases -----------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Case:
    name: str  # "names.unknown-function": unique over all tables
    fact: str
    request: bytes
    expected: object  # Expected, or a list of them for requests that were sent in one go
    wants_head_only: bool = False  # of a HEAD


class Received:
    """One answer, as it came."""

    def __init__(self, status_line, headers, body, interim=()):
        self.status_line = status_line
        self.headers = headers  # [(name, value)]
        self.body = body
        self.interim = interim

    def header(self, name):
        return next((value for key, value in self.headers if key == name), None)

    def __repr__(self):
        lines = "".join(f"\n  {name}: {value}" for name, value in self.headers)
        return f"{self.status_line}{lines}\n  {self.body[:3000]!r}"


class Reader:
    """Reads answers from a connection, one after the other."""

    def __init__(self, connection):
        self.connection = connection
        self.rest = b""

    def fill(self):
        piece = self.connection.recv(1 << 18)
        self.rest += piece
        return bool(piece)

    def head(self):
        while b"\r\n\r\n" not in self.rest:
            assert self.fill(), f"the connection was closed after {self.rest[:500]!r}"
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        status_line, *lines = head.decode("latin-1").split("\r\n")
        return status_line, [tuple(line.split(": ", 1)) if ": " in line else (line.rstrip(":"), "") for line in lines]

    def answer(self, wants_head_only=False):
        interim = []
        status_line, headers = self.head()
        while status_line.split(" ")[1].startswith("1"):
            interim.append(status_line)
            status_line, headers = self.head()
        length = next((int(value) for name, value in headers if name == "Content-Length"), 0)
        if wants_head_only:
            length = 0
        while len(self.rest) < length:
            assert self.fill(), f"the connection was closed in the body of {status_line} {headers}"
        body, self.rest = self.rest[:length], self.rest[length:]
        return Received(status_line, headers, body, tuple(interim))

    def is_closed(self):
        return self.rest == b"" and not self.fill()


def fits(value, expected):
    if isinstance(expected, re.Pattern):
        return expected.fullmatch(value) is not None
    return value == expected


def differences(received, expected):
    """All in which an answer is not as expected, a line each."""
    found = []
    if received.status_line != expected.status_line:
        found.append(f"status line {received.status_line!r}, not {expected.status_line!r}")
    if received.interim != expected.interim:
        found.append(f"before it {received.interim}, not {expected.interim}")
    names = [name for name, _ in received.headers]
    if sorted(names) != sorted(expected.headers):
        found.append(f"headers {sorted(names)}, not {sorted(expected.headers)}")
    for name, value in received.headers:
        wanted = expected.headers.get(name)
        if wanted is not None and not fits(value, wanted):
            found.append(f"{name}: {value!r}, not {wanted!r}")
    return found + body_differences(received, expected)


def body_differences(received, expected):
    wanted = expected.body
    if callable(wanted):
        wrong = wanted(received)
        return [wrong] if wrong else []
    if isinstance(wanted, re.Pattern):
        return [] if wanted.fullmatch(received.body) else [f"body {received.body[:3000]!r}, not like {wanted.pattern!r}"]
    wanted = wanted.replace(REQUEST_ID.encode(), (received.header("x-amzn-RequestId") or "").encode())
    return [] if received.body == wanted else [f"body {received.body[:3000]!r}, not {wanted[:3000]!r}"]


def exchange(server, case):
    """Sends the request of a case; returns what is wrong with the answers, and the last answer."""
    expected = case.expected if isinstance(case.expected, list) else [case.expected]
    found = []
    with server.connect() as connection:
        connection.sendall(case.request)
        reader = Reader(connection)
        for number, one in enumerate(expected):
            received = reader.answer(case.wants_head_only)
            found += [f"answer {number + 1}: {line}" if len(expected) > 1 else line for line in differences(received, one)]
        if expected[-1].is_closed and not reader.is_closed():
            found.append("the connection was not closed")
        if not expected[-1].is_closed:
            found += still_speaks(connection, reader)
    return found, received


def still_speaks(connection, reader):
    """The connection must serve one more request, so nothing of the first is left over."""
    if reader.rest:
        return [f"left over: {reader.rest[:200]!r}"]
    connection.sendall(http("GET", "/_invoked/health"))
    status_line = reader.answer().status_line
    return [] if status_line == "HTTP/1.1 200 OK" else [f"the next request got {status_line}"]


class WireTest(unittest.TestCase):
    """One server for a table."""

    table = None
    server = None

    @classmethod
    def setUpClass(cls):
        cls.server = invoked.Server(cls.table["FUNCTIONS"], cls.table.get("CONFIG"), cls.table.get("ARGUMENTS", ()))
        if "prepare" in cls.table:
            cls.table["prepare"](cls.server)

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def check(self, case):
        found, received = exchange(self.server, case)
        if found:
            self.fail("\n".join([case.name, *found, f"the whole: {received!r}"]))


def tests_of(table):
    """A class of tests: one for each row."""
    methods = {"table": table}
    for case in table["CASES"]:
        name = "test_" + re.sub(r"[^a-zA-Z0-9]", "_", case.name)
        assert name not in methods, f"two cases are called {case.name}"
        assert case.fact in FACTS, case.name
        methods[name] = lambda self, case=case: self.check(case)
    return type("Table", (WireTest,), methods)


def main(table):
    """Runs the table of a file, and the classes of tests that stand in it."""
    if table["__name__"] == "__main__":
        table["Table"] = tests_of(table)
        invoked.run_tests()
