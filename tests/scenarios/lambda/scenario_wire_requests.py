"""What else a request carries: invocation type, log type, client context, headers for other kinds of functions, sizes,
routes and methods, and HTTP itself. The function of most cases returns its event."""

import base64
import json

from wire import *

FUNCTIONS = {
    "echo": {"Runtime": "provided.al2023", "Handler": "any.thing", "CodeUri": invoked.NATIVE_ECHO, "Timeout": 20,
             "Versions": {"1": {}}},
    "context": invoked.fixture("python-client-context"),
}

TYPE, LOG, CONTEXT = "X-Amz-Invocation-Type", "X-Amz-Log-Type", "X-Amz-Client-Context"
TENANT, DURABLE, ID = "X-Amz-Tenant-Id", "X-Amz-Durable-Execution-Name", "x-amzn-RequestId"
TENANT_PATTERN, DURABLE_PATTERN = r"[a-zA-Z0-9\._:\/=+\-@ ]+", "[a-zA-Z0-9-_]+"
NO_CONTEXT = invalid_content("Client context must be a valid Base64-encoded JSON object.")
NO_TENANTS = invalid_parameter("The invoked function is not enabled with tenancy configuration. Remove the tenant ID from "
                               "your request and try again.")
NOT_DURABLE = invalid_parameter("You cannot provide a durable execution name to invoke a function without a durable "
                                "configuration.")

SYNC_MAX, EVENT_MAX, ASYNC_MAX = 6291456, 1048576, 262144
TOO_LARGE = too_large("Request must be smaller than 6291456 bytes for the InvokeFunction operation")


def enum_violation(value, member, values):
    return f"Value '{value}' at '{member}' failed to satisfy constraint: Member must satisfy enum value set: {values}"


def pattern_violation(value, member, pattern):
    return f"Value '{value}' at '{member}' failed to satisfy constraint: Member must satisfy regular expression pattern: {pattern}"


def length_violation(value, member, limit):
    return f"Value '{value}' at '{member}' failed to satisfy constraint: Member must have length less than or equal to {limit}"


def too_large_event(size, limit):
    return too_large(f"{size} byte payload is too large for the Event invocation type (limit {limit} bytes)")


def text_of(size):
    """A JSON string of that many bytes."""
    return b'"' + b"a" * (size - 2) + b'"'


def encoded(value):
    return base64.b64encode(value if isinstance(value, bytes) else json.dumps(value).encode()).decode()


def types(value):
    return enum_violation(value, "invocationType", "[DryRun, RequestResponse, Event]")


def seen_context(value):
    """What fixtures/functions/python-client-context returns."""
    names = "installation_id app_title app_version_name app_version_code app_package_name".split()
    client = value.get("client")
    return json.dumps({"client": client and {name: client.get(name) for name in names}, "custom": value.get("custom"),
                       "env": value.get("env")})


GOOD_CONTEXT = {"custom": {"foo": "bar"}, "client": {"installation_id": "i"}, "env": {"fizz": "buzz"}}
LONG_CONTEXT = {"custom": {"a": "b" * 2664}}
assert len(encoded(LONG_CONTEXT)) == 3580  # base64 has no length nearer to the limit, 3583

