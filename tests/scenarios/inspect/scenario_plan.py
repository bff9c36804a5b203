"""The plan of a function, by endpoint and by command: it foretells what then happens. Redriving chosen dead letters; the
timings of attempts."""

import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from events import FAILS, QUEUE, SUCCEEDS, EventServer, event_config, milliseconds, mock, to_queue  # noqa: E402
from invoked import run_binary  # noqa: E402

FUNCTION = mock(FAILS, **to_queue("q"), **event_config(on_failure=QUEUE + "d"), Versions={"1": {}},
                Aliases={"live": {"FunctionVersion": "1", **event_config(MaximumRetryAttempts=1)}})


class Plan(unittest.TestCase):
    def plan(self, server, path):
        answer = server.request("GET", f"/_invoked/functions/{path}")
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def test_it_says_what_then_happens(self):
        with EventServer(config={"Functions": {"f": FUNCTION}, "Local": {"RetryDelaysSeconds": [7]}}) as server:
            for qualifier, runs in ((None, [0, 7, 14]), ("live", [0, 7])):
                plan = self.plan(server, "f/plan" + (f"?Qualifier={qualifier}" if qualifier else ""))
                self.assertEqual(plan["RunsAtSeconds"], runs)
                self.assertEqual(plan["Qualifier"], qualifier)
                began = server.now_ms()
                server.accept("f", qualifier=qualifier)
                server.drained()
                self.assertEqual(server.now_ms() - began, runs[-1] * 1000)
                (letter,) = server.dead_letters("q")
                self.assertEqual(int(letter["SentTimestamp"]) - began, runs[-1] * 1000)
                self.assertEqual(server.request("POST", "/_invoked/reset").status, 200)
            self.assertEqual(plan["MaximumRetryAttempts"], {"Value": 1, "From": "alias live"})
            self.assertEqual(plan["RetryDelaysSeconds"], {"Value": [7], "From": "Local.RetryDelaysSeconds"})
            self.assertEqual(plan["DeadLetterQueue"], {"Value": QUEUE + "q", "From": "version 1"})
            self.assertEqual(plan["OnFailure"], {"Value": None, "From": "alias live"})
            self.assertEqual(plan["ReservedConcurrentExecutions"], {"Value": None, "From": "default"})

    def test_what_is_not_there_is_told(self):
        with EventServer({"charge": FUNCTION}) as server:
            for path, status, text in (("charg/plan", 404, "did you mean charge?"),
                                       ("charge/plan?Qualifier=no", 404, "it has $LATEST, 1, live"),
                                       ("charge/plan?Version=1", 400, "unknown parameter 'Version'")):
                with self.subTest(path):
                    answer = server.request("GET", f"/_invoked/functions/{path}")
                    self.assertEqual(answer.status, status)
                    self.assertIn(text, answer.json["error"])

    def test_the_command_prints_it(self):
        with EventServer({"charge": FUNCTION}) as server:
            def plan(*arguments):
                return run_binary("plan", "--endpoint", server.endpoint, *arguments)

            result = plan("charge")
            self.assertEqual(result.returncode, 0, result)
            lines = result.stdout.splitlines()
            self.assertEqual(lines[0], "charge, version $LATEST")
            self.assertIn("  dead letters          q                    ($LATEST)", lines)
            self.assertEqual(lines[-1], "if it always fails: runs at 0, 60, 180 s, then RetriesExhausted: dead letter to q, "
                                        "record to d")
            for arguments in (("charge:live",), ("charge", "--qualifier", "live")):
                self.assertIn("  retry attempts        1                    (alias live)", plan(*arguments).stdout)
            result = plan("charge:no")
            self.assertEqual((result.returncode, result.stdout), (3, ""))
            self.assertIn("it has $LATEST, 1, live", result.stderr)
        result = plan("charge")
        self.assertEqual(result.returncode, 4)
        self.assertIn("no server at", result.stderr)


class Redrive(unittest.TestCase):
    def test_chosen_dead_letters_alone(self):
        with EventServer({"f": mock(FAILS, **to_queue("q"), **event_config(MaximumRetryAttempts=0))}) as server:
            for n in range(3):
                server.accept("f", {"n": n})
            server.drained()
            letters = server.dead_letters("q")

            def redrive(body):
                return server.request("POST", "/_invoked/dead-letters/redrive", json.dumps(body).encode())

            unknown = letters[0]["MessageId"][:-4] + "0000"
            self.assertEqual(redrive({"MessageIds": [unknown]}).status, 404)
            for bad in ({"MessageIds": []}, {"MessageIds": ["x"]}, {"MessageIds": "x"}, {"Ids": []}, [1]):
                self.assertEqual(redrive(bad).status, 400, bad)
            answer = redrive({"MessageIds": [letters[2]["MessageId"], letters[0]["MessageId"]]})
            self.assertEqual(answer.json, {"redriven": 2})
            server.drained()
            left = server.dead_letters("q")
            self.assertEqual(len(left), 3)
            self.assertIn(letters[1], left)
            self.assertNotIn(letters[0], left)
            self.assertNotIn(letters[2], left)


class Timings(unittest.TestCase):
    def test_they_are_there_when_asked_for(self):
        with EventServer({"f": mock(SUCCEEDS)}) as server:
            began = server.now_ms()
            server.accept("f")
            server.drained()
            (row,) = server.request("GET", "/_invoked/invocations?Timings=true").json
            self.assertEqual(milliseconds(row["EnqueuedAt"]), began)
            self.assertGreaterEqual(row["QueueMs"], 0)
            (row,) = server.request("GET", "/_invoked/invocations").json
            self.assertNotIn("QueueMs", row)
            self.assertEqual(server.request("GET", "/_invoked/invocations?Timings=yes").status, 400)


if __name__ == "__main__":
    invoked.run_tests()
