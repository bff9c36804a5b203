"""Resources run out for real: descriptors, processes, memory, the data folder, and the order of time.

Each gives the documented exception, with the reason in its message or in the log; what was accepted is not lost, and the
server recovers by itself. Disks that are full: scenario_events_kept.py.

test: timeout 240
"""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
import unittest
from collections import Counter

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from events import FAILS, SUCCEEDS, event_config, milliseconds, mock, to_queue  # noqa: E402
from invoked import IS_SANITIZED, NATIVE_ECHO, SLOWNESS, command, python, read_all, wait_for  # noqa: E402
from pressed import PressedServer, cpu_seconds, limits, open_connections  # noqa: E402

ECHO = {"Runtime": "provided", "CodeUri": NATIVE_ECHO, "Timeout": 20}
ANY_USER = 41234  # one without processes


class Short(unittest.TestCase):
    def assert_refused(self, answer, pattern):
        self.assertEqual((answer.status, answer.headers.get("x-amzn-errortype")), (500, "ServiceException"), answer)
        self.assertRegex(answer.json["Message"], pattern)
        self.assertEqual(answer.json["Type"], "Service")

    def assert_works(self, server, *names):
        for name in names:
            answer = server.invoke(name, 1)
            self.assertEqual((answer.status, answer.function_error), (200, None), answer)