# name of the case, how it is known, headers, answer to the body `1`
HEADERS = [
    ("type.request-response", MODELLED, [(TYPE, "RequestResponse")], ok("1")),
    ("type.event", RECORDED, [(TYPE, "Event")], accepted()),
    ("type.dry-run", RECORDED, [(TYPE, "DryRun")], may_run()),
    ("type.underscore", CAPTURED, [(TYPE, "dry_run")], invalid(types("dry_run"))),
    ("type.lower-case", CAPTURED, [(TYPE, "event")], invalid(types("event"))),
    ("type.empty", INFERRED, [(TYPE, "")], invalid(types(""))),
    ("type.quoted", INFERRED, [(TYPE, 'a"b\\')], invalid(types('a"b\\'))),
    ("log.none", MODELLED, [(LOG, "None")], ok("1")),
    ("log.wrong", INFERRED, [(LOG, "tail")], invalid(enum_violation("tail", "logType", "[None, Tail]"))),
    ("log.tail-of-an-event", MODELLED, [(TYPE, "Event"), (LOG, "Tail")], accepted()),
    ("log.tail-of-a-dry-run", INFERRED, [(TYPE, "DryRun"), (LOG, "Tail")], may_run()),
    ("several-violations", INFERRED, [(TYPE, "x"), (LOG, "y"), (TENANT, "#"), (DURABLE, "a b")], invalid(
        types("x"), enum_violation("y", "logType", "[None, Tail]"),
        pattern_violation("a b", "durableExecutionName", DURABLE_PATTERN), pattern_violation("#", "tenantId", TENANT_PATTERN))),
    ("header-case", INFERRED, [("x-AMZ-invocation-TYPE", "DryRun")], may_run()),
    ("content-type-plain", CAPTURED, [("Content-Type", "text/plain")], ok("1")),
    ("content-type-form", CAPTURED, [("Content-Type", "application/x-www-form-urlencoded")], ok("1")),
    ("unknown-headers", INFERRED, [("X-Amz-Nothing", "1"), ("Accept-Encoding", "gzip")], ok("1")),

    ("context.bad-base64", CAPTURED, [(CONTEXT, "***")], NO_CONTEXT),
    ("context.no-json", CAPTURED, [(CONTEXT, encoded(b"{"))], NO_CONTEXT),
    ("context.no-object", CAPTURED, [(CONTEXT, encoded([1]))], NO_CONTEXT),
    ("context.string", CAPTURED, [(CONTEXT, encoded("a"))], NO_CONTEXT),
    ("context.two-objects", INFERRED, [(CONTEXT, encoded(b"{}{}"))], NO_CONTEXT),
    ("context.plain-json", CAPTURED, [(CONTEXT, "{}")], NO_CONTEXT),
    ("context.too-long", INFERRED, [(CONTEXT, encoded({"custom": {"a": "b" * 2667}}))],
     invalid_content("Client context must be no more than 3583 bytes of Base64 (is 3584).")),
    ("context.bad-of-an-event", INFERRED, [(TYPE, "Event"), (CONTEXT, "***")], NO_CONTEXT),
    ("context.bad-of-a-dry-run", INFERRED, [(TYPE, "DryRun"), (CONTEXT, "***")], NO_CONTEXT),
    ("context.good-of-an-event", MODELLED, [(TYPE, "Event"), (CONTEXT, encoded(GOOD_CONTEXT))], accepted()),

    ("tenant", DOCUMENTED, [(TENANT, "tenant-1")], NO_TENANTS),
    ("tenant.of-a-dry-run", INFERRED, [(TYPE, "DryRun"), (TENANT, "tenant-1")], NO_TENANTS),
    ("tenant.of-an-event", INFERRED, [(TYPE, "Event"), (TENANT, "tenant-1")], NO_TENANTS),
    ("tenant.every-character", MODELLED, [(TENANT, "aZ0._:/=+-@ x")], NO_TENANTS),
    ("tenant.256-long", MODELLED, [(TENANT, "t" * 256)], NO_TENANTS),
    ("tenant.257-long", MODELLED, [(TENANT, "t" * 257)], invalid(length_violation("t" * 257, "tenantId", 256))),
    ("tenant.pattern", MODELLED, [(TENANT, "a#b")], invalid(pattern_violation("a#b", "tenantId", TENANT_PATTERN))),
    ("tenant.empty", MODELLED, [(TENANT, "")], invalid("Value '' at 'tenantId' failed to satisfy constraint: Member must "
                                                       "have length greater than or equal to 1")),
    ("durable", INFERRED, [(DURABLE, "order-1")], NOT_DURABLE),
    ("durable.64-long", MODELLED, [(DURABLE, "d" * 64)], NOT_DURABLE),
    ("durable.65-long", MODELLED, [(DURABLE, "d" * 65)], invalid(length_violation("d" * 65, "durableExecutionName", 64))),
    ("durable.pattern", MODELLED, [(DURABLE, "a.b")], invalid(pattern_violation("a.b", "durableExecutionName", DURABLE_PATTERN))),
    ("durable.too-long-and-wrong", INFERRED, [(DURABLE, "." * 65)], invalid(
        length_violation("." * 65, "durableExecutionName", 64), pattern_violation("." * 65, "durableExecutionName", DURABLE_PATTERN))),

    ("request-id.good", MODELLED, [(ID, "4bcbe58b-b0cc-47a5-a1d9-79eda1987e58")], ok("1")),
    ("request-id.bad", MODELLED, [(ID, "mine")], invalid_content("The x-amzn-RequestId header is not a valid UUID string.")),
]

