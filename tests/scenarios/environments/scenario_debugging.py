"""Handlers under a debugger: started by the developer (Local.Attach) or by the server under a command (Local.DebugCommand)."""

import contextlib
import json
import os
import re
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from invoked import Code, RuntimeApi, Server, nodejs, provided, python, wait_for  # noqa: E402

ADDRESS = re.compile(r"f: start your handler with AWS_LAMBDA_RUNTIME_API=(127\.0\.0\.1:\d+)")
REQUEST_ID = "lambda-runtime-aws-request-id"

# What a developer starts in an IDE: a small client of the Runtime API. It notes each event that it is given.
HANDLER = """
import http.client, json, os, sys, time
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
runtime = "/2018-06-01/runtime/invocation/"
while True:
    connection.request("GET", runtime + "next")
    answer = connection.getresponse()
    event = json.loads(answer.read())
    with open(sys.argv[1], "a") as file:
        file.write(json.dumps(event) + "\\n")
    if event.get("die") == sys.argv[2]:
        os._exit(1)
    time.sleep(event.get("sleep", 0))
    body = json.dumps({"event": event, "pid": os.getpid()})
    connection.request("POST", runtime + answer.headers["Lambda-Runtime-Aws-Request-Id"] + "/response", body)
    connection.getresponse().read()
"""

DEBUGGED = """
import os, sys, time
def handler(event, context):
    time.sleep(event.get("sleep", 0))
    return {"dev": sys.flags.dev_mode, "wrapped": os.environ.get("WRAPPED"), "pid": os.getpid(),
            "table": os.environ.get("TABLE"), "remaining": context.get_remaining_time_in_millis()}
"""


def attached(**settings):
    return python("def handler(event, context): return None", Local={"Attach": True}, **settings)


class Invocations:
    """Synchronous ones that run beside the test: `end()` gives the answers in their order."""

    def __init__(self, server, events, name="f"):
        self.answers = {}
        self.threads = []
        for i, event in enumerate(events):
            thread = threading.Thread(target=self.run, args=(server, name, i, event), daemon=True)
            self.threads.append(thread)
            thread.start()
            wait_for(lambda: len(running(server)) == i + 1, "the invocation")

    def run(self, server, name, i, event):
        self.answers[i] = server.invoke(name, event)

    def end(self):
        for thread in self.threads:
            thread.join(invoked.WAIT_S)
        return [self.answers[i] for i in range(len(self.threads))]


def running(server):
    return server.request("GET", "/_invoked/invocations?Status=running").json


class WithServer(unittest.TestCase):
    def serve(self, function, **options):
        self.server = Server({"f": function}, **options)
        self.addCleanup(self.server.__exit__, None, None, None)
        return self.server


