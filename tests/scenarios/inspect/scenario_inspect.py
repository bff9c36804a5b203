"""What else there is to see: functions, metrics, reset, and what is said to an endpoint that there isn't."""

import os
import re
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from inspecting import Case, signed  # noqa: E402
from invoked import SLOWNESS, command, python, wait_for  # noqa: E402

CAT = command("cat")
GATED = command("sh", "-c", "while [ ! -f gate ]; do sleep 0.02; done; cat", Timeout=60, ReservedConcurrentExecutions=1)
EVENT = {"X-Amz-Invocation-Type": "Event"}
DEAD_LETTER = {"TargetArn": "arn:aws:sqs:us-east-1:123456789012:bad-dlq"}


def series(text):
    """The samples of a Prometheus text: {name{labels}: value}."""
    return {name: float(value) for name, value in re.findall(r"^([a-z_]+(?:\{.*\})?) (\S+)$", text, re.MULTILINE)}


class Endpoints(Case):
    def test_an_unknown_one_lists_those_there_are(self):
        self.serve({"cat": CAT})
        for method, path in (("GET", "/_invoked/no-such-thing"), ("POST", "/_invoked/"), ("GET", "/_invoked"),
                             ("GET", "/_invoked/invocations/"), ("PUT", "/_invoked/functions/cat/colour"),
                             ("GET", "/metrics/x")):
            with self.subTest(path):
                self.refused(self.server.request(method, path), 404, path, "GET /_invoked/health",
                             "GET /_invoked/functions", "GET /_invoked/invocations", "DELETE /_invoked/invocations",
                             "GET /_invoked/invocations/count", "POST /_invoked/reset", "GET /_invoked/events",
                             "POST /_invoked/drain", "GET /metrics")

    def test_a_wrong_method_is_told_the_right_ones(self):
        self.serve({"cat": CAT})
        for method, path, allowed in (("GET", "/_invoked/reset", "POST"), ("POST", "/_invoked/functions", "GET"),
                                      ("PUT", "/_invoked/invocations", "GET, DELETE"), ("POST", "/metrics", "GET"),
                                      ("DELETE", "/_invoked/clock", "GET, POST")):
            with self.subTest(path):
                answer = self.server.request(method, path)
                self.refused(answer, 405, method, path, f"use {allowed}")
                self.assertEqual(allowed, answer.headers["allow"])

    def test_what_is_not_under_it_is_answered_as_aws_does(self):
        self.serve({"cat": CAT})
        for path in ("/", "/_invoke", "/_invokedx", "/metricsx", "/2015-03-31/functionz"):
            with self.subTest(path):
                answer = self.server.request("GET", path)
                self.assertEqual(403, answer.status)
                self.assertIn(b"<AccessDeniedException>", answer.body)

    def test_health_counts_the_functions(self):
        self.serve({"cat": CAT, "other": CAT})
        health = self.get("/_invoked/health").json
        self.assertEqual(("ok", 2), (health["status"], health["functions"]))
        self.assertGreaterEqual(health["uptimeSeconds"], 0)


