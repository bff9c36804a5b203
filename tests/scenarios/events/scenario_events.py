"""Asynchronous events on the whole server: tries, delays, age, throttles, the clock, the list."""

import json
import os
import re
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from events import FAILS, QUEUE, SUCCEEDS, EventServer, authorization, event_config, milliseconds, mock, to_queue  # noqa: E402
from invoked import SLOWNESS, command, python, wait_for  # noqa: E402

# Appends the event and its request id to the file `ran` beside the code; fails when told to.
RECORDS = """import json, os
def handler(event, context):
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'ran'), 'a') as file:
        file.write(json.dumps([context.aws_request_id, event]) + '\\n')
    if isinstance(event, dict) and event.get('fail'):
        raise Exception('boom')
    return event
"""
SLEEPS = "import time\ndef handler(event, context):\n    print('sleeping')\n    time.sleep(event)\n"


def ran(server, name):
    path = os.path.join(server.code_folder(name), "ran")
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return [json.loads(line) for line in file]


class Tries(unittest.TestCase):
    def test_three_tries_one_and_two_minutes_apart_with_the_same_request_id(self):
        with EventServer({"f": python(RECORDS, **to_queue("q"))}) as server:
            began = server.now_ms()
            request_id = server.accept("f", {"fail": 1})
            wait_for(lambda: server.events()[0]["State"] == "waiting", "the first try")
            self.assertEqual(server.advance(59.999), [])
            self.assertEqual([event["State"] for event in server.events()], ["waiting"])
            self.assertEqual(server.advance(0.001), [request_id])
            self.assertEqual(server.advance(119.999), [])
            self.assertEqual(server.advance(0.001), [request_id])
            self.assertEqual(server.events(), [])
            self.assertEqual(ran(server, "f"), [[request_id, {"fail": 1}]] * 3)
            self.assertEqual(server.now_ms() - began, 180000)
            self.assertEqual(len(server.dead_letters("q")), 1)

    def test_the_first_try_needs_no_advance(self):
        with EventServer({"f": python(RECORDS)}) as server:
            server.accept("f", 1)
            wait_for(lambda: ran(server, "f"), "the event to run")
            server.drained()
            self.assertEqual(len(ran(server, "f")), 1)

    def test_maximum_retry_attempts(self):
        functions = {f"f{n}": python(RECORDS, **event_config(MaximumRetryAttempts=n, on_failure=QUEUE + f"q{n}"))
                     for n in range(3)}
        with EventServer(functions) as server:
            began = time.monotonic()
            for n in range(3):
                server.accept(f"f{n}", {"fail": n + 1})
            server.drained()
            self.assertLess(time.monotonic() - began, 10 * SLOWNESS)
            for n in range(3):
                self.assertEqual(len(ran(server, f"f{n}")), n + 1)
                (record,) = server.records(f"q{n}")
                self.assertEqual(record["requestContext"]["condition"], "RetriesExhausted")
                self.assertEqual(record["requestContext"]["approximateInvokeCount"], n + 1)

    def test_age_is_checked_ahead(self):
        for age, runs in ((60, 1), (61, 2), (90, 2), (180, 2), (181, 3)):
            with self.subTest(age=age):
                config = event_config(MaximumEventAgeInSeconds=age, on_failure=QUEUE + "q")
                with EventServer({"f": mock(FAILS, **config)}) as server:
                    began = server.now_ms()
                    server.accept("f")
                    server.drained()
                    (record,) = server.records("q")
                    context = record["requestContext"]
                    self.assertEqual(context["approximateInvokeCount"], runs)
                    self.assertEqual(context["condition"], "RetriesExhausted" if runs == 3 else "EventAgeExceeded")
                    # It is given up at the last run, not when the age is reached.
                    self.assertEqual(milliseconds(record["timestamp"]) - began, (0, 60000, 180000)[runs - 1])

    def test_own_delays(self):
        with EventServer({"f": mock(FAILS, **to_queue("q"))}, {"Local": {"RetryDelaysSeconds": [1, 7]}}) as server:
            began = server.now_ms()
            server.accept("f")
            server.drained()
            self.assertEqual(server.now_ms() - began, 8000)

    def test_the_settings_of_the_alias_or_version_that_was_invoked(self):
        function = mock(FAILS, **event_config(MaximumRetryAttempts=2, on_failure=QUEUE + "latest"))
        function["Versions"] = {"1": event_config(MaximumRetryAttempts=1, on_failure=QUEUE + "one"), "2": {}}
        function["Aliases"] = {
            "own": {"FunctionVersion": "1", **event_config(MaximumRetryAttempts=0, on_failure=QUEUE + "own")},
            "none": {"FunctionVersion": "1"},
        }
        rows = ((None, "latest", "$LATEST", "$LATEST", 3), ("$LATEST", "latest", "$LATEST", "$LATEST", 3),
                ("1", "one", "1", "1", 2), ("own", "own", "own", "1", 1), ("none", "one", "none", "1", 2))
        for qualifier, queue, suffix, version, runs in rows:
            with self.subTest(qualifier=qualifier), EventServer({"f": function}) as server:
                server.accept("f", qualifier=qualifier)
                server.drained()
                (record,) = server.records()
                self.assertEqual(server.records(queue), [record])
                self.assertEqual(record["requestContext"]["approximateInvokeCount"], runs)
                self.assertTrue(record["requestContext"]["functionArn"].endswith(f":function:f:{suffix}"), record)
                self.assertEqual(record["responseContext"]["executedVersion"], version)

    def test_every_kind_of_function_error_is_tried_again(self):
        functions = {
            "raises": python("def handler(event, context):\n    raise ValueError('no')\n"),
            "exits": python("import os\ndef handler(event, context):\n    os._exit(1)\n"),
            "times_out": python(SLEEPS, Timeout=1),
            "no_init": python("raise Exception('init')\n"),
            "too_large": python("def handler(event, context):\n    return 'x' * 7000000\n"),
            "command": command("sh", "-c", "echo oh >&2; exit 3"),
        }
        for name in functions:
            functions[name] = invoked.Code(functions[name].files, {**functions[name].settings, **to_queue(name),
                                           **event_config(MaximumRetryAttempts=1)}) \
                if isinstance(functions[name], invoked.Code) \
                else {**functions[name], **to_queue(name), **event_config(MaximumRetryAttempts=1)}
        with EventServer(functions) as server:
            for name in functions:
                server.accept(name, 30)
            server.drained()
            for name in functions:
                (letter,) = server.dead_letters(name)
                self.assertEqual(letter["MessageAttributes"]["ErrorCode"], {"StringValue": "200", "DataType": "Number"})
                self.assertEqual(letter["Body"], "30")

    def test_a_first_failure_that_a_later_try_makes_good(self):
        answers = [{"Attempt": 1, **FAILS}, {"Attempt": 2, **FAILS}, SUCCEEDS]
        config = event_config(on_success=QUEUE + "good", on_failure=QUEUE + "bad")
        with EventServer({"f": mock(*answers, **config, **to_queue("dead"))}) as server:
            server.accept("f")
            server.drained()
            (record,) = server.records()
            self.assertEqual(record["requestContext"]["condition"], "Success")
            self.assertEqual(record["requestContext"]["approximateInvokeCount"], 3)
            self.assertEqual(server.dead_letters(), [])

    def test_an_event_that_waits_runs_the_new_code(self):
        with EventServer({"f": mock(FAILS)}) as server:
            request_id = server.accept("f")
            wait_for(lambda: server.events()[0]["State"] == "waiting", "the first try")
            server.configure({"f": mock(SUCCEEDS, **event_config(on_success=QUEUE + "good"))})
            server.signal(1)
            server.wait_for_log("read .* again")
            server.drained()
            (record,) = server.records("good")
            self.assertEqual(record["requestContext"]["requestId"], request_id)

    def test_one_whose_function_is_gone_waits_for_it(self):
        with EventServer({"f": mock(FAILS), "g": mock(SUCCEEDS)}) as server:
            request_id = server.accept("f")
            wait_for(lambda: server.events()[0]["State"] == "waiting", "the first try")
            server.configure({"g": mock(SUCCEEDS)})
            server.signal(1)
            server.wait_for_log("read .* again")
            self.assertEqual(server.advance(60), [])
            self.assertEqual(server.events()[0]["Attempt"], 2)
            self.assertIn("no longer has this function", server.events()[0]["LastError"])
            server.configure({"f": mock(SUCCEEDS, **event_config(on_success=QUEUE + "good")), "g": mock(SUCCEEDS)})
            server.signal(1)
            wait_for(lambda: server.log().count(" again: ") == 2, "the third configuration")
            server.drained()
            self.assertEqual(server.records("good")[0]["requestContext"]["requestId"], request_id)


