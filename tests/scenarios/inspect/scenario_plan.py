"""The plan of a function, by endpoint and by command: it foretells what then happens."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from events import FAILS, QUEUE, EventServer, event_config, mock, to_queue  # noqa: E402
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


if __name__ == "__main__":
    invoked.run_tests()