class Attach(WithServer):
    def address(self):
        return self.server.wait_for_log(ADDRESS.pattern)[1]

    def start_handler(self, kind="first"):
        process = subprocess.Popen(["/usr/bin/python3", "-c", HANDLER, os.path.join(self.server.folder, "events"), kind],
                                   env=invoked.clean_environment(AWS_LAMBDA_RUNTIME_API=self.address()),
                                   stderr=subprocess.DEVNULL)

        def end():
            process.kill()
            process.wait()

        self.addCleanup(end)
        return process

    def events(self):
        with contextlib.suppress(FileNotFoundError):
            with open(os.path.join(self.server.folder, "events")) as file:
                return [json.loads(line) for line in file]
        return []

    def test_the_address_is_told_before_anything_is_invoked_and_once(self):
        server = self.serve(attached())
        address = self.address()
        self.assertEqual([pid for pid, state in server.children().items() if state != "Z"], [])
        process = self.start_handler()
        for i in range(3):
            self.assertEqual(server.invoke("f", {"i": i}).json, {"event": {"i": i}, "pid": process.pid})
        self.assertEqual(ADDRESS.findall(server.log()), [address])
        self.assertEqual(server.children(), {})

    def test_an_invocation_waits_for_the_handler(self):
        server = self.serve(attached(Timeout=1))
        invocations = Invocations(server, [{"a": 1}])
        time.sleep(1.5)
        self.assertEqual(len(running(server)), 1)
        process = self.start_handler()
        self.assertEqual(invocations.end()[0].json, {"event": {"a": 1}, "pid": process.pid})

    def test_no_timeout(self):
        server = self.serve(attached(Timeout=1))
        self.start_handler()
        answer = server.invoke("f", {"sleep": 2})
        self.assertEqual((answer.function_error, answer.json["event"]), (None, {"sleep": 2}))

    def test_the_deadline_is_far_away(self):
        server = self.serve(attached(Timeout=1))
        invocations = Invocations(server, [{}])
        with RuntimeApi(self.address()) as api:
            event = api.next()
            self.assertGreater(int(event.headers["lambda-runtime-deadline-ms"]) / 1000, time.time() + 3600)
            api.respond(event.headers[REQUEST_ID], b"1")
        self.assertEqual(invocations.end()[0].body, b"1")

    def test_an_unfinished_event_is_given_again(self):
        server = self.serve(attached(Timeout=1))
        first = self.start_handler("first")
        invocations = Invocations(server, [{"die": "first"}])
        self.assertEqual(first.wait(invoked.WAIT_S), 1)
        time.sleep(1.2)
        second = self.start_handler("second")
        self.assertEqual(invocations.end()[0].json, {"event": {"die": "first"}, "pid": second.pid})
        self.assertEqual(self.events(), [{"die": "first"}] * 2)
        self.assertEqual(server.invoke("f", {}).json["pid"], second.pid)

    def test_a_handler_that_is_killed_while_it_waits(self):
        server = self.serve(attached())
        first = self.start_handler()
        self.assertEqual(server.invoke("f", {}).json["pid"], first.pid)
        first.kill()
        first.wait()
        invocations = Invocations(server, [{"a": 1}])
        second = self.start_handler()
        self.assertEqual(invocations.end()[0].json, {"event": {"a": 1}, "pid": second.pid})
        self.assertEqual(len(ADDRESS.findall(server.log())), 1)

    def test_several_wait_in_order(self):
        server = self.serve(attached())
        events = [{"i": i} for i in range(5)]
        invocations = Invocations(server, events)
        process = self.start_handler()
        self.assertEqual([answer.json for answer in invocations.end()], [{"event": event, "pid": process.pid} for event in events])
        self.assertEqual(self.events(), events)
        self.assertEqual(len(ADDRESS.findall(server.log())), 1)

    def test_an_init_error_leaves_the_address(self):
        server = self.serve(attached())
        invocations = Invocations(server, [{}])
        with RuntimeApi(self.address()) as api:
            answer = api.fail_init(b'{"errorMessage":"m","errorType":"SyntaxError"}',
                                   {"Lambda-Runtime-Function-Error-Type": "Runtime.UserCodeSyntaxError"})
            self.assertEqual(answer.status, 202)
        server.wait_for_log(r"f: the handler could not start: Runtime\.UserCodeSyntaxError")
        process = self.start_handler()
        self.assertEqual(invocations.end()[0].json["pid"], process.pid)
        process.kill()
        process.wait()
        with RuntimeApi(self.address()) as api:  # too late, once it has been ready
            self.assertEqual(api.fail_init(b"{}").status, 403)
        again = self.start_handler()
        self.assertEqual(server.invoke("f", {}).json["pid"], again.pid)

    def test_an_error_of_the_handler(self):
        server = self.serve(attached())
        invocations = Invocations(server, [{}])
        with RuntimeApi(self.address()) as api:
            api.fail(api.next().headers[REQUEST_ID], b'{"errorMessage":"m","errorType":"E"}')
        answer = invocations.end()[0]
        self.assertEqual((answer.function_error, answer.json["errorType"]), ("Unhandled", "E"))

    def test_it_does_not_idle_away(self):
        server = self.serve(python("", Local={"Attach": True, "IdleTimeoutSeconds": 1}))
        process = self.start_handler()
        self.assertEqual(server.invoke("f", {}).json["pid"], process.pid)
        time.sleep(3)
        self.assertEqual(server.invoke("f", {}).json["pid"], process.pid)
        self.assertEqual(len(ADDRESS.findall(server.log())), 1)

    def test_new_code_is_the_developers_to_load(self):
        server = self.serve(attached(), watches=True)
        process = self.start_handler()
        self.assertEqual(server.invoke("f", {}).json["pid"], process.pid)
        with open(os.path.join(server.code_folder("f"), "app.py"), "a") as file:
            file.write("# changed\n")
        time.sleep(0.6)
        self.assertEqual(server.invoke("f", {}).json["pid"], process.pid)
        self.assertEqual(len(ADDRESS.findall(server.log())), 1)

    def test_other_settings_are_a_new_address(self):
        server = self.serve(attached())
        first = self.address()
        server.configure({"f": attached(Description="same"), "g": python("")})
        server.signal(1)
        server.wait_for_log("again: 2 functions")
        server.configure({"f": attached(MemorySize=256)})
        server.signal(1)
        server.wait_for_log("again: 1 function$")
        wait_for(lambda: ADDRESS.findall(server.log())[-1] != first, "the new address")
        self.assertEqual(len(ADDRESS.findall(server.log())), 2)
        with self.assertRaises(OSError):
            RuntimeApi(first).next()

    def test_asynchronous_events_too(self):
        server = self.serve(attached())
        process = self.start_handler()
        for i in range(3):
            server.invoke("f", {"i": i}, headers={"X-Amz-Invocation-Type": "Event"})
        self.assertEqual(server.request("POST", "/_invoked/drain").status, 200)
        self.assertEqual(self.events(), [{"i": i} for i in range(3)])
        self.assertIsNone(process.poll())

    def test_a_stop_while_it_is_attached(self):
        server = self.serve(attached())
        process = self.start_handler()
        self.assertEqual(server.invoke("f", {}).json["pid"], process.pid)
        server.stop()
        self.assertEqual(process.wait(invoked.WAIT_S), 1)  # its connection is gone; the server has not killed it


