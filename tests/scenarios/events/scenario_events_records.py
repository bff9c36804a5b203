"""Dead letters, destination records and their files, on the whole server: byte for byte what AWS sends."""

import hashlib
import json
import os
import random
import re
import signal
import sys
import threading
import time
import unittest
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from events import (ACCOUNT, FAILS, QUEUE, SUCCEEDS, EventServer, authorization, event_config, milliseconds, mock,  # noqa: E402
                    to_queue)
from invoked import UUID, python, wait_for  # noqa: E402

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:"
BUS = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/orders"
# AWS's own test of its dead-letter queues: what a handler raises, and the event.
RAISES = "def handler(event, context):\n    raise Exception('Test exception (this is intentional)')\n"
ONCE = {"MaximumRetryAttempts": 0}


def record(condition, count, payload, rest, arn=ARN + "f:$LATEST"):
    """A pattern for a line."""
    return (r'\{"version":"1\.0","timestamp":"' + TIME + r'","requestContext":\{"requestId":"' + UUID
            + r'","functionArn":"' + re.escape(arn) + r'","condition":"' + condition + r'","approximateInvokeCount":'
            + str(count) + r'\},"requestPayload":' + re.escape(payload) + rest + r"\}")


RAN = r',"responseContext":\{"statusCode":200,"executedVersion":"\$LATEST"%s\},"responsePayload":%s'
FAILED = ',"functionError":"Unhandled"'


class DeadLetters(unittest.TestCase):
    def test_all_queues_and_destinations_together_are_listed_oldest_first(self):
        functions = {name: mock(FAILS, **to_queue(name), **event_config(on_failure=QUEUE + name, **ONCE)) for name in "ab"}
        with EventServer(functions) as server:
            for name in ("b", "a", "b", "a"):
                server.accept(name, json.dumps(name).encode())
                server.drained()
                server.advance(1)
            self.assertEqual([letter["Body"] for letter in server.dead_letters()], ['"b"', '"a"', '"b"', '"a"'])
            self.assertEqual([record["requestPayload"] for record in server.records()], ["b", "a", "b", "a"])

    def test_the_message_is_that_of_aws(self):
        with EventServer({"f": python(RAISES, **to_queue("hello-dlq"))}) as server:
            request_id = server.accept("f", b'{"raise_error": 1}')
            server.drained()
            (line,) = server.record_lines("hello-dlq", "dead-letters")
            letter = json.loads(line)
            self.assertEqual(list(letter), ["MessageId", "Body", "MessageAttributes", "SentTimestamp"])
            self.assertEqual(hashlib.md5(letter["Body"].encode()).hexdigest(), "ba08269cbd0ce515889bfba6593731e1")
            self.assertEqual(letter["MessageAttributes"], {
                "RequestID": {"StringValue": request_id, "DataType": "String"},
                "ErrorCode": {"StringValue": "200", "DataType": "Number"},
                "ErrorMessage": {"StringValue": "Test exception (this is intentional)", "DataType": "String"}})
            self.assertRegex(letter["MessageId"], f"^{UUID}$")
            self.assertEqual(letter["SentTimestamp"], str(server.now_ms()))
            self.assertEqual(server.dead_letters("hello-dlq"), [letter])
            self.assertEqual(server.dead_letters(), [letter])

    def test_the_body_is_the_bytes_that_were_sent(self):
        bodies = [b' { "a" :\t[1, 2 ],\n "b": 1.0e5 }\r\n', '"é€😀 \\u00e9 \\"quoted\\" \\\\ /"'.encode(), b'{"a":1,"a":2}', b"1.0", b"{}",
                  b"", json.dumps("x" * 100000).encode(), b'"\\u0000\\ud800"']
        with EventServer({"f": mock(FAILS, **ONCE_TO("q"))}) as server:
            for body in bodies:
                server.accept("f", body)
                server.drained()
            self.assertEqual([letter["Body"].encode() for letter in server.dead_letters("q")],
                             [body or b"{}" for body in bodies])

    def test_the_error_message_is_cut_to_one_kilobyte(self):
        function = mock({"FunctionError": "Unhandled", "Payload": {"errorMessage": "é" * 2000}}, **ONCE_TO("q"))
        with EventServer({"f": function}) as server:
            server.accept("f")
            server.drained()
            (letter,) = server.dead_letters("q")
            self.assertEqual(letter["MessageAttributes"]["ErrorMessage"]["StringValue"], "é" * 512)

    def test_a_topic_and_names(self):
        topics = {"a": f"arn:aws:sns:us-east-1:{ACCOUNT}:topic-1", "b": f"arn:aws:sqs:eu-west-1:{ACCOUNT}:Queue_2"}
        functions = {name: mock(FAILS, DeadLetterConfig={"TargetArn": arn}, EventInvokeConfig=ONCE)
                     for name, arn in topics.items()}
        with EventServer(functions) as server:
            for name in topics:
                server.accept(name)
            server.drained()
            self.assertEqual(len(server.record_lines("topic-1", "dead-letters")), 1)
            self.assertEqual(len(server.record_lines("Queue_2", "dead-letters")), 1)
            self.assertEqual(len(server.dead_letters()), 2)
            # By ARN as by name.
            self.assertEqual(len(server.dead_letters(topics["a"])), 1)

    def test_no_name_leads_out_of_the_folder(self):
        with EventServer({"f": mock(FAILS)}) as server:
            for name in ("../queue", "..%2F..%2Fetc%2Fpasswd", "%2e%2e", "a%00b", "x" * 5000):
                for answer in (server.request("GET", f"/_invoked/dead-letters?Queue={name}"),
                               server.request("POST", f"/_invoked/dead-letters/redrive?Queue={name}")):
                    self.assertIn((answer.status, answer.body), [(404, answer.body), (400, answer.body)])


