"""What is accepted is kept: kills at random moments, a full disk, a damaged database, restarts, durabilities."""
# test: timeout 300

import contextlib
import glob
import http.client
import json
import os
import random
import resource
import shutil
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from events import FAILS, QUEUE, SUCCEEDS, EventServer, authorization, event_config, mock, to_queue  # noqa: E402
from invoked import SLOWNESS, command, python, wait_for  # noqa: E402

# Appends its number when it begins and when it is about to end; each line goes out in one write.
COUNTS = """import os
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'ran')
file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
def handler(event, context):
    os.write(file, b'%d %s\\n' % (event, context.aws_request_id.encode()))
"""


def runs_of(server, name="f"):
    """[(number, request id)] in the order in which they ran."""
    path = os.path.join(server.code_folder(name), "ran")
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return [(int(line.split()[0]), line.split()[1]) for line in file]


def counted(server, name="f"):
    """{number: [request ids of its runs]}"""
    runs = {}
    for number, request_id in runs_of(server, name):
        runs.setdefault(number, []).append(request_id)
    return runs


class Poster(threading.Thread):
    """Posts numbered events over one connection, as fast as it can, until the server is gone."""

    def __init__(self, server, first, step, size=0):
        super().__init__()
        self.server, self.first, self.step, self.padding = server, first, step, b" " * size
        self.accepted, self.other = [], []
        self.next = first

    def run(self):
        connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=30)
        number = self.first
        try:
            while True:
                connection.request("POST", "/2015-03-31/functions/f/invocations", b"%d" % number + self.padding,
                                   {"X-Amz-Invocation-Type": "Event"})
                answer = connection.getresponse()
                answer.read()
                (self.accepted if answer.status == 202 else self.other).append(number)
                number += self.step
        except (OSError, http.client.HTTPException):
            self.next = number + self.step  # nobody knows about this one
        finally:
            connection.close()


