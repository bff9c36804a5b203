"""Stopping and reloading: SIGTERM, SIGINT, SIGHUP."""

import os
import signal
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from invoked import SLOWNESS, Server, command, fixture, provided, python, wait_for  # noqa: E402

SLEEP = "import time\ndef handler(event, context):\n    print('sleeping')\n    time.sleep(event)\n    return 'slept'\n"


class Background:
    """An invocation that runs while the test does something else."""

    def __init__(self, server, name, event, **options):
        self.answer = self.error = None
        self.thread = threading.Thread(target=self.run, args=(server, name, event), kwargs=options)
        self.thread.start()

    def run(self, server, name, event, **options):
        try:
            self.answer = server.invoke(name, event, **options)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            self.error = error

    def end(self):
        self.thread.join(invoked.WAIT_S)
        assert not self.thread.is_alive()
        return self.answer


class Stopping(unittest.TestCase):
    def test_both_signals_stop_it_cleanly(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with Server({"f": fixture("python-hello"), "g": fixture("nodejs-hello")}) as server:
                server.invoke("f", {})
                server.invoke("g", {})
                began = time.monotonic()
                server.signal(number)
                server.ended()
                self.assertLess(time.monotonic() - began, 1 * SLOWNESS)
                self.assertIn("stopped", server.log())

    def test_a_running_invocation_finishes(self):
        with Server({"f": python(SLEEP)}) as server:
            running = Background(server, "f", 1.5)
            server.wait_for_log("sleeping")
            server.signal()
            with self.assertRaises(ConnectionRefusedError):
                wait_for(lambda: server.connect().close(), "no more connections")
            self.assertEqual((running.end().status, running.answer.json), (200, "slept"))
            server.ended()

    def test_one_that_takes_longer_is_cut_off_after_five_seconds(self):
        with Server({"f": python(SLEEP, Timeout=60)}) as server:
            running = Background(server, "f", 60)
            server.wait_for_log("sleeping")
            began = time.monotonic()
            server.signal()
            answer = running.end()
            server.ended()
            self.assertGreater(time.monotonic() - began, 4.5)
            self.assertLess(time.monotonic() - began, 7 * SLOWNESS)
            self.assertEqual((answer.status, answer.headers["x-amzn-errortype"]), (500, "ServiceException"))

    def test_a_second_signal_stops_at_once(self):
        with Server({"f": python(SLEEP, Timeout=60), "c": command("sleep", "60", Timeout=60)}) as server:
            running = [Background(server, "f", 60), Background(server, "c", 60)]
            server.wait_for_log("sleeping")
            server.wait_for_log(r"\[c .*START")
            began = time.monotonic()
            server.signal()
            server.wait_for_log("stopping")
            server.signal(signal.SIGINT)
            server.ended()
            self.assertLess(time.monotonic() - began, 2 * SLOWNESS)
            for invocation in running:
                self.assertEqual(invocation.end().status, 500)

    def test_an_environment_that_starts_is_ended_too(self):
        with Server({"f": provided("#!/bin/sh\necho here\nexec sleep 60\n")}) as server:
            running = Background(server, "f", 1)
            server.wait_for_log("here")
            server.signal()
            server.wait_for_log("stopping")
            server.signal()
            server.ended()
            self.assertEqual(running.end().status, 500)

    def test_an_idle_connection_does_not_hold_it_up(self):
        with Server({"c": command("cat")}) as server, server.connect() as connection, server.connect() as half:
            half.sendall(b"POST /2015-03-31/functions/c/invocations HTTP/1.1\r\nContent-Length: 100\r\n\r\n{")
            self.assertEqual(server.invoke("c", 1).json, 1)
            began = time.monotonic()
            server.signal()
            server.ended()
            self.assertLess(time.monotonic() - began, 2 * SLOWNESS)
            self.assertEqual(connection.recv(10), b"")

    def test_an_invocation_whose_client_has_left_does_no_harm(self):
        with Server({"f": python(SLEEP)}) as server:
            connection = server.connect()
            connection.sendall(b"POST /2015-03-31/functions/f/invocations HTTP/1.1\r\nHost: localhost\r\n"
                               b"Content-Length: 1\r\n\r\n1")
            server.wait_for_log("sleeping")
            connection.close()
            server.wait_for_log("REPORT")
            self.assertEqual(server.invoke("f", 0).json, "slept")

    def test_killed_processes_are_reaped(self):
        with Server({"f": python(SLEEP, Timeout=1)}) as server:
            for _ in range(3):
                server.invoke("f", 30)
            wait_for(lambda: not server.children(), "no child, not even a zombie")


class Reloading(unittest.TestCase):
    def reload(self, server, functions, config=None):
        server.configure(functions, config)
        before = server.log().count("again")
        server.signal(signal.SIGHUP)
        wait_for(lambda: server.log().count("again") > before, "the reload")

    def test_new_settings_are_used_after(self):
        with Server({"f": command("cat")}) as server:
            self.assertEqual(server.invoke("f", "a").json, "a")
            self.reload(server, {"f": command("tr", "a-z", "A-Z"), "g": command("cat")})
            self.assertEqual(server.invoke("f", "a").json, "A")
            self.assertEqual(server.invoke("g", "a").json, "a")
            self.reload(server, {"g": command("cat")})
            self.assertEqual(server.invoke("f", "a").status, 404)
            self.assertEqual(server.request("GET", "/_invoked/health").json["functions"], 1)

    def test_running_invocations_keep_the_settings_they_began_with(self):
        old = python("import os, time\ndef handler(e, c):\n    print('sleeping'); time.sleep(e); return os.environ['WHICH']\n",
                     Timeout=20, Environment={"Variables": {"WHICH": "old"}})
        new = python(old.files["app.py"], Timeout=1, Environment={"Variables": {"WHICH": "new"}})
        with Server({"f": old}) as server:
            running = Background(server, "f", 2)
            server.wait_for_log("sleeping")
            self.reload(server, {"f": new})
            self.assertEqual(server.invoke("f", 0).json, "new")
            self.assertEqual(running.end().json, "old")
            self.assertEqual(server.invoke("f", 0).json, "new")
            wait_for(lambda: len(server.children()) == 1, "the end of the old environment")

    def test_unchanged_functions_keep_their_environments(self):
        with Server({"f": fixture("python-counter"), "g": command("cat")}) as server:
            self.assertEqual(server.invoke("f", {}).json, 1)
            self.reload(server, {"f": fixture("python-counter"), "g": command("tr", "a", "b")})
            self.assertEqual(server.invoke("f", {}).json, 2)
            self.assertEqual(server.invoke("g", "a").json, "b")

    def test_a_bad_file_changes_nothing(self):
        with Server({"f": fixture("python-counter")}) as server:
            self.assertEqual(server.invoke("f", {}).json, 1)
            for text, fault in (('{"Functions": {', r"invoked\.json:1: "),
                                ('{\n"Functions": {"f": {"Local": {"Command": ["cat"]},\n"Timeout": 0}}}',
                                 r"invoked\.json:3: Functions\.f\.Timeout: must be 1 to 900 \(is 0\)")):
                with open(server.config_path, "w") as file:
                    file.write(text)
                server.signal(signal.SIGHUP)
                server.wait_for_log(fault)
            self.assertEqual(server.invoke("f", {}).json, 2)
            os.remove(server.config_path)
            server.signal(signal.SIGHUP)
            self.assertEqual(server.invoke("f", {}).json, 3)
            self.reload(server, {"f": command("cat")})
            self.assertEqual(server.invoke("f", {}).json, {})

    def test_reloads_while_it_works(self):
        with Server({"f": command("cat")}) as server:
            stop = threading.Event()
            faults = []

            def invoke():
                while not stop.is_set():
                    answer = server.invoke("f", "x")
                    if answer.status != 200 or answer.body not in (b'"x"', b'"X"'):
                        faults.append(answer)

            threads = [threading.Thread(target=invoke) for _ in range(4)]
            for thread in threads:
                thread.start()
            try:
                for turn in range(20):
                    self.reload(server, {"f": command("tr", "x", "xX"[turn % 2])})
            finally:
                stop.set()
                for thread in threads:
                    thread.join()
            self.assertEqual(faults, [])

    def test_a_folder_is_read_again(self):
        with Server({}) as helper:
            folder = helper.code_folder("all")
            os.makedirs(folder)
            with open(os.path.join(folder, "one.py"), "w") as file:
                file.write("def handler(event, context):\n    return 1\n")
            with Server(config=folder) as server:
                self.assertEqual(server.invoke("one").json, 1)
                with open(os.path.join(folder, "two.py"), "w") as file:
                    file.write("def handler(event, context):\n    return 2\n")
                self.assertEqual(server.invoke("two").status, 404)
                server.signal(signal.SIGHUP)
                server.wait_for_log("again")
                self.assertEqual(server.invoke("two").json, 2)


if __name__ == "__main__":
    invoked.run_tests()