def ONCE_TO(queue):
    return {**to_queue(queue), "EventInvokeConfig": ONCE}


class Destinations(unittest.TestCase):
    def one(self, function, body=b"{}", name="d", qualifier=None):
        with EventServer({"f": function}) as server:
            server.accept("f", body, qualifier)
            server.drained()
            (line,) = server.record_lines(name)
            self.assertEqual(server.records(name), [json.loads(line)])
            return line

    def test_success(self):
        line = self.one(mock(SUCCEEDS, **event_config(on_success=QUEUE + "d")))
        self.assertRegex(line, "^" + record("Success", 1, "{}", RAN % ("", r'\{"any":"json"\}')) + "$")

    def test_failure_after_all_tries(self):
        line = self.one(python("def handler(event, context):\n    raise Exception('intentional failure')\n",
                               **event_config(on_failure=QUEUE + "d")), b'{"message": "x"}')
        error = (r'\{"errorMessage": ?"intentional failure", ?"errorType": ?"Exception", ?"requestId": ?"' + UUID
                 + r'", ?"stackTrace": ?\["  File .*"\]\}')
        self.assertRegex(line, "^" + record("RetriesExhausted", 3, '{"message": "x"}', RAN % (FAILED, error)) + "$")
        parsed = json.loads(line)
        self.assertEqual(parsed["requestContext"]["requestId"], parsed["responsePayload"]["requestId"])

    def test_one_failure_with_no_retries(self):
        line = self.one(mock(FAILS, **event_config(on_failure=QUEUE + "d", MaximumRetryAttempts=0)))
        self.assertRegex(line, "^" + record("RetriesExhausted", 1, "{}", RAN % (FAILED, r"\{.*boom.*\}")) + "$")

    def test_too_old(self):
        line = self.one(mock(FAILS, **event_config(on_failure=QUEUE + "d", MaximumEventAgeInSeconds=90)))
        self.assertRegex(line, "^" + record("EventAgeExceeded", 2, "{}", RAN % (FAILED, r"\{.*boom.*\}")) + "$")

    def test_zero_reserved_concurrency(self):
        line = self.one(mock(SUCCEEDS, ReservedConcurrentExecutions=0, **event_config(on_failure=QUEUE + "d")), b"")
        self.assertRegex(line, "^" + record("ZeroReservedConcurrency", 0, "{}", "") + "$")

    def test_a_time_out(self):
        line = self.one(mock({"Timeout": True}, Timeout=7, **event_config(on_failure=QUEUE + "d", MaximumRetryAttempts=0)))
        self.assertRegex(line, r'"responsePayload":\{"errorType":"Sandbox\.Timedout","errorMessage":"RequestId: ' + UUID
                         + r' Error: Task timed out after 7\.00 seconds"\}\}$')

    def test_the_payload_is_the_bytes_that_were_sent(self):
        for body in (b'{ "a" :  1.0,"b":[ ] }', '"é\\u00e9"'.encode(), b'{"a":1,"a":2}', b"12345678901234567890.0"):
            line = self.one(mock(SUCCEEDS, **event_config(on_success=QUEUE + "d")), body)
            self.assertIn('"requestPayload":' + body.decode() + ',"responseContext"', line)
        # A record is one line.
        line = self.one(mock(SUCCEEDS, **event_config(on_success=QUEUE + "d")), b'{\r\n "a":\n1}')
        self.assertIn('"requestPayload":{   "a": 1},', line)

    def test_the_qualifier_that_was_invoked(self):
        function = mock(SUCCEEDS, Versions={"7": {}}, Aliases={"live": {"FunctionVersion": "7"}},
                        **event_config(on_success=QUEUE + "d"))
        for qualifier in ("7", "live"):
            parsed = json.loads(self.one(function, qualifier=qualifier))
            self.assertEqual(parsed["requestContext"]["functionArn"], ARN + "f:" + qualifier)
            self.assertEqual(parsed["responseContext"]["executedVersion"], "7")

    def test_an_event_bus(self):
        for answer, word, configuration in ((SUCCEEDS, "Success", {"on_success": BUS}),
                                            (FAILS, "Failure", {"on_failure": BUS, "MaximumRetryAttempts": 0})):
            line = self.one(mock(answer, **event_config(**configuration)), name="orders")
            condition = "Success" if answer is SUCCEEDS else "RetriesExhausted"
            rest = RAN % ("" if answer is SUCCEEDS else FAILED, r"\{.*\}")
            self.assertRegex(line, r'^\{"source":"lambda","detail-type":"Lambda Function Invocation Result - ' + word
                             + r'","resources":\["' + re.escape(BUS) + r'","' + re.escape(ARN) + r'f:\$LATEST"\],"detail":'
                             + record(condition, 1, "{}", rest) + r"\}$")

    def test_both_are_served(self):
        function = mock(FAILS, **to_queue("q"), **event_config(on_failure=QUEUE + "d", MaximumRetryAttempts=0))
        with EventServer({"f": function}) as server:
            request_id = server.accept("f")
            server.drained()
            self.assertEqual(server.dead_letters("q")[0]["MessageAttributes"]["RequestID"]["StringValue"], request_id)
            self.assertEqual(server.records("d")[0]["requestContext"]["requestId"], request_id)

    def test_a_function_is_invoked_with_the_record(self):
        keeps = python("import json, os\ndef handler(event, context):\n"
                       "    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'got'), 'a') as file:\n"
                       "        file.write(json.dumps([context.aws_request_id, context.invoked_function_arn, event]) + '\\n')\n",
                       Versions={"1": {}}, Aliases={"live": {"FunctionVersion": "1"}}, **event_config(on_success=QUEUE + "kept"))
        functions = {"f": mock(FAILS, **event_config(on_failure=ARN + "keeps", MaximumRetryAttempts=0)),
                     "g": mock(SUCCEEDS, **event_config(on_success=ARN + "keeps:live")), "keeps": keeps}
        with EventServer(functions) as server:
            first = server.accept("f", b'{"odd":  1}')
            second = server.accept("g")
            server.drained()
            with open(os.path.join(server.code_folder("keeps"), "got")) as file:
                got = {row[2]["requestContext"]["requestId"]: row for row in map(json.loads, file)}
            self.assertEqual(set(got), {first, second})
            self.assertNotIn(got[first][0], (first, second))
            self.assertEqual(got[first][2]["requestContext"]["condition"], "RetriesExhausted")
            self.assertTrue(got[second][1].endswith(":keeps:live"), got[second])
            kept = server.records("kept")
            self.assertIn({"odd": 1}, [entry["requestPayload"]["requestPayload"] for entry in kept])
            self.assertEqual(len(kept), 2)
            self.assertIn('"requestPayload":{"odd":  1},"responseContext"', "\n".join(server.record_lines("kept")))

    def test_a_response_that_is_no_json_and_one_that_is_nothing(self):
        functions = {"f": invoked.command("echo", "not JSON", **event_config(on_success=QUEUE + "d")),
                     "g": invoked.command("true", **event_config(on_success=QUEUE + "e"))}
        with EventServer(functions) as server:
            server.accept("f")
            server.accept("g")
            server.drained()
            self.assertIn("not JSON", server.records("d")[0]["responsePayload"])
            self.assertIsNone(server.records("e")[0]["responsePayload"])

    def test_accounts_have_folders_of_their_own(self):
        function = mock(FAILS, **to_queue("q"), **event_config(on_failure=BUS, MaximumRetryAttempts=0))
        one = authorization("111111111111")
        with EventServer({"f": function}) as server:
            server.accept("f", headers=one)
            server.drained(one)
            self.assertEqual(server.record_lines("orders"), [])
            (line,) = server.record_lines("orders", account="111111111111")
            self.assertIn("arn:aws:lambda:us-east-1:111111111111:function:f:$LATEST", line)
            self.assertEqual(len(server.record_lines("q", "dead-letters", "111111111111")), 1)
            self.assertEqual(len(server.records(headers=one)), 1)
            self.assertEqual(server.records(), [])
            self.assertEqual(server.redrive("q", one).json, {"redriven": 1})
            self.assertEqual(server.redrive("q").json, {"redriven": 0})