class Kills(unittest.TestCase):
    KILLS = 24
    POSTERS = 2
    IN_FLIGHT = 400 * SLOWNESS  # runs go on while a commit waits for the processor, as in test_async_kills.c

    def test_every_accepted_event_runs_and_none_that_had_finished_runs_again(self):
        accepted, numbers = set(), list(range(self.POSTERS))
        kills = []  # how many had run
        with EventServer({"f": python(COUNTS)}, {"Local": {"QueueCapacity": 1000000}}, clock="real") as server:
            for kill in range(self.KILLS):
                before = len(runs_of(server))
                posters = [Poster(server, number, self.POSTERS) for number in numbers]
                for poster in posters:
                    poster.start()
                if kill % 3 > 0:  # else also before the first handler is up
                    wait_for(lambda: len(runs_of(server)) > before, "events to run")
                if kill == self.KILLS - 1:  # a slow machine has had few until now
                    wait_for(lambda: len(runs_of(server)) > 1000, "a thousand runs", 120)
                time.sleep(random.uniform(0.02, 0.2))
                server.kill()
                for poster in posters:
                    poster.join()
                    self.assertEqual(poster.other, [])
                    accepted.update(poster.accepted)
                numbers = [poster.next for poster in posters]
                # Handlers that were running end by themselves: what they write is written before the next start.
                wait_for(lambda: not invoked.processes_with(f"AWS_ENDPOINT_URL_LAMBDA={server.endpoint}\0"),
                         "the handlers of a killed server to end")
                kills.append(len(runs_of(server)))
                server.start()
            server.drained()
            runs = counted(server)
            self.assertGreater(len(accepted), 1000)
            self.assertGreater(kills[-1], 1000)
            self.assertEqual(sorted(accepted - runs.keys()), [], "lost")
            # One that was in flight at a kill runs again with the same request id; no other does. What has run but isn't
            # written yet is in flight too: those are the last before a kill.
            again = [number for number, ids in runs.items() if len(ids) > 1]
            last = {}
            for at, (number, _) in enumerate(runs_of(server)):
                if number in last:
                    self.assertTrue(any(0 <= kill - last[number] <= self.IN_FLIGHT for kill in kills),
                                    f"{number} ran as number {last[number]} and again as {at}; kills: {kills}")
                last[number] = at
            self.assertEqual([number for number in again if len(set(runs[number])) > 1], [])
            # One without a 202 may have been accepted all the same, but there is one at most a connection and kill.
            self.assertLessEqual(len(runs.keys() - accepted), self.KILLS * self.POSTERS)
            print(f"{len(accepted)} accepted, {kills[-1]} run before the last kill, {len(again)} run again after {self.KILLS} kills ...", end=" ")

    def test_a_stop_in_the_middle_of_the_load_loses_nothing_and_repeats_nothing(self):
        accepted, first = set(), 0
        with EventServer({"f": python(COUNTS)}, {"Local": {"QueueCapacity": 1000000}}, clock="real") as server:
            for number in range(5):
                poster = Poster(server, first, 1)
                poster.start()
                if number > 0:
                    before = len(runs_of(server))
                    wait_for(lambda: len(runs_of(server)) > before, "events to run")
                wait_for(lambda: len(poster.accepted) > 50, "accepted events")  # however busy the machine is
                time.sleep(random.uniform(0.02, 0.2))
                server.stop()
                poster.join()
                accepted.update(poster.accepted)
                first = poster.next
                server.start()
            server.drained()
            runs = counted(server)
            self.assertEqual(sorted(accepted - runs.keys()), [], "lost")
            self.assertGreater(len(accepted), 200)
            # Those that a stop cuts off run again, and nothing else: what had ended is written before the server goes.
            again = sum(len(ids) > 1 for ids in runs.values())
            self.assertLessEqual(again, 5 * max(8, 4 * (os.cpu_count() or 1)))

    def test_a_client_that_leaves_before_its_answer_does_no_harm(self):
        request = (b"POST /2015-03-31/functions/f/invocations HTTP/1.1\r\nHost: localhost\r\n"
                   b"X-Amz-Invocation-Type: Event\r\nContent-Length: 2\r\n\r\n10")
        with EventServer({"f": python(COUNTS)}, clock="real") as server:
            for number in range(300):
                connection = server.connect()
                if number % 2:  # an abrupt end
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.sendall(request * (number % 3 + 1))
                connection.close()
            server.accept("f", 11)
            server.drained()
            self.assertIn(11, counted(server))

    def test_a_restart_directly_after_a_kill_while_handlers_start_on_a_busy_machine(self):
        load = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2 * (os.cpu_count() or 1))]
        try:
            with EventServer({"f": python(COUNTS)}, clock="real") as server:
                server.words[server.words.index("--port") + 1] = str(server.port)  # the same again
                for _ in range(12):
                    for number in range(3):
                        server.accept("f", number)
                    callers = [threading.Thread(target=self.invoke_until_killed, args=(server,)) for _ in range(20)]
                    for caller in callers:
                        caller.start()
                    time.sleep(random.uniform(0.01, 0.1))
                    killed = server.process
                    killed.kill()  # and nobody waits for its end
                    began = time.monotonic()
                    server.start()
                    self.assertLess(time.monotonic() - began, 5 * SLOWNESS)
                    killed.wait()
                    killed.stdout.close()
                    for caller in callers:
                        caller.join()
                server.drained()
                self.assertLessEqual({0, 1, 2}, set(counted(server)))
        finally:
            for process in load:
                process.kill()
                process.wait()

    def invoke_until_killed(self, server):
        with contextlib.suppress(OSError, http.client.HTTPException):
            server.invoke("f", -1)

    def test_one_that_had_finished_before_the_kill_does_not_run_again(self):
        with EventServer({"f": python(COUNTS)}, clock="real") as server:
            for number in range(200):
                server.accept("f", number)
            server.drained()
            server.kill()
            server.start()
            server.accept("f", 200)
            server.drained()
            self.assertEqual({len(ids) for ids in counted(server).values()}, {1})

    def test_waiting_and_queued_events_go_on_after_a_kill_and_after_a_stop(self):
        slow = python("import time, os\ndef handler(event, context):\n    print('sleeping')\n    time.sleep(event)\n"
                      "    open(os.path.join(os.path.dirname(__file__), f'{event}'), 'w')\n",
                      Timeout=60, ReservedConcurrentExecutions=1)
        for end in ("kill", "stop"):
            with self.subTest(end=end), EventServer({"slow": slow, "f": mock(FAILS, **to_queue("q"))}) as server:
                waiting = server.accept("f")
                wait_for(lambda: server.events()[0]["State"] == "waiting", "the first try")
                running, queued = server.accept("slow", 30), server.accept("slow", 0)
                server.wait_for_log("sleeping")
                if end == "kill":
                    server.kill()
                    for pid in invoked.processes_with(f"AWS_ENDPOINT_URL_LAMBDA={server.endpoint}\0"):
                        os.kill(pid, 9)
                else:
                    server.stop()
                server.start()
                wait_for(lambda: server.events()[1]["State"] == "running", "the one that was cut off")
                self.assertEqual([(row["RequestId"], row["State"], row["Attempt"]) for row in server.events()],
                                 [(waiting, "waiting", 2), (running, "running", 1), (queued, "queued", 1)])
                self.assertEqual(server.advance(60), [waiting])
                server.signal()
                server.ended()

    def test_other_accounts_events_are_kept_too(self):
        one = authorization("111111111111")
        with EventServer({"f": mock(FAILS, **to_queue("q"))}) as server:
            server.accept("f", 1, headers=one)
            server.accept("f", 2)
            wait_for(lambda: [row["State"] for row in server.events() + server.events(headers=one)] == ["waiting"] * 2,
                     "the first tries")
            server.kill()
            server.start()
            self.assertEqual((len(server.events(headers=one)), len(server.events())), (1, 1))
            server.drained(one)
            self.assertEqual([letter["Body"] for letter in server.dead_letters(headers=one)], ["1"])
            self.assertEqual((len(server.events()), server.dead_letters()), (1, []))

    def test_accounts_whose_events_are_over_make_place_for_others(self):
        first = authorization("111111111111")
        function = mock({"When": 2, **FAILS}, SUCCEEDS, **to_queue("q"))
        with EventServer({"f": function}, clock="real") as server:
            server.accept("f", 1, headers=first)
            server.drained(first)
            connection = http.client.HTTPConnection(server.host, server.port)
            self.addCleanup(connection.close)
            for number in range(10000):
                headers = {"X-Amz-Invocation-Type": "Event", **authorization(f"{200000000000 + number}")}
                connection.request("POST", "/2015-03-31/functions/f/invocations", b"1", headers)
                answer = connection.getresponse()
                self.assertEqual((number, answer.status, answer.read()), (number, 202, b""))
            server.accept("f", 2, headers=first)  # its lane is made anew
            wait_for(lambda: [row["State"] for row in server.events(headers=first)] == ["waiting"], "the first try")
            server.kill()
            server.start()
            self.assertEqual(len(server.events(headers=first)), 1)

    def test_an_attempt_that_was_cut_off_uses_up_no_retry(self):
        function = python("import os, time\ndef handler(event, context):\n    print('running')\n"
                          "    if not os.path.exists(os.path.join(os.path.dirname(__file__), 'go')):\n        time.sleep(60)\n"
                          "    raise Exception('boom')\n", Timeout=90, **event_config(on_failure=QUEUE + "d"))
        with EventServer({"f": function}) as server:
            server.accept("f")
            for count in range(3):
                wait_for(lambda: server.log().count("running") == count + 1, "a run")
                server.stop()
                if count == 2:
                    open(os.path.join(server.code_folder("f"), "go"), "w").close()
                server.start()
            server.drained()
            self.assertEqual(server.records("d")[0]["requestContext"]["approximateInvokeCount"], 3)


