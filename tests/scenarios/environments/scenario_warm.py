"""Execution environments over time: reused, grown with concurrency, given up when idle, and gone in the end.

test: alone
test: timeout 240
"""

import os
import re
import sys
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from invoked import (NATIVE_ECHO, SLOWNESS, Server, command, fixture, is_alive, process_state, provided,  # noqa: E402
                     python, wait_for)

COUNTER = """
import os, time
count = 0
def handler(event, context):
    global count
    count += 1
    time.sleep(event.get("seconds", 0))
    return [os.getpid(), count, event.get("n")]
"""


class Reuse(unittest.TestCase):
    def test_a_global_counter_goes_up(self):
        with Server({"py": fixture("python-counter"), "js": fixture("nodejs-counter")}) as server:
            self.assertEqual([server.invoke("py", {}).json for _ in range(5)], [1, 2, 3, 4, 5])
            self.assertEqual([server.invoke("js", {}).json["count"] for _ in range(5)], [1, 2, 3, 4, 5])

    def test_one_after_the_other_needs_one_environment(self):
        functions = {"py": python(COUNTER), "native": {"Runtime": "provided.al2023", "CodeUri": NATIVE_ECHO}}
        with Server(functions) as server:
            self.assertEqual(len({server.invoke("py", {}).json[0] for _ in range(50)}), 1)
            for n in range(200):
                self.assertEqual(server.invoke("native", n).json, n)
            self.assertLessEqual(len(server.children()), 4)  # 200 would be one each

    def test_each_version_has_environments_of_its_own(self):
        with Server({"f": {**python(COUNTER).settings, "CodeUri": os.path.join(invoked.FIXTURES, "python-counter"),
                           "Versions": {"1": {}, "2": {}}}}) as server:
            for qualifier in (None, "1", "2", None, "1", "2"):
                answer = server.invoke("f", {}, qualifier)
                self.assertIsNone(answer.function_error)
            self.assertEqual([server.invoke("f", {}, qualifier).json for qualifier in (None, "1", "2")], [3, 3, 3])

    def test_a_command_is_a_process_each_time(self):
        with Server({"f": command("sh", "-c", "printf $$")}) as server:
            self.assertEqual(len({server.invoke("f").body for _ in range(20)}), 20)