class Functions(Case):
    def test_each_says_how_it_runs_and_within_which_limits(self):
        self.serve({
            "cat": command("cat", "-u", Timeout=7, MemorySize=256, ReservedConcurrentExecutions=3),
            "canned": {"Local": {"Mock": [{"Payload": 1}]}},
            "image": {"ImageConfig": {"EntryPoint": ["./nothing"], "Command": ["a.b"]}},
            "py": python("def handler(event, context):\n    return event\n", Versions={"1": {}, "2": {}},
                         Aliases={"live": {"FunctionVersion": "1"}}),
        })
        self.server.invoke("py", 1)
        rows = self.get("/_invoked/functions").json
        self.assertEqual(["canned", "cat", "image", "py"], [row["FunctionName"] for row in rows])
        canned, cat, image, py = rows
        self.assertEqual(["Mock", "Command", "ImageConfig", "Runtime"], [row["RunsAs"] for row in rows])
        self.assertEqual([True, False, False, False], [row["IsMocked"] for row in rows])
        self.assertEqual((["cat", "-u"], 7, 256, 3), (cat["Command"], cat["Timeout"], cat["MemorySize"],
                                                      cat["ReservedConcurrentExecutions"]))
        self.assertEqual([os.path.join(self.server.folder, "nothing"), "a.b"], image["Command"])
        self.assertEqual(("python3.12", "app.handler", self.server.code_folder("py"), None, 20, 128, None),
                         (py["Runtime"], py["Handler"], py["CodeUri"], py["Command"], py["Timeout"], py["MemorySize"],
                          py["ReservedConcurrentExecutions"]))
        self.assertEqual((["$LATEST", "1", "2"], ["live"]), (py["Versions"], py["Aliases"]))
        self.assertEqual("arn:aws:lambda:us-east-1:123456789012:function:py", py["FunctionArn"])
        wait_for(lambda: self.get("/_invoked/functions").json[3]["Environments"] == {"Idle": 1, "Busy": 0, "Starting": 0},
                 "an idle environment")
        self.assertEqual({"Idle": 0, "Busy": 0, "Starting": 0}, canned["Environments"])

    def test_events_that_wait_are_counted_for_their_own_account(self):
        self.serve({"gated": GATED, "cat": CAT})
        for event in range(3):
            self.assertEqual(202, self.server.invoke("gated", event, headers=EVENT | signed("111111111111")).status)
        rows = self.get("/_invoked/functions", "111111111111").json
        self.assertEqual({"cat": 0, "gated": 3}, {row["FunctionName"]: row["EventsWaiting"] for row in rows})
        self.assertEqual("arn:aws:lambda:us-east-1:111111111111:function:cat", rows[0]["FunctionArn"])
        self.assertEqual([0, 0], [row["EventsWaiting"] for row in self.get("/_invoked/functions").json])

    def test_a_parameter_is_refused(self):
        self.serve({"cat": CAT})
        self.refused(self.get("/_invoked/functions", FunctionName="cat"), 400, "FunctionName", "there are no parameters")


class Metrics(Case):
    def scrape(self):
        answer = self.get("/metrics")
        self.assertEqual((200, "text/plain; version=0.0.4; charset=utf-8"),
                         (answer.status, answer.headers["content-type"]))
        return answer.body.decode()

    def test_promtool_finds_no_fault(self):
        self.serve({"cat": CAT, "py": python("def handler(event, context):\n    return event\n")})
        self.server.invoke("cat", 1)
        self.server.invoke("py", 1)
        self.server.invoke("py", 1, headers=EVENT)
        check = subprocess.run(["promtool", "check", "metrics"], input=self.scrape(), capture_output=True, text=True)
        self.assertEqual((0, "", ""), (check.returncode, check.stdout, check.stderr))

    def test_what_happened_is_counted_over_all_accounts(self):
        self.serve({"py": python("def handler(event, context):\n    return event['x']\n",
                                 EventInvokeConfig={"MaximumRetryAttempts": 0}, DeadLetterConfig=DEAD_LETTER),
                    "none": command("cat", ReservedConcurrentExecutions=0), "gated": GATED},
                   arguments=("--clock", "manual"))
        before = series(self.scrape())
        self.assertEqual(0, before['invoked_invocations_total{function="py",type="Event",outcome="failed"}'])
        self.server.invoke("py", {"x": 1})
        self.server.invoke("py", {"x": 1}, headers=signed("111111111111"))
        self.server.invoke("py", {}, headers=EVENT)
        self.server.invoke("none", 1)
        self.server.invoke("py", body=b"{")
        self.assertEqual(200, self.server.request("POST", "/_invoked/drain").status)
        self.server.invoke("gated", 1, headers=EVENT | signed("111111111111"))
        self.server.invoke("gated", 2, headers=EVENT | signed("111111111111"))
        self.count("111111111111", Status="running", AtLeast=1, TimeoutSeconds=60)
        self.server.request("POST", "/_invoked/clock", b'{"AdvanceSeconds": 0.5}', signed("111111111111"))
        text = self.scrape()
        found = series(text)
        for name, value in (
            ('invoked_invocations_total{function="py",type="RequestResponse",outcome="succeeded"}', 2),
            ('invoked_invocations_total{function="py",type="Event",outcome="failed"}', 1),
            ('invoked_invocations_total{function="py",type="RequestResponse",outcome="rejected"}', 1),
            ('invoked_invocations_total{function="none",type="RequestResponse",outcome="throttled"}', 1),
            ('invoked_throttles_total{function="py",limit="function"}', 0),
            ('invoked_invocation_duration_seconds_count{function="py"}', 3),
            ('invoked_invocation_duration_seconds_bucket{function="py",le="+Inf"}', 3),
            ('invoked_throttles_total{function="none",limit="function"}', 1),
            ('invoked_queue_events{function="gated"}', 2),
            ('invoked_environments{function="gated",state="busy"}', 1),
            ('invoked_queue_events{function="py"}', 0),
            ("invoked_queue_oldest_event_age_seconds", 0.5),
            ("invoked_dead_letters_total", 1),
        ):
            self.assertEqual(value, found[name], f"{name} in\n{text}")
        self.assertGreaterEqual(found['invoked_cold_starts_total{function="py"}'], 1)
        self.assertGreater(found["invoked_database_bytes"], 10_000)
        if not invoked.IS_SANITIZED:  # which has a heap of its own
            self.assertGreater(found["invoked_heap_used_bytes"], found["invoked_database_bytes"])
            self.assertGreater(found["invoked_heap_free_bytes"], 0)
        self.assertGreaterEqual(found['invoked_environments{function="py",state="idle"}'], 1)
        self.assertEqual(set(before), set(found))