class Throttles(unittest.TestCase):
    def test_zero_reserved_concurrency_gives_up_at_once(self):
        function = python(RECORDS, ReservedConcurrentExecutions=0, **to_queue("q"), **event_config(on_failure=QUEUE + "d"))
        with EventServer({"f": function}) as server:
            began = server.now_ms()
            server.accept("f", b'{"a":  1}')
            server.drained()
            self.assertEqual(ran(server, "f"), [])
            self.assertEqual(server.now_ms(), began)
            self.assertEqual(server.records("d")[0]["requestContext"]["condition"], "ZeroReservedConcurrency")
            self.assertEqual(server.dead_letters("q")[0]["MessageAttributes"]["ErrorCode"]["StringValue"], "429")

    def test_back_off_doubles_from_one_second_to_five_minutes_and_uses_up_no_attempt(self):
        slow = python(SLEEPS, ReservedConcurrentExecutions=1, Timeout=60, **event_config(on_failure=QUEUE + "d"),
                      **to_queue("q"))
        with EventServer({"slow": slow}, arguments=("--explain",)) as server:
            thread = threading.Thread(target=server.invoke, args=("slow", 600))
            thread.start()
            server.wait_for_log("sleeping")
            request_id = server.accept("slow", 0)
            wait_for(lambda: server.events()[0]["State"] == "waiting", "the first refusal")
            at = server.now_ms()
            delay = 1
            for _ in range(12):
                (event,) = server.events()
                self.assertEqual(milliseconds(event["NextAttemptAt"]) - at, delay * 1000)
                self.assertEqual((event["Attempt"], event["State"]), (1, "waiting"))
                self.assertEqual(server.advance(delay), [])
                at += delay * 1000
                delay = min(2 * delay, 300)
            # Six hours after it was accepted it is given up, without having run.
            server.advance(6 * 3600)
            self.assertEqual(server.events(), [])
            (record,) = server.records("d")
            self.assertEqual(record["requestContext"]["condition"], "EventAgeExceeded")
            self.assertEqual(record["requestContext"]["approximateInvokeCount"], 0)
            self.assertEqual(list(record), ["version", "timestamp", "requestContext", "requestPayload"])
            self.assertEqual(record["requestContext"]["requestId"], request_id)
            (letter,) = server.dead_letters("q")
            self.assertEqual(letter["MessageAttributes"]["ErrorCode"]["StringValue"], "429")
            explained = rf"slow {request_id[:8]} attempt 1 of 3 throttled \(429: 1 of 1 busy\); "
            for seconds in (1, 2, 4, 256, 300):
                server.wait_for_log(explained + rf"next at \d\d:\d\d:\d\d \(in {seconds} s\), or when a place is free$")
            server.wait_for_log(explained + r"given up \(EventAgeExceeded\): at the next try, in 300 s, it would be \d+ s old; "
                                            "the maximum is 21600; dead letter to q; record to d$")
            server.signal()
            server.signal()
            server.ended()
            thread.join()

    def test_a_throttled_event_runs_as_soon_as_there_is_a_place(self):
        with EventServer({"slow": python(SLEEPS, ReservedConcurrentExecutions=1)}) as server:
            thread = threading.Thread(target=server.invoke, args=("slow", 1))
            thread.start()
            server.wait_for_log("sleeping")
            server.accept("slow", 0)
            server.accept("slow", 0)
            thread.join()
            server.drained()

    def test_exceptions_of_the_api_are_tried_again_without_using_up_attempts(self):
        answers = [{"Error": "EFSMountTimeoutException", "Times": 3}, SUCCEEDS]
        with EventServer({"f": mock(*answers, **event_config(on_success=QUEUE + "good"))}) as server:
            began = server.now_ms()
            server.accept("f")
            server.drained()
            (record,) = server.records("good")
            self.assertEqual(record["requestContext"]["approximateInvokeCount"], 1)
            self.assertGreaterEqual(milliseconds(record["timestamp"]) - began, 1000)


