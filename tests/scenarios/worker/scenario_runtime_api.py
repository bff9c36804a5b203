"""The Runtime API as a runtime sees it: the test speaks it in place of a runtime, byte by byte where that matters."""

import base64
import json
import os
import re
import socket
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from invoked import ATTENTIVE, UUID, RuntimeApi, Server, provided, read_all, wait_for  # noqa: E402

OK = b'{"status":"OK"}\n'
NOT_ALLOWED = "State transition from %s to %s failed for runtime. Error: State transition is not allowed"


class Invocation:
    """A synchronous invocation that waits in a thread for its answer."""

    def __init__(self, server, event=None, **options):
        self.answer = None
        self.thread = threading.Thread(target=self.run, args=(server, event), kwargs=options, daemon=True)
        self.thread.start()

    def run(self, server, event, **options):
        self.answer = server.invoke(options.pop("name", "f"), event, **options)

    def end(self):
        self.thread.join(invoked.WAIT_S)
        assert self.answer is not None, "the invocation has no answer"
        return self.answer


class WithRuntime(unittest.TestCase):
    """A server with the function f, whose runtime is the test."""

    maxDiff = None
    settings = {}

    def setUp(self):
        self.server = Server({"f": provided(ATTENTIVE, **self.settings)})
        self.addCleanup(self.server.__exit__, None, None, None)

    def begin(self, event=None, **options):
        """Invokes, and connects to the Runtime API of the environment that is started for it."""
        invocation = Invocation(self.server, event, **options)
        return invocation, self.connect()

    def connect(self):
        path = os.path.join(self.server.code_folder("f"), "api")
        wait_for(lambda: os.path.exists(path), "the bootstrap")
        with open(path) as file:
            api = RuntimeApi(file.read())
        os.remove(path)
        self.addCleanup(api.close)
        return api

    def end_runtime(self, status=1):
        with open(os.path.join(self.server.code_folder("f"), "end"), "w") as file:
            file.write(f"{status}\n")

    def assert_misuse(self, answer, status, error_type, message):
        self.assertEqual((answer.status, answer.body.decode()),
                         (status, '{"errorMessage":"%s","errorType":"%s"}\n' % (message, error_type)))
        self.assertEqual(answer.headers["content-type"], "application/json")

    def assert_done(self, answer):
        self.assertEqual((answer.status, answer.body, answer.headers["content-type"]), (202, OK, "application/json"))