class Durabilities(unittest.TestCase):
    def test_memory_keeps_nothing_and_the_others_keep_all(self):
        for durability in ("process", "power", "memory"):
            with EventServer({"f": mock(FAILS)}, {"Local": {"Durability": durability}}) as server:
                began = time.monotonic()
                for number in range(50):
                    server.accept("f", number)
                self.assertLess(time.monotonic() - began, 10 * SLOWNESS)
                wait_for(lambda: all(row["State"] == "waiting" for row in server.events()), "the first tries")
                self.assertEqual(os.path.exists(os.path.join(server.data_folder, "queue.db")), durability != "memory")
                server.kill()
                server.start()
                self.assertEqual(len(server.events()), 0 if durability == "memory" else 50)

    def test_each_202_of_power_waits_for_the_disk(self):
        if shutil.which("strace") is None:
            self.skipTest("strace is not here to see what is synchronised")
        for durability, at_least in (("process", 0), ("power", 10)):
            with EventServer({"f": mock(SUCCEEDS, **to_queue("q"))}, {"Local": {"Durability": durability}}) as server:
                server.accept("f")
                server.drained()
                trace = subprocess.Popen(["strace", "-f", "-p", str(server.pid), "-e", "trace=fsync,fdatasync",
                                          "-o", os.path.join(server.folder, "trace")], stderr=subprocess.PIPE)
                if b"attached" not in trace.stderr.readline():
                    trace.wait()
                    self.skipTest("strace may not attach here")
                for _ in range(10):
                    server.accept("f")
                trace.terminate()
                trace.wait()
                trace.stderr.close()
                with open(os.path.join(server.folder, "trace")) as file:
                    count = sum("sync(" in line for line in file)
                (self.assertGreaterEqual if at_least else self.assertEqual)(count, at_least)


