"""Handlers that mean harm: whatever one does, the server stays up with its memory bounded, its other functions go on, and
what can be ended is ended. Exits, time-outs and descriptors are in scenario_failures.py, misuse of the Runtime API in
scenario_runtime_api.py, all of it by chance in scenario_disorder.py.

test: timeout 240
"""

import os
import re
import shutil
import sys
import tempfile
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from invoked import SLOWNESS, Server, command, descendants, is_alive, provided, python, wait_for  # noqa: E402

GROWTH_MAX_KB = 24 << 10  # a response or two of 6 MB in their buffers, and no more
SANITIZED_GROWTH_MAX_KB = 200 << 10  # what was freed is kept back for a while

ANY = """
import os, sys, time
def handler(event, context):
    exec(event.get("do", ""), {**globals(), "event": event})
    return event.get("answer", "done")
"""

# Speaks to its Runtime API, or to another's, as the event says.
API_CLIENT = """#!/usr/bin/python3
import http.client, json, os, socket, sys, time
address = os.environ["AWS_LAMBDA_RUNTIME_API"]
own = f"address.{os.getpid()}"  # several environments may start at once
open(own, "w").write(address)
os.rename(own, "address")
api = http.client.HTTPConnection(address)

def raw(data, address=address, reads=True):
    host, port = address.split(":")
    with socket.create_connection((host, int(port))) as connection:
        try:
            connection.sendall(data)
            return connection.recv(4096).decode().split("\\r\\n")[0] if reads else ""
        except OSError as error:
            return repr(error)

def post(path, body, headers={}, address=None):
    connection = api if address is None else http.client.HTTPConnection(address)
    try:
        connection.request("POST", "/2018-06-01/runtime/" + path, body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except OSError as error:
        connection.close()
        return repr(error)

asks = True
while asks:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    answer = api.getresponse()
    event = json.loads(answer.read())
    id = answer.getheader("Lambda-Runtime-Aws-Request-Id")
    said = "done"
    exec(event.get("do", ""), globals())
    post(f"invocation/{id}/response", json.dumps(said))
time.sleep(600)
"""
POST_HEAD = "POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\\r\\nHost: x\\r\\n"


def peak_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(next(line.split()[1] for line in file if line.startswith("VmHWM")))