class Course(WithRuntime):
    def test_next_response_next(self):
        invocation, api = self.begin({"a": [1, 2]})
        event = api.next()
        self.assertEqual((event.status, event.body), (200, b'{"a": [1, 2]}'))
        self.assert_done(api.respond(event.headers["lambda-runtime-aws-request-id"], b"[1]"))
        answer = invocation.end()
        self.assertEqual((answer.status, answer.function_error, answer.body), (200, None, b"[1]"))
        self.assertEqual(answer.request_id, event.headers["lambda-runtime-aws-request-id"])
        api.send_next()
        second = Invocation(self.server, "again")
        event = api.read()
        self.assertEqual(event.body, b'"again"')
        self.assert_done(api.respond(event.headers["lambda-runtime-aws-request-id"], b""))
        self.assertEqual((second.end().status, second.answer.body), (200, b""))

    def test_next_waits_without_limit(self):
        invocation, api = self.begin(1)
        api.respond(api.next().headers["lambda-runtime-aws-request-id"], b"1")
        invocation.end()
        api.send_next()
        api.connection.sock.settimeout(2)
        with self.assertRaises(TimeoutError):
            api.connection.sock.recv(1, socket.MSG_PEEK)
        api.connection.sock.settimeout(invoked.WAIT_S)
        second = Invocation(self.server, 2)
        event = api.read()
        api.respond(event.headers["lambda-runtime-aws-request-id"], b"2")
        self.assertEqual(second.end().body, b"2")

    def test_all_headers_of_next(self):
        trace = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1"
        context = {"custom": {"foo": "bar", "text": "ä✓"}, "client": {"installation_id": "i"}, "env": {"fizz": "buzz"}}
        text = json.dumps(context, ensure_ascii=False)
        headers = {"X-Amz-Client-Context": base64.b64encode(text.encode()).decode(), "X-Amzn-Trace-Id": trace,
                   "Content-Type": "application/x-www-form-urlencoded"}
        before = time.time() * 1000
        invocation, api = self.begin({}, headers=headers)
        event = api.next()
        after = time.time() * 1000
        self.assertRegex(event.headers["lambda-runtime-aws-request-id"], f"^{UUID}$")
        self.assertEqual(event.headers["content-type"], "application/json")
        self.assertRegex(event.headers["lambda-runtime-trace-id"], "^" + re.escape(trace) + ";Lineage=1:[0-9a-f]{8}:0$")
        self.assertEqual(event.headers["lambda-runtime-client-context"].encode("latin-1").decode(), text)
        self.assertEqual(event.headers["lambda-runtime-invoked-function-arn"],
                         "arn:aws:lambda:us-east-1:123456789012:function:f")
        deadline = int(event.headers["lambda-runtime-deadline-ms"])
        self.assertTrue(before + 20000 - 50 <= deadline <= after + 20000 + 50, (before, deadline, after))
        self.assertEqual(event.headers["content-length"], "2")
        self.assertNotIn("lambda-runtime-cognito-identity", event.headers)
        api.respond(event.headers["lambda-runtime-aws-request-id"], b"1")
        invocation.end()

    def test_what_is_not_given_has_no_header(self):
        invocation, api = self.begin(None, qualifier="$LATEST")
        event = api.next()
        self.assertEqual(event.body, b"{}")
        self.assertNotIn("lambda-runtime-client-context", event.headers)
        self.assertNotIn("lambda-runtime-aws-tenant-id", event.headers)
        self.assertRegex(event.headers["lambda-runtime-trace-id"],
                         r"^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0(;Lineage=\S+)?$")
        self.assertEqual(event.headers["lambda-runtime-invoked-function-arn"],
                         "arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST")
        api.respond(event.headers["lambda-runtime-aws-request-id"], b"1")
        invocation.end()

    def test_line_ends_in_the_client_context_end_no_header(self):
        text = '{"custom":\r\n{"a":\n"b"}}'
        headers = {"X-Amz-Client-Context": base64.b64encode(text.encode()).decode()}
        invocation, api = self.begin({}, headers=headers)
        event = api.next()
        self.assertEqual(json.loads(event.headers["lambda-runtime-client-context"]), {"custom": {"a": "b"}})
        self.assertNotIn('"b"}}', [name for name, _ in event.header_list])
        api.respond(event.headers["lambda-runtime-aws-request-id"], b"1")
        invocation.end()

    def test_an_error_is_passed_on_byte_for_byte(self):
        invocation, api = self.begin({})
        body = b'{ "errorType" : "Mine",\n "errorMessage": "x" }'
        event = api.next()
        self.assert_done(api.fail(event.headers["lambda-runtime-aws-request-id"], body,
                                  {"Lambda-Runtime-Function-Error-Type": "Unhandled"}))
        answer = invocation.end()
        self.assertEqual((answer.status, answer.function_error, answer.body), (200, "Unhandled", body))

    def test_an_error_with_its_cause_loses_the_cause(self):
        kind = {"Content-Type": "application/vnd.aws.lambda.error.cause+json"}
        invocation, api = self.begin({})
        for sent, expected in (
                (b'{"errorMessage":"no","errorType":"E","stackTrace":["a"],"errorCause":{"x":1}}',
                 b'{"errorMessage":"no","errorType":"E","stackTrace":["a"]}'), (b"oops", b'"Invalid error body"')):
            event = api.next()
            self.assert_done(api.fail(event.headers["lambda-runtime-aws-request-id"], sent, kind))
            answer = invocation.end()
            self.assertEqual((answer.status, answer.function_error, answer.body), (200, "Unhandled", expected))
            invocation = Invocation(self.server, {})
        event = api.next()
        self.assert_done(api.respond(event.headers["lambda-runtime-aws-request-id"], b"1"))
        invocation.end()

    def test_the_platforms_error_types_show_in_the_report(self):
        cases = {"Runtime.MyReason": "Status: error\tError Type: Runtime.MyReason", "Unhandled": "", "x": "", "Function.": ""}
        api = None
        for error_type, expected in cases.items():
            if api is None:
                invocation, api = self.begin({}, tail=True)
            else:
                invocation = Invocation(self.server, {}, tail=True)
            event = api.next()
            api.fail(event.headers["lambda-runtime-aws-request-id"], b"{}",
                     {"Lambda-Runtime-Function-Error-Type": error_type})
            answer = invocation.end()
            self.assertRegex(answer.log, rf"(Max Memory Used: \d+ MB|ms)\t{expected}\n\Z")

    def test_init_error(self):
        invocation, api = self.begin({}, tail=True)
        body = b'{"errorMessage":"no","errorType":"Runtime.NoStart"}'
        self.assert_done(api.fail_init(body, {"Lambda-Runtime-Function-Error-Type": "Runtime.NoStart"}))
        answer = invocation.end()
        self.assertEqual((answer.status, answer.function_error, answer.body), (200, "Unhandled", body))
        self.assertIn("\tStatus: error\tError Type: Runtime.NoStart\n", answer.log)

    def test_a_large_init_error_is_refused(self):
        invocation, api = self.begin({})
        self.assert_misuse(api.fail_init(b"x" * 6_291_557), 413, "RequestEntityTooLarge",
                           "Exceeded maximum allowed payload size (6291556 bytes).")
        answer = invocation.end()
        self.assertEqual((answer.function_error, answer.json["errorType"]), ("Unhandled", "Function.ResponseSizeTooLarge"))

    def test_a_broken_connection_gets_the_event_again(self):
        invocation, api = self.begin({"n": 1})
        api.send_next()
        event = api.read()
        api.close()
        with api.another() as second:
            again = second.next()
            self.assertEqual(again.body, event.body)
            second.respond(again.headers["lambda-runtime-aws-request-id"], b"1")
            invocation.end()
            second.send_next()
            second.close()  # while it waits
        third = Invocation(self.server, {"n": 2})
        with api.another() as fourth:
            event = fourth.next()
            self.assertEqual(event.json, {"n": 2})
            fourth.respond(event.headers["lambda-runtime-aws-request-id"], b"2")
        self.assertEqual(third.end().body, b"2")

    def test_a_second_connection_may_answer(self):
        invocation, api = self.begin({})
        event = api.next()
        with api.another() as other:
            self.assertEqual(other.respond("x", b"1").status, 400)
            self.assert_done(other.respond(event.headers["lambda-runtime-aws-request-id"], b"7"))
        self.assertEqual(invocation.end().body, b"7")

    def test_two_invocations_are_never_mixed(self):
        self.server.configure({name: provided(ATTENTIVE) for name in "fg"})
        self.server.signal(1)
        self.server.wait_for_log("again")
        invocations, apis = {}, {}
        for name in "fg":
            invocations[name] = Invocation(self.server, name, name=name)
            path = os.path.join(self.server.code_folder(name), "api")
            wait_for(lambda: os.path.exists(path), "the bootstrap")
            with open(path) as file:
                apis[name] = RuntimeApi(file.read())
        self.assertNotEqual(apis["f"].address, apis["g"].address)
        events = {name: api.next() for name, api in apis.items()}
        ids = {name: event.headers["lambda-runtime-aws-request-id"] for name, event in events.items()}
        self.assertEqual({name: event.json for name, event in events.items()}, {"f": "f", "g": "g"})
        self.assert_misuse(apis["f"].respond(ids["g"], b"stolen"), 400, "InvalidRequestID", "Invalid request ID")
        self.assert_misuse(apis["g"].fail(ids["f"], b"stolen"), 400, "InvalidRequestID", "Invalid request ID")
        for name, api in apis.items():
            self.assert_done(api.respond(ids[name], name.encode()))
            api.close()
        for name, invocation in invocations.items():
            self.assertEqual(invocation.end().body, name.encode())


