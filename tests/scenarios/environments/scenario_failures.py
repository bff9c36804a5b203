"""What goes wrong in a function: each way has its recorded error and log, at once, and the next invocation works.

The bodies and log lines are those of AWS (its recordings): keys in the order errorType, errorMessage, no blanks.

test: timeout 400
"""

import json
import os
import re
import signal
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from invoked import SLOWNESS, Server, command, fixture, is_alive, nodejs, provided, python, wait_for  # noqa: E402

# Fails as the event says, and counts the invocations of its environment.
ANY_FAILURE = """
import os, signal, subprocess, sys, time
count = 0

def handler(event, context):
    global count
    count += 1
    exec(event.get("do", ""), globals())
    return count
"""

# The same over the Runtime API, on descriptors that the handler code can reach.
API_CLIENT = '''#!/usr/bin/python3
import http.client, json, os, signal, subprocess, sys, time

address = os.environ["AWS_LAMBDA_RUNTIME_API"]
api = http.client.HTTPConnection(address)
count = 0


def call(method, path, body=None, headers={}):
    api.request(method, "/2018-06-01/runtime/" + path, body, headers)
    answer = api.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read()


while True:
    _, headers, event = call("GET", "invocation/next")
    id = headers["Lambda-Runtime-Aws-Request-Id"]
    count += 1
    exec(json.loads(event).get("do", ""))
    call("POST", f"invocation/{id}/response", str(count))
'''


class Failures(unittest.TestCase):
    maxDiff = None

    def assert_error(self, answer, error_type, message):
        """The platform's own error, byte for byte."""
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.function_error, "Unhandled")
        self.assertEqual(answer.headers["x-amz-executed-version"], "$LATEST")
        self.assertEqual(answer.body.decode(), '{"errorType":"%s","errorMessage":"RequestId: %s Error: %s"}'
                         % (error_type, answer.request_id, message))

    def assert_works(self, server, name, count=1):
        answer = server.invoke(name, {})
        self.assertEqual((answer.status, answer.function_error, answer.body), (200, None, b"%d" % count),
                         f"{answer}\n{server.log()[-3000:]}")

    def report(self, answer):
        lines = answer.log.splitlines()
        return lines[-1]


# How a process ends, and what AWS says of it.
ENDINGS = [
    ("sys.exit(0)", "Runtime exited without providing a reason"),
    ("os._exit(0)", "Runtime exited without providing a reason"),
    ("sys.exit(7)", "Runtime exited with error: exit status 7"),
    ("os._exit(127)", "Runtime exited with error: exit status 127"),
    ("os._exit(255)", "Runtime exited with error: exit status 255"),
    ("os.kill(os.getpid(), signal.SIGKILL)", "Runtime exited with error: signal: killed"),
    ("os.kill(os.getpid(), signal.SIGTERM)", "Runtime exited with error: signal: terminated"),
    ("os.kill(os.getpid(), signal.SIGHUP)", "Runtime exited with error: signal: hangup"),
    ("os.kill(os.getpid(), signal.SIGPIPE)", None),
    ("import resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); os.kill(os.getpid(), signal.SIGSEGV)",
     "Runtime exited with error: signal: segmentation fault"),
    ("import resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); os.abort()",
     "Runtime exited with error: signal: aborted"),
    ("os.killpg(0, signal.SIGKILL)", "Runtime exited with error: signal: killed"),
]