# name of the case, how it is known, function that makes the request, size, answer
SIZES = [
    ("sync.limit", CAPTURED, invoke, SYNC_MAX, ok(text_of(SYNC_MAX))),
    ("sync.over", CAPTURED, invoke, SYNC_MAX + 1, TOO_LARGE),
    ("sync.far-over", CAPTURED, invoke, 20_000_000, TOO_LARGE),
    ("dry-run.limit", INFERRED, dry_run, SYNC_MAX, may_run()),
    ("dry-run.over", INFERRED, dry_run, SYNC_MAX + 1, TOO_LARGE),
    ("event.limit", CAPTURED, event, EVENT_MAX, accepted()),
    ("event.over", CAPTURED, event, EVENT_MAX + 1, too_large_event(EVENT_MAX + 1, EVENT_MAX)),
    ("event.as-captured", CAPTURED, event, 2236568, too_large_event(2236568, EVENT_MAX)),
    ("event.over-both", INFERRED, event, SYNC_MAX + 1, TOO_LARGE),
    ("invoke-async.limit", MODELLED, invoke_async, ASYNC_MAX, accepted()),
    ("invoke-async.over", MODELLED, invoke_async, ASYNC_MAX + 1, too_large_event(ASYNC_MAX + 1, ASYNC_MAX)),
    ("invoke-async.over-both", INFERRED, invoke_async, SYNC_MAX + 1, TOO_LARGE),
]

ECHO = INVOCATIONS.format("echo")

# name of the case, how it is known, method, target, answer to the body `1`
ROUTES = [
    ("trailing-slash", CAPTURED, "POST", ECHO + "/", ok("1")),
    ("double-slash", CAPTURED, "POST", "/" + ECHO, NO_OPERATION),
    ("get", CAPTURED, "GET", ECHO, NO_OPERATION),
    ("put", INFERRED, "PUT", ECHO, NO_OPERATION),
    ("delete", INFERRED, "DELETE", ECHO, NO_OPERATION),
    ("patch", INFERRED, "PATCH", ECHO, NO_OPERATION),
    ("made-up-method", INFERRED, "INVOKE", ECHO, NO_OPERATION),
    ("lower-case-method", INFERRED, "post", ECHO, NO_OPERATION),
    ("root", CAPTURED, "POST", "/", NO_OPERATION),
    ("other-date", INFERRED, "POST", "/2015-04-01/functions/echo/invocations", NO_OPERATION),
    ("other-method", INFERRED, "PATCH", "/2015-03-31/functions/echo", NO_OPERATION),
    ("no-invocations", INFERRED, "POST", "/2015-03-31/functions/echo", NO_OPERATION),
    ("two-trailing-slashes", INFERRED, "POST", ECHO + "//", NO_OPERATION),
    ("plain-slash-in-name", INFERRED, "POST", "/2015-03-31/functions/a/b/invocations", NO_OPERATION),
    ("upper-case", INFERRED, "POST", "/2015-03-31/Functions/echo/Invocations", NO_OPERATION),
    ("empty-query", INFERRED, "POST", ECHO + "?", ok("1")),
    ("get-of-invoke-async", INFERRED, "GET", "/2014-11-13/functions/echo/invoke-async/", NO_OPERATION),
    ("get-of-streaming", INFERRED, "GET", "/2021-11-15/functions/echo/response-streaming-invocations", NO_OPERATION),
]

CHUNKED = (("Transfer-Encoding", "chunked"),)
EXPECT = (("Expect", "100-continue"),)


