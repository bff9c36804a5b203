"""Local.Freeze: between invocations the handler's process group stands still, and nothing else does."""

import os
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from invoked import (Server, is_alive, nodejs, process_state, provided, python, run_binary,  # noqa: E402
                     wait_for)

FREEZE = {"Freeze": True}

# What the handler leaves behind counts on.
PYTHON = """
import os, subprocess, threading, time
ticks = 0
child = None
def tick():
    global ticks
    while True:
        time.sleep(0.01)
        ticks += 1
threading.Thread(target=tick, daemon=True).start()
def handler(event, context):
    global child
    event = event or {}
    if "child" in event:
        child = subprocess.Popen(["sleep", "600"], start_new_session=event["child"] == "detached")
    time.sleep(event.get("seconds", 0))
    if "fill" in event:
        event["kept"] = bytearray(event["fill"] << 20)
        time.sleep(30)
    return {"ticks": ticks, "pid": os.getpid(), "child": child and child.pid}
"""
NODEJS = """
let ticks = 0;
setInterval(() => ticks++, 10);
exports.handler = async () => ({ ticks, pid: process.pid });
"""
PROVIDED = """#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
(while :; do sleep 0.01; echo >> ticks; done) &
while :; do
    id=$(curl -sS -D - -o event "$api/next" | tr -d '\\r' | sed -n 's/^[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: //p')
    curl -sS -o /dev/null -d "{\\"ticks\\": $(cat ticks 2> /dev/null | wc -l), \\"pid\\": $$}" "$api/$id/response"
done
"""


def frozen(code, **local):
    code.settings["Local"] = {**FREEZE, **local}
    return code


def wait_until_stopped(pid):
    wait_for(lambda: process_state(pid) == "T", f"process {pid} to be stopped")


class Freeze(unittest.TestCase):
    def test_what_is_left_behind_stands_still(self):
        functions = {"py": frozen(python(PYTHON)), "js": frozen(nodejs(NODEJS)), "native": frozen(provided(PROVIDED))}
        with Server(functions) as server:
            for name in functions:
                with self.subTest(name):
                    first = server.invoke(name).json
                    wait_until_stopped(first["pid"])
                    time.sleep(1)
                    second = server.invoke(name).json
                    self.assertEqual(second["pid"], first["pid"])
                    self.assertLess(second["ticks"] - first["ticks"], 50)  # a second has 100
                    wait_until_stopped(first["pid"])

    def test_it_is_off_by_default(self):
        with Server({"f": python(PYTHON)}) as server:
            first = server.invoke("f").json
            wait_for(lambda: server.invoke("f").json["ticks"] > first["ticks"] + 5, "the thread's ticks")
            self.assertNotEqual(process_state(first["pid"]), "T")

    def test_children_of_the_group_stop_and_others_do_not(self):
        with Server({"f": frozen(python(PYTHON)), "g": frozen(python(PYTHON)), "h": python(PYTHON)}) as server:
            bystander = subprocess.Popen(["sleep", "600"])
            try:
                other = server.invoke("h").json
                own = server.invoke("f", {"child": "own"}).json
                detached = server.invoke("g", {"child": "detached"}).json
                wait_until_stopped(own["child"])
                wait_until_stopped(own["pid"])
                wait_until_stopped(detached["pid"])
                for pid in (detached["child"], other["pid"], bystander.pid, server.pid):
                    self.assertNotEqual(process_state(pid), "T", pid)
            finally:
                bystander.kill()
                bystander.wait()

    def test_many_invocations_one_after_the_other(self):
        with Server({"f": frozen(python(PYTHON))}) as server:
            told = [server.invoke("f").json["pid"] for _ in range(100)]
            self.assertEqual(len(set(told)), 1)

    def test_a_timeout_ends_it_and_the_next_is_cold(self):
        with Server({"f": frozen(python(PYTHON, Timeout=1))}) as server:
            first = server.invoke("f").json
            wait_until_stopped(first["pid"])
            self.assertEqual(server.invoke("f", {"seconds": 30}).json["errorType"], "Sandbox.Timedout")
            wait_for(lambda: not is_alive(first["pid"]), "the end of the process")
            self.assertNotEqual(server.invoke("f").json["pid"], first["pid"])

    def test_the_memory_guard_ends_it(self):
        with Server({"f": frozen(python(PYTHON))}) as server:
            wait_until_stopped(server.invoke("f").json["pid"])
            self.assertEqual(server.invoke("f", {"fill": 400}).json["errorType"], "Runtime.OutOfMemory")

    def test_it_is_given_up_when_idle_and_replaced_when_changed(self):
        with Server({"f": frozen(python(PYTHON), IdleTimeoutSeconds=1), "g": frozen(python(PYTHON))}) as server:
            idle, changed = server.invoke("f").json["pid"], server.invoke("g").json["pid"]
            wait_for(lambda: not is_alive(idle), "the end of the idle environment")
            server.configure({"g": frozen(python(PYTHON), IdleTimeoutSeconds=5), "f": frozen(python(PYTHON, MemorySize=256))})
            server.signal(signal.SIGHUP)
            server.wait_for_log("read .* again")
            self.assertEqual(server.invoke("g").json["pid"], changed)

    def test_a_stopped_process_can_be_killed_by_others(self):
        with Server({"f": frozen(python(PYTHON))}) as server:
            pid = server.invoke("f").json["pid"]
            wait_until_stopped(pid)
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda: not is_alive(pid), "its end")
            self.assertNotEqual(server.invoke("f").json["pid"], pid)

    def test_the_end_of_the_server(self):
        with Server({"f": frozen(python(PYTHON))}) as server:
            told = server.invoke("f", {"child": "own"}).json
            wait_until_stopped(told["pid"])
        self.assertFalse(is_alive(told["pid"]))
        self.assertFalse(is_alive(told["child"]))

    def test_the_sudden_end_of_the_server(self):
        server = Server({"f": frozen(python(PYTHON))})
        pid = server.invoke("f").json["pid"]
        wait_until_stopped(pid)
        server.process.kill()
        server.wait()
        wait_for(lambda: not is_alive(pid), "the end of the stopped process")

    def test_where_there_is_nothing_to_stop(self):
        with Server({}) as server:
            for settings in ({"Local": {"Command": ["cat"], **FREEZE}}, {"Local": {"Mock": [{"Payload": 1}], **FREEZE}},
                             {**python(PYTHON).settings, "CodeUri": ".", "Local": {"Attach": True, **FREEZE}}):
                path = os.path.join(server.folder, "other.json")
                with open(path, "w") as file:
                    invoked.json.dump({"Functions": {"f": settings}}, file)
                self.assertIn("requires Runtime or ImageConfig, without Attach", run_binary("check", path).stderr)


if __name__ == "__main__":
    invoked.run_tests()
