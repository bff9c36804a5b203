"""Faults that a test asks for: what strikes, when, how often, and what is left of the answer."""

import http.client
import json
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from invoked import Server, command, fixture, wait_for  # noqa: E402

INVOKE = "/2015-03-31/functions/{}/invocations"
ASYNC = "/2014-11-13/functions/{}/invoke-async/"
STREAM = "/2021-11-15/functions/{}/response-streaming-invocations"
OTHER_ACCOUNT = {"Authorization": "AWS4-HMAC-SHA256 Credential=111111111111/20260101/us-east-1/lambda/aws4_request"}
EVENT = {"X-Amz-Invocation-Type": "Event"}
DRY_RUN = {"X-Amz-Invocation-Type": "DryRun"}


class Faults(unittest.TestCase):
    maxDiff = None

    def put(self, server, faults, name="f", headers=None):
        answer = server.request("PUT", f"/_invoked/functions/{name}/faults", json.dumps(faults), headers)
        self.assertEqual((answer.status, answer.body), (200, b"{}"), answer)

    def runs(self, server, name="f"):
        """Finished runs of the function, once nothing runs any more."""
        self.assertEqual(server.request("POST", "/_invoked/drain?TimeoutSeconds=20").status, 200)
        rows = server.request("GET", f"/_invoked/invocations?FunctionName={name}").json
        return [row for row in rows if row["Status"] in ("succeeded", "failed")]

    def assert_exception(self, answer, status, name):
        self.assertEqual((answer.status, answer.headers.get("x-amzn-errortype")), (status, name), answer)

    def assert_no_answer(self, ask):
        with self.assertRaises((http.client.RemoteDisconnected, ConnectionResetError)):
            ask()

    def test_an_exception_strikes_as_often_as_it_says_with_its_message(self):
        with Server({"f": command("cat"), "g": command("cat")}) as server:
            self.put(server, {"Error": "KMSDisabledException", "Message": "the key is off", "Times": 2})
            for _ in range(2):
                answer = server.invoke("f", 1)
                self.assert_exception(answer, 502, "KMSDisabledException")
                self.assertEqual(answer.body, b'{"Message":"the key is off","Type":"Service"}')
            self.assertEqual(server.invoke("f", 1).body, b"1")
            self.assertEqual(server.invoke("g", 1).status, 200)
            self.assertEqual(len(self.runs(server)), 1)

    def test_the_header_is_for_one_request_and_goes_before_the_others(self):
        with Server({"f": command("cat", Local={"Faults": [{"Error": "ServiceException", "Times": 1}]})}) as server:
            self.assert_exception(server.invoke("f", 1, headers={"X-Invoked-Fault": "EFSIOException"}), 410, "EFSIOException")
            self.assert_exception(server.invoke("f", 1), 500, "ServiceException")
            self.assertEqual(server.invoke("f", 1).status, 200)

    def test_an_unknown_name_is_a_400_with_the_nearest(self):
        with Server({"f": command("cat")}) as server:
            for path in (INVOKE, ASYNC, STREAM):
                answer = server.request("POST", path.format("f"), b"{}", {"X-Invoked-Fault": "KMSDisabledExeption"})
                self.assertEqual(answer.status, 400)
                self.assertIn("did you mean KMSDisabledException?", answer.json["error"])
            answer = server.request("PUT", "/_invoked/functions/f/faults", b'{"Error":"Dorp"}')
            self.assertEqual(answer.status, 400)
            self.assertIn('Faults.Error: unknown exception "Dorp"; did you mean Drop?',
                          answer.json["error"])
            self.assertEqual(self.runs(server), [])

    def test_faults_come_after_validation_and_existence(self):
        with Server({"f": command("cat")}) as server:
            self.put(server, {"Error": "ServiceException"})
            fault = {"X-Invoked-Fault": "ServiceException"}
            self.assert_exception(server.invoke("ff", 1, headers=fault), 404, "ResourceNotFoundException")
            self.assert_exception(server.invoke("f", qualifier="none", headers=fault), 404, "ResourceNotFoundException")
            self.assert_exception(server.invoke("f", body=b"{"), 400, "InvalidRequestContentException")
            self.assert_exception(server.invoke("f", headers={"X-Amz-Invocation-Type": "x"}), 400, "ValidationException")

    def test_faults_apply_to_every_operation_and_type(self):
        with Server({"f": command("cat")}) as server:
            self.put(server, {"Error": "ENILimitReachedException"})
            for path, headers in ((INVOKE, {}), (INVOKE, EVENT), (INVOKE, DRY_RUN), (ASYNC, {}), (STREAM, {}), (STREAM, DRY_RUN)):
                answer = server.request("POST", path.format("f"), b"{}", headers)
                self.assert_exception(answer, 502, "ENILimitReachedException")
            self.assertEqual(self.runs(server), [])
            self.assertEqual(server.request("GET", "/_invoked/events").json, [])

    def test_after_lets_the_handler_run_first(self):
        with Server({"f": command("cat")}) as server:
            self.put(server, {"Error": "ServiceException", "When": "After"})
            for path, headers in ((INVOKE, {}), (INVOKE, EVENT), (ASYNC, {}), (STREAM, {})):
                answer = server.request("POST", path.format("f"), b"{}", headers)
                self.assert_exception(answer, 500, "ServiceException")
            self.assertEqual(len(self.runs(server)), 4)
            self.assert_exception(server.invoke("f", headers=DRY_RUN), 500, "ServiceException")
            self.assertEqual(len(self.runs(server)), 4)

    def test_a_delay_comes_before_the_answer(self):
        rows = [{"Error": "ServiceException"}, {"Error": "ServiceException", "When": "After"}, {"Error": "Drop"},
                {"Error": "Cut"}, {"Error": "Duplicate"}]
        with Server({"f": command("cat")}) as server:
            for row in rows:
                with self.subTest(fault=row):
                    self.put(server, {**row, "DelayMs": 200})
                    began = time.monotonic()
                    try:
                        server.invoke("f", {"a": 1})
                    except (http.client.HTTPException, ConnectionResetError):
                        pass
                    self.assertGreaterEqual(time.monotonic() - began, 0.199)

    def test_drop_closes_the_connection_with_no_answer(self):
        with Server({"f": command("cat")}) as server:
            for path, headers in ((INVOKE, {}), (INVOKE, EVENT), (INVOKE, DRY_RUN), (ASYNC, {}), (STREAM, {})):
                headers = {**headers, "X-Invoked-Fault": "Drop"}
                self.assert_no_answer(lambda: server.request("POST", path.format("f"), b"{}", headers))
            self.assertEqual(self.runs(server), [])
            self.put(server, {"Error": "Drop", "When": "After"})
            self.assert_no_answer(lambda: server.invoke("f", 1))
            self.assert_no_answer(lambda: server.invoke("f", 1, headers=EVENT))
            self.assertEqual(len(self.runs(server)), 2)

    def test_cut_sends_half_of_the_answer(self):
        body = json.dumps({"text": "x" * 1000}).encode()
        with Server({"f": command("cat"), "s": fixture("nodejs-stream")}) as server:
            for path, name in ((INVOKE, "f"), (STREAM, "f"), (STREAM, "s")):
                with self.subTest(path=path, name=name):
                    with self.assertRaises(http.client.IncompleteRead) as caught:
                        server.request("POST", path.format(name), body, {"X-Invoked-Fault": "Cut"})
                    partial, expected = len(caught.exception.partial), caught.exception.expected
                    self.assertIn(expected - partial, (0, 1))
            with self.assertRaises(http.client.IncompleteRead) as caught:
                server.invoke("f", body=body, headers={"X-Invoked-Fault": "Cut"})
            self.assertEqual(caught.exception.partial, body[:len(body) // 2])
            self.assert_no_answer(lambda: server.invoke("f", 1, headers={**EVENT, "X-Invoked-Fault": "Cut"}))
            self.assert_no_answer(lambda: server.invoke("f", 1, headers={**DRY_RUN, "X-Invoked-Fault": "Cut"}))
            self.assertEqual(len(self.runs(server)), 4)

    def test_a_duplicate_is_delivered_twice_under_one_request_id(self):
        rows = ((INVOKE, {}, 200), (INVOKE, EVENT, 202), (ASYNC, {}, 202), (STREAM, {}, 200))
        for path, headers, status in rows:
            with self.subTest(path=path, headers=headers), Server({"f": command("cat")}) as server:
                self.put(server, {"Error": "Duplicate", "Times": 1})
                answers = [server.request("POST", path.format("f"), b'"once"', headers) for _ in range(2)]
                self.assertEqual([answer.status for answer in answers], [status] * 2)
                runs = self.runs(server)
                self.assertEqual(sorted(run["RequestId"] for run in runs),
                                 sorted([answers[0].request_id] * 2 + [answers[1].request_id]))
                self.assertEqual([run["Payload"] for run in runs], ["once"] * 3)
                if path == STREAM:
                    self.assertEqual(answers[0].body, answers[1].body)

    def test_a_duplicate_passes_by_a_dry_run_and_what_is_refused(self):
        with Server({"f": command("cat", ReservedConcurrentExecutions=0)}) as server:
            self.put(server, {"Error": "Duplicate", "Times": 1})
            self.assertEqual(server.invoke("f", headers=DRY_RUN).status, 204)
            self.assertEqual(server.invoke("f").status, 429)
            self.assertEqual(self.runs(server), [])

    def test_the_members_of_a_throttle_and_of_ec2_s_error(self):
        with Server({"f": command("cat")}) as server:
            self.put(server, {"Error": "TooManyRequestsException", "Reason": "CallerRateLimitExceeded",
                              "RetryAfterSeconds": 7, "Times": 1})
            answer = server.invoke("f")
            self.assertEqual(answer.body, b'{"Reason":"CallerRateLimitExceeded","Type":"User","message":"Rate exceeded"}')
            self.assertEqual(answer.headers["retry-after"], "7")
            self.put(server, {"Error": "EC2UnexpectedException", "EC2ErrorCode": "Client.Odd", "Message": "odd"})
            self.assertEqual(server.invoke("f").body, b'{"EC2ErrorCode":"Client.Odd","Message":"odd","Type":"Service"}')
            self.assertNotIn("retry-after", server.invoke("f", headers={"X-Invoked-Fault": "TooManyRequestsException"}).headers)

    def test_chance_with_a_seed_is_the_same_in_every_server(self):
        fault = {"Error": "ServiceException", "Probability": 0.4, "Seed": 11}
        patterns = []
        for _ in range(2):
            with Server({"f": command("cat", Local={"Faults": [fault]})}) as server:
                patterns.append([server.invoke("f", headers=DRY_RUN).status for _ in range(40)])
                self.assertEqual([server.invoke("f", headers={**DRY_RUN, **OTHER_ACCOUNT}).status for _ in range(40)], patterns[0])
                self.assertEqual(server.request("POST", "/_invoked/reset").status, 200)
                self.assertEqual([server.invoke("f", headers=DRY_RUN).status for _ in range(40)], patterns[0])
        self.assertEqual(patterns[0], patterns[1])
        self.assertEqual(set(patterns[0]), {204, 500})

    def test_faults_are_an_account_s_own_and_reset_drops_them(self):
        with Server({"f": command("cat")}) as server:
            self.put(server, {"Error": "ServiceException"})
            self.assertEqual(server.invoke("f", headers=OTHER_ACCOUNT).status, 200)
            self.put(server, {"Error": "EFSIOException"}, headers=OTHER_ACCOUNT)
            self.assertEqual(server.request("POST", "/_invoked/reset").status, 200)
            self.assertEqual(server.invoke("f").status, 200)
            self.assertEqual(server.invoke("f", headers=OTHER_ACCOUNT).status, 410)
            for _ in range(2):
                answer = server.request("DELETE", "/_invoked/functions/f/faults", headers=OTHER_ACCOUNT)
                self.assertEqual((answer.status, answer.body), (200, b"{}"))
            self.assertEqual(server.invoke("f", headers=OTHER_ACCOUNT).status, 200)
            answer = server.request("DELETE", "/_invoked/functions/g/faults")
            self.assertEqual((answer.status, "the functions are: f" in answer.json["error"].lower()), (404, True), answer)

    def test_what_was_set_stands_in_for_the_configuration_s(self):
        with Server({"f": command("cat", Local={"Faults": [{"Error": "ServiceException"}]})}) as server:
            self.assertEqual(server.invoke("f").status, 500)
            self.put(server, [])
            self.assertEqual(server.invoke("f").status, 200)
            server.request("DELETE", "/_invoked/functions/f/faults")
            self.assertEqual(server.invoke("f").status, 500)

    def test_the_history_tells_what_was_refused(self):
        with Server({"f": command("cat")}) as server:
            for name in ("TooManyRequestsException", "KMSDisabledException"):
                server.invoke("f", {"a": 1}, headers={"X-Invoked-Fault": name})
            rows = server.request("GET", "/_invoked/invocations").json
            self.assertEqual([(row["Status"], row["Payload"]) for row in rows], [("rejected", {"a": 1}), ("throttled", {"a": 1})])

    def test_a_stop_gives_what_a_delay_holds_back(self):
        functions = {"f": command("cat"), "slow": command("sleep", "60", Timeout=900)}
        with Server(functions) as server:
            self.put(server, {"Error": "ServiceException", "DelayMs": 600000})
            self.put(server, {"Error": "Duplicate", "DelayMs": 600000}, name="slow")
            head = "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{{}}"
            with server.connect() as held, server.connect() as running:
                held.sendall(head.format(INVOKE.format("f")).encode())
                running.sendall(head.format(INVOKE.format("slow")).encode())
                wait_for(server.children, "the handler")
                time.sleep(0.2)  # the first has no trace that could be waited for
                server.signal()
                server.wait_for_log("stopping")
                server.signal()
                self.assertIn(b"ServiceException", invoked.read_all(held))
                self.assertIn(b"ServiceException", invoked.read_all(running))
            server.ended()


if __name__ == "__main__":
    invoked.run_tests()
