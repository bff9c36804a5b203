"""What stands in an answer: exactly the recorded headers, the request id and trace that the handler sees, the log, and the
body byte for byte as the runtime posted it."""

import base64
import json

from wire import *

# Posts the bytes that the event names, with the given type of content (none: no such header).
POSTER = """#!/usr/bin/python3
import json, os, http.client
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    answer = api.getresponse()
    event = json.loads(answer.read())
    request_id = answer.headers["Lambda-Runtime-Aws-Request-Id"]
    headers = {"Content-Type": event["type"]} if "type" in event else {}
    api.request("POST", f"/2018-06-01/runtime/invocation/{request_id}/" + event.get("end", "response"),
                bytes.fromhex(event["hex"]) * event.get("times", 1), headers)
    api.getresponse().read()
"""

TELLER = """
import os
def handler(event, context):
    print("a line")
    return {"id": context.aws_request_id, "trace": os.environ["_X_AMZN_TRACE_ID"]}
"""

FUNCTIONS = {
    "poster": invoked.provided(POSTER),
    "teller": invoked.python(TELLER),
    "python": invoked.python("def handler(event, context):\n    return eval(event['do'])\n"),
    "nodejs": invoked.nodejs("exports.handler = async (event) => eval(event.do);\n"),
    "hello-python": invoked.fixture("python-hello"),
    "hello-nodejs": invoked.fixture("nodejs-hello"),
}

RESPONSE_MAX = 6291556
ROOT, PARENT = "1-5bef4de7-ad49b0e87f6ef6c87fc2e700", "9a9197af755a6419"
TRACE_HEADER = "X-Amzn-Trace-Id"


def posted(content, **more):
    return invoke("poster", json.dumps({"hex": content.hex(), **more}).encode())


def returned(name, code):
    return invoke(name, json.dumps({"do": code}).encode())


def seen(pattern):
    """A body of the teller: the answer's request id, a trace that is like `pattern` and has the root of the answer's."""

    def check(received):
        told = json.loads(received.body)
        if told["id"] != received.header("x-amzn-RequestId"):
            return f"the handler saw the id {told['id']}"
        if not re.fullmatch(pattern, told["trace"]):
            return f"the handler saw the trace {told['trace']}"
        root = re.search("Root=([0-9a-f-]+)", told["trace"])[1]
        if f"root={root};" not in received.header(TRACE_HEADER):
            return f"the trace of the answer has another root than {told['trace']}"
        return None

    return check


FIRST_HOP = ";Lineage=1:[0-9a-f]{8}:0"
FRESH = r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0" + FIRST_HOP


class LogResult:
    """Matches a base64 text on one line whose bytes match."""

    def __init__(self, pattern):
        self.pattern = re.compile(pattern, re.DOTALL)

    def __eq__(self, value):
        return self.pattern.fullmatch(base64.b64decode(value, validate=True).decode()) is not None

    def __repr__(self):
        return f"base64 of {self.pattern.pattern!r}"


LOG_TAIL = LogResult(
    rf"START RequestId: (?P<id>{invoked.UUID}) Version: \$LATEST\na line\nEND RequestId: (?P=id)\n"
    r"REPORT RequestId: (?P=id)\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\t"
    r"Max Memory Used: \d+ MB\t(Init Duration: \d+\.\d\d ms\t)?\n")

# name of the case, how it is known, trace that is sent, what the handler sees, what the answer has
TRACES = [
    ("none", CAPTURED, None, FRESH, TRACE),
    ("root-parent-sampled", RECORDED, f"Root={ROOT};Parent={PARENT};Sampled=1",
     f"Root={ROOT};Parent={PARENT};Sampled=1{FIRST_HOP}", f"root={ROOT};parent={PARENT};sampled=1"),
    ("not-sampled", RECORDED, f"Root={ROOT};Parent={PARENT};Sampled=0",
     f"Root={ROOT};Parent={PARENT};Sampled=0{FIRST_HOP}", f"root={ROOT};parent={PARENT};sampled=0"),
    ("lineage", INFERRED, f"Root={ROOT};Parent={PARENT};Sampled=0;Lineage=2:d0782663:1",
     f"Root={ROOT};Parent={PARENT};Sampled=0;Lineage=3:d0782663:1", f"root={ROOT};parent={PARENT};sampled=0"),
    ("root-alone", INFERRED, f"Root={ROOT}", rf"Root={ROOT};Parent=[0-9a-f]{{16}};Sampled=0{FIRST_HOP}", f"root={ROOT};sampled=0"),
    ("self-before-root", INFERRED, f"Self=1-67891234-12456789abcdef012345678;Root={ROOT};Sampled=1",
     rf"Self=[0-9a-f-]+;Root={ROOT};Sampled=1;Parent=[0-9a-f]{{16}}{FIRST_HOP}", f"root={ROOT};sampled=1"),
    ("no-root", INFERRED, f"Parent={PARENT};Sampled=1", FRESH, TRACE),
    ("bad-root", INFERRED, "Root=1-5bef4de7-ad49b0e8;Sampled=1", FRESH, TRACE),
    ("not-a-trace", INFERRED, "hello", FRESH, TRACE),
    ("empty", INFERRED, "", FRESH, TRACE),
]