class Kills(unittest.TestCase):
    def test_no_record_is_missing_after_kills_and_a_repeated_one_has_the_same_id(self):
        count = 600
        function = mock(FAILS, **to_queue("q"), **event_config(on_failure=QUEUE + "d", MaximumRetryAttempts=0))
        accepted = set()
        with EventServer({"f": function}, {"Local": {"QueueCapacity": 100000}}) as server:
            for round_number in range(6):
                stopped = threading.Event()

                def post(start=round_number * count):
                    for number in range(start, start + count):
                        try:
                            accepted.add(server.accept("f", str(number).encode()))
                        except (OSError, invoked.http.client.HTTPException):
                            break
                    stopped.set()

                thread = threading.Thread(target=post)
                thread.start()
                time.sleep(random.uniform(0.02, 0.3))
                server.kill()
                thread.join()
                server.start()
            server.drained()
            letters, records = server.dead_letters("q"), server.records("d")
            found = {letter["MessageAttributes"]["RequestID"]["StringValue"] for letter in letters}
            self.assertEqual(accepted - found, set())
            self.assertEqual(accepted - {entry["requestContext"]["requestId"] for entry in records}, set())
            self.assertGreater(len(accepted), 100)
            by_request = {}
            for letter in letters:
                by_request.setdefault(letter["MessageAttributes"]["RequestID"]["StringValue"], set()).add(letter["MessageId"])
            self.assertEqual([ids for ids in by_request.values() if len(ids) > 1], [])
            # Only what was in flight at a kill is there twice.
            self.assertLess(len(letters) - len(found), 6 * 100)

    def test_half_a_line_is_cut_off(self):
        function = mock(FAILS, **ONCE_TO("q"))
        with EventServer({"f": function}) as server:
            server.accept("f", 1)
            server.drained()
            server.kill()
            with open(os.path.join(server.data_folder, "dead-letters", "q.jsonl"), "a") as file:
                file.write('{"MessageId":"half')
            server.start()
            self.assertEqual(len(server.dead_letters("q")), 1)
            server.accept("f", 2)
            server.drained()
            self.assertEqual([json.loads(line)["Body"] for line in server.record_lines("q", "dead-letters")], ["1", "2"])


