"""--explain: a line of the log for each step of each event and each move of the clock, with every figure in JSON; and what
the log says without it."""

import json
import os
import re
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from events import FAILS, QUEUE, SUCCEEDS, EventServer, event_config, mock, to_queue  # noqa: E402
from invoked import python, wait_for  # noqa: E402

SLEEPS = "import time\ndef handler(event, context):\n    print('sleeping', event)\n    time.sleep(event)\n"
FAILURE = "(Unhandled: Exception: boom)"


def explaining(functions, clock="manual", extra=()):
    return EventServer(functions, arguments=("--explain", *extra), environment={"TZ": "UTC"}, clock=clock)


def at(server, seconds=0):
    return time.strftime("%H:%M:%S", time.gmtime(server.now_ms() / 1000 + seconds))


def lines(server, request_id=None):
    """What the log says of an event, or of all, without the time of the log and the stamp of the clock."""
    found = [re.sub(r"^\S+ info  (\[[0-9:]+\] )?", "", line) for line in server.log().splitlines() if " info  " in line]
    return [line for line in found if request_id is None or re.match(rf"\S+ {request_id[:8]} ", line)]


class Explaining(unittest.TestCase):
    maxDiff = None

    def test_every_step_of_every_event(self):
        fails = mock(FAILS, **to_queue("q"), **event_config(on_failure=QUEUE + "d"))
        zero = mock(SUCCEEDS, ReservedConcurrentExecutions=0)
        with explaining({"hello": fails, "good": mock(SUCCEEDS), "zero": zero}) as server:
            bad, good, none = server.accept("hello"), server.accept("good"), server.accept("zero")
            due = [at(server, after) for after in (60, 180)]
            name = f"hello {bad[:8]} "
            server.drained()  # and the log has it all by then
            self.assertEqual(lines(server, bad), [
                name + "accepted (202)",
                name + "attempt 1 of 3 starts",
                name + f"attempt 1 of 3 failed {FAILURE}; next at {due[0]} (in 60 s)",
                name + "attempt 2 of 3 starts",
                name + f"attempt 2 of 3 failed {FAILURE}; next at {due[1]} (in 120 s)",
                name + "attempt 3 of 3 starts",
                name + f"attempt 3 of 3 failed {FAILURE}; given up (RetriesExhausted): MaximumRetryAttempts is 2; "
                       "dead letter to q; record to d"])
            self.assertEqual(lines(server, good)[-1], f"good {good[:8]} attempt 1 of 3 succeeded; done")
            self.assertEqual(lines(server, none)[-1],
                             f"zero {none[:8]} not run: reserved concurrency is 0; given up (ZeroReservedConcurrency)")

    def test_the_move_of_a_clock_counts_what_falls_due(self):
        with explaining({"f": mock(FAILS), "g": mock(FAILS)}) as server:
            for name in ("f", "f", "g"):
                server.accept(name)
            wait_for(lambda: [e["State"] for e in server.events()] == ["waiting"] * 3, "the first tries")
            server.advance(10)
            self.assertIn(f"clock +10 s to {at(server)}: nothing due", lines(server))
            server.advance(50)
            moved = f"clock +50 s to {at(server)}: "
            told = next(line for line in lines(server) if line.startswith(moved))
            # They may have been accepted within one millisecond, or not.
            self.assertRegex(told, r"[123] events? due$")
            server.drained()
            due = sum(int(found) for found in re.findall(r"clock \+\d+ s to [0-9:]+: (\d+) events? due", server.log()))
            self.assertEqual(due, 6, server.log())  # two retries of each

    def test_the_clock_of_the_server_stands_in_front_where_it_is_not_real(self):
        with explaining({"f": mock(SUCCEEDS)}) as server:
            server.advance(3600)
            request_id = server.accept("f")
            server.drained()
            server.wait_for_log(rf" info  \[{at(server)}\] f {request_id[:8]} accepted")
        with explaining({"f": mock(SUCCEEDS)}, clock="real") as server:
            request_id = server.accept("f")
            server.wait_for_log(rf" info  f {request_id[:8]} accepted")

    def test_waiting_for_a_place(self):
        with explaining({"f": python(SLEEPS, ReservedConcurrentExecutions=2, Timeout=30)}, clock="real") as server:
            ids = [server.accept("f", seconds) for seconds in (1, 1, 0, 0)]
            wait_for(lambda: server.events() == [], "the end of all")
            for request_id in ids[2:]:
                self.assertEqual(lines(server, request_id)[1],
                                 f"f {request_id[:8]} attempt 1 waits for a place (2 of 2 busy)")

    def test_throttled_by_a_synchronous_invocation(self):
        with explaining({"f": python(SLEEPS, ReservedConcurrentExecutions=1, Timeout=30)}) as server:
            caller = threading.Thread(target=server.invoke, args=("f", 1))
            caller.start()
            server.wait_for_log("sleeping 1")
            first, second = server.accept("f", 0), server.accept("f", 0)
            caller.join()
            wait_for(lambda: server.events() == [], "the end of both")
            self.assertEqual(lines(server, first)[1],
                             f"f {first[:8]} attempt 1 of 3 throttled (429: 1 of 1 busy); "
                             f"next at {at(server, 1)} (in 1 s), or when a place is free")
            self.assertEqual(lines(server, second)[1], f"f {second[:8]} attempt 1 waits for a place (1 of 1 busy)")

    def test_cut_off_by_a_stop_and_found_at_the_next_start(self):
        with explaining({"f": python(SLEEPS, Timeout=60), "g": mock(FAILS)}) as server:
            cut = server.accept("f", 50)
            server.wait_for_log("sleeping 50")
            server.signal()
            self.assertEqual(server.ended(), 0)
            self.assertEqual(lines(server, cut)[-1], f"f {cut[:8]} attempt 1 cut off by the stop; it runs again after "
                                                     "the next start, and isn't counted")
            self.assertIn("1 event stays in the queue, for the next start with the same data folder", server.log())
            server.start()
            server.wait_for_log("1 event from the queue, the first is due now")
            self.assertEqual(server.request("DELETE", "/_invoked/events").status, 200)
            server.accept("g")
            wait_for(lambda: server.events()[0]["State"] == "waiting", "the first try")
            server.kill()
            server.start()
            server.wait_for_log(r"1 event from the queue, next at \d\d:\d\d:\d\d \(in \d+ s\)")

    def test_cut_off_by_a_kill(self):
        with explaining({"f": python(SLEEPS, Timeout=60), "g": mock(FAILS)}) as server:
            waiting = server.accept("g")
            done = server.accept("f", 0)
            wait_for(lambda: [e["RequestId"] for e in server.events()] == [waiting], "the end of the short one")
            cut = [server.accept("f", 50), server.accept("f", 51)]
            server.wait_for_log("sleeping 50")
            server.wait_for_log("sleeping 51")
            server.kill()
            server.start()
            server.wait_for_log(f"f {cut[0][:8]} attempt 1 of 3 starts(?s:.*)"
                                f"f {cut[0][:8]} attempt 1 of 3 starts")
            told = [line for line in lines(server) if "cut off" in line]
            self.assertEqual(told, [f"f {request_id[:8]} attempt 1 cut off by a kill of the server; it runs again now, and "
                                    "isn't counted" for request_id in cut])
            # A stop after it leaves nothing for the next start to tell.
            server.signal()
            self.assertEqual(server.ended(), 0)
            server.start()
            server.wait_for_log(r"3 events from the queue(?s:.*)3 events from the queue(?s:.*)attempt 1 of 3 starts")
            self.assertEqual(sum("by a kill" in line for line in lines(server)), 2)
            self.assertEqual(sum("by the stop" in line for line in lines(server)), 2)
            self.assertEqual(lines(server, done)[-1], f"f {done[:8]} attempt 1 of 3 succeeded; done")

    def test_a_header_that_is_not_the_one(self):
        with explaining({"f": mock(SUCCEEDS)}) as server:
            path = "/2015-03-31/functions/f/invocations"
            answer = server.request("POST", path, b"{}", {"Invocation-Type": "Event"})
            self.assertEqual(answer.status, 200)
            name = f"f {answer.headers['x-amzn-requestid'][:8]}"
            server.wait_for_log(f"{name} is synchronous: Invocation-Type is not a header of Lambda; "
                                "X-Amz-Invocation-Type: Event makes it an event")
            for headers in ({}, {"X-Amz-Invocation-Type": "Event", "Invocation-Type": "Event"}):
                server.request("POST", path, b"{}", headers)
            server.drained()
            self.assertEqual(server.log().count("is synchronous"), 1)

    def test_why_it_is_too_old(self):
        with explaining({"f": mock(FAILS, **event_config(MaximumEventAgeInSeconds=60, on_failure=QUEUE + "d"))}) as server:
            request_id = server.accept("f")
            server.drained()
            self.assertEqual(lines(server, request_id)[-1],
                             f"f {request_id[:8]} attempt 1 of 3 failed {FAILURE}; given up (EventAgeExceeded): at the next "
                             "try, in 60 s, it would be 60 s old; the maximum is 60; record to d")

    def test_an_alias_a_time_out_a_second_delivery_a_redrive(self):
        slow = mock({"Timeout": True}, Timeout=5, **to_queue("q"), Versions={"1": {}},
                    Aliases={"live": {"FunctionVersion": "1", **event_config(MaximumRetryAttempts=0)}})
        with explaining({"f": slow, "g": mock(SUCCEEDS)}) as server:
            first = server.accept("f:live")
            server.drained()
            self.assertEqual(lines(server, first)[-1],
                             f"f:live {first[:8]} attempt 1 of 1 failed (Unhandled: Sandbox.Timedout: Task timed out after "
                             "5.00 seconds); given up (RetriesExhausted): MaximumRetryAttempts is 0; dead letter to q")
            self.assertEqual(server.request("POST", "/_invoked/dead-letters/redrive").json, {"redriven": 1})
            server.wait_for_log(r"f:live [0-9a-f]{8} accepted \(a redriven dead letter\)")
            server.drained()
            answer = server.request("POST", "/2015-03-31/functions/g/invocations", b"{}",
                                    {"X-Amz-Invocation-Type": "Event", "X-Invoked-Fault": "Duplicate"})
            self.assertEqual(answer.status, 202)
            server.drained()
            request_id = answer.headers["x-amzn-requestid"]
            self.assertIn(f"g {request_id[:8]} accepted (a second time: Duplicate)", lines(server, request_id))

    def test_start_end_and_report_only_when_debugging(self):
        code = "def handler(event, context):\n    print('hi')\n"
        for extra, is_there in (((), False), (("--log-level", "debug"), True)):
            with self.subTest(extra), explaining({"f": python(code)}, extra=extra) as server:
                request_id = server.accept("f")
                server.drained()
                server.wait_for_log(rf"\[f {request_id[:8]}\] hi")
                for word in ("START", "END", "REPORT"):
                    self.assertEqual(f"] {word} RequestId" in server.log(), is_there, word)
                (row,) = server.request("GET", "/_invoked/invocations").json
                self.assertIn("REPORT RequestId", row["Log"])

    def test_every_figure_is_a_member_in_json(self):
        fails = mock(FAILS, **to_queue("q"), **event_config(on_failure=QUEUE + "d", MaximumRetryAttempts=1))
        late = mock(FAILS, **event_config(MaximumEventAgeInSeconds=60, on_failure=QUEUE + "d"))
        with explaining({"f": fails, "late": late}, extra=("--log-format", "json")) as server:
            request_id, old = server.accept("f"), server.accept("late")
            server.drained()
            rows = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
            (waiting,) = [row for row in rows if row.get("requestId") == request_id and row.get("step") == "waiting"]
            self.assertLessEqual({"function": "f", "attempt": 2, "maximumAttempts": 2, "delaySeconds": 60,
                                  "error": "Unhandled: Exception: boom", "level": "info"}.items(), waiting.items())
            self.assertRegex(waiting["nextAttemptAt"], r"^\d{4}-\d\d-\d\dT[0-9:.]+Z$")
            (end,) = [row for row in rows if row.get("requestId") == request_id and row.get("step") == "given up"]
            self.assertLessEqual({"condition": "RetriesExhausted", "deadLetter": "q", "destination": "d",
                                  "attempt": 2}.items(), end.items())
            (end,) = [row for row in rows if row.get("requestId") == old and row.get("step") == "given up"]
            self.assertLessEqual({"condition": "EventAgeExceeded", "ageSeconds": 0, "maximumEventAgeInSeconds": 60}.items(),
                                 end.items())
            (moved,) = [row for row in rows if row.get("step") == "clock moved"]
            self.assertLessEqual({"movedSeconds": 60, "eventsDue": 1}.items(), moved.items())

    def test_without_it_a_retry_and_a_dead_letter_are_a_line_each(self):
        fails = mock(FAILS, **to_queue("q"), **event_config(MaximumRetryAttempts=1))
        with EventServer({"hello": fails, "good": mock(SUCCEEDS)}) as server:
            request_id, good = server.accept("hello"), server.accept("good")
            server.drained()
            told = lines(server, request_id)
            self.assertEqual(len(told), 2, told)
            self.assertIn("attempt 1 of 2 failed", told[0])
            self.assertIn("attempt 2 of 2 failed", told[1])
            self.assertEqual(lines(server, good), [])
            self.assertIn("REPORT RequestId", server.log())


if __name__ == "__main__":
    invoked.run_tests()