class Growth(unittest.TestCase):
    def run_many(self, server, name, count, event=None):
        """`count` invocations at once. Returns the answers and the seconds that they took."""
        with ThreadPoolExecutor(count) as pool:
            began = time.monotonic()
            answers = list(pool.map(lambda n: server.invoke(name, {**(event or {}), "n": n}), range(count)))
            return answers, time.monotonic() - began

    def check_64(self, name, function):
        with Server({name: function}) as server:
            answers, _ = self.run_many(server, name, 64, {"seconds": 0.1})  # starts the environments
            for n, answer in enumerate(answers):
                self.assertEqual((answer.status, answer.function_error), (200, None), answer)
            _, took = self.run_many(server, name, 64, {"seconds": 0.1})
            best = min(took, self.run_many(server, name, 64, {"seconds": 0.1})[1])
            self.assertLess(best, 1.0 * SLOWNESS)  # 6.4 s one after the other
            self.assertLessEqual(len(server.children()), 64)
            started = list(server.children())
        self.assertFalse([pid for pid in started if is_alive(pid)])

    def test_64_at_once_that_sleep_100_ms_in_python(self):
        self.check_64("f", fixture("python-sleep", Timeout=60))

    def test_64_at_once_that_sleep_100_ms_in_a_command(self):
        with Server({"f": command("sh", "-c", "sleep 0.1; cat")}) as server:
            answers, took = self.run_many(server, "f", 64)
            self.assertEqual([answer.json["n"] for answer in answers], list(range(64)))
            self.assertLess(took, 3.0 * SLOWNESS)

    def test_16_at_once_in_nodejs(self):
        with Server({"f": fixture("nodejs-sleep", Timeout=60)}) as server:
            self.run_many(server, "f", 16, {"seconds": 0.3})
            _, took = self.run_many(server, "f", 16, {"seconds": 0.3})
            self.assertLess(took, 1.5 * SLOWNESS)

    def test_answers_reach_those_who_asked(self):
        functions = {"py": python(COUNTER, Timeout=60), "native": {"Runtime": "provided", "CodeUri": NATIVE_ECHO, "Timeout": 60}}
        with Server(functions) as server, ThreadPoolExecutor(16) as pool:
            answers = pool.map(lambda n: server.invoke("py", {"n": n, "seconds": 0.001 * (n % 7)}).json[2], range(400))
            self.assertEqual(list(answers), list(range(400)))
            answers = pool.map(lambda n: server.invoke("native", {"n": n}).json["n"], range(2000))
            self.assertEqual(list(answers), list(range(2000)))

    def test_reserved_concurrency_limits_it(self):
        with Server({"f": fixture("python-sleep", ReservedConcurrentExecutions=2, Timeout=60)}) as server:
            self.run_many(server, "f", 2, {"seconds": 0.5})
            answers, _ = self.run_many(server, "f", 6, {"seconds": 1})
            statuses = sorted(answer.status for answer in answers)
            self.assertEqual(statuses, [200, 200, 429, 429, 429, 429])
            refused = next(answer for answer in answers if answer.status == 429)
            self.assertEqual(refused.body, b'{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","Type":"User",'
                             b'"message":"Rate Exceeded."}')
            self.assertEqual(refused.headers["x-amzn-errortype"], "TooManyRequestsException")
            self.assertEqual(server.invoke("f", {}).status, 200)

    def test_an_attempt_of_one_takes_nothing_from_the_others(self):
        functions = {"slow": fixture("python-sleep", Timeout=60), "quick": command("cat")}
        with Server(functions) as server, ThreadPoolExecutor(1) as pool:
            slow = pool.submit(server.invoke, "slow", {"seconds": 2})
            server.wait_for_log("START")
            began = time.monotonic()
            self.assertEqual(server.invoke("quick", 1).json, 1)
            self.assertLess(time.monotonic() - began, 1 * SLOWNESS)
            self.assertEqual(slow.result().status, 200)


class Idle(unittest.TestCase):
    def test_leaves_after_its_idle_timeout(self):
        functions = {"js": fixture("nodejs-counter"), "native": {"Runtime": "provided", "CodeUri": NATIVE_ECHO},
                     "py": fixture("python-counter", Local={"IdleTimeoutSeconds": 1})}
        with Server(functions, {"Local": {"IdleTimeoutSeconds": 2}}) as server:
            began = {}
            for name in functions:
                began[name] = time.monotonic()
                self.assertEqual(server.invoke(name, {}).status, 200)
            wait_for(lambda: len(server.children()) == 3, "three environments")
            wait_for(lambda: len(server.children()) <= 2, "the end of the first")
            self.assertGreater(time.monotonic() - began["js"], 1)
            wait_for(lambda: not server.children(), "the end of all")
            self.assertGreater(time.monotonic() - began["native"], 2)
            self.assertLess(time.monotonic() - began["py"], 5 * SLOWNESS)
            self.assertEqual(server.invoke("py", {}).json, 1)

    def test_stays_while_it_is_used(self):
        with Server({"f": fixture("python-counter", Local={"IdleTimeoutSeconds": 2})}) as server:
            for n in range(1, 7):
                self.assertEqual(server.invoke("f", {}).json, n)
                time.sleep(0.6)

    def test_a_running_one_is_not_idle(self):
        with Server({"f": fixture("python-sleep", Local={"IdleTimeoutSeconds": 1})}) as server:
            self.assertIsNone(server.invoke("f", {"seconds": 3.5}).function_error)

    def test_uses_no_time_while_it_waits(self):
        with Server({"f": fixture("python-counter"), "g": fixture("nodejs-counter")}) as server:
            server.invoke("f", {})
            server.invoke("g", {})
            time.sleep(0.5)
            before = [ticks(pid) for pid in (server.pid, *server.children())]
            time.sleep(1.5)
            after = [ticks(pid) for pid in (server.pid, *server.children())]
            self.assertLess(sum(after) - sum(before), 8 * SLOWNESS)