class Redriving(unittest.TestCase):
    def test_puts_them_back_as_new_events(self):
        function = mock({"When": {"n": 1}, **FAILS}, SUCCEEDS, Versions={"1": {}}, Aliases={"live": {"FunctionVersion": "1"}},
                        **to_queue("q"), **event_config(MaximumRetryAttempts=1))
        with EventServer({"f": function}) as server:
            first = server.accept("f", b'{"n":  1}', "live")
            server.drained()
            server.configure({"f": mock(SUCCEEDS, Versions={"1": {}}, Aliases={"live": {"FunctionVersion": "1"}},
                                        **event_config(on_success=QUEUE + "d"))})
            server.signal(1)
            server.wait_for_log("read .* again")
            answer = server.redrive("q")
            self.assertEqual((answer.status, answer.json), (200, {"redriven": 1}))
            self.assertEqual(server.dead_letters("q"), [])
            self.assertEqual(server.record_lines("q", "dead-letters"), [])
            server.drained()
            (line,) = server.record_lines("d")
            parsed = json.loads(line)
            self.assertNotEqual(parsed["requestContext"]["requestId"], first)
            self.assertEqual(parsed["requestContext"]["approximateInvokeCount"], 1)
            self.assertEqual(parsed["requestContext"]["functionArn"], ARN + "f:live")
            self.assertIn('"requestPayload":{"n":  1},', line)

    def test_all_queues_at_once(self):
        functions = {name: mock(FAILS, **ONCE_TO("q-" + name)) for name in "abc"}
        with EventServer(functions) as server:
            for name in functions:
                for number in range(3):
                    server.accept(name, number)
            server.drained()
            self.assertEqual(len(server.dead_letters()), 9)
            answer = server.redrive()
            self.assertEqual((answer.status, answer.json), (200, {"redriven": 9}))
            server.drained()
            self.assertEqual(len(server.dead_letters()), 9)
            self.assertEqual(server.redrive("q-b").json, {"redriven": 3})

    def test_queues_by_name_or_arn_and_unknown_ones(self):
        with EventServer({"f": mock(FAILS, **ONCE_TO("q"))}) as server:
            self.assertEqual((server.redrive("q").status, server.redrive("q").json), (200, {"redriven": 0}))
            self.assertEqual((server.redrive().status, server.redrive().json), (200, {"redriven": 0}))
            answer = server.redrive("nobody")
            self.assertEqual(answer.status, 404)
            self.assertIn("nobody", answer.json["error"])
            server.accept("f")
            server.drained()
            self.assertEqual(server.redrive(QUEUE + "q").json, {"redriven": 1})

    def test_lines_that_are_no_letters_of_ours_stay(self):
        with EventServer({"f": mock(FAILS, **ONCE_TO("q"))}) as server:
            server.accept("f")
            server.drained()
            path = os.path.join(server.data_folder, "dead-letters", "q.jsonl")
            foreign = json.dumps({"MessageId": str(uuid.uuid4()), "Body": "{}"})
            with open(path, "a") as file:
                file.write("nonsense\n" + foreign + "\n")
            self.assertEqual(server.redrive("q").json, {"redriven": 1})
            server.drained()
            self.assertEqual(server.record_lines("q", "dead-letters")[:2], ["nonsense", foreign])

    def test_as_far_as_there_is_room(self):
        slow = python("import time\ndef handler(event, context):\n    time.sleep(600)\n", Timeout=900)
        with EventServer({"f": mock(FAILS, **ONCE_TO("q")), "slow": slow}, {"Local": {"QueueCapacity": 10}}) as server:
            for number in range(8):
                server.accept("f", number)
                server.drained()
            for _ in range(5):
                server.accept("slow")
            self.assertEqual(server.redrive("q").json, {"redriven": 5})
            wait_for(lambda: len(server.dead_letters("q")) == 8, "their second failure")
            self.assertEqual([letter["Body"] for letter in server.dead_letters("q")][:3], ["5", "6", "7"])
            server.signal()
            server.ended()

    def test_each_at_most_once_across_kills(self):
        count = 3000
        good = python("import os\ndef handler(event, context):\n"
                      "    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'ran'), 'a') as file:\n"
                      "        file.write(f'{context.aws_request_id} {event}\\n')\n", **ONCE_TO("q"))
        with EventServer({"f": mock(FAILS, **ONCE_TO("q"))}, {"Local": {"QueueCapacity": 100000}}, clock="real") as server:
            for number in range(count):
                server.accept("f", number)
            server.drained()
            server.configure({"f": good}, {"Local": {"QueueCapacity": 100000}})
            for delay in (0.002, 0.006, 0.01, 0.015, 0.02, 0.03):
                thread = threading.Thread(target=self.redrive_anyhow, args=(server,))
                thread.start()
                time.sleep(delay)
                server.kill()
                thread.join()
                server.start()
            server.redrive("q")
            server.drained()
            self.assertEqual(server.dead_letters("q"), [])
            with open(os.path.join(server.code_folder("f"), "ran")) as file:
                ran = [line.split() for line in file]
            self.assertEqual({int(number) for _, number in ran}, set(range(count)))
            # An event may run twice when its run was cut off, but no letter became two events.
            self.assertEqual(len({request_id for request_id, _ in ran}), count)

    @staticmethod
    def redrive_anyhow(server):
        try:
            server.redrive("q")
        except (OSError, invoked.http.client.HTTPException):
            pass