# name of the case, how it is known, what the runtime posts
BODIES = [
    ("json", RECORDED, b'{"a": 1}'), ("not-json", DOCUMENTED, b"SUCCESS"), ("empty", INFERRED, b""),
    ("broken-json", CAPTURED, b'"{ID:...}'), ("blanks", RECORDED, b' { "a" : [ ] }\r\n'), ("nul", INFERRED, b"\0a\0"),
    ("every-byte", INFERRED, bytes(range(256))), ("newlines", INFERRED, b"\r\n\r\n"),
]

# name of the case, how it is known, function, expression that its handler returns, body
RESULTS = [
    ("python-nothing", RECORDED, "python", "None", "null"),
    ("python-object", RECORDED, "python", "{}", "{}"),
    ("python-string", RECORDED, "python", "'HelloWorld'", '"HelloWorld"'),
    ("python-zero", RECORDED, "python", "0", "0"),
    ("python-zero-point-zero", RECORDED, "python", "0.0", "0.0"),
    ("python-true", RECORDED, "python", "True", "true"),
    ("python-array", RECORDED, "python", "[]", "[]"),
    ("python-blanks", RECORDED, "python", "{'a': [1, 2], 'b': None}", '{"a": [1, 2], "b": null}'),
    ("python-3.12-unicode-is-raw", DOCUMENTED, "python", "'\\u00e4\\u20ac'", '"ä€"'),
    ("nodejs-nothing", RECORDED, "nodejs", "undefined", "null"),
    ("nodejs-object", RECORDED, "nodejs", "({})", "{}"),
    ("nodejs-string", RECORDED, "nodejs", "'HelloWorld'", '"HelloWorld"'),
    ("nodejs-true", RECORDED, "nodejs", "true", "true"),
    ("nodejs-compact", RECORDED, "nodejs", "({a: [1, 2], b: null})", '{"a":[1,2],"b":null}'),
]

CASES = [
    *[Case(f"answers.trace.{name}", fact, invoke("teller", b"{}", headers=[] if sent is None else [(TRACE_HEADER, sent)]),
           ok(seen(pattern), trace=answered)) for name, fact, sent, pattern, answered in TRACES],
    Case("answers.trace.of-an-event", CAPTURED, event("teller", b"{}"), accepted()),
    Case("answers.trace.of-an-event-passed-on", INFERRED,
         event("teller", b"{}", headers=[(TRACE_HEADER, f"Root={ROOT};Parent={PARENT};Sampled=1")]),
         accepted(f"root={ROOT};parent={PARENT};sampled=1")),
    Case("answers.trace.of-a-dry-run", INFERRED, dry_run("teller", b"{}"), may_run()),
    Case("answers.log", RECORDED, invoke("teller", b"{}", headers=[("X-Amz-Log-Type", "Tail")]), ok(seen(FRESH), log=LOG_TAIL)),
    Case("answers.log.not-wanted", RECORDED, invoke("teller", b"{}", headers=[("X-Amz-Log-Type", "None")]), ok(seen(FRESH))),
    *[Case(f"answers.body.{name}", fact, posted(content), ok(content)) for name, fact, content in BODIES],
    Case("answers.body.type-of-content", RECORDED, posted(b"<html>", type="text/html"), ok("<html>")),
    Case("answers.body.limit", RECORDED, posted(b"a", times=RESPONSE_MAX), ok(b"a" * RESPONSE_MAX)),
    Case("answers.body.6-mib-and-quotes", RECORDED, returned("python", "'a' * 6291456"), ok(b'"' + b"a" * 6291456 + b'"')),
    Case("answers.body.of-an-error", DOCUMENTED, posted(b'{ "errorMessage" : "x"}\n', end="error"),
         failed(b'{ "errorMessage" : "x"}\n')),
    Case("answers.body.of-an-error-not-json", INFERRED, posted(b"oh\0no", end="error"), failed(b"oh\0no")),
    *[Case(f"answers.result.{name}", fact, returned(function, code), ok(body)) for name, fact, function, code, body in RESULTS],
    Case("answers.result.hello-python", RECORDED, invoke("hello-python", b'{"name":"you"}'), ok('{"message": "Hello, you"}')),
]


class Identity(WireTest):
    """Ids of different invocations."""

    table = globals()

    def test_no_two_requests_have_the_same_id_or_trace(self):
        requests = [invoke("poster", b'{"hex":""}'), event("teller"), dry_run("teller"), invoke("nothing"), http("GET", "/")]
        ids, traces = [], []
        with self.server.connect() as connection:
            reader = Reader(connection)
            for request in requests * 20:
                connection.sendall(request)
                received = reader.answer()
                ids.append(received.header("x-amzn-RequestId"))
                traces.append(received.header(TRACE_HEADER))
        self.assertEqual(len(set(ids)), 100)
        self.assertEqual(len({trace for trace in traces if trace}), 60)

    def test_the_id_of_an_event_is_the_one_that_its_handler_sees(self):
        found = []
        with self.server.connect() as connection:
            connection.sendall(event("teller", b"{}"))
            request_id = Reader(connection).answer().header("x-amzn-RequestId")
        invoked.wait_for(lambda: found.extend(
            row for row in self.server.request("GET", f"/_invoked/invocations?RequestId={request_id}").json
            if row["Status"] == "succeeded") or found, "the event")
        self.assertEqual(found[0]["ResponsePayload"]["id"], request_id)


main(globals())