class Exits(Failures):
    def check_endings(self, functions):
        with Server(functions) as server:
            for name in functions:
                for code, message in ENDINGS:
                    if message is None:
                        continue
                    with self.subTest(function=name, code=code):
                        began = time.monotonic()
                        answer = server.invoke(name, {"do": code}, tail=True)
                        self.assert_error(answer, "Runtime.ExitError", message)
                        self.assertLess(time.monotonic() - began, 3 * SLOWNESS)
                        id = answer.request_id
                        self.assertIn(f"RequestId: {id} Error: {message}\nRuntime.ExitError\nEND RequestId: {id}\n",
                                      answer.log)
                        self.assertTrue(self.report(answer).endswith("\tStatus: error\tError Type: Runtime.ExitError"),
                                        answer.log)
                        self.assert_works(server, name)

    def test_of_the_bundled_python_runtime(self):
        self.check_endings({"f": python(ANY_FAILURE)})

    def test_of_a_client_of_the_runtime_api(self):
        self.check_endings({"f": provided(API_CLIENT)})

    def test_of_the_bundled_nodejs_runtime(self):
        with Server({"f": fixture("nodejs-exit")}) as server:
            for event, message in (({"status": 0}, "Runtime exited without providing a reason"),
                                   ({"status": 3}, "Runtime exited with error: exit status 3"),
                                   ({"signal": "SIGKILL"}, "Runtime exited with error: signal: killed")):
                self.assert_error(server.invoke("f", event), "Runtime.ExitError", message)

    def test_while_it_is_idle_is_nobodys_error(self):
        with Server({"f": python(ANY_FAILURE)}) as server:
            pid = int(server.invoke("f", {"do": "global count; count = os.getpid()"}).body)
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda: not server.children(), "the environment's end")
            self.assert_works(server, "f")

    def test_after_the_answer_is_nobodys_error(self):
        code = """
call("POST", f"invocation/{id}/response", "41")
os._exit(9)
"""
        with Server({"f": provided(API_CLIENT)}) as server:
            answer = server.invoke("f", {"do": code})
            self.assertEqual((answer.function_error, answer.body), (None, b"41"))
            self.assert_works(server, "f")

    def test_many_waiting_for_one_that_dies_are_all_answered(self):
        from concurrent.futures import ThreadPoolExecutor

        functions = {"f": python(ANY_FAILURE, ReservedConcurrentExecutions=8)}
        with Server(functions) as server, ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: server.invoke("f", {"do": "os._exit(1)"}), range(8)))
            for answer in answers:
                self.assert_error(answer, "Runtime.ExitError", "Runtime exited with error: exit status 1")
            self.assert_works(server, "f")