class Clock(unittest.TestCase):
    def test_six_hours_take_milliseconds(self):
        with EventServer({"f": mock({"Error": "TooManyRequestsException"}, **to_queue("q"))}) as server:
            began, began_ms = time.monotonic(), server.now_ms()
            server.accept("f")
            server.drained()
            self.assertLess(time.monotonic() - began, 1 * SLOWNESS)
            self.assertGreater(server.now_ms() - began_ms, 5.8 * 3600 * 1000)
            self.assertEqual(len(server.dead_letters("q")), 1)

    def test_a_dead_letter_of_what_never_ran_has_the_code_and_message_of_the_refusal(self):
        settings = to_queue("q") | event_config(MaximumEventAgeInSeconds=60)
        for error, code, message in (("TooManyRequestsException", "429", "Rate Exceeded."),
                                     ("KMSDisabledException", "502", "Lambda was unable to decrypt"),
                                     ("ServiceException", "500", "no: luck")):
            answer = {"Error": error, **({"Message": message} if error == "ServiceException" else {})}
            with self.subTest(error), EventServer({"f": mock(answer, **settings)}) as server:
                server.accept("f")
                server.drained()
                (letter,) = server.dead_letters("q")
                self.assertEqual(letter["MessageAttributes"]["ErrorCode"]["StringValue"], code)
                self.assertTrue(letter["MessageAttributes"]["ErrorMessage"]["StringValue"].startswith(message), letter)

    def test_what_falls_due_runs_in_order_and_at_its_time(self):
        config = {"Local": {"RetryDelaysSeconds": [60, 120]}}
        with EventServer({"a": mock(FAILS, **to_queue("q")), "b": mock(FAILS, **to_queue("q"))}, config) as server:
            first = server.accept("a")
            wait_for(lambda: server.events("a")[0]["State"] == "waiting", "the first try")
            server.advance(10)
            second = server.accept("b")
            wait_for(lambda: server.events("b")[0]["State"] == "waiting", "the first try")
            # due at 60, 70, 180, 190
            self.assertEqual(server.advance(1000), [first, second, first, second])
            sent = [int(letter["SentTimestamp"]) for letter in server.dead_letters("q")]
            self.assertEqual(sent[1] - sent[0], 10000)

    def test_it_does_not_wait_for_what_ran_before(self):
        with EventServer({"slow": python(SLEEPS, Timeout=60), "f": mock(FAILS)}) as server:
            server.accept("slow", 600)
            server.wait_for_log("sleeping")
            request_id = server.accept("f")
            wait_for(lambda: server.events("f")[0]["State"] == "waiting", "the first try")
            began = time.monotonic()
            self.assertEqual(server.advance(60), [request_id])
            self.assertLess(time.monotonic() - began, 5)
            self.assertEqual([event["State"] for event in server.events("slow")], ["running"])
            server.signal()
            server.ended()

    def test_it_waits_for_what_it_started(self):
        with EventServer({"f": python("import time\ndef handler(event, context):\n    time.sleep(0.3)\n    raise Exception('no')\n")}) as server:
            request_id = server.accept("f")
            wait_for(lambda: server.events()[0]["State"] == "waiting", "the first try")
            self.assertEqual(server.advance(60), [request_id])
            (event,) = server.events()
            self.assertEqual((event["State"], event["Attempt"]), ("waiting", 3))

    def test_only_a_manual_clock_can_be_moved(self):
        for clock, mode in (("real", "real"), ("x60", "x60"), ("manual", "manual")):
            with EventServer({"f": mock(SUCCEEDS)}, clock=clock) as server:
                self.assertEqual(server.request("GET", "/_invoked/clock").json["mode"], mode)
                answer = server.request("POST", "/_invoked/clock", b'{"AdvanceSeconds": 1}')
                self.assertEqual(answer.status, 200 if clock == "manual" else 409)
                if clock != "manual":
                    self.assertIn("--clock manual", answer.json["error"])

    def test_what_an_advance_is_told_is_checked(self):
        with EventServer({"f": mock(SUCCEEDS)}) as server:
            for body in (b"", b"{", b"[]", b"{}", b'{"AdvanceSeconds": -1}', b'{"AdvanceSeconds": "1"}',
                         b'{"AdvanceSeconds": 1e99}', b'{"AdvanceSeconds": 1, "x": 2}', b'{"advanceseconds": 1}'):
                answer = server.request("POST", "/_invoked/clock", body)
                self.assertEqual((answer.status, list(answer.json)), (400, ["error"]), body)

    def test_a_faster_clock(self):
        with EventServer({"f": mock(FAILS, **to_queue("q"))}, clock="x1000") as server:
            began, began_ms = time.monotonic(), server.now_ms()
            server.accept("f")
            server.drained()
            self.assertGreaterEqual(time.monotonic() - began, 0.18)
            self.assertLess(time.monotonic() - began, 3 * SLOWNESS)
            (letter,) = server.dead_letters("q")
            self.assertGreaterEqual(int(letter["SentTimestamp"]) - began_ms, 180000)

    def test_the_next_start_is_not_before_the_newest_time_in_the_queue(self):
        with EventServer({"f": mock(FAILS)}) as server:
            server.accept("f")
            wait_for(lambda: server.events()[0]["State"] == "waiting", "the first try")
            server.advance(59)
            server.kill()
            server.start()
            self.assertEqual(server.events()[0]["Attempt"], 2)
            before = server.now_ms()
            self.assertLessEqual(milliseconds(server.events()[0]["NextAttemptAt"]) - before, 60000)
            server.advance(60)
            wait_for(lambda: server.events()[0]["Attempt"] == 3, "the second try")
            tried_at = milliseconds(server.events()[0]["NextAttemptAt"]) - 120000
            server.kill()
            server.start()
            self.assertGreater(tried_at, before)
            self.assertGreaterEqual(server.now_ms(), tried_at)


