"""GET /_invoked/stream: what is sent, from where it goes on, its bounds, and its end."""

import json
import os
import socket
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
from invoked import Server, command, run_tests, wait_for  # noqa: E402

STOLEN = {"card": "stolen"}
CHARGE = {
    "Local": {"Mock": [{"When": STOLEN, "FunctionError": "Unhandled", "Payload": {"errorType": "E"}}, {"Payload": 1}]},
    "EventInvokeConfig": {"MaximumRetryAttempts": 1},
}


class Stream:
    """A client that listens; `messages` has (id, name, data)."""

    def __init__(self, server, last_id=None, account=None):
        self.socket = socket.create_connection((server.host, server.port), timeout=10)
        lines = ["GET /_invoked/stream HTTP/1.1", "Host: localhost"]
        if last_id is not None:
            lines.append(f"Last-Event-ID: {last_id}")
        if account is not None:
            lines.append(f"Authorization: AWS4-HMAC-SHA256 Credential={account}/20260101/us-east-1/lambda/aws4_request")
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        self.headers = {}
        while (line := self.file.readline().strip()) != b"":
            name, value = line.decode().split(": ", 1)
            self.headers[name.lower()] = value
        self.buffer = b""
        self.is_over = False
        self.queue = {}

    def chunk(self):
        size = self.file.readline()
        if size == b"" or int(size, 16) == 0:
            self.is_over = True
            return
        self.buffer += self.file.read(int(size, 16))
        self.file.readline()

    def next(self):
        """The next message; None at the end."""
        while not self.is_over:
            while b"\n\n" not in self.buffer and not self.is_over:
                self.chunk()
            block, _, self.buffer = self.buffer.partition(b"\n\n")
            fields = dict(line.split(": ", 1) for line in block.decode().split("\n") if ": " in line)
            if "event" in fields:
                return int(fields["id"]), fields["event"], json.loads(fields["data"])
        return None

    def until(self, name, **members):
        """The first message of that name with these members."""
        while (message := self.next()) is not None:
            if message[1] == "queue":
                self.queue = message[2]
            if message[1] == name and all(message[2].get(key) == value for key, value in members.items()):
                return message
        raise AssertionError(f"no {name} with {members}")

    def until_queue(self, **members):
        """Until the newest state of the queue has these members: it comes before or after the step that it follows from."""
        while not members.items() <= self.queue.items():
            self.until("queue")

    def close(self):
        self.file.close()
        self.socket.close()


class News(unittest.TestCase):
    def test_what_happens_is_sent(self):
        with Server({"charge": CHARGE, "cat": command("cat")}, arguments=("--clock", "manual")) as server:
            stream = Stream(server)
            self.assertEqual(stream.status, 200)
            self.assertEqual(stream.headers["content-type"], "text/event-stream")
            _, _, clock = stream.until("clock")
            self.assertEqual(clock["mode"], "manual")
            stream.until("function", FunctionName="cat")
            server.invoke("cat", {"a": 1})
            _, _, row = stream.until("invocation", FunctionName="cat", Status="succeeded")
            self.assertEqual(row, server.request("GET", "/_invoked/invocations?Timings=true").json[0])
            stream.close()

    def test_line_ends_in_a_payload_end_no_message(self):
        with Server({"cat": command("cat")}) as server:
            stream = Stream(server)
            stream.until("function")
            server.invoke("cat", body=b'{\n\n"a":\r\n [1,\r2]\n}')
            row = stream.until("invocation", FunctionName="cat", Status="succeeded")[2]
            self.assertEqual((row["Payload"], row["ResponsePayload"]), ({"a": [1, 2]}, {"a": [1, 2]}))
            stream.close()

    def test_the_life_of_an_event_is_told(self):
        with Server({"charge": CHARGE}, arguments=("--clock", "manual")) as server:
            stream = Stream(server)
            answer = server.invoke("charge", STOLEN, headers={"X-Amz-Invocation-Type": "Event"})
            request_id = answer.request_id
            stream.until("event", RequestId=request_id, Step="accepted", Attempt=1)
            stream.until("event", RequestId=request_id, Step="started", Attempt=1)
            _, _, step = stream.until("event", RequestId=request_id, Step="waiting", Attempt=2)
            self.assertIn("attempt 1 of 2 failed", step["Text"])
            self.assertEqual(step["NextAttemptAt"], server.request("GET", "/_invoked/events").json[0]["NextAttemptAt"])
            stream.until_queue(Events=1, Running=0)
            server.request("POST", "/_invoked/drain")
            _, _, step = stream.until("event", RequestId=request_id, Step="given up")
            self.assertIn("RetriesExhausted", step["Text"])
            stream.until("clock")
            stream.until_queue(Events=0, Running=0)
            stream.close()

    def test_an_account_hears_its_own_news_alone(self):
        with Server({"charge": CHARGE}) as server:
            stream = Stream(server, account="111111111111")
            stream.until("function")
            server.invoke("charge", {"whose": "the default account's"})
            credential = "AWS4-HMAC-SHA256 Credential=111111111111/20260101/us-east-1/lambda/aws4_request"
            server.invoke("charge", {"whose": "mine"}, headers={"Authorization": credential})
            self.assertEqual(stream.until("invocation")[2]["Payload"], {"whose": "mine"})
            stream.close()