class AtImport(Failures):
    def test_exit_at_import(self):
        cases = [("import sys; sys.exit(0)", "Runtime exited without providing a reason"),
                 ("import os; os._exit(5)", "Runtime exited with error: exit status 5"),
                 ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "Runtime exited with error: signal: killed")]
        functions = {f"f{i}": python(code) for i, (code, _) in enumerate(cases)}
        with Server(functions) as server:
            for i, (_, message) in enumerate(cases):
                for _ in range(2):
                    answer = server.invoke(f"f{i}", {}, tail=True)
                    self.assert_error(answer, "Runtime.ExitError", message)
                    self.assertIn(f"START RequestId: {answer.request_id} Version: $LATEST\n", answer.log)
                    self.assertIn("Error Type: Runtime.ExitError", self.report(answer))

    def test_python_errors(self):
        with Server({name: fixture(name) for name in
                     ("python-import-error", "python-syntax-error", "python-init-error")} |
                    {"none": fixture("python-hello", Handler="app.nothing"),
                     "module": fixture("python-hello", Handler="nowhere.handler")}) as server:
            expected = {
                "python-import-error": ("Runtime.ImportModuleError",
                                        "Unable to import module 'app': No module named 'no_such_module'"),
                "python-syntax-error": ("Runtime.UserCodeSyntaxError", "Syntax error in module 'app': "),
                "python-init-error": ("RuntimeError", "init fails"),
                "none": ("Runtime.HandlerNotFound", "Handler 'nothing' missing on module 'app'"),
                "module": ("Runtime.ImportModuleError", "Unable to import module 'nowhere': No module named 'nowhere'"),
            }
            for name, (error_type, message) in expected.items():
                for _ in range(2):
                    answer = server.invoke(name, {}, tail=True)
                    self.assertEqual((answer.status, answer.function_error), (200, "Unhandled"), name)
                    self.assertEqual(answer.json["errorType"], error_type, name)
                    self.assertTrue(answer.json["errorMessage"].startswith(message), answer.json)
                    server.wait_for_log(rf"\[{name}\] \[ERROR\] {error_type}: {re.escape(message)}")

    def test_nodejs_errors(self):
        with Server({name: fixture(name) for name in ("nodejs-import-error", "nodejs-syntax-error")} |
                    {"none": fixture("nodejs-hello", Handler="index.nothing")}) as server:
            expected = {
                "nodejs-import-error": ("Runtime.ImportModuleError", "Error: Cannot find module 'a-package-that-is-not-there'"),
                "nodejs-syntax-error": ("Runtime.UserCodeSyntaxError", "SyntaxError: "),
                "none": ("Runtime.HandlerNotFound", "index.nothing is undefined or not exported"),
            }
            for name, (error_type, message) in expected.items():
                answer = server.invoke(name, {})
                self.assertEqual((answer.status, answer.function_error), (200, "Unhandled"), name)
                self.assertEqual(answer.json["errorType"], error_type, name)
                self.assertTrue(answer.json["errorMessage"].startswith(message), answer.json)

    def test_an_init_error_is_passed_on_byte_for_byte(self):
        body = b'{ "errorMessage" : "no database",\n"errorType":"My.Type" , "stackTrace": [] }'
        script = f"""#!/bin/sh
curl -s -o /dev/null -H 'Lambda-Runtime-Function-Error-Type: Runtime.NoDatabase' --data-binary @body \
    "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/init/error"
exit 1
"""
        with Server({"f": provided(script)}) as server:
            with open(os.path.join(server.code_folder("f"), "body"), "wb") as file:
                file.write(body)
            answer = server.invoke("f", {}, tail=True)
            self.assertEqual((answer.status, answer.function_error, answer.body), (200, "Unhandled", body))
            self.assertTrue(self.report(answer).endswith("\tStatus: error\tError Type: Runtime.NoDatabase"), answer.log)

    def test_no_bootstrap(self):
        with Server({"f": provided("#!/bin/sh\n")}) as server:
            path = os.path.join(server.code_folder("f"), "bootstrap")
            with open(path, "w") as file:
                file.write("#!/no/such/interpreter\n")
            self.assert_error(server.invoke("f"), "Runtime.InvalidEntrypoint",
                              "fork/exec /var/task/bootstrap: no such file or directory")
            os.chmod(path, 0o644)
            if os.geteuid() != 0 or not os.access(path, os.X_OK):
                self.assert_error(server.invoke("f"), "Runtime.InvalidEntrypoint",
                                  "fork/exec /var/task/bootstrap: permission denied")
            with open(path, "wb") as file:
                file.write(b"\x7fELF nonsense")
            os.chmod(path, 0o755)
            self.assert_error(server.invoke("f"), "Runtime.InvalidEntrypoint",
                              "fork/exec /var/task/bootstrap: exec format error")
            os.remove(path)
            self.assert_error(server.invoke("f"), "Runtime.InvalidEntrypoint",
                              "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]")
            with open(path, "w") as file:
                file.write(API_CLIENT)
            os.chmod(path, 0o755)
            self.assert_works(server, "f")

    def test_a_missing_wrapper(self):
        functions = {"f": fixture("python-hello", Environment={"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/no/wrapper"}})}
        with Server(functions) as server:
            self.assert_error(server.invoke("f", {}), "Runtime.ExitError",
                              "Runtime exited with error: exit status 127")

    def test_an_image_whose_program_is_missing(self):
        with Server({"f": {"ImageConfig": {"Command": ["./no-such-program"], "WorkingDirectory": "."}}}) as server:
            answer = server.invoke("f", {})
            self.assertEqual(answer.json["errorType"], "Runtime.InvalidEntrypoint")
            self.assertIn("no-such-program: no such file or directory", answer.json["errorMessage"])