class Tidiness(unittest.TestCase):
    def test_no_zombie_and_no_descriptor_is_left(self):
        functions = {"c": command("cat"), "py": fixture("python-exit"), "native": provided("#!/bin/sh\nexit 1\n"),
                     "sleep": fixture("python-sleep", Timeout=1), "missing": command("no-such-program")}
        with Server(functions) as server, ThreadPoolExecutor(8) as pool:
            for name in functions:
                server.invoke(name, {"seconds": 20})
            wait_for(lambda: not server.children(), "the end of all processes")
            before = server.descriptor_count()
            for name in functions:
                count = 2 if name == "sleep" else 24
                list(pool.map(lambda _: server.invoke(name, {"seconds": 20}), range(count)))
            wait_for(lambda: not server.children(), "the end of all processes, zombies too")
            wait_for(lambda: process_state(server.pid) == "S", "a sleeping server")
            wait_for(lambda: server.descriptor_count() <= before, "the end of all descriptors")

    def test_killed_itself_it_leaves_its_children_to_nobody(self):
        # SIGKILL can't be caught; the bundled runtimes see their socket end, and leave.
        server = Server({"py": fixture("python-counter"), "js": fixture("nodejs-counter")})
        try:
            server.invoke("py", {})
            server.invoke("js", {})
            pids = list(server.children())
            server.process.kill()
            server.process.wait()
            server.process.stdout.close()
            wait_for(lambda: not any(map(is_alive, pids)), "the runtimes' end")
        finally:
            invoked.shutil.rmtree(server.folder, ignore_errors=True)

    def test_memory_does_not_grow_with_invocations(self):
        functions = {"native": {"Runtime": "provided", "CodeUri": NATIVE_ECHO}, "c": command("cat")}
        with Server(functions, {"Local": {"HistorySize": 1}}) as server:
            def work():
                for _ in range(20):
                    server.invoke("native", "e" * 1_000_000)
                    server.invoke("c", "e" * 1_000_000)

            work()
            before = resident_kb(server.pid)
            for _ in range(3):
                work()
            self.assertLess(resident_kb(server.pid) - before, 150_000 if invoked.IS_SANITIZED else 10_000)


class Sizes(unittest.TestCase):
    def test_six_megabytes_in_and_out_unchanged(self):
        functions = {"py": fixture("python-echo", MemorySize=512), "js": fixture("nodejs-echo", MemorySize=512),
                     "native": {"Runtime": "provided", "CodeUri": NATIVE_ECHO, "Timeout": 20}, "cat": command("cat")}
        event = b'"' + os.urandom(3_145_727).hex().encode() + b'"'
        self.assertEqual(len(event), 6_291_456)
        with Server(functions) as server:
            for name in functions:
                with self.subTest(function=name):
                    answer = server.invoke(name, body=event)
                    self.assertEqual((answer.status, answer.function_error), (200, None), answer)
                    self.assertTrue(answer.body == event)

    def test_any_json_comes_back_as_it_is(self):
        functions = {"py": fixture("python-echo"), "js": fixture("nodejs-echo"), "cat": command("cat"),
                     "native": {"Runtime": "provided", "CodeUri": NATIVE_ECHO}}
        with Server(functions) as server:
            for body in (b"null", b"0", b"true", b'"HelloWorld"', b"[]", b"{}", '"ä✓\\u0000😀"'.encode(), b'[1,{"a":[null]}]'):
                for name in functions:
                    with self.subTest(function=name, body=body):
                        answer = server.invoke(name, body=body)
                        self.assertIsNone(answer.function_error, answer)
                        self.assertEqual(answer.json, invoked.json.loads(body))
            for name in ("cat", "native"):
                self.assertEqual(server.invoke(name, body=b' { "a" : 1e2 }\n').body, b' { "a" : 1e2 }\n')
                self.assertEqual(server.invoke(name, body=b"").body, b"{}")


def ticks(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def resident_kb(pid):
    with open(f"/proc/{pid}/status") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])


if __name__ == "__main__":
    invoked.run_tests()