class GoingOn(unittest.TestCase):
    def test_from_the_last_message(self):
        with Server({"charge": CHARGE}) as server:
            first = Stream(server)
            server.invoke("charge", {"n": 1})
            last_id = first.until("invocation", Status="succeeded")[0]
            first.close()
            server.invoke("charge", {"n": 2})
            second = Stream(server, last_id)
            message_id, _, row = second.until("invocation", Status="succeeded")
            self.assertGreater(message_id, last_id)
            self.assertEqual(row["Payload"], {"n": 2})
            second.close()

    def test_an_id_of_an_earlier_server_gets_all_that_is_kept(self):
        with Server({"charge": CHARGE}) as server:
            first = Stream(server)
            server.invoke("charge", {"n": 1})
            first.until("invocation", Status="succeeded")
            second = Stream(server, 10**9)
            self.assertEqual(second.until("invocation", Status="succeeded")[2]["Payload"], {"n": 1})
            first.close()
            second.close()

    def test_anything_else_is_taken_for_a_new_client(self):
        with Server({"charge": CHARGE}) as server:
            for last_id in ("", "x", "-1", "1" * 100, "\x80"):
                stream = Stream(server, last_id)
                self.assertEqual(stream.status, 200)
                stream.close()


class Bounds(unittest.TestCase):
    def test_sixty_four_streams_and_no_more(self):
        with Server({"charge": CHARGE}) as server:
            streams = [Stream(server) for _ in range(64)]
            self.assertEqual({stream.status for stream in streams}, {200})
            self.assertEqual(Stream(server).status, 503)
            for stream in streams:
                stream.close()
            wait_for(lambda: Stream(server).status == 200, "a place of a client that has left")

    def test_a_client_that_does_not_read_stops_nobody(self):
        with Server({"charge": CHARGE}) as server:
            idle = Stream(server)
            for n in range(300):
                self.assertEqual(server.invoke("charge", {"n": n, "filler": "x" * 20000}).status, 200)
            other = Stream(server)
            server.invoke("charge", {"n": "last"})
            while other.until("invocation")[2]["Payload"].get("n") != "last":
                pass
            idle.close()
            other.close()


class End(unittest.TestCase):
    def test_a_stop_ends_streams_at_once(self):
        with Server({"charge": CHARGE}) as server:
            stream = Stream(server)
            stream.until("clock")
            began = time.monotonic()
            server.signal()
            while stream.next() is not None:
                pass
            server.ended()
            self.assertLess(time.monotonic() - began, 4)
            stream.close()


if __name__ == "__main__":
    run_tests()