class Timeouts(Failures):
    def assert_timeout(self, server, name, event, seconds=1, at_most=None):
        began = time.monotonic()
        answer = server.invoke(name, event, tail=True)
        took = time.monotonic() - began
        self.assert_error(answer, "Sandbox.Timedout", f"Task timed out after {seconds}.00 seconds")
        self.assertGreaterEqual(took, seconds)
        self.assertLess(took, (at_most or seconds + 14) * SLOWNESS)
        id = answer.request_id
        self.assertRegex(answer.log, rf"(?m)^\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z {id} Task timed out after "
                         rf"{seconds}\.00 seconds\n\nEND RequestId: {id}\nREPORT .*\tStatus: timeout\n\Z")
        return answer

    def test_of_every_kind(self):
        functions = {
            "python": fixture("python-sleep", Timeout=1),
            "nodejs": fixture("nodejs-sleep", Timeout=1),
            "provided": provided(API_CLIENT, Timeout=1),
            "command": command("sleep", "30", Timeout=1),
            "busy": nodejs("exports.handler = async () => { for (;;); };", Timeout=1),
        }
        with Server(functions) as server:
            for name in functions:
                with self.subTest(function=name):
                    event = {"seconds": 30, "do": "time.sleep(30)"}
                    self.assert_timeout(server, name, event)
            wait_for(lambda: not server.children(), "the end of all processes")
            self.assertEqual(server.invoke("nodejs", {"seconds": 0}).function_error, None)
            self.assert_works(server, "provided")

    def test_each_environment_has_its_own(self):
        from concurrent.futures import ThreadPoolExecutor

        with Server({"f": fixture("python-sleep", Timeout=2)}) as server, ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda seconds: server.invoke("f", {"seconds": seconds}), (30, 0, 1, 30)))
            self.assertEqual([answer.function_error for answer in answers], ["Unhandled", None, None, "Unhandled"])

    def test_ends_the_whole_group_with_grandchildren(self):
        source = ("import subprocess, os, time\n"
                  "def handler(event, context):\n"
                  "    subprocess.Popen(['sh', '-c', 'echo $$ >> pids; sleep 300 & echo $! >> pids; wait'])\n"
                  "    time.sleep(60)\n")
        with Server({"f": python(source, Timeout=1)}) as server:
            self.assert_timeout(server, "f", {})
            with open(os.path.join(server.code_folder("f"), "pids")) as file:
                pids = [int(line) for line in file]
            self.assertEqual(len(pids), 2)
            wait_for(lambda: not any(map(is_alive, pids)), "the grandchildren's end")

    def test_ends_what_has_left_the_group(self):
        source = ("import subprocess, time\n"
                  "def handler(event, context):\n"
                  "    subprocess.run(['sh', '-c', 'setsid sh -c \"echo \\\\$\\\\$ > pid; exec sleep 300\" &'])\n"
                  "    time.sleep(60)\n")
        with Server({"f": python(source, Timeout=1)}) as server:
            self.assert_timeout(server, "f", {})
            pid = int(open(os.path.join(server.code_folder("f"), "pid")).read())
            wait_for(lambda: not is_alive(pid), "the end of a process in a session of its own")

    def test_a_daemon_without_environment_is_gone_after_the_stop(self):
        source = ("import subprocess\n"
                  "def handler(event, context):\n"
                  "    subprocess.run(['sh', '-c', '(setsid env -i sh -c \"echo \\\\$\\\\$ > pid; exec sleep 300\" "
                  "> /dev/null 2>&1 &)'])\n"
                  "    return 1\n")
        with Server({"f": python(source)}) as server:
            self.assert_works(server, "f")
            path = os.path.join(server.code_folder("f"), "pid")
            wait_for(lambda: os.path.exists(path) and open(path).read(), "the daemon")
            pid = int(open(path).read())
            server.stop()
            self.assertFalse(is_alive(pid))

    def test_signals_are_no_way_out(self):
        source = ("import signal, time\n"
                  "for number in range(1, 32):\n"
                  "    if number not in (signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD):\n"
                  "        signal.signal(number, signal.SIG_IGN)\n"
                  "def handler(event, context):\n"
                  "    time.sleep(60)\n")
        with Server({"f": python(source, Timeout=1)}) as server:
            self.assert_timeout(server, "f", {})
            wait_for(lambda: not server.children(), "its end")

    def test_a_stopped_process_times_out_too(self):
        code = "os.kill(os.getpid(), signal.SIGSTOP)"
        with Server({"f": python(ANY_FAILURE, Timeout=1)}) as server:
            self.assert_timeout(server, "f", {"do": code})
            self.assert_works(server, "f")

    def test_an_initialisation_within_ten_seconds_takes_nothing_from_the_timeout(self):
        source = "import time\ntime.sleep(1.5)\ndef handler(event, context):\n    return context.get_remaining_time_in_millis()\n"
        with Server({"f": python(source, Timeout=1)}) as server:
            answer = server.invoke("f", {})
            self.assertIsNone(answer.function_error, answer)
            self.assertGreater(answer.json, 500)

    def test_an_initialisation_beyond_ten_seconds_counts_into_the_first_timeout(self):
        source = "import time\ntime.sleep(11)\ndef handler(event, context):\n    return context.get_remaining_time_in_millis()\n"
        with Server({"f": python(source, Timeout=8)}) as server:
            first = server.invoke("f", {})
            self.assertIsNone(first.function_error, first)
            self.assertLessEqual(first.json, 7000)
            self.assertGreater(server.invoke("f", {}).json, 7000)

    def test_an_endless_initialisation(self):
        with Server({"f": provided("#!/bin/sh\nexec sleep 60\n", Timeout=1)}) as server:
            answer = self.assert_timeout(server, "f", {}, at_most=18)
            self.assertRegex(answer.log, r"\ASTART RequestId: ")
            server.wait_for_log(r"INIT_REPORT Init Duration: 10000\.00 ms\tPhase: init\tStatus: timeout")

    def test_a_late_answer_changes_nothing(self):
        # The handler answers by a process that outlives it, to the port of an environment that is gone.
        with Server({"f": provided(API_CLIENT, Timeout=1)}) as server:
            self.assert_timeout(server, "f", {"do": "time.sleep(2)"})
            self.assert_works(server, "f")
            self.assert_works(server, "f", 2)