def chunks(*pieces, last=b"0\r\n\r\n"):
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + last


def refused_here(why):
    """403 of the server itself, in front of every operation."""
    return Expected("HTTP/1.1 403 Forbidden", base_headers(**{"Content-Type": "application/json", "Content-Length": None}),
                    ('{"error":%s}' % json_text(why)).encode())


HEAD_TOO_LARGE = Expected("HTTP/1.1 431 Request Header Fields Too Large",
                          {"Date": DATE, "Connection": "close", "Content-Length": None}, re.compile(rb"<html>.*"), is_closed=True)


def announced(size, headers=()):
    """The head of a request whose body is never sent."""
    return invoke("echo", headers=(("Content-Length", str(size)), *headers))


CASES = [
    *[Case(f"requests.{name}", fact, invoke("echo", b"1", headers=headers), expected)
      for name, fact, headers, expected in HEADERS],
    Case("requests.context.good", RECORDED, invoke("context", b"{}", headers=[(CONTEXT, encoded(GOOD_CONTEXT))]),
         ok(seen_context(GOOD_CONTEXT))),
    Case("requests.context.3580-long", MODELLED, invoke("context", b"{}", headers=[(CONTEXT, encoded(LONG_CONTEXT))]),
         ok(seen_context(LONG_CONTEXT))),
    Case("requests.context.empty-object", MODELLED, invoke("context", b"{}", headers=[(CONTEXT, encoded({}))]),
         ok(seen_context({}))),
    Case("requests.context.none", MODELLED, invoke("context", b"{}"), ok("null")),

    *[Case(f"requests.size.{name}", fact, request("echo", text_of(size)), expected)
      for name, fact, request, size, expected in SIZES],
    Case("requests.size.before-json", INFERRED, invoke("echo", b"{" * (SYNC_MAX + 1)), TOO_LARGE),
    Case("requests.size.event-before-json", INFERRED, event("echo", b"{" * (EVENT_MAX + 1)),
         too_large_event(EVENT_MAX + 1, EVENT_MAX)),
    Case("requests.size.before-name", INFERRED, invoke("*", text_of(SYNC_MAX + 1)), TOO_LARGE),
    Case("requests.size.chunked-limit", INFERRED, invoke("echo", chunks(text_of(SYNC_MAX)), headers=CHUNKED), ok(text_of(SYNC_MAX)).closing()),
    Case("requests.size.chunked-over", INFERRED, invoke("echo", chunks(text_of(SYNC_MAX + 1)), headers=CHUNKED), TOO_LARGE.closing()),
    Case("requests.size.announced-too-much", OWN, announced(10**15), TOO_LARGE.closing()),

    *[Case(f"requests.route.{name}", fact, http(method, target, b"1"), expected)
      for name, fact, method, target, expected in ROUTES],
    Case("requests.route.head", INFERRED, http("HEAD", ECHO), dataclasses.replace(NO_OPERATION, body=b""), wants_head_only=True),
    Case("requests.route.options", INFERRED, http("OPTIONS", ECHO), NO_OPERATION),
    *[Case(f"requests.operation.{operation}", OWN, http(method, target, b"{}"), not_implemented(operation))
      for operation, method, target in (
          ("ListCapacityProviders", "GET", "/2025-11-30/capacity-providers?MaxItems=5"),
          ("GetDurableExecution", "GET", "/2025-12-01/durable-executions/any"),
          ("ListDurableExecutionsByFunction", "GET", "/2025-12-01/functions/nothing/durable-executions"),
          ("SendDurableExecutionCallbackFailure", "POST", "/2025-12-01/durable-execution-callbacks/any/fail"))],

    Case("requests.invoke-async", MODELLED, invoke_async("echo", b"{}"), accepted()),
    Case("requests.invoke-async.slash", DOCUMENTED, invoke_async("echo", b"{}", "/"), accepted()),
    Case("requests.invoke-async.unknown-function", INFERRED, invoke_async("nothing", b"{}"), no_function("nothing:$LATEST")),
    Case("requests.invoke-async.qualified", INFERRED, invoke_async("echo:1", b"{}"), accepted()),
    Case("requests.invoke-async.type-means-nothing", INFERRED, invoke_async("echo", b"{}", headers=[(TYPE, "DryRun")]), accepted()),
    Case("requests.event.unknown-function", INFERRED, event("nothing", b"{}"), no_function("nothing:$LATEST")),
    Case("requests.event.no-body", RECORDED, event("echo"), accepted()),

    Case("requests.http.expect", INFERRED, invoke("echo", b"1", headers=EXPECT),
         ok("1").after("HTTP/1.1 100 Continue")),
    Case("requests.http.expect-too-large", INFERRED, announced(SYNC_MAX + 1, EXPECT), TOO_LARGE.closing()),
    Case("requests.http.1.0", INFERRED, invoke("echo", b"1", version="1.0"), ok("1").closing()),
    Case("requests.http.1.0-keep-alive", INFERRED, invoke("echo", b"1", headers=[("Connection", "keep-alive")], version="1.0"), ok("1")),
    Case("requests.http.1.0-no-host", INFERRED, invoke("echo", b"1", version="1.0", host=None), ok("1").closing()),
    Case("requests.http.close", INFERRED, invoke("echo", b"1", headers=[("Connection", "close")]), ok("1").closing()),
    Case("requests.http.close-of-a-refusal", INFERRED, invoke("nothing", b"1", headers=[("connection", "Close")]),
         no_function("nothing:$LATEST").closing()),
    Case("requests.http.chunked", INFERRED, invoke("echo", chunks(b'{"a', b'":', b"1}"), headers=CHUNKED), ok('{"a":1}').closing()),
    Case("requests.http.chunked-empty", INFERRED, invoke("echo", chunks(), headers=CHUNKED), ok("{}").closing()),
    Case("requests.http.chunked-with-extension", INFERRED,
         invoke("echo", b"1;a=b\r\n7\r\n0\r\nX-Trailer: 1\r\n\r\n", headers=CHUNKED), ok("7").closing()),
    Case("requests.http.pipelined", INFERRED,
         invoke("echo", b"1") + invoke("nothing", b"2") + http("GET", ECHO) + dry_run("echo", b"3") + invoke("echo", b"4"),
         [ok("1"), no_function("nothing:$LATEST"), NO_OPERATION, may_run(), ok("4")]),
    Case("requests.http.pipelined-to-the-end", INFERRED,
         invoke("echo", b"1") + invoke("echo", b"2", headers=[("Connection", "close")]), [ok("1"), ok("2").closing()]),
    Case("requests.http.empty-line-before", INFERRED, b"\r\n" + invoke("echo", b"1"), ok("1")),
    Case("requests.own.host", OWN, invoke("echo", b"1", host="evil.example"), refused_here(
        "Host evil.example is not this server; use an IP address or localhost, or start it with --host evil.example")),
    Case("requests.own.host-with-port", OWN, invoke("echo", b"1", host="evil.example:3001"), refused_here(
        "Host evil.example:3001 is not this server; use an IP address or localhost, or start it with "
        "--host evil.example")),
    Case("requests.own.origin", OWN, invoke("echo", b"1", headers=[("Origin", "http://evil.example")]), refused_here(
        "pages from http://evil.example may not use this server; list it in Local.AllowedOrigins to allow it")),
    Case("requests.own.head-too-large", OWN, invoke("echo", b"1", headers=[("X-Long", "a" * 70_000)]), HEAD_TOO_LARGE),
    Case("requests.own.localhost", OWN, invoke("echo", b"1", host="localhost:1"), ok("1")),
]


class Expecting(WireTest):
    """A client that waits for 100 Continue before it sends the body."""

    table = globals()

    def test_the_body_is_asked_for(self):
        head = invoke("echo", headers=(("Content-Length", "2"), *EXPECT))
        with self.server.connect() as connection:
            connection.sendall(head)
            reader = Reader(connection)
            self.assertEqual(reader.head(), ("HTTP/1.1 100 Continue", []))
            connection.sendall(b"17")
            self.assertEqual(differences(reader.answer(), ok("17")), [])


main(globals())
