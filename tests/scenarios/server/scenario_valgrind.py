"""The program under valgrind's memcheck: one way through all that it does, a clean stop, and neither an error nor a leak.

What the server starts isn't looked at, only the server itself. A sanitizer's build can't run under valgrind, and needn't.

test: timeout 240
"""

import glob
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from events import QUEUE, EventServer, event_config, to_queue  # noqa: E402
from invoked import BINARY, IS_SANITIZED, ROOT, command, fixture, nodejs, provided, python, wait_for  # noqa: E402

FOUND = 99  # the exit status when there is something to report
VALGRIND = ["valgrind", "--tool=memcheck", "--leak-check=full", "--show-leak-kinds=all", "--track-fds=no",
            "--errors-for-leak-kinds=definite,indirect,possible", f"--error-exitcode={FOUND}", "--trace-children=no",
            "--child-silent-after-fork=yes", "--num-callers=30"]

ANY = """
import os, time
def handler(event, context):
    exec(event.get("do", ""))
    return event
"""
STREAM = """
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
    for (let i = 0; i < event.pieces; i++)
        stream.write('piece');
    if (event.fails)
        throw new Error('in the middle');
    stream.end();
});
"""
STREAM_PATH = "/2021-11-15/functions/stream/response-streaming-invocations"

FUNCTIONS = {
    "python": python(ANY, Timeout=20), "short": python(ANY, Timeout=1), "stream": nodejs(STREAM),
    "cat": command("cat"), "native": {"Runtime": "provided", "CodeUri": invoked.NATIVE_ECHO, "Timeout": 20},
    "never-starts": provided("#!/bin/sh\nexit 3\n"), "missing": command("no-such-program"),
    "limited": {"Runtime": "provided", "CodeUri": invoked.NATIVE_ECHO, "ReservedConcurrentExecutions": 0},
    "mocked": {"Local": {"Mock": [{"When": {"a": 1}, "Payload": {"b": 2}, "DelayMs": 1}, {"Error": "EC2ThrottledException"}]}},
    "records": command("cat", **event_config(QUEUE + "good", QUEUE + "bad")),
    "gives-up": command("false", **event_config(None, QUEUE + "bad", MaximumRetryAttempts=1), **to_queue("letters")),
    "versions": {**fixture("python-hello"), "Versions": {"1": {}, "2": {}},
                 "Aliases": {"live": {"FunctionVersion": "1", "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.5}}}}},
}
CONFIG = {"Local": {"RetryDelaysSeconds": [0, 0]}}


@unittest.skipIf(IS_SANITIZED, "a sanitizer's build doesn't run under valgrind")
class Valgrind(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.reports = os.path.join(self.folder, "report.%p")
        self.binary = os.path.join(self.folder, "invoked")
        with open(self.binary, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\nexec %s --log-file='%s' '%s' \"$@\"\n" % (" ".join(VALGRIND), self.reports,
                                                                        os.path.abspath(BINARY)))
        os.chmod(self.binary, 0o755)

    def check(self, status, expected=0):
        """The status, and the reports that have come since the last check: one for each process."""
        paths = glob.glob(self.reports.replace("%p", "*"))
        self.assertNotEqual(paths, [])
        for path in paths:
            with open(path, encoding="utf-8") as file:
                report = file.read()
            self.assertIn("ERROR SUMMARY: 0 errors", report)
            self.assertRegex(report, "(?:definitely lost: 0 bytes|All heap blocks were freed)")
            os.remove(path)
        self.assertEqual(status, expected)

    def run_program(self, expected, *arguments):
        """Runs it to its end."""
        result = subprocess.run([self.binary, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                env=invoked.clean_environment(), cwd=self.folder, timeout=100)
        self.check(result.returncode, expected)
        return result

    # -- the parts of the way

    def invoke_each(self, server):
        for name in ("python", "cat", "native", "versions:live"):
            for _ in range(2):
                answer = server.invoke(name, {"name": "Ann"}, tail=True)
                self.assertEqual((answer.status, answer.function_error), (200, None), answer)
        large = b'"' + b"l" * 2_000_000 + b'"'
        self.assertEqual(server.invoke("native", body=large).body, large)
        self.assertEqual(server.invoke("python", {}, headers={"X-Amz-Invocation-Type": "DryRun"}).status, 204)
        self.assertEqual(server.invoke("mocked", {"a": 1}).json, {"b": 2})

    def fail_each(self, server):
        for name, event, error_type in (
                ("python", {"do": "raise ValueError('x')"}, "ValueError"), ("python", {"do": "os._exit(3)"}, "Runtime.ExitError"),
                ("python", {"do": "os.kill(os.getpid(), 9)"}, "Runtime.ExitError"),
                ("python", {"do": "os.fork() or (os.setsid(), time.sleep(600))"}, None),
                ("short", {"do": "time.sleep(60)"}, "Sandbox.Timedout"), ("never-starts", {}, "Runtime.ExitError"),
                ("missing", {}, "Runtime.InvalidEntrypoint")):
            answer = server.invoke(name, event, tail=True)
            self.assertEqual((answer.status, answer.json.get("errorType")), (200, error_type), answer)

    def refuse_each(self, server):
        too_large = b'"' + b"l" * 6_300_000 + b'"'
        for name, body, status in (("unknown", b"{}", 404), ("cat", b"{", 400), ("c!t", b"{}", 400), ("limited", b"{}", 429),
                                   ("mocked", b"{}", 502), ("cat", too_large, 413)):
            self.assertEqual(server.invoke(name, body=body).status, status, name)
        self.assertEqual(server.request("GET", "/nowhere").status, 403)
        self.assertEqual(server.request("GET", "/_invoked/health", headers={"Origin": "http://else.where"}).status, 403)

    def stream_each(self, server):
        for event, end in (({"pieces": 3}, b"InvokeComplete"), ({"pieces": 1, "fails": True}, b"in the middle")):
            answer = server.request("POST", STREAM_PATH, json.dumps(event))
            self.assertIn(end, answer.body)
        connection = http.client.HTTPConnection(server.host, server.port, timeout=invoked.WAIT_S)
        connection.request("POST", STREAM_PATH, json.dumps({"pieces": 1000}))
        connection.getresponse().read1(10)
        connection.close()

    def accept_each(self, server):
        for name in ("records", "gives-up", "python"):
            server.accept(name, b'{"a": 1}')
        self.assertEqual(server.request("POST", "/2014-11-13/functions/cat/invoke-async", b"{}").status, 202)
        server.accept("cat", headers={"X-Invoked-Fault": "Duplicate"})
        server.drained()
        self.assertEqual((len(server.records("good")), len(server.records("bad")), len(server.dead_letters("letters"))),
                         (1, 1, 1))
        self.assertEqual(server.redrive("letters").status, 200)
        server.drained()

    def change_each(self, server):
        fault = {"Error": "KMSDisabledException", "Times": 1, "When": "After"}
        self.assertEqual(server.request("PUT", "/_invoked/functions/cat/faults", json.dumps(fault)).status, 200)
        self.assertEqual(server.invoke("cat", {}).status, 502)
        self.assertEqual(server.request("PUT", "/_invoked/functions/cat/mock", b'[{"Payload": "canned"}]').status, 200)
        self.assertEqual(server.invoke("cat", {}).json, "canned")
        server.place("python", python("def handler(event, context): return 'new code'"))
        wait_for(lambda: server.invoke("python", {}).body == b'"new code"', "the new code")
        server.configure({**FUNCTIONS, "later": command("cat")}, CONFIG)
        wait_for(lambda: server.invoke("later", {}).status == 200, "the new configuration")
        server.configure({"cat": {"Timeout": 0}})
        server.wait_for_log("keeping the previous configuration")

    def look_at_each(self, server):
        for path in ("health", "functions", "invocations", "invocations/count?AtLeast=1", "events", "dead-letters", "clock",
                     "destinations", "nowhere"):
            self.assertIn(server.request("GET", "/_invoked/" + path).status, (200, 404), path)
        self.assertEqual(server.request("GET", "/metrics").status, 200)
        self.assertEqual(server.request("DELETE", "/_invoked/invocations").status, 200)

    # -- the tests

    def test_serve(self):
        with EventServer(FUNCTIONS, CONFIG, clock="real", binary=self.binary, watches=True) as server:
            for part in (self.invoke_each, self.fail_each, self.refuse_each, self.stream_each, self.accept_each,
                         self.change_each, self.look_at_each):
                part(server)
            with server.connect() as connection:  # a client that leaves, and one that is still there at the stop
                connection.sendall(b"POST /2015-03-31/functions/cat/invocations HTTP/1.1\r\nHost: localhost\r\n")
            with server.connect():
                server.accept("records")
                server.signal(signal.SIGTERM)
                self.check(server.wait(100))
            server.configure(FUNCTIONS, CONFIG)
            server.start()  # with what has been left in the queue
            server.drained()
            self.assertEqual(server.request("POST", "/_invoked/reset").status, 200)
            server.signal(signal.SIGINT)
            self.check(server.wait(100))

    def test_commands(self):
        fixtures = os.path.join(ROOT, "fixtures", "templates")
        for expected, path in ((0, "conditions/template.yaml"), (2, "invalid/conditions.yaml")):
            with self.subTest(path):
                self.run_program(expected, "check", os.path.join(fixtures, path))
        config = os.path.join(self.folder, "one.json")
        with open(config, "w", encoding="utf-8") as file:
            json.dump({"Functions": {"cat": command("cat")}}, file)
        result = self.run_program(0, "run", config, "--", self.binary, "invoke", "--tail", "cat", '{"a": 1}')
        self.assertEqual(json.loads(result.stdout), {"a": 1})


if __name__ == "__main__":
    invoked.run_tests()