def limit_file_size(server, size):
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


class FullDisk(unittest.TestCase):
    def fill(self, server, body, count_max=20000):
        """Posts until one is refused; the numbers that were accepted, and the refusal."""
        accepted = []
        for number in range(count_max):
            answer = server.post("f", body(number))
            if answer.status != 202:
                return accepted, answer
            accepted.append(number)
        self.fail("the disk never got full")

    def check(self, server, make_full, make_room):
        padding = " " * 20000
        make_full(server)
        accepted, answer = self.fill(server, lambda number: (str(number) + padding).encode())
        self.assertEqual((answer.status, answer.headers["x-amzn-errortype"]), (500, "ServiceException"))
        self.assertIn("queue", answer.json["Message"])
        server.wait_for_log("event queue is not writable")
        self.assertGreaterEqual(server.post("f", b"1" + padding.encode()).status, 500)
        # It answers and invokes as before.
        self.assertEqual(server.request("GET", "/_invoked/health").status, 200)
        self.assertEqual(server.invoke("sync").json, {"any": "json"})
        make_room(server)
        last = len(accepted) + 100000
        wait_for(lambda: server.post("f", last).status == 202, "room again")
        server.wait_for_log("event queue is writable again")
        server.drained()
        self.assertEqual(sorted((set(accepted) | {last}) - counted(server).keys()), [], "lost")
        # What was refused did not run, unless it was accepted by a later try.
        self.assertLessEqual(counted(server).keys() - set(accepted), {last, 1, -1})
        return accepted

    def test_a_limit_of_the_file_size(self):
        with EventServer({"f": python(COUNTS), "sync": mock(SUCCEEDS)}, clock="real") as server:
            server.invoke("f", -1)
            self.check(server, lambda s: limit_file_size(s, 3_000_000), lambda s: limit_file_size(s, resource.RLIM_INFINITY))

    def test_a_restart_while_it_is_full_loses_nothing(self):
        with EventServer({"f": mock(FAILS, **to_queue("q"))}) as server:
            limit_file_size(server, 3_000_000)
            accepted, _ = self.fill(server, lambda number: (str(number) + " " * 20000).encode())
            server.kill()
            server.start()
            self.assertEqual(len(server.events()), len(accepted))
            server.kill()
            # Now the new one finds the disk full from the beginning.
            full = sum(os.path.getsize(path) for path in glob.glob(os.path.join(server.data_folder, "queue.db*")))
            server.words = ["prlimit", f"--fsize={full // 2}:", "--", *server.words]
            server.start()
            self.assertEqual(len(server.events()), len(accepted))
            wait_for(lambda: server.post("f", b'"%s"' % (b"x" * 100000)).status == 500, "a refusal")
            self.assertGreaterEqual(len(server.events()), len(accepted))
            limit_file_size(server, resource.RLIM_INFINITY)
            wait_for(lambda: server.post("f").status == 202, "room again")
            server.drained()
            letters = {letter["Body"].strip() for letter in server.dead_letters("q")}
            self.assertEqual({str(number) for number in accepted} - letters, set())

    def test_records_wait_for_room(self):
        function = mock(FAILS, **to_queue("q"), **event_config(MaximumRetryAttempts=0))
        with EventServer({"f": function}) as server:
            server.accept("f", b'"%s"' % (b"x" * 50000))
            server.drained()
            # The queue itself can still be written, a file of dead letters can't.
            os.truncate(os.path.join(server.data_folder, "dead-letters", "q.jsonl"), 0)
            with open(os.path.join(server.data_folder, "dead-letters", "q.jsonl"), "w") as file:
                file.write("x" * 4_000_000 + "\n")
            limit_file_size(server, 4_000_100)
            server.accept("f", 1)
            server.accept("f", 2)
            server.wait_for_log("dead letters and records for it wait")
            self.assertEqual(server.drain(0.3).status, 408)
            limit_file_size(server, resource.RLIM_INFINITY)
            server.drained()
            lines = server.record_lines("q", "dead-letters")
            self.assertEqual(sorted(json.loads(line)["Body"] for line in lines[1:]), ["1", "2"])

    def test_a_small_disk(self):
        folder = os.path.join(os.environ.get("TMPDIR", "/tmp"), f"disk-{os.getpid()}")
        os.makedirs(folder)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "invoked", folder], capture_output=True, text=True)
        if mounted.returncode != 0:
            os.rmdir(folder)
            self.skipTest(f"no tmpfs may be mounted here: {mounted.stderr.strip()}")
        ballast = os.path.join(folder, "ballast")
        try:
            with EventServer({"f": python(COUNTS), "sync": mock(SUCCEEDS)}, clock="real",
                             arguments=("--data-dir", os.path.join(folder, "data"))) as server:
                server.invoke("f", -1)

                def fill(_):
                    with open(ballast, "wb") as file:
                        room = os.statvfs(folder)
                        file.write(b"x" * (room.f_bavail * room.f_bsize - 300_000))

                self.check(server, fill, lambda _: os.unlink(ballast))
        finally:
            subprocess.run(["umount", folder], check=True)
            os.rmdir(folder)