class Reset(Case):
    def reset(self, account=None):
        answer = self.server.request("POST", "/_invoked/reset", headers=signed(account) if account else None)
        self.assertEqual((200, {}), (answer.status, answer.json))

    def test_nothing_is_left_of_what_the_account_did(self):
        self.serve({"bad": command("false", EventInvokeConfig={"MaximumRetryAttempts": 0}, DeadLetterConfig=DEAD_LETTER),
                    "gated": GATED, "none": command("cat", ReservedConcurrentExecutions=0)},
                   arguments=("--clock", "manual"))
        start = self.get("/_invoked/clock").json
        self.server.invoke("bad", 1, headers=EVENT)
        self.server.request("POST", "/_invoked/drain")
        self.assertEqual(1, len(self.get("/_invoked/dead-letters").json))
        self.server.invoke("gated", 2, headers=EVENT)
        self.server.request("POST", "/_invoked/clock", b'{"AdvanceSeconds": 2000}')
        self.server.invoke("none", 3, headers=signed("111111111111"))
        self.reset()
        for path in ("invocations", "events", "dead-letters", "destinations"):
            self.assertEqual([], self.get(f"/_invoked/{path}").json, path)
        self.assertEqual(start, self.get("/_invoked/clock").json)
        self.assertEqual(0, sum(row["EventsWaiting"] for row in self.get("/_invoked/functions").json))
        self.assertEqual(1, len(self.rows("111111111111")))

    def test_what_runs_leaves_no_trace(self):
        self.serve({"gated": GATED})
        thread = self.in_background("gated", 1)
        self.count(Status="running", AtLeast=1, TimeoutSeconds=60)
        self.reset()
        self.assertEqual([], self.rows())
        open(os.path.join(self.server.folder, "gate"), "w").close()
        thread.join()
        self.assertEqual([], self.rows())
        self.server.invoke("gated", 2)
        self.assertEqual([2], [row["Payload"] for row in self.rows()])

    def test_who_waits_is_told(self):
        self.serve({"cat": CAT})
        found = self.counting(AtLeast=1, TimeoutSeconds=60)
        others = []
        thread = threading.Thread(target=lambda: others.append(
            self.get("/_invoked/invocations/count", "111111111111", AtLeast=1, TimeoutSeconds=60)))
        thread.start()
        self.addCleanup(thread.join)

        def told():
            self.reset()
            return found

        wait_for(told, "the answer")
        self.refused(found[0][0], 409, "reset")
        self.assertEqual([], others)
        self.server.invoke("cat", 1, headers=signed("111111111111"))
        thread.join()
        self.assertEqual({"count": 1}, others[0].json)


if __name__ == "__main__":
    invoked.run_tests()