class Nuisances(Failures):
    def test_megabytes_of_output(self):
        code = "sys.stdout.write('x' * 1000 + '\\n' * 1); [print('y' * 999) for _ in range(8192)]; sys.stdout.flush()"
        with Server({"f": python(ANY_FAILURE), "p": provided(API_CLIENT)}) as server:
            for name in ("f", "p"):
                answer = server.invoke(name, {"do": code}, tail=True)
                self.assertEqual((answer.function_error, answer.body), (None, b"1"))
                self.assertEqual(len(answer.tail), 4096)
                self.assert_works(server, name, 2)
                self.assertEqual(wait_for(lambda: (n := server.log().count("y" * 999)) >= 8192 and n, "the whole log"), 8192)
                with open(server.log_path, "w"):
                    pass

    def test_one_endless_line(self):
        code = "os.write(1, b'z' * 3_000_000); os.write(2, b'end')"
        with Server({"f": python(ANY_FAILURE)}) as server:
            answer = server.invoke("f", {"do": code}, tail=True)
            self.assertEqual((answer.function_error, answer.body), (None, b"1"))
            self.assertEqual(len(answer.tail), 4096)
            self.assert_works(server, "f", 2)

    def test_any_bytes_in_the_log(self):
        code = "os.write(1, bytes(range(256)) + b'\\n'); os.write(1, b'\\x1b[31mred\\x1b[0m\\r\\n')"
        with Server({"f": python(ANY_FAILURE)}) as server:
            answer = server.invoke("f", {"do": code}, tail=True)
            self.assertIn(bytes(range(256)), answer.tail)
            server.wait_for_log("red")
            self.assertNotIn("\x1b", server.log())
            self.assertNotIn("\0", server.log())

    def test_what_is_printed_never_touches_the_result(self):
        source = 'import sys\nprint("at init")\ndef handler(e, c):\n    print("{}"); sys.stderr.write("err\\n"); return "result"\n'
        functions = {"py": python(source),
                     "js": nodejs("console.log('init'); exports.handler = async () => { process.stdout.write('{}'); return 'result'; };"),
                     "sh": command("sh", "-c", "echo logged >&2; printf '\"result\"'")}
        with Server(functions) as server:
            for name in functions:
                self.assertEqual(server.invoke(name, {}).body, b'"result"')

    def test_forked_children_that_return(self):
        with Server({"f": fixture("python-fork")}) as server:
            for _ in range(3):
                self.assertEqual(server.invoke("f", {"return": True}).function_error, None)
                self.assertEqual(server.invoke("f", {}).json, {"status": 3})

    def test_a_background_process_that_holds_the_pipes(self):
        with Server({"f": fixture("python-background", Timeout=3)}) as server:
            began = time.monotonic()
            pids = [server.invoke("f", {"seconds": 300}).json for _ in range(2)]
            self.assertLess(time.monotonic() - began, 3 * SLOWNESS)
            self.assertTrue(all(map(is_alive, pids)))
            server.stop()
            self.assertFalse(any(map(is_alive, pids)))

    def test_closed_pipes(self):
        code = "os.close(0); os.close(1); os.close(2)"
        with Server({"f": python(ANY_FAILURE), "p": provided(API_CLIENT)}) as server:
            for name in ("f", "p"):
                self.assertEqual(server.invoke(name, {"do": code}).body, b"1")
                self.assert_works(server, name, 2)
                used = cpu_ticks(server.pid)
                time.sleep(0.3)
                self.assertLess(cpu_ticks(server.pid) - used, 15, "it spins on a closed pipe")

    def test_every_descriptor_closed(self):
        code = "os.closerange(0, 1024)"
        with Server({"f": python(ANY_FAILURE, Timeout=5)}) as server:
            answer = server.invoke("f", {"do": code})
            self.assertEqual(answer.function_error, "Unhandled")
            self.assertIn(answer.json["errorType"], ("Runtime.ExitError", "Sandbox.Timedout"))
            self.assert_works(server, "f")

    def test_nonsense_in_the_frames(self):
        nonsense = ["b'\\xff' * 100", "b'\\0' * 64", "b'N' * 3", "b'GET / HTTP/1.1\\r\\n\\r\\n'", "os.urandom(4096)"]
        with Server({"f": python(ANY_FAILURE, Timeout=2)}) as server:
            for data in nonsense:
                code = ("import socket\n"
                        "for number in range(3, 32):\n"
                        "    try: socket.socket(fileno=os.dup(number)).sendall(%s)\n"
                        "    except OSError: pass\n" % data)
                with self.subTest(data=data):
                    answer = server.invoke("f", {"do": code})
                    self.assertEqual(answer.status, 200)
                    for _ in range(3):
                        after = server.invoke("f", {})
                        self.assertEqual(after.status, 200)
                        if after.function_error is None:
                            break
                    self.assertIsNone(after.function_error, after)

    def test_nonsense_on_the_runtime_api(self):
        nonsense = ["b'\\xff' * 70000", "b'GET\\r\\n\\r\\n'", "b'POST /2018-06-01/runtime/invocation/x/response HTTP/1.1\\r\\n"
                    "Content-Length: 99999999999999999999\\r\\n\\r\\n'", "b'\\0' * 3_000_000", "b'GET / HTTP/9.9\\r\\n\\r\\n'",
                    "b'POST / HTTP/1.1\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\nzz\\r\\n'",
                    "b'POST / HTTP/1.1\\r\\nContent-Length: 5\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n'"]
        with Server({"f": provided(API_CLIENT, Timeout=5)}) as server:
            count = 0
            for data in nonsense:
                code = f"""
import socket
host, port = address.split(":")
with socket.create_connection((host, int(port))) as other:
    try:
        other.sendall({data})
        other.shutdown(socket.SHUT_WR)
        other.recv(100)
    except OSError:
        pass
"""
                with self.subTest(data=data):
                    count += 2
                    self.assertEqual(server.invoke("f", {"do": code}).json, count - 1)
                    self.assert_works(server, "f", count)

    def test_many_connections_to_the_runtime_api(self):
        code = """
import socket
host, port = address.split(":")
others = [socket.create_connection((host, int(port))) for _ in range(200)]
globals()["kept"] = others
"""
        with Server({"f": provided(API_CLIENT, Timeout=5)}) as server:
            self.assertEqual(server.invoke("f", {"do": code}).json, 1)
            self.assert_works(server, "f", 2)

    def test_answers_twice(self):
        code = """
first = call("POST", f"invocation/{id}/response", "41")
second = call("POST", f"invocation/{id}/response", "42")
third = call("POST", f"invocation/{id}/error", "{}")
open("answers", "w").write(json.dumps([first[0], second[0], second[2].decode(), third[0], third[2].decode()]))
_, headers, event = call("GET", "invocation/next")
id = headers["Lambda-Runtime-Aws-Request-Id"]
count += 1
"""
        with Server({"f": provided(API_CLIENT)}) as server:
            self.assertEqual(server.invoke("f", {"do": code}).body, b"41")
            self.assert_works(server, "f", 2)
            with open(os.path.join(server.code_folder("f"), "answers")) as file:
                first, second, second_body, third, third_body = json.load(file)
            text = ("State transition from RuntimeResponseSentState to %s failed for runtime. "
                    "Error: State transition is not allowed")
            self.assertEqual((first, second, third), (202, 403, 403))
            self.assertEqual(second_body, '{"errorMessage":"%s","errorType":"InvalidStateTransition"}\n'
                             % (text % "InvocationResponse"))
            self.assertEqual(third_body, '{"errorMessage":"%s","errorType":"InvalidStateTransition"}\n'
                             % (text % "InvocationErrorResponse"))

    def test_too_large_a_response(self):
        functions = {"python-large": fixture("python-large"), "nodejs-large": fixture("nodejs-large"),
                     "provided": provided(API_CLIENT),
                     "command": command("sh", "-c", "head -c 6291557 /dev/zero | tr '\\0' a")}
        too_large = (b'{"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes).",'
                     b'"errorType":"Function.ResponseSizeTooLarge"}')
        code = ('status, _, body = call("POST", f"invocation/{id}/response", "a" * 6291557); '
                'print(status, body); assert (status, body) == (413, b\'{"errorMessage":"Exceeded maximum allowed '
                'payload size (6291556 bytes).","errorType":"RequestEntityTooLarge"}\\n\'), body')
        with Server(functions) as server:
            for name in functions:
                with self.subTest(function=name):
                    answer = server.invoke(name, {"bytes": 7 * 1024 * 1024, "do": code})
                    self.assertEqual((answer.status, answer.function_error, answer.body), (200, "Unhandled", too_large))
            for name in ("python-large", "nodejs-large"):
                answer = server.invoke(name, {"bytes": 1024})
                self.assertIsNone(answer.function_error)

    def test_the_largest_response(self):
        functions = {"python-large": fixture("python-large"), "provided": provided(API_CLIENT),
                     "command": command("sh", "-c", "head -c 6291556 /dev/zero | tr '\\0' a")}
        code = ('assert call("POST", f"invocation/{id}/response", "a" * 6291556)[0] == 202\n'
                '_, headers, event = call("GET", "invocation/next")\nid = headers["Lambda-Runtime-Aws-Request-Id"]\n')
        with Server(functions) as server:
            for name in functions:
                with self.subTest(function=name):
                    answer = server.invoke(name, {"bytes": 6291556, "do": code})
                    self.assertEqual((answer.function_error, len(answer.body)), (None, 6291556))
            self.assert_works(server, "provided", 1)

    def test_handler_exceptions_keep_the_environment(self):
        with Server({"f": python("count = 0\ndef handler(e, c):\n    global count\n    count += 1\n"
                                 "    if e: raise ValueError(str(count))\n    return count\n")}) as server:
            answer = server.invoke("f", {"raise": True}, tail=True)
            self.assertEqual((answer.status, answer.function_error), (200, "Unhandled"))
            self.assertEqual((answer.json["errorType"], answer.json["errorMessage"]), ("ValueError", "1"))
            self.assertEqual(answer.json["requestId"], answer.request_id)
            self.assertEqual(list(answer.json), ["errorMessage", "errorType", "requestId", "stackTrace"])
            self.assertNotIn("Status:", self.report(answer))
            self.assertIn("[ERROR] ValueError: 1\n", answer.log)
            self.assert_works(server, "f", 2)

    def test_a_command_that_fails(self):
        functions = {"status": command("sh", "-c", "echo half; echo why >&2; exit 3"),
                     "killed": command("sh", "-c", "kill -9 $$"),
                     "missing": command("no-such-program-at-all"),
                     "deaf": command("sh", "-c", "exec <&-; printf 1"),
                     "early": command("printf", "1"),
                     "silent": command("true")}
        with Server(functions) as server:
            answer = server.invoke("status", {}, tail=True)
            self.assert_error(answer, "Runtime.ExitError", "Runtime exited with error: exit status 3")
            self.assertIn("\nwhy\n", answer.log)
            self.assert_error(server.invoke("killed", {}), "Runtime.ExitError", "Runtime exited with error: signal: killed")
            answer = server.invoke("missing", {})
            self.assertEqual(answer.json["errorType"], "Runtime.InvalidEntrypoint")
            self.assertIn("no-such-program-at-all", answer.json["errorMessage"])
            large = json.dumps("e" * 5_000_000).encode()
            for name in ("deaf", "early"):
                self.assertEqual(server.invoke(name, body=large).body, b"1")
            answer = server.invoke("silent", {})
            self.assertEqual((answer.status, answer.function_error, answer.body), (200, None, b""))


def cpu_ticks(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


if __name__ == "__main__":
    invoked.run_tests()
