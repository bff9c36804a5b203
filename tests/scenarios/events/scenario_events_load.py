"""Many events: capacity, fairness, and a queue of 200,000."""
# test: alone
# test: timeout 300

import json
import os
import socket
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from events import FAILS, QUEUE, SUCCEEDS, EventServer, authorization, event_config, mock, to_queue  # noqa: E402
from invoked import IS_SANITIZED, SLOWNESS, command, python, wait_for  # noqa: E402

CAPACITY = {"Local": {"QueueCapacity": 2000000, "HistorySize": 1000}}
FOREVER = mock({"Payload": 1, "DelayMs": 900000}, Timeout=900)
SLEEPS = "import time\ndef handler(event, context):\n    time.sleep(event)\n    return 1\n"


def flood(server, name, count, connections=4, window=200):
    """Posts that many events, `window` requests in flight on each connection; how many got which status."""
    statuses = {}

    def post(share):
        request = (f"POST /2015-03-31/functions/{name}/invocations HTTP/1.1\r\nHost: localhost\r\n"
                   "X-Amz-Invocation-Type: Event\r\nContent-Length: 256\r\n\r\n").encode() + b'"%s"' % (b"x" * 254)
        with socket.create_connection((server.host, server.port), timeout=60) as connection:
            while share > 0:
                size = min(share, window)
                connection.sendall(request * size)
                text = b""
                while text.count(b"HTTP/1.1 ") < size or not text.endswith(b"\r\n\r\n"):
                    piece = connection.recv(1 << 20)
                    assert piece, "the connection was closed"
                    text += piece
                for answer in text.split(b"HTTP/1.1 ")[1:]:
                    status = int(answer[:3])
                    statuses[status] = statuses.get(status, 0) + 1
                share -= size

    threads = [threading.Thread(target=post, args=(count // connections,)) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def memory_mb(server):
    with open(f"/proc/{server.pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024


def capacity(count):
    return {"Local": {"QueueCapacity": count}}


class Capacity(unittest.TestCase):
    def test_what_is_beyond_it_is_throttled(self):
        with EventServer({"f": FOREVER, "g": mock(SUCCEEDS)}, capacity(20)) as server:
            accepted = [server.accept("f") for _ in range(20)]
            answer = server.post("f")
            self.assertEqual((answer.status, answer.headers["x-amzn-errortype"]), (429, "TooManyRequestsException"))
            self.assertEqual(sorted(answer.json), ["Reason", "Type", "message"])
            self.assertEqual(server.post("g").status, 429)
            old = server.request("POST", "/2014-11-13/functions/f/invoke-async/", b"{}")
            self.assertEqual(old.status, 429)
            self.assertEqual([row["RequestId"] for row in server.events()], accepted)
            # Another account has a queue of its own, and a synchronous invocation needs none.
            server.accept("g", headers=authorization("111111111111"))
            self.assertEqual(server.invoke("g").status, 200)
            self.assertEqual(server.request("DELETE", "/_invoked/events").status, 200)
            server.accept("f")
            server.signal()
            server.ended()

    def test_boto3_sees_a_throttle(self):
        import botocore.exceptions

        with EventServer({"f": FOREVER}, capacity(1)) as server:
            client = server.client()
            self.assertEqual(client.invoke(FunctionName="f", InvocationType="Event", Payload=b"{}")["StatusCode"], 202)
            with self.assertRaises(client.exceptions.TooManyRequestsException) as raised:
                client.invoke(FunctionName="f", InvocationType="Event", Payload=b"{}")
            self.assertIsInstance(raised.exception, botocore.exceptions.ClientError)
            server.signal()
            server.ended()

    def test_a_record_for_a_function_takes_the_place_of_its_event(self):
        arn = "arn:aws:lambda:us-east-1:123456789012:function:g"
        with EventServer({"f": mock(SUCCEEDS, **event_config(on_success=arn)), "g": FOREVER}, capacity(3)) as server:
            for _ in range(3):
                server.accept("f")
                wait_for(lambda: not server.events("f"), "it to run")
            self.assertEqual(len(server.events("g")), 3)
            self.assertEqual(server.post("f").status, 429)
            server.signal()
            server.ended()


class Fairness(unittest.TestCase):
    def test_synchronous_invocations_are_never_starved(self):
        limit = {"AccountLimit": {"ConcurrentExecutions": 10}, "Local": {"QueueCapacity": 100000}}
        with EventServer({"slow": mock({"Payload": 1, "DelayMs": 300}), "sync": mock(SUCCEEDS)}, limit) as server:
            flood(server, "slow", 400)
            for _ in range(30):
                answer = server.invoke("sync")
                self.assertEqual(answer.status, 200, answer)
                time.sleep(0.01)
            self.assertGreater(len(server.events()), 200)
            server.request("DELETE", "/_invoked/events")

    def test_they_are_answered_quickly_beside_a_backlog_that_runs(self):
        with EventServer({"busy": mock(SUCCEEDS), "sync": mock(SUCCEEDS)}, CAPACITY, clock="real") as server:
            flooding = threading.Thread(target=flood, args=(server, "busy", 40000))
            flooding.start()
            took = []
            while flooding.is_alive() or len(took) < 100:
                began = time.monotonic()
                self.assertEqual(server.invoke("sync").status, 200)
                took.append(time.monotonic() - began)
            flooding.join()
            took.sort()
            self.assertLess(took[len(took) // 2], 0.1 * SLOWNESS)
            self.assertLess(took[-1], 1.0 * SLOWNESS)
            server.drained()

    def test_a_backlog_does_not_hold_up_another_function(self):
        functions = {"slow": mock({"Payload": 1, "DelayMs": 600000}, Timeout=900), "quick": mock(SUCCEEDS),
                     "reserved": mock({"Payload": 1, "DelayMs": 600000}, Timeout=900, ReservedConcurrentExecutions=2)}
        with EventServer(functions, CAPACITY) as server:
            flood(server, "slow", 2000)
            flood(server, "reserved", 2000)
            began = time.monotonic()
            for _ in range(200):
                server.accept("quick")
            wait_for(lambda: not server.events("quick"), "the others to run")
            self.assertLess(time.monotonic() - began, 5 * SLOWNESS)
            self.assertEqual(sum(row["State"] == "running" for row in server.events("reserved")), 2)
            server.signal()
            server.ended()

    def test_all_that_is_reserved_is_used(self):
        with EventServer({"many": mock({"Payload": 1, "DelayMs": 600000}, Timeout=900, ReservedConcurrentExecutions=100),
                          "two": mock({"Payload": 1, "DelayMs": 600000}, Timeout=900, ReservedConcurrentExecutions=2)},
                         CAPACITY) as server:
            flood(server, "many", 200)
            flood(server, "two", 20)
            running = lambda name: sum(row["State"] == "running" for row in server.events(name))  # noqa: E731
            wait_for(lambda: running("many") == 100, "all that may run")
            self.assertEqual((running("many"), running("two")), (100, 2))
            server.signal()
            server.ended()

    def test_one_account_does_not_hold_up_another(self):
        limit = {"AccountLimit": {"ConcurrentExecutions": 4}, **CAPACITY}
        with EventServer({"slow": mock({"Payload": 1, "DelayMs": 600000}, Timeout=900), "quick": mock(SUCCEEDS)}, limit) as server:
            flood(server, "slow", 400)
            other = authorization("111111111111")
            for _ in range(20):
                server.accept("quick", headers=other)
            server.drained(other)
            self.assertEqual(len(server.events()), 400)
            server.signal()
            server.ended()


class Many(unittest.TestCase):
    def test_thousands_that_fail_three_times_are_a_matter_of_seconds(self):
        count = 1000 if IS_SANITIZED else 5000
        with EventServer({"f": mock(FAILS, **to_queue("q"), **event_config(on_failure=QUEUE + "d"))}, CAPACITY) as server:
            flood(server, "f", count)
            began = time.monotonic()
            server.drain(60)
            self.assertLess(time.monotonic() - began, 15 * SLOWNESS)
            self.assertEqual((len(server.dead_letters("q")), len(server.records("d"))), (count, count))
            self.assertEqual({record["requestContext"]["approximateInvokeCount"] for record in server.records("d")}, {3})

    COUNT = 20000 if IS_SANITIZED else int(os.environ.get("EVENTS", "200000"))

    def test_a_long_queue_weighs_little_starts_quickly_and_runs_on(self):
        with EventServer({"f": FOREVER, "g": mock(SUCCEEDS)}, CAPACITY, clock="real") as server:
            began = time.monotonic()
            statuses = flood(server, "f", self.COUNT)
            accepting = self.COUNT / (time.monotonic() - began)
            self.assertEqual(statuses, {202: self.COUNT})
            memory = memory_mb(server)
            began = time.monotonic()
            for _ in range(200):
                server.accept("g")
            beside = 200 / (time.monotonic() - began)
            server.kill()
            server.configure({"f": mock(SUCCEEDS), "g": mock(SUCCEEDS)}, CAPACITY)
            began = time.monotonic()
            server.start()
            starting = time.monotonic() - began
            began = time.monotonic()
            server.drain(240)
            running = self.COUNT / (time.monotonic() - began)
            self.assertEqual(server.events(), [])
            memory = max(memory, memory_mb(server))
            print(f"accepting {accepting:.0f}/s, one by one {beside:.0f}/s, {memory:.0f} MB, start {starting:.2f} s, "
                  f"running {running:.0f}/s ...", end=" ")
            if IS_SANITIZED:
                return
            self.assertLess(memory, 200)
            self.assertLess(starting, 2)
            self.assertGreater(accepting, 3000)
            self.assertGreater(running, 3000)
            self.assertGreater(beside, 100)


if __name__ == "__main__":
    invoked.run_tests()