class Hostile(unittest.TestCase):
    """One server for all: none of them may leave anything behind that the next one notices."""

    FUNCTIONS = {
        "python": python(ANY, MemorySize=1024), "api": provided(API_CLIENT, MemorySize=1024),
        "other-api": provided(API_CLIENT), "short": python(ANY, Timeout=1, MemorySize=1024),
        "short-api": provided(API_CLIENT, Timeout=1, MemorySize=1024), "good": command("cat"),
        "never-asks": provided(API_CLIENT, Timeout=5 * SLOWNESS), "memory": python(ANY, MemorySize=128, Timeout=20),
        "memory-command": command("python3", "-c", "x = b'x' * 300_000_000; import time; time.sleep(10)", MemorySize=128, Timeout=20),
        "bomb": python(ANY, Timeout=1, Local={"EnforceMemory": False}),
        "endless": command("sh", "-c", "cat /dev/zero", Timeout=1, MemorySize=1024),
        "endless-errors": command("sh", "-c", "cat /dev/zero >&2", Timeout=1, MemorySize=1024),
        "100-mb": command("head", "-c", "100000000", "/dev/zero", MemorySize=1024), "never-reads": command("echo", "1"),
    }

    @classmethod
    def setUpClass(cls):
        cls.server = Server(cls.FUNCTIONS, arguments=["--log-level", "error"])  # endless output isn't for the disk
        cls.addClassCleanup(cls.server.__exit__, None, None, None)

    def setUp(self):
        for name in ("python", "api", "other-api", "good"):
            self.assertEqual(self.server.invoke(name, {}).status, 200)
        with open(f"/proc/{self.server.pid}/clear_refs", "w", encoding="ascii") as file:
            file.write("5")  # the peak begins anew
        self.before_kb = peak_kb(self.server.pid)
        self.addCleanup(self.check_after)

    def check_after(self):
        self.assertEqual(self.server.invoke("good", body=b"1").body, b"1")
        grown_kb = peak_kb(self.server.pid) - self.before_kb
        self.assertLess(grown_kb, SANITIZED_GROWTH_MAX_KB if invoked.IS_SANITIZED else GROWTH_MAX_KB)

    def do(self, name, code, error_type=None):
        answer = self.server.invoke(name, {"do": code})
        self.assertEqual(answer.status, 200, answer)
        if error_type is None:
            self.assertIsNone(answer.function_error, answer.body)
        else:
            self.assertEqual(answer.json["errorType"], error_type, answer)
        return answer.json

    def good_while(self, act):
        """Others are answered, soon, while `act` runs."""
        with ThreadPoolExecutor() as pool:
            acting = pool.submit(act)
            while not acting.done():
                began = time.monotonic()
                self.assertEqual(self.server.invoke("good", body=b"2").body, b"2")
                self.assertLess(time.monotonic() - began, 2 * SLOWNESS)
            acting.result()

    # -- output

    def test_endless_output(self):
        endless = "while True: os.write(1, b'x' * 65536)"
        self.good_while(lambda: self.do("short", endless, "Sandbox.Timedout"))

    def test_endless_output_of_a_command(self):
        for name in ("endless", "endless-errors"):
            self.do(name, "", "Sandbox.Timedout")

    def test_endless_output_between_invocations(self):
        self.do("short", "os.fork() or exec('while True: os.write(1, b\"y\" * 65536)')")
        self.good_while(lambda: time.sleep(0.5))
        self.do("short", "os._exit(0)", "Runtime.ExitError")  # and what it has left behind ends with it

    # -- processes

    def test_a_fork_bomb_within_a_limit(self):
        """256 of them, of which half leave their session."""
        bomb = ("for _ in range(8):\n"
                "    if os.fork() == 0 and _ % 2: os.setsid()\n"
                "open('pids', 'a').write(f'{os.getpid()}\\n')\n"
                "time.sleep(600)")
        before = set(descendants(self.server.pid))
        with ThreadPoolExecutor() as pool:
            answer = pool.submit(self.do, "bomb", bomb, "Sandbox.Timedout")
            answer.result()
        with open(os.path.join(self.server.code_folder("bomb"), "pids"), encoding="ascii") as file:
            most = [int(line) for line in file]
        self.assertGreater(len(most), 100)
        wait_for(lambda: not any(map(is_alive, most)), "the end of all of them")
        wait_for(lambda: len(set(descendants(self.server.pid)) - before) < 8, "the end of the last ones")

    def test_a_daemon_that_closes_all_and_forgets_all(self):
        """Twice forked, in a session of its own, without a descriptor of its father's: it goes with its environment."""
        daemon = ("if os.fork() == 0:\n"
                  "    os.setsid()\n"
                  "    if os.fork(): os._exit(0)\n"
                  "    open('daemon.new', 'w').write(str(os.getpid())); os.rename('daemon.new', 'daemon')\n"
                  "    os.closerange(0, 1024); os.chdir('/')\n"
                  "    time.sleep(600); os._exit(0)\n")
        self.do("short", daemon)
        path = os.path.join(self.server.code_folder("short"), "daemon")
        pid = int(wait_for(lambda: os.path.exists(path) and open(path, encoding="ascii").read(), "the daemon"))
        self.assertTrue(is_alive(pid))
        self.do("short", "os._exit(0)", "Runtime.ExitError")
        wait_for(lambda: not is_alive(pid), "the daemon's end")

    def test_a_child_that_keeps_every_descriptor(self):
        """The end of the handler is seen though its pipes and its socket are still open elsewhere."""
        began = time.monotonic()
        self.do("python", "if os.fork() > 0: os._exit(3)\ntime.sleep(600)", "Runtime.ExitError")
        self.assertLess(time.monotonic() - began, 5 * SLOWNESS)

    def test_a_runtime_that_answers_and_never_asks_again(self):
        """It is ended with its time-out, as on AWS."""
        with ThreadPoolExecutor() as pool:
            never = "asks = False; said = os.getpid()"
            pids = list(pool.map(lambda _: self.do("never-asks", never), range(4)))
        self.assertEqual(len(set(pids)), 4)
        wait_for(lambda: not any(map(is_alive, pids)), "the end of all of them")
        self.assertEqual(self.do("never-asks", "time.sleep(0.5)"), "done")

    def test_memory_of_an_invocation_that_is_ended_for_it(self):
        """REPORT has its own peak, not that of the invocation before it."""
        self.do("memory", "")
        for name in ("memory", "memory-command"):
            with self.subTest(name):
                answer = self.server.invoke(name, {"do": "x = b'x' * 300_000_000; time.sleep(10)"}, tail=True)
                self.assertEqual(answer.json["errorType"], "Runtime.OutOfMemory", answer)
                used = int(re.search(r"Max Memory Used: (\d+) MB", answer.log).group(1))
                self.assertGreater(used, 250)

    # -- responses

    def test_a_response_of_100_megabytes(self):
        for name, code in (
                ("python", "event['answer'] = 'a' * 100_000_000"),
                ("api", "print(post(f'invocation/{id}/response', b'a' * 100_000_000))"),
                ("api", "print(post(f'invocation/{id}/response', (b'a' * 1_000_000 for _ in range(100))))"),
                ("api", "print(post(f'invocation/{id}/error', b'a' * 100_000_000))"), ("100-mb", "")):
            with self.subTest(name, code=code):
                answer = self.server.invoke(name, {"do": code})
                self.assertEqual((answer.status, answer.function_error), (200, "Unhandled"), answer)
                self.assertEqual(answer.json["errorType"], "Function.ResponseSizeTooLarge")
                self.assertLess(len(answer.body), 1000)

    def test_a_length_that_lies(self):
        """More than follows, which then never comes; less than follows, which then is no request; more than there can be."""
        more = POST_HEAD + "Content-Length: 1000\\r\\n\\r\\nx"
        self.do("short-api", f"raw(f'{more}'.encode())", "Sandbox.Timedout")
        less = POST_HEAD + "Content-Length: 6\\r\\n\\r\\n" + '"true"and more\\r\\n\\r\\n'
        self.assertEqual(self.do("api", f"said = raw(f'{less}'.encode())"), "true")
        for length in ("99999999999", "18446744073709551615", "18446744073709551616", "-1", "0x10"):
            with self.subTest(length):
                head = POST_HEAD + f"Content-Length: {length}\\r\\n\\r\\nx"
                answer = self.server.invoke("short-api", {"do": f"raw(f'{head}'.encode())"})
                self.assertEqual(answer.status, 200)
                self.assertIn(answer.json if answer.function_error is None else answer.json["errorType"],
                              ("done", "Sandbox.Timedout", "Function.ResponseSizeTooLarge"))

    # -- never reading

    def test_requests_whose_answers_nobody_reads(self):
        flood = ("host, port = address.split(':')\n"
                 "with socket.create_connection((host, int(port))) as connection:\n"
                 "    connection.settimeout(0.3)\n"
                 "    sent = 0\n"
                 "    try:\n"
                 "        while sent < 100_000_000: sent += connection.send(b'GET /nothing HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' * 1000)\n"
                 "    except OSError: pass\n"
                 "said = sent\n")
        self.assertGreater(self.do("api", flood), 0)

    def test_events_that_nobody_reads(self):
        large = {"do": "host, port = address.split(':')\n"
                       "kept = [socket.create_connection((host, int(port))) for _ in range(20)]\n"
                       "for connection in kept: connection.sendall(b'GET /2018-06-01/runtime/invocation/next HTTP/1.1\\r\\n\\r\\n')\n"
                       "time.sleep(0.2)\n", "padding": "p" * 5_000_000}
        self.assertEqual(self.server.invoke("api", large).json, "done")
        self.assertEqual(self.server.invoke("never-reads", large).body, b"1\n")

    # -- the Runtime API of another

    def test_another_environments_port(self):
        path = os.path.join(self.server.code_folder("other-api"), "address")
        with open(path, encoding="ascii") as file:
            address = file.read()
        attack = (f"found = [post('invocation/%s/%s' % (wrong, what), b'1', {{}}, {address!r})\n"
                  "         for wrong in (id, 'x', '00000000-0000-0000-0000-000000000000') for what in ('response', 'error')]\n"
                  f"found.append(post('init/error', b'{{}}', {{}}, {address!r}))\n"
                  f"raw(b'\\xff' * 70_000 + b'\\r\\n\\r\\n', {address!r})\n"
                  f"raw(b'POST /2018-06-01/runtime/invocation/', {address!r}, reads=False)\n"
                  "said = found\n")
        with ThreadPoolExecutor() as pool:
            victim = pool.submit(self.do, "other-api", "time.sleep(1)")
            for _ in range(3):
                self.assertEqual(self.do("api", attack), [400] * 6 + [403])
            self.assertEqual(victim.result(), "done")
        self.assertEqual(self.do("api", attack), [400] * 6 + [403])  # while it is idle
        self.assertEqual(self.do("other-api", ""), "done")


