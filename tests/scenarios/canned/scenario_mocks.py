"""Canned responses: what they give, which of them fits, and functions with code that are mocked for a while."""

import json
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from invoked import SLOWNESS, Server, command, python  # noqa: E402

OTHER_ACCOUNT = {"Authorization": "AWS4-HMAC-SHA256 Credential=111111111111/20260101/us-east-1/lambda/aws4_request"}


def mock(*answers, **settings):
    return {"Local": {"Mock": list(answers)}, **settings}


class Mocks(unittest.TestCase):
    maxDiff = None

    def put(self, server, name, answers, headers=None, what="mock"):
        answer = server.request("PUT", f"/_invoked/functions/{name}/{what}", json.dumps(answers), headers)
        self.assertEqual((answer.status, answer.body), (200, b"{}"), answer)

    def drop(self, server, name, headers=None):
        answer = server.request("DELETE", f"/_invoked/functions/{name}/mock", headers=headers)
        self.assertEqual((answer.status, answer.body), (200, b"{}"), answer)

    def test_each_way_an_answer_may_end(self):
        rows = [
            ({"Payload": {"status": "paid", "rate": 1.5}}, 200, None, b'{"status":"paid","rate":1.5}'),
            ({}, 200, None, b"null"),
            ({"Payload": None}, 200, None, b"null"),
            ({"Payload": "text"}, 200, None, b'"text"'),
            ({"FunctionError": "Unhandled", "Payload": {"errorType": "Bad", "errorMessage": "no"}}, 200, "Unhandled",
             b'{"errorType":"Bad","errorMessage":"no"}'),
            ({"FunctionError": "Handled", "Payload": 1}, 200, "Handled", b"1"),
            ({"Timeout": False, "Payload": 2}, 200, None, b"2"),
            ({"Error": "ResourceNotReadyException", "Message": "warming up"}, 502, None,
             b'{"Type":"Service","message":"warming up"}'),
        ]
        with Server({f"f{i}": mock(row[0]) for i, row in enumerate(rows)}) as server:
            for i, (answer, status, function_error, body) in enumerate(rows):
                with self.subTest(answer=answer):
                    got = server.invoke(f"f{i}", {"any": "thing"})
                    self.assertEqual((got.status, got.function_error, got.body), (status, function_error, body), got)
            self.assertEqual(got.headers["x-amzn-errortype"], "ResourceNotReadyException")
            self.assertEqual(server.children(), {})

    def test_a_time_out_is_at_once_and_an_exit_is_the_platform_s_error(self):
        functions = {"slow": mock({"Timeout": True}, Timeout=900), "dead": mock({"Exit": 3}), "left": mock({"Exit": 0})}
        with Server(functions) as server:
            began = time.monotonic()
            answer = server.invoke("slow", tail=True)
            self.assertLess(time.monotonic() - began, 5 * SLOWNESS)
            self.assertEqual(answer.json, {
                "errorType": "Sandbox.Timedout",
                "errorMessage": f"RequestId: {answer.request_id} Error: Task timed out after 900.00 seconds"})
            self.assertRegex(answer.log, r"(?s)START .* Task timed out after 900.00 seconds\n\nEND .*Status: timeout\n$")
            answer = server.invoke("dead", tail=True)
            self.assertEqual(answer.json, {
                "errorType": "Runtime.ExitError",
                "errorMessage": f"RequestId: {answer.request_id} Error: Runtime exited with error: exit status 3"})
            self.assertIn("Runtime.ExitError\nEND ", answer.log)
            self.assertIn("Error: Runtime exited without providing a reason", server.invoke("left").json["errorMessage"])

    def test_a_delay_is_real_time_and_ends_with_the_function_s_time_out(self):
        functions = {"late": mock({"Payload": 1, "DelayMs": 300}), "too-late": mock({"Payload": 1, "DelayMs": 60000}, Timeout=1)}
        with Server(functions, arguments=["--clock", "manual"]) as server:
            began = time.monotonic()
            self.assertEqual(server.invoke("late").body, b"1")
            self.assertGreaterEqual(time.monotonic() - began, 0.299)
            began = time.monotonic()
            answer = server.invoke("too-late")
            self.assertGreaterEqual(time.monotonic() - began, 0.98)
            self.assertEqual(answer.json["errorType"], "Sandbox.Timedout")

    def test_the_log_is_that_of_every_function(self):
        with Server({"f": mock({"Payload": 1})}) as server:
            answer = server.invoke("f", tail=True)
            id = answer.request_id
            self.assertRegex(answer.log, rf"^START RequestId: {id} Version: \$LATEST\nEND RequestId: {id}\n"
                                         rf"REPORT RequestId: {id}\tDuration: [0-9.]+ ms\tBilled Duration: \d+ ms\t"
                                         r"Memory Size: 128 MB\tMax Memory Used: 0 MB\t\n$")

    def test_an_event_that_fits_nothing_is_told_what_came_nearest(self):
        answers = [{"When": {"amount": 0}, "Payload": 1}, {"When": {"amount": 1, "card": {"kind": "gold"}}, "Payload": 2}]
        with Server({"payments": mock(*answers)}) as server:
            answer = server.invoke("payments", {"amount": 1, "card": {"kind": "tin"}}, tail=True)
            self.assertEqual((answer.status, answer.function_error), (200, "Unhandled"))
            self.assertEqual(answer.json, {
                "errorType": "Mock.NoAnswerFits",
                "errorMessage": 'no canned response of payments matches the event {"amount": 1, "card": {"kind": "tin"}}; nearest'
                                ' is Mock[1], which differs at $.card.kind: expected "gold", the event has "tin"'})
            self.assertIn("which differs at $.card.kind", answer.log)
            self.assertIn("{}", server.invoke("payments", body=b"").json["errorMessage"])

    def test_times_are_used_up_in_order_and_counted_for_each_account(self):
        answers = [{"Times": 1, "Error": "TooManyRequestsException"}, {"Times": 1, "Payload": "second"}, {"Payload": "rest"}]
        with Server({"f": mock(*answers)}) as server:
            self.assertEqual(server.invoke("f").status, 429)
            self.assertEqual([server.invoke("f").json for _ in range(3)], ["second", "rest", "rest"])
            self.assertEqual(server.invoke("f", headers=OTHER_ACCOUNT).status, 429)

    def test_an_exception_of_the_api_runs_nothing_and_logs_nothing(self):
        with Server({"f": mock({"Error": "KMSDisabledException"}), "g": mock({"Payload": 1})}) as server:
            answer = server.invoke("f", headers={"X-Amz-Log-Type": "Tail"})
            self.assertEqual(answer.status, 502)
            self.assertNotIn("x-amz-log-result", answer.headers)
            (row,) = server.request("GET", "/_invoked/invocations").json
            self.assertEqual([row[name] for name in ("Status", "Log", "DurationMs", "ColdStart")],
                             ["rejected", None, None, None])
            server.invoke("g")
            server.wait_for_log("REPORT RequestId")
            self.assertNotIn(answer.request_id, server.log())

    def test_an_asynchronous_event_has_an_answer_for_each_attempt(self):
        answers = [{"Attempt": 1, "FunctionError": "Unhandled", "Payload": {"errorMessage": "first"}},
                   {"Attempt": 2, "Times": 1, "Error": "ServiceException"},  # no retry is used up by it
                   {"Attempt": 2, "Payload": "done"}]
        with Server({"f": mock(*answers)}, arguments=["--clock", "manual"]) as server:
            self.assertEqual(server.invoke("f", {"a": 1}, headers={"X-Amz-Invocation-Type": "Event"}).status, 202)
            self.assertEqual(server.request("POST", "/_invoked/drain?TimeoutSeconds=20").status, 200)
            rows = server.request("GET", "/_invoked/invocations?FunctionName=f").json
            self.assertEqual([(row["Attempt"], row["Status"], row["ResponsePayload"]) for row in rows], [
                (2, "succeeded", "done"), (2, "rejected", None), (1, "failed", {"errorMessage": "first"})])

    def test_a_handled_error_of_an_event_is_told_as_such(self):
        to = {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:123456789012:failed"}}
        settings = {"EventInvokeConfig": {"MaximumRetryAttempts": 0, "DestinationConfig": to}}
        with Server({"f": mock({"FunctionError": "Handled", "Payload": {"errorMessage": "no"}}, **settings)},
                    arguments=["--explain"]) as server:
            self.assertEqual(server.invoke("f", headers={"X-Amz-Invocation-Type": "Event"}).status, 202)
            self.assertEqual(server.request("POST", "/_invoked/drain").status, 200)
            (record,) = server.request("GET", "/_invoked/destinations?Name=failed").json
            self.assertEqual(record["responseContext"]["functionError"], "Handled")
            server.wait_for_log(r"attempt 1 of 1 failed \(Handled: no\); given up")

    def test_concurrency_holds_for_mocks_too(self):
        with Server({"f": mock({"Payload": 1}, ReservedConcurrentExecutions=0)}) as server:
            self.assertEqual(server.invoke("f").headers["x-amzn-errortype"], "TooManyRequestsException")

    def test_a_function_with_code_is_mocked_for_a_while_and_is_itself_again(self):
        source = "count = 0\ndef handler(event, context):\n    global count\n    count += 1\n    return count\n"
        with Server({"f": python(source), "c": command("cat")}) as server:
            self.assertEqual(server.invoke("f").json, 1)
            for name in ("f", "c"):
                self.put(server, name, [{"When": {"a": 1}, "Payload": "canned"}])
                self.assertEqual(server.invoke(name, {"a": 1, "b": 2}).json, "canned")
                self.assertEqual(server.invoke(name, {"a": 2}).json["errorType"], "Mock.NoAnswerFits")
                self.put(server, name, [{"Payload": "other"}])
                self.assertEqual(server.invoke(name, {"a": 1}).json, "other")
            self.assertEqual(server.invoke("f", headers=OTHER_ACCOUNT).json, 1)
            self.drop(server, "c")
            self.drop(server, "c")
            self.assertEqual(server.invoke("c", body=b"5").json, 5)
            self.drop(server, "f")
            self.assertEqual(server.invoke("f").json, 2)

    def test_code_beside_local_mock_is_left_alone_until_the_mock_is_gone(self):
        with Server({"f": command("cat", Local={"Mock": [{"Payload": "configured"}]})}) as server:
            self.assertEqual(server.invoke("f").json, "configured")
            self.put(server, "f", [{"Payload": "set"}])
            self.assertEqual(server.invoke("f").json, "set")
            self.drop(server, "f")
            self.assertEqual(server.invoke("f").json, "configured")

    def test_reset_drops_what_was_set_and_counts_anew(self):
        with Server({"f": mock({"Times": 1, "Payload": "once"}, {"Payload": "rest"}), "c": command("cat")}) as server:
            self.put(server, "c", [{"Payload": "canned"}])
            self.assertEqual([server.invoke("f").json, server.invoke("f").json], ["once", "rest"])
            self.assertEqual(server.request("POST", "/_invoked/reset").status, 200)
            self.assertEqual(server.invoke("f").json, "once")
            self.assertEqual(server.invoke("c", body=b"1").json, 1)

    def test_what_is_wrong_with_answers_is_told_with_its_place(self):
        rows = [
            (b'[{"Payload":1,"Tims":2}]', "Mock[0].Tims: unknown key; did you mean Times?"),
            (b'[{"Error":"Drop"}]', "Mock[0].Error: unknown exception"),
            (b'{"Payload":1}', "Mock: must be a list of objects"),
            (b'[{"Payload":1}', "the body is not JSON: line 1, column "),
            (b"[{}] // comment", "the body is not JSON: line 1, column "),
            (b'[{"Times":1,"Times":2}]', "Mock[0].Times: duplicate key"),
            (b"", "the body is empty: send JSON such as ["),
            (b"[" * 200 + b"]" * 200, "nested"),
        ]
        with Server({"f": mock({"Payload": "kept"})}) as server:
            for body, why in rows:
                with self.subTest(body=body):
                    answer = server.request("PUT", "/_invoked/functions/f/mock", body)
                    self.assertEqual(answer.status, 400, answer)
                    self.assertIn(why, answer.json["error"])
            self.assertEqual(server.invoke("f").json, "kept")
            answer = server.request("PUT", "/_invoked/functions/f/mock", b'[{"Payload":"' + b"x" * (7 << 20) + b'"}]')
            self.assertEqual(answer.status, 413)
            for method in ("PUT", "DELETE"):
                answer = server.request(method, "/_invoked/functions/ff/mock", b"[{}]")
                self.assertEqual(answer.status, 404)
                self.assertRegex(answer.json["error"], r"^unknown function 'ff'.*\bf$")

    def test_a_version_has_answers_of_its_own(self):
        versions = {"Versions": {"1": {"Local": {"Mock": [{"Payload": "one"}]}}, "2": {}}}
        with Server({"f": mock({"Payload": "latest"}, **versions)}) as server:
            self.assertEqual([server.invoke("f", qualifier=q).json for q in (None, "1", "2")], ["latest", "one", "latest"])
            self.put(server, "f", [{"Payload": "set"}])
            self.assertEqual([server.invoke("f", qualifier=q).json for q in (None, "1", "2")], ["set"] * 3)

    def test_a_stop_ends_what_waits(self):
        with Server({"f": mock({"DelayMs": 60000}, Timeout=900)}) as server:
            with server.connect() as connection:
                connection.sendall(b"POST /2015-03-31/functions/f/invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
                server.wait_for_log("START RequestId")
                server.signal()
                server.wait_for_log("stopping")
                server.signal()
                self.assertIn(b"ServiceException", invoked.read_all(connection))
            server.ended()


if __name__ == "__main__":
    invoked.run_tests()