class Obstacles(unittest.TestCase):
    """What a handler may put in the place of a file of records."""

    PUT = {"fifo": os.mkfifo, "directory": os.mkdir, "link": lambda path: os.symlink("/dev/zero", path)}
    SAID = {"fifo": "is not a regular file", "directory": "is a directory", "link": "is a symbolic link"}

    def test_they_hold_up_nothing_else_and_are_named(self):
        functions = {"f": mock(FAILS, **to_queue("q"), **event_config(MaximumRetryAttempts=0)),
                     "g": mock(FAILS, **to_queue("other"), **event_config(MaximumRetryAttempts=0))}
        for kind, put in self.PUT.items():
            with self.subTest(kind=kind), EventServer(functions) as server:
                path = os.path.join(server.data_folder, "dead-letters", "q.jsonl")
                os.makedirs(os.path.dirname(path))
                put(path)
                for number in range(3):
                    server.accept("f", number)
                server.wait_for_log(f"dead-letters/q.jsonl: {self.SAID[kind]}")
                server.accept("g", 1)
                wait_for(lambda: len(server.dead_letters("other")) == 1, "the letter of another queue")
                for query in ("", "?Queue=q"):
                    answer = server.request("GET", "/_invoked/dead-letters" + query)
                    self.assertEqual(answer.status, 500)
                    self.assertRegex(answer.json["error"], f"{path}: {self.SAID[kind]}.*; remove it")
                self.assertEqual(server.redrive("q").status, 500)
                self.assertEqual(server.drain(0.5).status, 408)
                self.assertEqual(server.log().count(self.SAID[kind]), 1)
                self.assertNotIn("not writable", server.log())
                # A stop waits for nothing, and after the next start and the removal the letters are written.
                server.stop()
                server.start()
                (os.rmdir if kind == "directory" else os.unlink)(path)
                server.drained()
                self.assertEqual(sorted(letter["Body"] for letter in server.dead_letters("q")), ["0", "1", "2"])

    def test_a_reset_removes_what_is_no_directory_and_goes_on(self):
        function = mock(FAILS, **to_queue("q"), **event_config(MaximumRetryAttempts=0))
        for kind, put in self.PUT.items():
            with self.subTest(kind=kind), EventServer({"f": function}) as server:
                path = os.path.join(server.data_folder, "dead-letters", "q.jsonl")
                os.makedirs(os.path.dirname(path))
                put(path)
                server.accept("f")
                server.wait_for_log(self.SAID[kind])
                self.assertEqual(server.request("POST", "/_invoked/reset").status, 500 if kind == "directory" else 200)
                if kind == "directory":
                    os.rmdir(path)
                server.drained()
                self.assertEqual(server.dead_letters(), [])  # that of before the reset is not written after it
                server.accept("f", 2)
                server.drained()
                self.assertEqual([letter["Body"] for letter in server.dead_letters()], ["2"])

    def test_lines_that_are_no_json_do_not_break_the_list(self):
        function = mock(FAILS, **to_queue("q"), **event_config(MaximumRetryAttempts=0))
        with EventServer({"f": function}) as server:
            server.accept("f", 1)
            server.drained()
            with open(os.path.join(server.data_folder, "dead-letters", "q.jsonl"), "ab") as file:
                file.write(b'hello\n{"a":1},{"b":\n\xff\n\n')
            server.accept("f", 2)
            server.drained()
            for letters in (server.dead_letters("q"), sorted(server.dead_letters(), key=lambda letter: isinstance(letter, str))):
                self.assertEqual([letter if isinstance(letter, str) else letter["Body"] for letter in letters
                                  ].count("hello"), 1)
                self.assertEqual(len(letters), 5)
            self.assertEqual(server.redrive("q").json, {"redriven": 2})
            server.drained()  # they fail again
            self.assertEqual(len(server.dead_letters("q")), 5)

    def test_a_queue_by_no_name_is_not_all_queues(self):
        function = mock(FAILS, **to_queue("q"), **event_config(MaximumRetryAttempts=0))
        with EventServer({"f": function}) as server:
            server.accept("f")
            server.drained()
            for query in ("Queue=%00", "Queue=q%00x", "Queue=" + "q" * 600, "queue=q"):
                answer = server.request("POST", "/_invoked/dead-letters/redrive?" + query)
                self.assertEqual(answer.status, 400, query)
            self.assertEqual(len(server.dead_letters("q")), 1)
            self.assertEqual(server.request("GET", "/_invoked/events?functionName=f").status, 400)
            self.assertEqual(server.request("POST", "/_invoked/drain?Timeout=1").status, 400)

    def test_an_unknown_queue_or_destination_is_no_empty_one(self):
        f = mock(SUCCEEDS, **to_queue("orders-dlq"), **event_config(on_success=QUEUE + "paid"), Versions={"1": {}}, Aliases={
            "live": {"FunctionVersion": "1", **event_config(on_failure=QUEUE + "problems")}})
        g = mock(SUCCEEDS, **to_queue("other-dlq"), Versions={"1": {**to_queue("older-dlq")}})
        queues = "older-dlq, orders-dlq, other-dlq"
        with EventServer({"f": f, "g": g}) as server:
            for method, path, message in (
                    ("GET", "dead-letters?Queue=orders-dl", "there is no dead-letter queue orders-dl; did you mean orders-dlq?"),
                    ("POST", "dead-letters/redrive?Queue=nope", "there is no dead-letter queue nope; the queues are:"),
                    ("GET", "destinations?Name=problem", "there is no destination problem; did you mean problems?")):
                answer = server.request(method, "/_invoked/" + path)
                self.assertEqual(answer.status, 404, path)
                self.assertTrue(answer.json["error"].startswith(message), answer.json)
                listed = answer.json["error"].split(": ")[1].split(", ")
                self.assertEqual(", ".join(sorted(listed)), "paid, problems" if "destination" in path else queues)
            for path in ("dead-letters?Queue=older-dlq", f"dead-letters?Queue={QUEUE}other-dlq", "destinations?Name=problems",
                         "dead-letters", "destinations"):
                answer = server.request("GET", "/_invoked/" + path)
                self.assertEqual((answer.status, answer.json), (200, []), path)
        with EventServer({"f": mock(SUCCEEDS)}) as server:
            self.assertEqual(server.request("GET", "/_invoked/dead-letters?Queue=q").json,
                             {"error": "there is no dead-letter queue q; no function has one"})

    def test_the_letters_of_a_queue_that_no_function_has_any_more_are_listed(self):
        with EventServer({"f": mock(FAILS, **to_queue("q"), **event_config(MaximumRetryAttempts=0))}) as server:
            server.accept("f")
            server.drained()
            server.configure({"f": mock(FAILS)})
            server.signal(signal.SIGHUP)
            wait_for(lambda: server.request("GET", "/_invoked/functions/f/plan").json["DeadLetterQueue"]["Value"] is None, "the reload")
            self.assertEqual(len(server.dead_letters("q")), 1)


if __name__ == "__main__":
    invoked.run_tests()