class DebugCommand(WithServer):
    def test_an_interpreter_with_options(self):
        self.serve(python(DEBUGGED, Local={"DebugCommand": ["python3", "-X", "dev"]}))
        answer = self.server.invoke("f", {})
        self.assertEqual((answer.function_error, answer.json["dev"]), (None, True))
        self.assertEqual(self.server.invoke("f", {}).json["pid"], answer.json["pid"])

    def test_nodejs(self):
        self.serve(nodejs("exports.handler = async () => process.execArgv;", Local={"DebugCommand": ["node", "--stack-trace-limit=20"]}))
        self.assertEqual(self.server.invoke("f", {}).json, ["--stack-trace-limit=20"])

    def test_a_wrapper(self):
        function = python(DEBUGGED)
        function = Code({**function.files, "wrapper.sh": '#!/bin/sh\nWRAPPED=yes exec "$@"\n'}, function.settings)
        server = self.serve(function)
        wrapper = os.path.join(server.code_folder("f"), "wrapper.sh")
        os.chmod(wrapper, 0o755)
        server.configure({"f": python(DEBUGGED, Local={"DebugCommand": [wrapper, "python3"]},
                                      Environment={"Variables": {"TABLE": "local"}})})
        server.signal(1)
        server.wait_for_log("again: 1 function")
        answer = server.invoke("f", {})
        self.assertEqual((answer.function_error, answer.json["wrapped"]), (None, "yes"))
        self.assertEqual(answer.json["table"], "local")

    def test_a_bootstrap(self):
        bootstrap = '#!/bin/sh\necho "$1" >&2\n' + invoked.ATTENTIVE.split("\n", 1)[1]
        mark = f"WRAPPED={os.getpid()}"
        server = self.serve(provided(bootstrap, Local={"DebugCommand": ["env", mark]}))
        invocations = Invocations(server, [{}])
        path = os.path.join(server.code_folder("f"), "api")
        wait_for(lambda: os.path.exists(path) and os.path.getsize(path) > 0, "the bootstrap")
        self.assertTrue(invoked.processes_with(f"{mark}\0"))
        with open(path) as file, RuntimeApi(file.read()) as api:
            api.respond(api.next().headers[REQUEST_ID], b"1")
        self.assertEqual(invocations.end()[0].body, b"1")

    def test_no_timeout(self):
        self.serve(python("import time\ntime.sleep(1.5)\n" + DEBUGGED, Timeout=1, Local={"DebugCommand": ["python3"]}))
        answer = self.server.invoke("f", {"sleep": 2})
        self.assertEqual(answer.function_error, None, answer)
        self.assertGreater(answer.json["remaining"], 3_600_000)

    def test_one_process_at_a_time(self):
        server = self.serve(python(DEBUGGED, Local={"DebugCommand": ["python3"]}))
        answers = Invocations(server, [{"sleep": 0.2}] * 4).end()
        self.assertEqual(len({answer.json["pid"] for answer in answers}), 1)

    def test_a_debugger_that_does_not_exist(self):
        server = self.serve(python(DEBUGGED, Local={"DebugCommand": ["no-such-debugger"]}))
        for answer in [server.invoke("f", {}) for _ in range(2)]:
            self.assertEqual((answer.function_error, answer.json["errorType"]), ("Unhandled", "Runtime.InvalidEntrypoint"))
            self.assertIn("no-such-debugger", answer.json["errorMessage"])

    def test_a_process_that_ends_while_others_wait(self):
        source = "import os, time\ndef handler(event, context):\n    time.sleep(0.2)\n    os._exit(3)\n"
        server = self.serve(python(source, Local={"DebugCommand": ["python3"]}))
        for answer in Invocations(server, [{}] * 3).end():
            self.assertEqual((answer.function_error, answer.json["errorType"]), ("Unhandled", "Runtime.ExitError"))

    def test_new_code_is_loaded(self):
        server = self.serve(python(DEBUGGED, Local={"DebugCommand": ["python3"]}), watches=True)
        self.assertIn("pid", server.invoke("f", {}).json)
        with open(os.path.join(server.code_folder("f"), "app.py"), "w") as file:
            file.write("def handler(event, context): return 'new'")
        server.wait_for_log("has changed")
        self.assertEqual(server.invoke("f", {}).json, "new")


if __name__ == "__main__":
    invoked.run_tests()