class Drain(unittest.TestCase):
    def test_nothing_to_wait_for(self):
        with EventServer({"f": mock(SUCCEEDS)}) as server:
            self.assertEqual(server.request("POST", "/_invoked/drain").json, {})
            self.assertEqual((server.drain(0).status, server.drain(0).json), (200, {}))
            server.accept("f")
            server.drained()
            self.assertEqual(server.drain(0).status, 200)

    def test_invoke_async_is_accepted_and_run_too(self):
        with EventServer({"f": python(RECORDS)}) as server:
            answer = server.request("POST", "/2014-11-13/functions/f/invoke-async/", b'{"a": 1}')
            self.assertEqual((answer.status, answer.headers.get("x-amz-function-error")), (202, None))
            server.drained()
            self.assertEqual(ran(server, "f"), [[answer.request_id, {"a": 1}]])

    def test_when_the_time_is_up_it_says_what_is_left(self):
        with EventServer({"slow": python(SLEEPS, Timeout=60), "f": mock(FAILS)}, clock="real") as server:
            running, waiting = server.accept("slow", 600), server.accept("f")
            began = time.monotonic()
            answer = server.drain(0.5)
            self.assertLess(time.monotonic() - began, 3 * SLOWNESS)
            self.assertEqual(answer.status, 408)
            self.assertIn("timed out with 2 events left", answer.json["error"])
            self.assertEqual([(event["RequestId"], event["State"]) for event in answer.json["events"]],
                             [(running, "running"), (waiting, "waiting")])
            server.signal()
            server.ended()

    def test_what_it_is_told_is_checked(self):
        with EventServer({"f": mock(SUCCEEDS)}) as server:
            for text in ("", "x", "-1", "1e99", "nan"):
                self.assertEqual(server.request("POST", f"/_invoked/drain?TimeoutSeconds={text}").status, 400, text)

    def test_accounts_have_clocks_and_queues_of_their_own(self):
        one, two = authorization("111111111111"), authorization("222222222222")
        with EventServer({"f": mock(FAILS, **to_queue("q"))}) as server:
            first = server.accept("f", 1, headers=one)
            server.accept("f", 2, headers=two)
            wait_for(lambda: [e["State"] for e in server.events(headers=one) + server.events(headers=two)]
                     == ["waiting"] * 2, "the first tries")
            self.assertEqual(server.events(), [])
            before = server.now_ms(two)
            self.assertEqual(server.advance(60, one), [first])
            self.assertEqual((server.now_ms(one) - before, server.now_ms(two)), (60000, before))
            self.assertEqual([event["Attempt"] for event in server.events(headers=two)], [2])
            server.drained(one)
            self.assertEqual(len(server.events(headers=two)), 1)
            self.assertEqual([letter["Body"] for letter in server.dead_letters(headers=one)], ["1"])
            self.assertEqual((server.dead_letters(headers=two), server.dead_letters()), ([], []))
            self.assertEqual(len(server.record_lines("q", "dead-letters", "111111111111")), 1)
            self.assertEqual(server.request("DELETE", "/_invoked/events", headers=one).status, 200)
            self.assertEqual(len(server.events(headers=two)), 1)
            server.drained(two)