class Places(unittest.TestCase):
    """Where code may lie, and what may lie there."""

    def setUp(self):
        self.outside = tempfile.mkdtemp(prefix="invoked-outside-")
        self.addCleanup(shutil.rmtree, self.outside)
        with open(os.path.join(self.outside, "app.py"), "w", encoding="ascii") as file:
            file.write("def handler(event, context): return 1\n")

    def function(self, uri):
        return {"Runtime": "python3.12", "Handler": "app.handler", "Timeout": 20, "CodeUri": uri}

    def test_symbolic_links_and_parents(self):
        os.symlink(".", os.path.join(self.outside, "loop"))
        os.symlink("..", os.path.join(self.outside, "up"))
        os.symlink("/", os.path.join(self.outside, "root"))
        os.symlink("/nonexistent", os.path.join(self.outside, "dangling"))
        os.symlink("itself", os.path.join(self.outside, "itself"))
        link = self.outside + ".link"
        os.symlink(self.outside, link)
        self.addCleanup(os.remove, link)
        uris = {"link": link, "loop": os.path.join(self.outside, "loop", "loop", "loop"),
                "parents": "../" * 20 + self.outside.lstrip("/") + "/up/" + os.path.basename(self.outside)}
        with Server({name: self.function(uri) for name, uri in uris.items()}, watches=True) as server:
            for name in uris:
                self.assertEqual(server.invoke(name, {}).body, b"1", name)
            with open(os.path.join(self.outside, "app.py"), "w", encoding="ascii") as file:
                file.write("def handler(event, context): return 'new'\n")
            for name in uris:
                wait_for(lambda: server.invoke(name, {}).body == b'"new"', f"the new code of {name}")

    def test_places_that_are_none(self):
        os.symlink("itself", os.path.join(self.outside, "itself"))
        os.symlink("/nonexistent", os.path.join(self.outside, "dangling"))
        for name in ("itself", "dangling", "missing/..", "app.py/.."):
            with self.subTest(name):
                with self.assertRaisesRegex(AssertionError, "CodeUri"):
                    Server({"f": self.function(os.path.join(self.outside, name))})


if __name__ == "__main__":
    invoked.run_tests()
