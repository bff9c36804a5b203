"""What was invoked: /_invoked/invocations, its count, forgetting, and the bounds of it all."""

import http.client
import json
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from events import SUCCEEDS, mock  # noqa: E402
from inspecting import Case, signed  # noqa: E402
from invoked import SLOWNESS, UUID, command, nodejs, python, wait_for  # noqa: E402

MEMBERS = ["RequestId", "FunctionName", "Qualifier", "ExecutedVersion", "InvocationType", "Payload", "Attempt", "Status",
           "FunctionError", "ResponsePayload", "Log", "StartedAt", "DurationMs", "ColdStart"]
PART_MAX = 256 * 1024
BYTES_MAX = 64 * 1024 * 1024

CAT = command("cat")
GATED = "while [ ! -f gate ]; do sleep 0.02; done; cat"


class Rows(Case):
    def test_a_row_has_every_member(self):
        self.serve({"f": python("def handler(event, context):\n    print('hi')\n    return {'got': event}\n",
                                Versions={"1": {}}, Aliases={"live": {"FunctionVersion": "1"}})})
        before = time.time()
        answer = self.server.invoke("f", {"a": [1, None, "ü"]}, qualifier="live")
        [row] = self.rows()
        self.assertEqual(MEMBERS, list(row))
        self.assertEqual(answer.request_id, row["RequestId"])
        self.assertEqual(("f", "live", "1", "RequestResponse", 1, "succeeded", None, True),
                         tuple(row[name] for name in ("FunctionName", "Qualifier", "ExecutedVersion", "InvocationType",
                                                      "Attempt", "Status", "FunctionError", "ColdStart")))
        self.assertEqual({"a": [1, None, "ü"]}, row["Payload"])
        self.assertEqual({"got": {"a": [1, None, "ü"]}}, row["ResponsePayload"])
        self.assertRegex(row["Log"], rf"^START RequestId: {UUID} Version: 1\n(?s:.*)hi\n(?s:.*)\nREPORT RequestId: .*\n$")
        self.assertRegex(row["StartedAt"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        started = time.strptime(row["StartedAt"][:19], "%Y-%m-%dT%H:%M:%S")
        self.assertAlmostEqual(before, time.mktime(started) - time.timezone, delta=30)
        reported = re.search(r"\tDuration: ([\d.]+) ms", row["Log"])[1]
        self.assertAlmostEqual(float(reported), row["DurationMs"], delta=0.011)
        self.server.invoke("f", 2, qualifier="live")
        self.assertIs(False, self.rows()[0]["ColdStart"])

    def test_the_newest_is_first_and_there_is_no_event_without_a_body(self):
        self.serve({"cat": CAT})
        for event in ("one", "two"):
            self.server.invoke("cat", event)
        self.server.invoke("cat")
        self.assertEqual([{}, "two", "one"], [row["Payload"] for row in self.rows()])
        self.assertEqual(["two"], [row["Payload"] for row in self.rows(Limit=2)][1:])
        self.assertIsNone(self.rows()[0]["Qualifier"])

    def test_a_function_error_is_failed(self):
        self.serve({"f": python("def handler(event, context):\n    raise ValueError('no')\n"),
                    "slow": command("sleep", "9", Timeout=1)})
        self.server.invoke("f", 1)
        [row] = self.rows()
        self.assertEqual(("failed", "Unhandled", "ValueError"),
                         (row["Status"], row["FunctionError"], row["ResponsePayload"]["errorType"]))
        self.server.invoke("slow", 1)
        row = self.rows()[0]
        self.assertEqual(("failed", "Unhandled", "Sandbox.Timedout"),
                         (row["Status"], row["FunctionError"], row["ResponsePayload"]["errorType"]))
        self.assertIn("Task timed out after 1.00 seconds", row["Log"])

    def test_a_response_that_is_no_json_is_text(self):
        self.serve({"text": command("echo", "-n", "no { json"), "nothing": command("true"),
                    "bytes": command("printf", r"\377\n"), "deep": command("sh", "-c", "printf '[%.0s' $(seq 2000); "
                                                                          "printf ']%.0s' $(seq 2000)")})
        for name in ("text", "nothing", "bytes", "deep"):
            self.server.invoke(name, 1)
        self.assertEqual(["[" * 2000 + "]" * 2000, "�\n", "", "no { json"],
                         [row["ResponsePayload"] for row in self.rows()])

    def test_parallel_invocations_are_running(self):
        self.serve({"gated": python("import os, time\ndef handler(event, context):\n"
                                    "    while not os.path.exists('gate'): time.sleep(0.01)\n    return event\n")})
        threads = [self.in_background("gated", number) for number in range(3)]
        self.assertEqual({"count": 3}, self.count(Status="running", AtLeast=3, TimeoutSeconds=60))
        rows = self.rows(Status="running")
        self.assertEqual({0, 1, 2}, {row["Payload"] for row in rows})
        for row in rows:
            self.assertEqual([None] * 5, [row[name] for name in ("FunctionError", "ResponsePayload", "Log", "DurationMs",
                                                                 "ColdStart")])
        [function] = self.get("/_invoked/functions").json
        self.assertEqual(3, function["Environments"]["Busy"] + function["Environments"]["Starting"])
        open(os.path.join(self.server.code_folder("gated"), "gate"), "w").close()
        for thread in threads:
            thread.join()
        self.assertEqual([], self.rows(Status="running"))
        self.assertEqual({"count": 3}, self.count(Status="succeeded"))

    def test_a_throttled_invocation_has_a_row(self):
        self.serve({"none": command("cat", ReservedConcurrentExecutions=0)})
        answer = self.server.invoke("none", {"a": 1})
        self.assertEqual(429, answer.status)
        [row] = self.rows()
        self.assertEqual(("throttled", answer.request_id, {"a": 1}, None, None, None, None),
                         tuple(row[name] for name in ("Status", "RequestId", "Payload", "ResponsePayload", "Log",
                                                      "DurationMs", "ColdStart")))

    def test_a_rejected_request_has_a_row_if_there_is_such_a_function(self):
        self.serve({"cat": CAT})
        broken = self.server.invoke("cat", body=b'{"a":')
        context = self.server.invoke("cat", 1, headers={"X-Amz-Client-Context": "?"})
        large = self.server.invoke("cat", "x" * 1048577, headers={"X-Amz-Invocation-Type": "Event"})
        asked = self.server.invoke("cat", 4, headers={"X-Invoked-Fault": "KMSDisabledException"})
        throttled = self.server.invoke("cat", 5, headers={"X-Invoked-Fault": "TooManyRequestsException"})
        self.assertEqual([400, 400, 413, 502, 429],
                         [answer.status for answer in (broken, context, large, asked, throttled)])
        self.assertEqual(404, self.server.invoke("nobody", 1).status)
        self.assertEqual(404, self.server.invoke("cat", 1, qualifier="7").status)
        self.assertEqual(204, self.server.invoke("cat", 1, headers={"X-Amz-Invocation-Type": "DryRun"}).status)
        rows = self.rows()
        self.assertEqual([(throttled.request_id, "throttled"), (asked.request_id, "rejected"),
                          (large.request_id, "rejected"), (context.request_id, "rejected"),
                          (broken.request_id, "rejected")],
                         [(row["RequestId"], row["Status"]) for row in rows])
        self.assertEqual('{"a":', rows[4]["Payload"])
        self.assertEqual("Event", rows[2]["InvocationType"])

    def test_each_attempt_of_an_event_has_a_row(self):
        self.serve({"bad": command("false", EventInvokeConfig={"MaximumRetryAttempts": 2})},
                   arguments=("--clock", "manual"))
        accepted = self.server.invoke("bad", {"n": 1}, headers={"X-Amz-Invocation-Type": "Event"})
        self.assertEqual(200, self.server.request("POST", "/_invoked/drain").status)
        rows = self.rows(RequestId=accepted.request_id)
        self.assertEqual([3, 2, 1], [row["Attempt"] for row in rows])
        self.assertEqual({("Event", "failed", "bad")},
                         {(row["InvocationType"], row["Status"], row["FunctionName"]) for row in rows})
        times = [time.strptime(row["StartedAt"][:19], "%Y-%m-%dT%H:%M:%S") for row in rows]
        self.assertEqual(120, time.mktime(times[0]) - time.mktime(times[1]))

    def test_a_streamed_response_is_put_together(self):
        self.serve({"stream": nodejs("exports.handler = awslambda.streamifyResponse(async (event, stream) => {\n"
                                     "  stream.write('{\"a\":');\n"
                                     "  await new Promise((resolve) => setTimeout(resolve, 50));\n"
                                     "  stream.write('1}');\n  stream.end();\n});\n")})
        answer = self.server.request("POST", "/2021-11-15/functions/stream/response-streaming-invocations", b"1")
        self.assertEqual(200, answer.status, answer)
        [row] = self.rows()
        self.assertEqual(("succeeded", {"a": 1}), (row["Status"], row["ResponsePayload"]))


class Filters(Case):
    def setUp(self):
        self.serve({"cat": command("cat", Versions={"1": {}}), "false": command("false"),
                    "none": command("cat", ReservedConcurrentExecutions=0)})
        self.ids = [self.server.invoke(*arguments).request_id
                    for arguments in (("cat", 1), ("false", 2), ("none", 3), ("cat", 4, "1"))]
        self.server.invoke("cat", 5, headers={"X-Amz-Invocation-Type": "Event"})
        self.count(AtLeast=5, TimeoutSeconds=60)

    def test_each_of_them(self):
        for parameters, payloads in (
            ({}, [5, 4, 3, 2, 1]),
            ({"FunctionName": "cat"}, [5, 4, 1]),
            ({"FunctionName": "cat:1"}, [4]),
            ({"FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:false"}, [2]),
            ({"FunctionName": "nobody"}, []),
            ({"FunctionName": "", "Status": "", "Limit": ""}, [5, 4, 3, 2, 1]),
            ({"RequestId": self.ids[1]}, [2]),
            ({"RequestId": "nonsense"}, []),
            ({"InvocationType": "Event"}, [5]),
            ({"InvocationType": "RequestResponse"}, [4, 3, 2, 1]),
            ({"InvocationType": "DryRun"}, []),
            ({"Status": "succeeded"}, [5, 4, 1]),
            ({"Status": "failed"}, [2]),
            ({"Status": "throttled"}, [3]),
            ({"Status": "rejected"}, []),
            ({"Limit": 2}, [5, 4]),
            ({"Limit": 1, "FunctionName": "false"}, [2]),
            ({"FunctionName": "cat", "InvocationType": "RequestResponse", "Status": "succeeded", "Limit": 9}, [4, 1]),
            ({"FunctionName": "cat", "RequestId": self.ids[1]}, []),
        ):
            with self.subTest(parameters):
                self.assertEqual(payloads, [row["Payload"] for row in self.rows(**parameters)])
                if "Limit" not in parameters:
                    self.assertEqual({"count": len(payloads)}, self.count(**parameters))

    def test_what_makes_no_sense_is_refused_with_the_mend(self):
        for path, parameters, words in (
            ("invocations", {"Functionname": "x"}, ["Functionname", "did you mean FunctionName"]),
            ("invocations", {"Colour": "x"}, ["Colour", "RequestId"]),
            ("invocations", {"AtLeast": 1}, ["AtLeast", "Limit"]),
            ("invocations", {"FunctionName": "a!b"}, ["FunctionName", "'a!b'"]),
            ("invocations", {"FunctionName": "x" * 300}, ["FunctionName", "256"]),
            ("invocations", {"RequestId": "x" * 37}, ["RequestId", "36"]),
            ("invocations", {"InvocationType": "event"}, ["RequestResponse", "Event", "DryRun", "'event'"]),
            ("invocations", {"Status": "done"}, ["running", "succeeded", "failed", "throttled", "rejected", "'done'"]),
            ("invocations", {"Limit": 0}, ["Limit", "1"]),
            ("invocations", {"Limit": "-1"}, ["Limit"]),
            ("invocations", {"Limit": "1x"}, ["Limit"]),
            ("invocations", {"Limit": "9" * 40}, ["Limit"]),
            ("invocations/count", {"Limit": 1}, ["Limit", "AtLeast"]),
            ("invocations/count", {"AtLeast": "three"}, ["AtLeast"]),
            ("invocations/count", {"AtLeast": 10001}, ["AtLeast", "10000", "HistorySize"]),
            ("invocations/count", {"AtLeast": 1, "TimeoutSeconds": "soon"}, ["TimeoutSeconds"]),
            ("invocations/count", {"AtLeast": 1, "TimeoutSeconds": -1}, ["TimeoutSeconds"]),
            ("invocations/count", {"AtLeast": 1, "TimeoutSeconds": "nan"}, ["TimeoutSeconds"]),
        ):
            with self.subTest(path=path, parameters=parameters):
                self.refused(self.get("/_invoked/" + path, **parameters), 400, *words)


class Counts(Case):
    def test_it_answers_as_soon_as_the_third_has_ended(self):
        self.serve({"cat": CAT, "other": CAT})
        self.server.invoke("cat", 1)
        found = self.counting(FunctionName="cat", AtLeast=3, TimeoutSeconds=60)
        self.server.invoke("cat", 2)
        self.server.invoke("other", 2)
        time.sleep(0.2)
        self.assertEqual([], found)
        self.server.invoke("cat", 3)
        wait_for(lambda: found, "the count")
        [(answer, seconds)] = found
        self.assertEqual((200, {"count": 3}), (answer.status, answer.json))
        self.assertLess(seconds, 20)

    def test_what_still_runs_does_not_count(self):
        self.serve({"gated": command("sh", "-c", GATED, Timeout=60)})
        # Local.Command starts in the folder of the configuration.
        self.in_background("gated", 1)
        self.count(Status="running", AtLeast=1, TimeoutSeconds=60)
        self.assertEqual({"count": 1}, self.count())
        answer = self.get("/_invoked/invocations/count", AtLeast=1, TimeoutSeconds=0.1)
        self.assertEqual((408, {"count": 0}), (answer.status, answer.json))
        open(os.path.join(self.server.folder, "gate"), "w").close()
        self.assertEqual({"count": 1}, self.count(AtLeast=1, TimeoutSeconds=60))

    def test_408_when_the_time_is_up(self):
        self.serve({"cat": CAT})
        self.server.invoke("cat", 1)
        began = time.monotonic()
        answer = self.get("/_invoked/invocations/count", AtLeast=2, TimeoutSeconds=0.3)
        seconds = time.monotonic() - began
        self.assertEqual((408, {"count": 1}), (answer.status, answer.json))
        self.assertGreaterEqual(seconds, 0.3)
        self.assertLess(seconds, 5 * SLOWNESS)
        self.assertEqual(408, self.get("/_invoked/invocations/count", AtLeast=2, TimeoutSeconds=0).status)

    def test_one_that_is_more_than_enough_is_told_in_full(self):
        self.serve({"cat": CAT})
        for event in range(3):
            self.server.invoke("cat", event)
        self.assertEqual({"count": 3}, self.count(AtLeast=2))
        self.assertEqual({"count": 3}, self.count(AtLeast=0))

    def test_throttled_and_rejected_ones_have_ended(self):
        self.serve({"none": command("cat", ReservedConcurrentExecutions=0)})
        found = self.counting(AtLeast=2, TimeoutSeconds=60)
        self.server.invoke("none", 1)
        self.server.invoke("none", body=b"{")
        wait_for(lambda: found, "the count")
        self.assertEqual({"count": 2}, found[0][0].json)

    def test_a_stop_of_the_server_answers_who_waits(self):
        self.serve({"cat": CAT})
        found = self.counting(AtLeast=1, TimeoutSeconds=600)
        time.sleep(0.3)
        began = time.monotonic()
        self.server.stop()
        self.assertLess(time.monotonic() - began, 4 * SLOWNESS)
        wait_for(lambda: found, "the answer")
        self.assertEqual((408, {"count": 0}), (found[0][0].status, found[0][0].json))

    def test_one_that_was_half_received_at_the_stop_is_answered_too(self):
        self.serve({"gated": command("sh", "-c", GATED, Timeout=60)})
        self.in_background("gated", 1)
        self.count(Status="running", AtLeast=1, TimeoutSeconds=60)
        with self.server.connect() as connection:
            connection.sendall(b"GET /_invoked/invocations/count?AtLeast=9&TimeoutSeconds=600 HTTP/1.1\r\n"
                               b"Host: localhost\r\nContent-Length: 2\r\n\r\na")
            time.sleep(0.3)
            self.server.signal()
            self.server.wait_for_log("stopping")
            connection.sendall(b"b")
            time.sleep(0.3)
            self.server.signal()
            self.assertIn(b" 408 Request Timeout", invoked.read_all(connection))
        self.server.ended()

    def test_forgetting_lets_who_waits_begin_again(self):
        self.serve({"cat": CAT})
        self.server.invoke("cat", 1)
        found = self.counting(AtLeast=2, TimeoutSeconds=60)
        time.sleep(0.2)
        answer = self.server.request("DELETE", "/_invoked/invocations")
        self.assertEqual((200, {}), (answer.status, answer.json))
        self.assertEqual([], self.rows())
        self.server.invoke("cat", 2)
        time.sleep(0.2)
        self.assertEqual([], found)
        self.server.invoke("cat", 3)
        wait_for(lambda: found, "the count")
        self.assertEqual({"count": 2}, found[0][0].json)

    def test_a_hundred_can_wait(self):
        self.serve({"cat": CAT})
        waits = [self.counting(AtLeast=5, TimeoutSeconds=60) for _ in range(100)]
        time.sleep(0.5)
        for event in range(5):
            self.server.invoke("cat", event)
        for found in waits:
            wait_for(lambda: found, "the count")  # noqa: B023 - called at once
            self.assertEqual({"count": 5}, found[0][0].json)


class Bounds(Case):
    def test_the_oldest_make_room_beyond_history_size(self):
        self.serve({"cat": CAT}, {"Local": {"HistorySize": 3}})
        for event in range(5):
            self.server.invoke("cat", event)
        self.assertEqual([4, 3, 2], [row["Payload"] for row in self.rows()])
        self.refused(self.get("/_invoked/invocations/count", AtLeast=4), 400, "HistorySize")

    def test_no_history_at_all(self):
        self.serve({"cat": CAT}, {"Local": {"HistorySize": 0}})
        self.assertEqual(200, self.server.invoke("cat", 1).status)
        self.assertEqual([], self.rows())
        self.assertEqual({"count": 0}, self.count())

    def test_large_payloads_are_cut_and_marked(self):
        self.serve({"cat": CAT})
        fits, larger = "x" * (PART_MAX - 2), "é" * (PART_MAX // 2)
        self.server.invoke("cat", fits)
        self.server.invoke("cat", body=json.dumps(larger, ensure_ascii=False).encode())
        cut, whole = self.rows()
        self.assertEqual(MEMBERS, list(whole))
        self.assertEqual((fits, fits), (whole["Payload"], whole["ResponsePayload"]))
        self.assertEqual(MEMBERS + ["PayloadIsCut", "ResponsePayloadIsCut"], list(cut))
        self.assertEqual((True, True), (cut["PayloadIsCut"], cut["ResponsePayloadIsCut"]))
        self.assertEqual('"' + "é" * (PART_MAX // 2 - 1), cut["Payload"])
        self.assertEqual(cut["Payload"], cut["ResponsePayload"])

    def test_a_long_log_has_lost_its_beginning(self):
        self.serve({"loud": command("sh", "-c", "cat >/dev/null; seq 100000 >&2")})
        self.server.invoke("loud", 1)
        [row] = self.rows()
        self.assertIs(True, row["LogIsCut"])
        self.assertRegex(row["Log"], r"\n99999\n100000\n(?s:.*)REPORT ")
        self.assertLess(len(row["Log"]), PART_MAX)

    def test_its_memory_is_bounded_by_bytes(self):
        self.serve({"cat": CAT})
        payload = json.dumps("x" * (PART_MAX - 2)).encode()
        for _ in range(160):  # 80 MB with the responses
            self.assertEqual(200, self.server.invoke("cat", body=payload).status)
        kept = self.count()["count"]
        self.assertLessEqual(kept, BYTES_MAX // (2 * PART_MAX))
        self.assertGreater(kept, BYTES_MAX // (3 * PART_MAX))  # buffers have some room to spare
        self.server.request("DELETE", "/_invoked/invocations")
        self.assertEqual({"count": 0}, self.count())


class Accounts(Case):
    def test_they_do_not_see_each_other(self):
        self.serve({"cat": CAT, "none": command("cat", ReservedConcurrentExecutions=0)})
        self.server.invoke("cat", "mine")
        self.server.invoke("cat", "yours", headers=signed("111111111111"))
        self.server.invoke("none", "yours too", headers=signed("111111111111"))
        self.server.invoke("cat", "mine too", headers=signed("AKIAIOSFODNN7EXAMPLE"))
        self.assertEqual(["mine too", "mine"], [row["Payload"] for row in self.rows()])
        self.assertEqual(["yours too", "yours"], [row["Payload"] for row in self.rows("111111111111")])
        self.assertEqual([], self.rows("222222222222"))
        self.assertEqual(408, self.get("/_invoked/invocations/count", "111111111111", AtLeast=3, TimeoutSeconds=0).status)
        self.server.request("DELETE", "/_invoked/invocations", headers=signed("111111111111"))
        self.assertEqual([], self.rows("111111111111"))
        self.assertEqual(2, len(self.rows()))

    def test_more_than_are_kept_may_come_one_after_the_other(self):
        self.serve({"m": mock(SUCCEEDS)})
        connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=invoked.WAIT_S)
        for number in range(10_100):
            connection.request("POST", "/2015-03-31/functions/m/invocations", b"1", signed(f"{number:012}"))
            response = connection.getresponse()
            self.assertEqual((response.status, response.read()), (200, b'{"any":"json"}'), number)
        connection.close()
        self.assertEqual([], self.rows("000000000000"))
        self.assertEqual(1, len(self.rows("000000010099")))

    def test_boto3_chooses_one_by_its_access_key_id(self):
        import boto3

        self.serve({"cat": CAT})
        client = boto3.client("lambda", endpoint_url=self.server.endpoint, region_name="us-east-1",
                              aws_access_key_id="333333333333", aws_secret_access_key="any")
        client.invoke(FunctionName="cat", Payload=b'"hello"')
        self.assertEqual(["hello"], [row["Payload"] for row in self.rows("333333333333")])
        self.assertEqual([], self.rows())


if __name__ == "__main__":
    invoked.run_tests()