class TheList(unittest.TestCase):
    def test_states_and_fields(self):
        slow = python(SLEEPS, Timeout=60, ReservedConcurrentExecutions=1)
        with EventServer({"slow": slow, "f": mock(FAILS)}) as server:
            running, queued = server.accept("slow", 600), server.accept("slow", 600)
            server.wait_for_log("sleeping")
            waiting = server.accept("f")
            wait_for(lambda: server.events("f")[0]["State"] == "waiting", "the first try")
            rows = server.events()
            now = server.now_ms()
            for row in rows:
                self.assertEqual(list(row), ["RequestId", "FunctionName", "State", "Attempt", "EnqueuedAt",
                                             "NextAttemptAt", "LastError"])
                self.assertEqual(milliseconds(row["EnqueuedAt"]), now)
            self.assertEqual([(row["RequestId"], row["FunctionName"], row["State"], row["Attempt"]) for row in rows],
                             [(running, "slow", "running", 1), (queued, "slow", "queued", 1),
                              (waiting, "f", "waiting", 2)])
            self.assertIsNone(rows[0]["NextAttemptAt"])
            self.assertEqual(milliseconds(rows[2]["NextAttemptAt"]), now + 60000)
            self.assertEqual([row["LastError"] for row in rows], [None, None, "Unhandled: Exception: boom"])
            self.assertEqual(server.events("f"), rows[2:])
            self.assertEqual(server.events("nobody"), [])
            server.signal()
            server.ended()

    def test_delete_empties_it_and_nothing_comes_of_what_ran(self):
        slow = python("import os, time\ndef handler(event, context):\n    print('sleeping')\n"
                      "    while not os.path.exists(os.path.join(os.path.dirname(__file__), 'go')):\n        time.sleep(0.01)\n"
                      "    raise Exception('x')\n", Timeout=60, **to_queue("q"), **event_config(MaximumRetryAttempts=0))
        with EventServer({"slow": slow, "f": mock(FAILS, **to_queue("q"))}) as server:
            server.accept("slow")
            server.wait_for_log("sleeping")
            for _ in range(100):
                server.accept("f")
            wait_for(lambda: all(e["State"] == "waiting" for e in server.events("f")), "the first tries")
            answer = server.request("DELETE", "/_invoked/events")
            self.assertEqual((answer.status, answer.json), (200, {}))
            self.assertEqual(server.events(), [])
            open(os.path.join(server.code_folder("slow"), "go"), "w").close()
            server.drained()
            self.assertEqual(server.dead_letters(), [])
            server.kill()
            server.start()
            self.assertEqual(server.events(), [])


