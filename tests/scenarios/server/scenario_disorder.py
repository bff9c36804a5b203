"""Everything at once: misbehaving functions, reloads, killed processes and clients that leave, by chance.

Each answer must be one that may be; in the end the server works and stops as if nothing had been. The seed is printed;
DISORDER_SEED repeats it (the order of events is still the machine's).

test: alone
test: timeout 180
"""

import http.client
import os
import random
import signal
import socket
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from invoked import NATIVE_ECHO, Server, command, provided, python, wait_for  # noqa: E402

PYTHON = """
import os, random, signal, subprocess, sys, time
def handler(event, context):
    exec(event.get("do", ""))
    return event
"""
API_CLIENT = """#!/usr/bin/python3
import http.client, json, os, random, signal, sys, time
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
def call(method, path, body=None, headers={}):
    api.request(method, "/2018-06-01/runtime/" + path, body, headers)
    answer = api.getresponse()
    return answer, answer.read()
while True:
    answer, event = call("GET", "invocation/next")
    id = answer.getheader("Lambda-Runtime-Aws-Request-Id")
    exec(json.loads(event).get("do", ""))
    call("POST", f"invocation/{id}/response", event)
"""
EVENTS = [{}] * 6 + [
    {"do": "os._exit(random.randrange(256))"}, {"do": "os.kill(os.getpid(), signal.SIGKILL)"}, {"do": "time.sleep(0.05)"},
    {"do": "time.sleep(3)"}, {"do": "raise ValueError('x')"}, {"do": "print('p' * 200000)"},
    {"do": "os.closerange(3, 64)"}, {"do": "os.close(1); os.close(2)"}, {"do": "os.killpg(0, signal.SIGTERM)"},
    {"do": "os.fork() or os._exit(0)"},
    {"do": "os.system('setsid sleep 60 &')"}, {"text": "e" * 300_000},
]
SECONDS = 6


def program_of(pid):
    """The file that runs. A sanitizer's own child, which looks for leaks at the end, runs the server's: it isn't ours to kill."""
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return None


class Disorder(unittest.TestCase):
    def configuration(self, turn):
        memory = 128 + turn % 3
        return {
            "py": python(PYTHON, Timeout=1, MemorySize=memory), "api": provided(API_CLIENT, Timeout=1),
            "native": {"Runtime": "provided", "CodeUri": NATIVE_ECHO, "Timeout": 5, "MemorySize": memory},
            "cat": command("cat", MemorySize=memory), "limited": python(PYTHON, Timeout=1, ReservedConcurrentExecutions=2),
            "sh": command("sh", "-c", "sleep 0.02; cat; exit $(( $$ % 2 ))"), "never": provided("#!/bin/sh\nexit 3\n"),
            **({"sometimes": command("cat")} if turn % 2 else {}),
        }

    def invoke(self, server, chance):
        name = chance.choice(("py", "api", "native", "native", "cat", "limited", "limited", "sh", "never", "sometimes"))
        answer = server.invoke(name, chance.choice(EVENTS), tail=chance.random() < 0.5)
        allowed = {200} | ({429} if name == "limited" else set()) | ({404} if name == "sometimes" else set())
        if answer.status not in allowed:
            self.faults.append((name, answer))
        elif answer.status == 200 and name in ("native", "cat") and answer.function_error is not None:
            if not any(text in answer.body for text in (b"signal: killed", b"signal: terminated", b"Timedout")):  # by kill()
                self.faults.append((name, answer))

    def leave(self, server, chance):
        with server.connect() as connection:
            body = b'{"do": "time.sleep(0.1)"}'
            connection.sendall(b"POST /2015-03-31/functions/%s/invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
                               % (chance.choice((b"py", b"api", b"cat", b"never")), len(body)) + body[:chance.randrange(30)])
            if chance.random() < 0.5:
                time.sleep(0.01)
            if chance.random() < 0.5:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # reset

    def kill(self, server, chance):
        time.sleep(0.05)
        children = [pid for pid in server.children() if program_of(pid) not in (None, program_of(server.pid))]
        if children:
            try:
                os.kill(chance.choice(children), chance.choice((signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP)))
            except ProcessLookupError:
                pass

    def work(self, act, server, seed, until):
        chance = random.Random(seed)
        while time.monotonic() < until:
            try:
                act(server, chance)
            except (OSError, http.client.HTTPException) as error:
                self.faults.append((act.__name__, error))
                return

    def run_disorder(self, seed):
        self.faults = []
        with Server(self.configuration(0), arguments=["--log-level", "error"]) as server:
            until = time.monotonic() + SECONDS
            acts = [self.invoke] * 10 + [self.leave, self.kill]
            threads = [threading.Thread(target=self.work, args=(act, server, seed + n, until)) for n, act in enumerate(acts)]
            for thread in threads:
                thread.start()
            turn = 0
            while time.monotonic() < until:
                time.sleep(0.2)
                turn += 1
                server.configure(self.configuration(turn))
                server.signal(signal.SIGHUP)
            for thread in threads:
                thread.join()
            self.assertEqual(self.faults, [], server.log()[-3000:])
            wait_for(lambda: server.invoke("native", 1).body == b"1", "a working server")
            self.assertEqual(server.invoke("cat", 1).body, b"1")
            for pid in server.children():
                try:
                    os.kill(pid, signal.SIGCONT)
                except ProcessLookupError:
                    pass

    def test_it_survives(self):
        seed = int(os.environ.get("DISORDER_SEED", random.randrange(10 ** 9)))
        print(f"DISORDER_SEED={seed}")
        self.run_disorder(seed)

    def test_a_stop_in_the_middle(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with Server(self.configuration(1), arguments=["--log-level", "error"]) as server:
                self.faults = []
                threads = [threading.Thread(target=self.work, args=(act, server, n, time.monotonic() + 60))
                           for n, act in enumerate([self.invoke] * 8 + [self.leave])]
                for thread in threads:
                    thread.start()
                time.sleep(1)
                server.signal(number)
                if number == signal.SIGINT:
                    time.sleep(0.1)
                    server.signal(number)
                server.ended()
                for thread in threads:
                    thread.join(invoked.WAIT_S)
                    self.assertFalse(thread.is_alive())


if __name__ == "__main__":
    invoked.run_tests()