class Descriptors(Short):
    functions = {"echo": ECHO, "cat": command("cat"), "py": python("def handler(event, context): return event"),
                 "m": mock(SUCCEEDS), "fails": mock(FAILS, **to_queue("q"), **event_config(MaximumRetryAttempts=0))}

    def settled(self, server):
        """What it looks for at its start is found."""
        server.wait_for_log("try: ")
        self.assert_works(server, "m")
        wait_for(lambda: not server.children() and open_connections(server) == 0, "the end of what it asks interpreters")
        self.seen = self.seen_since = None

        def is_steady():
            seen = os.listdir(f"/proc/{server.pid}/fd")
            if seen != self.seen:
                self.seen, self.seen_since = seen, time.monotonic()
            return time.monotonic() - self.seen_since > 0.3

        wait_for(is_steady, "the same descriptors for a while")

    def leave(self, server, count):
        """So many descriptors and no more. The limit is one of their numbers, among which there may be gaps."""
        used = {int(name) for name in os.listdir(f"/proc/{server.pid}/fd")}
        free = [number for number in range(len(used) + count + 1) if number not in used]
        subprocess.run(["prlimit", f"--pid={server.pid}", f"--nofile={free[count]}:"], check=True)

    def test_none_is_left_for_an_environment(self):
        with PressedServer(self.functions, {"Local": {"SpareRuntimes": 0}}) as server:
            self.settled(server)
            self.leave(server, 2)
            for name in ("echo", "cat", "py"):
                self.assert_refused(server.invoke(name, 1), "could not start .*: Too many open files$")
            self.assert_works(server, "m")
            server.accept("cat", 1)  # tried again, and uses up no attempt
            server.accept("fails", 2)
            self.leave(server, 100)
            self.assert_works(server, "echo", "cat", "py", "m")
            server.drained()
            self.assertEqual([letter["Body"] for letter in server.dead_letters("q")], ["2"])
            rows = server.request("GET", "/_invoked/invocations?FunctionName=cat&InvocationType=Event&Status=succeeded").json
            self.assertEqual([row["Payload"] for row in rows], [1])

    def test_none_is_left_for_a_connection(self):
        with PressedServer(self.functions, {"Local": {"SpareRuntimes": 0}}) as server:
            self.settled(server)
            self.leave(server, 0)
            before_s, began = cpu_seconds(server.pid), time.monotonic()
            with server.connect() as connection:
                connection.sendall(b"GET /_invoked/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                server.wait_for_log("warn +can't accept connections for now: Too many open files")
                time.sleep(0.5)
                self.assertLess(cpu_seconds(server.pid) - before_s, 0.2 + (time.monotonic() - began) / 4)
                self.leave(server, 100)
                self.assertIn(b" 200 OK", read_all(connection))
            self.assertEqual(server.log().count("can't accept connections"), 1)
            self.assert_works(server, "echo", "cat", "py", "m")


class Processes(Short):
    def unprivileged(self, functions, count):
        """A server of a user who may have so many processes and threads. Root may have any number."""
        if os.getuid() != 0:
            self.skipTest("only root can start the server as a user without other processes")
        os.chmod(os.environ.get("TMPDIR", "/tmp"), 0o1777)
        server = PressedServer.__new__(PressedServer)
        prefix = ["setpriv", f"--reuid={ANY_USER}", f"--regid={ANY_USER}", "--clear-groups", "--", *limits(nproc=f"{count}:64")]

        def start(ready=True):
            subprocess.run(["chown", "-R", f"{ANY_USER}", server.folder], check=True)
            PressedServer.start(server, ready)

        server.start = start
        try:
            server.__init__(functions, {"Local": {"SpareRuntimes": 0}}, prefix=prefix)
        except AssertionError as error:
            if "Permission denied" in str(error):
                self.skipTest(f"another user can't run the server from here: {str(error)[-300:]}")
            raise
        return server

    def allow(self, server, count):
        subprocess.run(["setpriv", f"--reuid={ANY_USER}", f"--regid={ANY_USER}", "--clear-groups", "--", "prlimit",
                        f"--pid={server.pid}", f"--nproc={count}:"], check=True)

    def threads(self, server):
        return len(os.listdir(f"/proc/{server.pid}/task"))

    def test_none_is_left(self):
        functions = {"echo": ECHO, "cat": command("cat"), "py": python("def handler(event, context): return event"),
                     "m": mock(SUCCEEDS)}
        with self.unprivileged(functions, 64) as server:
            self.assert_works(server, "m")
            server.accept("m")  # the threads of the pool are there from now on
            server.drained()
            self.allow(server, self.threads(server))
            for name in ("echo", "cat", "py"):
                self.assert_refused(server.invoke(name, 1), "could not start .*: Resource temporarily unavailable$")
            self.assert_works(server, "m")
            request_id = server.accept("cat")  # tried again: it uses up no attempt
            wait_for(lambda: [row["State"] for row in server.events()] == ["waiting"], "a try")
            self.allow(server, 64)
            self.assert_works(server, "echo", "cat", "py", "m")
            server.drained()
            rows = server.request("GET", f"/_invoked/invocations?RequestId={request_id}").json
            self.assertEqual((rows[0]["Status"], rows[0]["Attempt"]), ("succeeded", 1))


class Memory(Short):
    @unittest.skipIf(IS_SANITIZED, "a sanitizer needs all of the address space")
    def test_none_is_left_for_payloads(self):
        functions = {"m": mock(SUCCEEDS), "echo": ECHO}
        with PressedServer(functions) as server:
            self.assert_works(server, "m", "echo")
            with open(f"/proc/{server.pid}/statm") as file:
                now = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
            subprocess.run(["prlimit", f"--pid={server.pid}", f"--as={now + 40_000_000}:unlimited"], check=True)
            body = b'"' + b"x" * 6_000_000 + b'"'
            answers = []

            def invoke(name):
                answers.append(server.invoke(name, body=body))

            threads = [threading.Thread(target=invoke, args=(name,)) for name in ["m"] * 20]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            statuses = Counter(answer.status for answer in answers)
            self.assertEqual(sum(statuses[status] for status in (200, 500)), len(threads), statuses)
            self.assertGreater(statuses[500], 0)
            for answer in answers:
                if answer.status == 500:
                    self.assert_refused(answer, "out of memory")
                else:
                    self.assertEqual(answer.json, SUCCEEDS["Payload"])
            self.assert_works(server, "m", "echo")
            subprocess.run(["prlimit", f"--pid={server.pid}", "--as=unlimited:unlimited"], check=True)
            answer = server.invoke("echo", body=body)
            self.assertEqual((answer.status, answer.body), (200, body))


class DataFolder(Short):
    """`rm -rf .invoked`, or `git clean -fdx`, beside a running server."""

    functions = {"fails": mock(FAILS, **to_queue("q")), "m": mock(SUCCEEDS)}

    def remove(self, server, *kept):
        for name in os.listdir(server.data_folder):
            path = os.path.join(server.data_folder, name)
            if name not in kept:
                shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        if not kept:
            os.rmdir(server.data_folder)

    def test_what_was_accepted_before_and_after_is_kept(self):
        for kept in ((), ("lock",)):
            with self.subTest(kept=kept), PressedServer(self.functions, clock="manual") as server:
                for number in range(3):
                    for _ in range(50):
                        server.accept("fails", number)
                    wait_for(lambda: all(row["State"] == "waiting" for row in server.events()), "the first tries")
                    self.remove(server, *kept)
                server.accept("fails", 3)
                server.wait_for_log(r"warn +queue: .*queue\.db was removed while the server had it open; it has been written again")
                server.kill()  # now it is the file that counts
                server.start()
                self.assertEqual(len(server.events()), 151)
                server.drained()
                self.assertEqual(Counter(letter["Body"] for letter in server.dead_letters("q")), {"0": 50, "1": 50, "2": 50, "3": 1})

    def test_the_log_of_the_removed_file_is_not_taken_for_the_new_ones(self):
        """Only the file is removed, after a checkpoint: what the log beside it still holds belongs to the old one."""
        big = {"text": "x" * 20000}
        with PressedServer(self.functions, clock="manual") as server:
            for _ in range(500):  # 2,500 pages
                server.accept("fails", big)
            server.request("DELETE", "/_invoked/events")
            for number in range(100):
                server.accept("fails", number)
            wait_for(lambda: all(row["State"] == "waiting" for row in server.events()), "the first tries")
            open(os.path.join(server.data_folder, "lock"), "w").close()  # whose it is, the kernel knows
            os.unlink(os.path.join(server.data_folder, "queue.db"))
            for number in range(100, 400):
                server.accept("fails", big if number % 2 else number)
            note = server.wait_for_log("queue.db was removed while the server had it open; it has been written again.*")
            self.assertNotIn("are gone", note[0])  # the folders beside it are as they were
            server.kill()
            with contextlib.closing(sqlite3.connect(os.path.join(server.data_folder, "queue.db"))) as database:
                self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            server.start()
            self.assertEqual(len(server.events()), 400)
            server.request("DELETE", "/_invoked/events")

    def test_the_folder_is_locked_again(self):
        with PressedServer(self.functions, clock="manual") as server:
            server.accept("fails")
            self.remove(server)
            server.accept("fails")
            result = subprocess.run(server.words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
                                    env=server.environment)
            self.assertEqual(result.returncode, 1)
            self.assertIn(f"in use by another server (pid {server.pid})", result.stderr)

    def test_what_can_not_be_kept_is_refused(self):
        with PressedServer(self.functions, clock="manual") as server:
            server.accept("fails", 1)
            wait_for(lambda: server.events()[0]["State"] == "waiting", "the first try")
            self.remove(server)
            open(server.data_folder, "w").close()
            self.assert_refused(server.post("fails", 2), "could not be written to the queue, and was not accepted")
            server.wait_for_log(r"error event queue is not writable \(data folder .*: Not a directory: .*--data-dir")
            self.assert_works(server, "m")
            os.unlink(server.data_folder)
            wait_for(lambda: server.post("fails", 3).status == 202, "room again")
            server.kill()
            server.start()
            server.drained()
            bodies = [letter["Body"] for letter in server.dead_letters("q")]
            self.assertEqual((bodies.count("1"), bodies.count("3")), (1, 1))

    def test_another_file_in_its_place_is_left_alone(self):
        with PressedServer(self.functions, clock="manual") as server:
            server.accept("fails", 1)
            path = os.path.join(server.data_folder, "queue.db")
            os.rename(path, path + ".mine")
            shutil.copyfile(path + ".mine", path)
            with open(path, "rb") as file:
                before = file.read()
            self.assert_refused(server.post("fails", 2), "was not accepted")
            server.wait_for_log("queue.db was replaced while the server had it open; restart the server")
            with open(path, "rb") as file:
                self.assertEqual(file.read(), before)
            os.rename(path + ".mine", path)
            wait_for(lambda: server.post("fails", 3).status == 202, "the right file again")


class Clock(Short):
    """The time of day is put back while the server runs: by somebody, by NTP, by a virtual machine that was asleep."""

    HOUR_S = 3600

    def now(self, server):
        return milliseconds(server.request("GET", "/_invoked/clock").json["now"])

    def test_it_goes_back_an_hour(self):
        config = {"Local": {"RetryDelaysSeconds": [1, 1]}}
        functions = {"fails": mock(FAILS, **to_queue("q")), "m": mock(SUCCEEDS),
                     "slow": command("sleep", "30", Timeout=1), "echo": ECHO}
        with PressedServer(functions, config, shifts=True) as server:
            self.assert_works(server, "m", "echo")
            server.accept("fails", "before")
            before_ms = self.now(server)
            # One that runs, one that waits for its next try, and one that comes after.
            threads = [threading.Thread(target=lambda: answers.append(server.invoke("slow", 1)))]
            answers = []
            threads[0].start()
            wait_for(lambda: server.request("GET", "/_invoked/invocations?FunctionName=slow&Status=running").json, "its start")
            server.shift(real_s=-self.HOUR_S)
            began = time.monotonic()
            self.assertGreaterEqual(self.now(server), before_ms)
            server.accept("fails", "after")
            threads[0].join(invoked.WAIT_S)
            self.assertIn(b"Task timed out after 1.00 seconds", answers[0].body)
            server.drained()
            self.assertLess(time.monotonic() - began, 15 * SLOWNESS)
            letters = server.dead_letters("q")
            self.assertEqual(sorted(letter["Body"] for letter in letters), ['"after"', '"before"'])
            self.assertTrue(all(int(letter["SentTimestamp"]) >= before_ms for letter in letters))
            for row in server.request("GET", "/_invoked/invocations").json:
                self.assertTrue(0 <= row["DurationMs"] < 15_000 * SLOWNESS, row)
                self.assertGreaterEqual(milliseconds(row["StartedAt"]), before_ms - 10_000 * SLOWNESS)
            self.assertEqual(server.log().count("Task timed out after 1.00 seconds"), 1)
            self.assert_works(server, "m", "echo")

    def test_it_goes_forward_a_day_and_back_again(self):
        functions = {"fails": mock(FAILS, **to_queue("q"), **event_config(MaximumEventAgeInSeconds=7200)), "echo": ECHO}
        config = {"Local": {"RetryDelaysSeconds": [3600, 3600]}}
        with PressedServer(functions, config, shifts=True) as server:
            self.assert_works(server, "echo")
            server.accept("fails", 1)
            wait_for(lambda: server.events()[0]["State"] == "waiting", "the first try")
            server.shift(real_s=24 * self.HOUR_S)
            # What waited for an hour is due, and too old by now. The clock is looked at every 30 s; a new timer asks it too.
            server.accept("fails", 2)
            server.shift(monotonic_s=31)
            wait_for(lambda: [letter["Body"] for letter in server.dead_letters("q")] == ["1"], "the end of the old one")
            server.shift(real_s=-24 * self.HOUR_S)
            self.assert_works(server, "echo")
            server.accept("fails", 3)
            wait_for(lambda: [row["State"] for row in server.events()] == ["waiting", "waiting"], "the first tries")
            # A start finds times ahead of the clock; nothing of it is lost.
            server.kill()
            server.start()
            self.assertEqual([row["State"] for row in server.events()], ["waiting", "waiting"])
            self.assert_works(server, "echo")

    def test_the_pace_of_other_things_is_the_monotonic_clocks(self):
        with PressedServer({"echo": ECHO}, {"Local": {"IdleTimeoutSeconds": 60}}, shifts=True) as server:
            self.assert_works(server, "echo")
            pids = server.children()
            server.shift(real_s=-self.HOUR_S)
            self.assert_works(server, "echo")
            self.assertEqual(server.children().keys(), pids.keys())
            began = time.monotonic()
            answer = server.request("GET", "/_invoked/invocations/count?AtLeast=100&TimeoutSeconds=1")
            self.assertEqual(answer.status, 408)
            self.assertLess(time.monotonic() - began, 5 * SLOWNESS)
            server.shift(real_s=2 * self.HOUR_S, monotonic_s=90)
            wait_for(lambda: server.request("GET", "/_invoked/health").status == 200 and not server.children(), "the end of the idle one")
            self.assert_works(server, "echo")


if __name__ == "__main__":
    invoked.run_tests()
