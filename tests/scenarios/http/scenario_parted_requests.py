"""A client that writes the head and the body of a request apart, with Nagle's algorithm on, isn't kept waiting.

Its kernel holds the body until the head is acknowledged, which Linux puts off for 40 ms on most calls. The fastest quarter
of many calls tells whether the server asks for that at once: a delayed acknowledgement is never faster than 40 ms, however
fast the machine is.
"""

import os
import socket
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from invoked import Server, command  # noqa: E402

CALLS, DELAYED_S = 30, 0.040


class PartedRequests(unittest.TestCase):
    def test_calls_on_a_kept_connection(self):
        with Server({"f": command("cat")}) as server, socket.create_connection((server.host, server.port), timeout=60) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
            times = []
            for number in range(CALLS):
                body = b'{"n": %d}' % number
                began = time.monotonic()
                client.sendall(b"POST /2015-03-31/functions/f/invocations HTTP/1.1\r\nHost: localhost\r\n"
                               b"X-Amz-Invocation-Type: DryRun\r\nContent-Length: %d\r\n\r\n" % len(body))
                client.sendall(body)
                answer = b""
                while b"\r\n\r\n" not in answer:
                    answer += client.recv(65536)
                times.append(time.monotonic() - began)
                self.assertTrue(answer.startswith(b"HTTP/1.1 204 "), answer)
        self.assertLess(sorted(times)[CALLS // 4], DELAYED_S / 2, times)


if __name__ == "__main__":
    invoked.run_tests()