class Files(unittest.TestCase):
    def damage(self, server, at):
        path = os.path.join(server.data_folder, "queue.db")
        with open(path, "r+b") as file:
            file.seek(at)
            file.write(os.urandom(5000))
        return path

    def test_a_damaged_database_is_kept_aside_with_a_message(self):
        for at in (0, 20, 4096):
            with self.subTest(at=at), EventServer({"f": mock(FAILS)}) as server:
                for number in range(100):
                    server.accept("f", b'"%s"' % (b"x" * 1000))
                wait_for(lambda: all(row["State"] == "waiting" for row in server.events()), "the first tries")
                server.stop()
                path = self.damage(server, at)
                with open(path, "rb") as file:
                    damaged = file.read()
                server.start()
                self.assertRegex(server.log(), r"queue\.db was damaged \(.*\); it is kept as .*queue\.db\.damaged-\d+, and a new, empty queue")
                (aside,) = glob.glob(path + ".damaged-*")
                with open(aside, "rb") as file:
                    self.assertEqual(file.read(), damaged)
                self.assertEqual(server.events(), [])
                server.accept("f")
                wait_for(lambda: server.events()[0]["State"] == "waiting", "the first try")

    def test_a_database_that_is_damaged_while_it_serves(self):
        with EventServer({"f": mock(FAILS, **to_queue("q"))}) as server:
            for number in range(2000):
                server.accept("f", b'"%s"' % (b"x" * 1000))
            server.kill()
            server.start()
            path = self.damage(server, 4096)
            with open(path, "r+b") as file:
                for page in range(0, os.path.getsize(path), 4096):
                    file.seek(page)
                    file.write(os.urandom(2000))
            server.drain(20)
            server.wait_for_log("was damaged")
            self.assertEqual(len(glob.glob(path + ".damaged-*")), 1)
            request_id = wait_for(lambda: (answer := server.post("f")).status == 202 and answer.request_id, "a new event")
            server.drained()
            self.assertIn(request_id, [letter["MessageAttributes"]["RequestID"]["StringValue"]
                                       for letter in server.dead_letters("q")])

    def refused(self, server, *patterns):
        """Tries to start another one on the same folder: what it said."""
        result = subprocess.run(server.words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
                                env=server.environment)
        self.assertEqual((result.returncode, result.stdout), (1, ""), result.stderr)
        for pattern in patterns:
            self.assertRegex(result.stderr, pattern)

    def test_a_second_server_on_the_same_folder_is_refused(self):
        with EventServer({"f": mock(SUCCEEDS)}) as server:
            self.refused(server, rf"invoked: data folder {server.data_folder}: in use by another server \(pid {server.pid}\)",
                         "--data-dir")
            server.accept("f")
            server.drained()
            server.kill()
            server.start()

    def test_a_newer_format_is_refused(self):
        with EventServer({"f": mock(FAILS)}) as server:
            server.accept("f")
            server.stop()
            path = os.path.join(server.data_folder, "queue.db")
            with sqlite3.connect(path) as database:
                (number,) = database.execute("PRAGMA user_version").fetchone()
                self.assertGreater(number, 0)
                database.execute("PRAGMA user_version = 99")
            database.close()
            self.refused(server, r"queue\.db: written by a newer invoked \(format 99; this one knows up to \d+\)", "--data-dir")
            with sqlite3.connect(path) as database:
                database.execute(f"PRAGMA user_version = {number}")
            database.close()
            server.start()
            self.assertEqual(len(server.events()), 1)

    def test_a_database_of_another_program_is_refused(self):
        with EventServer({"f": mock(FAILS)}) as server:
            server.stop()
            path = os.path.join(server.data_folder, "queue.db")
            for leftover in glob.glob(path + "*"):
                os.unlink(leftover)
            with sqlite3.connect(path) as database:
                database.execute("CREATE TABLE mine(x)")
            database.close()
            self.refused(server, "a database of another program")
            os.unlink(path)
            server.start()

    def test_a_folder_that_may_not_be_written(self):
        with EventServer({"f": mock(SUCCEEDS)}) as server:
            blocked = os.path.join(server.folder, "file")
            open(blocked, "w").close()
            words = [word if word != server.data_folder else os.path.join(blocked, "data") for word in server.words]
            result = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
                                    env=server.environment)
            self.assertEqual(result.returncode, 1)
            self.assertIn("--data-dir", result.stderr)


if __name__ == "__main__":
    invoked.run_tests()