class Misuse(WithRuntime):
    def test_answers_without_an_invocation(self):
        invocation, api = self.begin({})
        for call in (api.respond, api.fail):
            for id in ("x", "00000000-0000-0000-0000-000000000000", "a" * 5000, "%00", "%zz", "a%2Fb"):
                self.assert_misuse(call(id, b"1"), 400, "InvalidRequestID", "Invalid request ID")
        event = api.next()
        api.respond(event.headers["lambda-runtime-aws-request-id"], b"1")
        invocation.end()

    def test_a_wrong_id_while_running(self):
        invocation, api = self.begin({})
        id = api.next().headers["lambda-runtime-aws-request-id"]
        for wrong in (id[:-1], id + "0", id.upper() if id.upper() != id else "x", "", "latest"):
            if wrong != "":
                self.assert_misuse(api.respond(wrong, b"1"), 400, "InvalidRequestID", "Invalid request ID")
                self.assert_misuse(api.fail(wrong, b"1"), 400, "InvalidRequestID", "Invalid request ID")
        self.assertEqual(api.respond("", b"1").status // 100, 4)
        self.assert_done(api.respond(id, b"1"))
        self.assertEqual(invocation.end().body, b"1")

    def test_answered_twice(self):
        invocation, api = self.begin({})
        id = api.next().headers["lambda-runtime-aws-request-id"]
        self.assert_done(api.respond(id, b"1"))
        self.assert_misuse(api.respond(id, b"2"), 403, "InvalidStateTransition",
                           NOT_ALLOWED % ("RuntimeResponseSentState", "InvocationResponse"))
        self.assert_misuse(api.fail(id, b"{}"), 403, "InvalidStateTransition",
                           NOT_ALLOWED % ("RuntimeResponseSentState", "InvocationErrorResponse"))
        self.assertEqual(invocation.end().body, b"1")
        second = Invocation(self.server, {})
        new_id = api.next().headers["lambda-runtime-aws-request-id"]
        self.assert_misuse(api.respond(id, b"2"), 400, "InvalidRequestID", "Invalid request ID")
        self.assert_done(api.fail(new_id, b'{"errorMessage":"e"}'))
        self.assert_misuse(api.fail(new_id, b"{}"), 403, "InvalidStateTransition",
                           NOT_ALLOWED % ("RuntimeResponseSentState", "InvocationErrorResponse"))
        self.assertEqual(second.end().body, b'{"errorMessage":"e"}')

    def test_init_error_too_late(self):
        invocation, api = self.begin({})
        id = api.next().headers["lambda-runtime-aws-request-id"]
        for state in ("Running", "RuntimeResponseSentState"):
            self.assert_misuse(api.fail_init(b"{}"), 403, "InvalidStateTransition", NOT_ALLOWED % (state, "InitError"))
            api.respond(id, b"1")
        invocation.end()
        api.send_next()
        with api.another() as other:
            wait_for(lambda: "from Ready to" in (text := other.fail_init(b"{}").body.decode()) and text, "the state Ready")
            self.assert_misuse(other.fail_init(b"{}"), 403, "InvalidStateTransition", NOT_ALLOWED % ("Ready", "InitError"))

    def test_next_again_while_a_response_is_owed(self):
        invocation, api = self.begin({"n": 1})
        first, second = api.next(), api.next()
        with api.another() as other:
            third = other.next()
        self.assertEqual([event.body for event in (first, second, third)], [b'{"n": 1}'] * 3)
        ids = {event.headers["lambda-runtime-aws-request-id"] for event in (first, second, third)}
        deadlines = {event.headers["lambda-runtime-deadline-ms"] for event in (first, second, third)}
        self.assertEqual((len(ids), len(deadlines)), (1, 1))
        self.assert_done(api.respond(ids.pop(), b"1"))
        self.assertEqual(invocation.end().body, b"1")

    def test_too_large_a_response(self):
        invocation, api = self.begin({})
        id = api.next().headers["lambda-runtime-aws-request-id"]
        answer = api.respond(id, b"a" * 6291557)
        self.assert_misuse(answer, 413, "RequestEntityTooLarge", "Exceeded maximum allowed payload size (6291556 bytes).")
        self.assert_misuse(api.fail(id, b"{}"), 403, "InvalidStateTransition",
                           NOT_ALLOWED % ("RuntimeResponseSentState", "InvocationErrorResponse"))
        self.assertEqual(invocation.end().json, {
            "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
            "errorType": "Function.ResponseSizeTooLarge"})
        second = Invocation(self.server, {})
        id = api.next().headers["lambda-runtime-aws-request-id"]
        self.assert_done(api.respond(id, b"a" * 6291556))
        self.assertEqual(len(second.end().body), 6291556)

    def test_too_large_in_chunks(self):
        invocation, api = self.begin({})
        id = api.next().headers["lambda-runtime-aws-request-id"]
        answer = api.respond(id, (b"a" * 100_000 for _ in range(70)))
        self.assertEqual(answer.status, 413)
        self.assertEqual(invocation.end().json["errorType"], "Function.ResponseSizeTooLarge")

    def test_a_response_cut_short(self):
        invocation, api = self.begin({})
        id = api.next().headers["lambda-runtime-aws-request-id"]
        for head in (b"Content-Length: 100\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\n5\r\n{"):
            text = api.raw(b"POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\n%s" % (id.encode(), head))
            self.assertTrue(text.startswith(b"HTTP/1.1 400 "), text)
            self.assertTrue(text.endswith(b'{"errorMessage":"HTTP request detected as truncated",'
                                          b'"errorType":"TruncatedHTTPRequest"}\n'), text)
        self.assert_done(api.respond(id, b"1"))
        self.assertEqual(invocation.end().body, b"1")

    def test_a_bad_response_mode(self):
        for mode in ("Streaming", "buffered", "x"):
            invocation, api = self.begin({}) if mode == "Streaming" else (Invocation(self.server, {}), api)
            id = api.next().headers["lambda-runtime-aws-request-id"]
            answer = api.respond(id, b"1", {"Lambda-Runtime-Function-Response-Mode": mode})
            self.assert_misuse(answer, 400, "InvalidFunctionResponseMode", "Invalid function response mode")
            self.assertEqual((invocation.end().function_error, invocation.answer.body), ("Unhandled", b""))
        invocation = Invocation(self.server, {})
        id = api.next().headers["lambda-runtime-aws-request-id"]
        self.assert_done(api.respond(id, b"1", {"Lambda-Runtime-Function-Response-Mode": "streaming"}))
        self.assertEqual((invocation.end().function_error, invocation.answer.body), (None, b"1"))

    def test_unknown_paths_and_methods(self):
        invocation, api = self.begin({})
        for method, path in (("GET", ""), ("GET", "invocation"), ("GET", "nothing"), ("POST", "invocation/x"),
                             ("POST", "invocation/x/nothing"), ("GET", "init"), ("POST", "invocation/x/response/")):
            answer = api.request(method, path)
            self.assertEqual((answer.status, answer.body), (404, b"404 page not found\n"), (method, path))
            self.assertTrue(answer.headers["content-type"].startswith("text/plain"))
        for method, path in (("POST", "invocation/next"), ("GET", "invocation/x/response"), ("PUT", "invocation/x/error"),
                             ("GET", "init/error"), ("DELETE", "invocation/next")):
            answer = api.request(method, path)
            self.assertEqual((answer.status, answer.body), (405, b""), (method, path))
        api.connection.request("GET", "/2018-06-01/ping")
        self.assertEqual(api.read().body, b"pong")
        api.connection.request("GET", "/2015-03-31/functions/f/invocations")
        self.assertEqual(api.read().status, 404)
        api.respond(api.next().headers["lambda-runtime-aws-request-id"], b"1")
        invocation.end()

    def test_the_servers_own_port_has_no_runtime_api(self):
        for path in ("/2018-06-01/runtime/invocation/next", "/2018-06-01/runtime/init/error"):
            self.assertEqual(self.server.request("GET", path).status, 403)

    def test_a_late_answer_after_the_timeout(self):
        self.server.configure({"f": provided(ATTENTIVE, Timeout=1)})
        self.server.signal(1)
        self.server.wait_for_log("again")
        invocation, api = self.begin({})
        id = api.next().headers["lambda-runtime-aws-request-id"]
        self.assertEqual(invocation.end().json["errorType"], "Sandbox.Timedout")
        with self.assertRaises(OSError):
            wait_for(lambda: api.another().respond(id, b"1").status == 0, "the port's end")


class Http(WithRuntime):
    def test_a_head_of_one_mebibyte(self):
        invocation, api = self.begin({}, tail=True)
        id = api.next().headers["lambda-runtime-aws-request-id"]
        cause = json.dumps({"exceptions": ["x" * 1000] * 1040})
        self.assertGreater(len(cause), 1_040_000)
        self.assert_done(api.fail(id, b'{"errorMessage":"m"}', {"Lambda-Runtime-Function-XRay-Error-Cause": cause,
                                                                "Lambda-Runtime-Function-Error-Type": "Runtime.Big"}))
        self.assertEqual(invocation.end().body, b'{"errorMessage":"m"}')
        self.assertIn("Error Type: Runtime.Big", invocation.answer.log)

    def test_a_head_without_end_is_refused(self):
        invocation, api = self.begin({})
        text = api.raw(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nX: " + b"x" * 3_000_000)
        self.assertTrue(text == b"" or text.startswith(b"HTTP/1.1 431 "), text[:100])
        api.respond(api.next().headers["lambda-runtime-aws-request-id"], b"1")
        invocation.end()

    def test_chunks_and_trailers(self):
        invocation, api = self.begin({})
        id = api.next().headers["lambda-runtime-aws-request-id"]
        body = (b"1;name=value\r\n{\r\n5\r\n\"a\":1\r\nA\r\n" + b" " * 10 + b"\r\n01\r\n}\r\n0\r\n"
                b"Lambda-Runtime-Unknown: x\r\nAnother: y\r\n\r\n")
        request = (b"POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                   b"Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\r\n" % id.encode())
        host, port = api.address.split(":")
        with socket.create_connection((host, int(port)), timeout=invoked.WAIT_S) as connection:
            for byte in request + body:  # one at a time: no border may matter
                connection.sendall(bytes([byte]))
            text = connection.recv(1000)
        self.assertTrue(text.startswith(b"HTTP/1.1 202 ") and text.endswith(OK), text)
        self.assertEqual(invocation.end().body, b'{"a":1          }')

    def test_pipelining(self):
        invocation, api = self.begin(1)
        id = api.next().headers["lambda-runtime-aws-request-id"]
        host, port = api.address.split(":")
        post = b"POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\nContent-Length: 1\r\n\r\n1"
        get = b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n\r\n"
        with socket.create_connection((host, int(port)), timeout=invoked.WAIT_S) as connection:
            connection.sendall(post % b"x" + post % id.encode() + post % id.encode() + get)
            stream = connection.makefile("rb")
            statuses = [self.read_status(stream) for _ in range(3)]
            self.assertEqual(statuses, [400, 202, 403])
            self.assertEqual(invocation.end().body, b"1")
            second = Invocation(self.server, 2)
            status = self.read_status(stream, expected_body=b"2")
            self.assertEqual(status, 200)
            connection.sendall(post % self.last_id + b"GET /2018-06-01/ping HTTP/1.1\r\n\r\n")
            self.assertEqual(self.read_status(stream), 202)
            self.assertEqual(self.read_status(stream, b"pong"), 200)
        self.assertEqual(second.end().body, b"1")

    def read_status(self, stream, expected_body=None):
        status = int(stream.readline().split()[1])
        length = 0
        while (line := stream.readline().strip()):
            name, value = line.split(b":", 1)
            if name.lower() == b"content-length":
                length = int(value)
            if name.lower() == b"lambda-runtime-aws-request-id":
                self.last_id = value.strip()
        body = stream.read(length)
        if expected_body is not None:
            self.assertEqual(body, expected_body)
        return status

    def test_expect_continue(self):
        invocation, api = self.begin({})
        id = api.next().headers["lambda-runtime-aws-request-id"]
        host, port = api.address.split(":")
        with socket.create_connection((host, int(port)), timeout=invoked.WAIT_S) as connection:
            connection.sendall(b"POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\nExpect: 100-continue\r\n"
                               b"Content-Length: 3\r\n\r\n" % id.encode())
            self.assertEqual(connection.recv(1000), b"HTTP/1.1 100 Continue\r\n\r\n")
            connection.sendall(b"[1]")
            self.assertTrue(connection.recv(1000).startswith(b"HTTP/1.1 202 "))
        self.assertEqual(invocation.end().body, b"[1]")

    def test_connection_close_and_http_1_0(self):
        invocation, api = self.begin({})
        id = api.next().headers["lambda-runtime-aws-request-id"].encode()
        host, port = api.address.split(":")
        for version, header in ((b"1.1", b"Connection: close\r\n"), (b"1.0", b"")):
            with socket.create_connection((host, int(port)), timeout=invoked.WAIT_S) as connection:
                connection.sendall(b"POST /2018-06-01/runtime/invocation/x/response HTTP/%s\r\n%sContent-Length: 1\r\n\r\n1"
                                   % (version, header))
                text = read_all(connection)  # it ends
            self.assertTrue(text.startswith(b"HTTP/1.1 400 "), text)
        self.assert_done(api.respond(id.decode(), b"1"))
        invocation.end()

    def test_smuggling_is_refused(self):
        invocation, api = self.begin({})
        api.next()
        for head in (b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", b"Content-Length: 1\r\nContent-Length: 2\r\n",
                     b"Content-Length: -1\r\n", b"Content-Length: 1x\r\n", b"Transfer-Encoding: gzip\r\n",
                     b"Content-Length : 1\r\n", b" folded: x\r\n", b"X: a\0b\r\n"):
            text = api.raw(b"POST /2018-06-01/runtime/invocation/x/response HTTP/1.1\r\n" + head + b"\r\n1")
            self.assertTrue(text.startswith(b"HTTP/1.1 400 "), (head, text))
        self.end_runtime()
        self.assertEqual(invocation.end().json["errorType"], "Runtime.ExitError")

    def test_a_large_event_to_a_slow_reader(self):
        event = "e" * 6_000_000
        invocation, api = self.begin(event)
        host, port = api.address.split(":")
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(invoked.WAIT_S)
            connection.connect((host, int(port)))
            connection.sendall(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nConnection: close\r\n\r\n")
            time.sleep(0.2)
            text = read_all(connection)
        self.assertTrue(text.endswith(b'\r\n\r\n"' + event.encode() + b'"'))
        id = re.search(rb"(?i)request-id: (\S+)", text)[1].decode()
        api.respond(id, text[-6_000_002:])
        self.assertEqual(invocation.end().body, b'"' + event.encode() + b'"')

    def test_descriptors_are_given_back(self):
        invocation, api = self.begin({})
        api.next()
        before = self.server.descriptor_count()
        for _ in range(50):
            with api.another() as other:
                self.assertEqual(other.respond("x", b"").status, 400)
        wait_for(lambda: self.server.descriptor_count() <= before, "the descriptors' end")
        self.end_runtime()
        invocation.end()
        wait_for(lambda: self.server.descriptor_count() < before, "the port's end")


if __name__ == "__main__":
    invoked.run_tests()