class Places(unittest.TestCase):
    SLOW = python("import time\ndef handler(event, context):\n    print('began', event)\n    time.sleep(event)\n", Timeout=30,
                  ReservedConcurrentExecutions=1)

    def order(self, server):
        return [line.split("began")[1].strip() for line in server.log().splitlines() if "began" in line]

    def test_a_throttled_event_gets_the_next_place_before_those_behind_it(self):
        for clock in ("real", "manual"):
            with self.subTest(clock=clock), EventServer({"f": self.SLOW}, clock=clock) as server:
                caller = threading.Thread(target=server.invoke, args=("f", 1.5))
                caller.start()
                server.wait_for_log("began 1.5")
                for number in (0.01, 0.02, 0.03):
                    server.accept("f", number)
                wait_for(lambda: server.events()[0]["State"] == "waiting", "the throttle")
                caller.join()
                # The clock stands still, or the back-off is longer than this may take.
                wait_for(lambda: server.events() == [], "the events to run")
                self.assertEqual(self.order(server), ["1.5", "0.01", "0.02", "0.03"])

    def test_after_a_reset_a_manual_clock_starts_at_the_time_of_the_start(self):
        with EventServer({"f": mock(FAILS)}) as server:
            server.accept("f")
            wait_for(lambda: server.events()[0]["State"] == "waiting", "the first try")
            server.advance(3600)
            server.accept("f")
            self.assertEqual(server.request("POST", "/_invoked/reset").status, 200)
            start_ms = server.now_ms()
            server.accept("f")
            wait_for(lambda: server.events()[0]["State"] == "waiting", "the first try")
            server.kill()
            server.start()
            self.assertLess(server.now_ms() - start_ms, 600_000)
            self.assertEqual([row["Attempt"] for row in server.events()], [2])


if __name__ == "__main__":
    invoked.run_tests()
