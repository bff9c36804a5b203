"""`invoked run`: a server for as long as a command runs."""
# test: timeout 300

import contextlib
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
from invoked import (BINARY, NATIVE_ECHO, SANITIZER_REPORT, SLOWNESS, WAIT_S, clean_environment,  # noqa: E402
                     descendants, is_alive, processes_with, run_tests, wait_for)

PYTHON = "/usr/bin/python3"
DEAD_LETTER = '{"MessageId":"1","Body":"{}"}\n'

# Writes to standard output what the function `echo` answers to {"n": 1}.
INVOKES = """
import os, urllib.request
request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL_LAMBDA"] + "/2015-03-31/functions/echo/invocations",
                                 b'{"n": 1}')
print(urllib.request.urlopen(request).read().decode(), flush=True)
"""

# Says "ready", then what signals it gets, a line each; ends at the third, or at a line on standard input.
LISTENS = """
import os, signal, sys, time
def say(number, frame):
    os.write(1, (signal.Signals(number).name + "\\n").encode())
for name in "SIGINT SIGTERM SIGHUP SIGQUIT SIGUSR1 SIGUSR2 SIGWINCH".split():
    if signal.getsignal(getattr(signal, name)) != signal.SIG_IGN:
        signal.signal(getattr(signal, name), say)
os.write(1, b"ready\\n")
sys.stdin.readline()
sys.exit(23)
"""


class Scenario(unittest.TestCase):
    """Each test has a folder of its own, with a configuration; it leaves no process and no temporary folder."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="run-")
        self.temporary = os.path.join(self.folder, "tmp")
        os.mkdir(self.temporary)
        self.config = os.path.join(self.folder, "invoked.json")
        self.write("invoked.json", json.dumps({
            "Region": "eu-west-1",
            "Functions": {"echo": {"Runtime": "provided.al2023", "CodeUri": NATIVE_ECHO, "Timeout": 20}}}))

    def tearDown(self):
        try:
            self.assertEqual(os.listdir(self.temporary), [], "a temporary folder was left")
            left = processes_with(f"TMPDIR={self.temporary}\0")
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.assertEqual(left, [], "processes were left")
        finally:
            shutil.rmtree(self.folder)

    def write(self, name, text, mode=0o644):
        path = pathlib.Path(self.folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return str(path)

    def words(self, command, options=()):
        return [BINARY, "run", *options, self.config, "--", *command]

    def environment(self, **more):
        return clean_environment(**{"TMPDIR": self.temporary, **more})

    def run_it(self, *command, options=(), stdin=b"", environment=None):
        result = subprocess.run(self.words(command, options), input=stdin, capture_output=True, timeout=WAIT_S * 2,
                                env=self.environment(**(environment or {})), cwd=self.folder)
        self.assertIsNone(SANITIZER_REPORT.search(result.stderr.decode(errors='replace')), result.stderr)
        return result

    def start(self, *command, options=(), **settings):
        return subprocess.Popen(self.words(command, options), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, env=self.environment(), cwd=self.folder, **settings)

    def end(self, process, stdin=b""):
        """What it still had to say, and its exit status."""
        out, err = process.communicate(stdin, timeout=WAIT_S)
        self.assertIsNone(SANITIZER_REPORT.search(err.decode()), err)
        return out.decode(), err.decode(), process.returncode


class Outcome(Scenario):
    def test_only_the_output_of_the_command_is_printed(self):
        result = self.run_it(PYTHON, "-c", INVOKES)
        self.assertEqual((result.stdout, result.stderr, result.returncode), (b'{"n": 1}\n', b"", 0))

    def test_output_and_input_pass_through_untouched(self):
        data = bytes(range(256)) * 1000
        result = self.run_it("sh", "-c", "tee /dev/stderr", stdin=data)
        self.assertEqual(result.stdout, data)
        self.assertEqual(result.stderr, data)

    def test_the_exit_status_is_that_of_the_command(self):
        for script, status in (("exit 0", 0), ("exit 1", 1), ("exit 7", 7), ("exit 255", 255), ("kill -9 $$", 137),
                               ("kill -TERM $$", 143), ("kill -SEGV $$", 139), ("kill -INT $$", 130)):
            with self.subTest(script):
                self.assertEqual(self.run_it("sh", "-c", script).returncode, status)

    def test_a_command_that_cannot_be_started_is_127_and_says_why(self):
        plain = self.write("plain.sh", "echo\n", 0o755)
        for word, said in (
                ("nonesuch", "invoked: can't start nonesuch: not found in PATH\n"),
                ("ls -l", "invoked: can't start ls -l: not found in PATH; don't quote the program together with its "
                          "arguments\n"),
                ("./nonesuch", "invoked: can't start ./nonesuch: no such file\n"),
                ("", "invoked: can't start \"\": not found in PATH\n"),
                ("./invoked.json", "invoked: can't start ./invoked.json: not executable; chmod +x makes a file executable\n"),
                (plain, f"invoked: can't start {plain}: neither a program nor a script with a #! line\n"),
                (self.write("lost.sh", "#!/nonexistent/sh\n", 0o755),
                 f"invoked: can't start {self.folder}/lost.sh: the interpreter in its first line (#!) does not exist\n"),
        ):
            with self.subTest(word):
                result = self.run_it(word)
                self.assertEqual((result.stdout, result.stderr.decode(), result.returncode), (b"", said, 127))

    def test_a_bad_configuration_starts_nothing(self):
        self.write("invoked.json", '{"Functions": {"a": {"Timeout": 0}}}')
        result = self.run_it("touch", "started")
        self.assertEqual((result.stdout, result.returncode), (b"", 2))
        self.assertIn(b"invoked.json:1: Functions.a", result.stderr)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "started")))

    def test_a_port_that_is_taken_starts_nothing(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            result = self.run_it("touch", "started", environment={"INVOKED_PORT": port})
        self.assertEqual((result.stdout, result.returncode), (b"", 1))
        self.assertIn(port.encode(), result.stderr)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "started")))

    def test_no_temporary_folder_starts_nothing(self):
        result = self.run_it("touch", "started", environment={"TMPDIR": "/nonexistent"})
        self.assertEqual((result.stdout, result.returncode), (b"", 1))
        self.assertIn(b"--data-dir", result.stderr)


class Surroundings(Scenario):
    def variables(self, options=(), environment=None):
        result = self.run_it("env", "-0", options=options, environment=environment)
        self.assertEqual(result.returncode, 0)
        return dict(line.split("=", 1) for line in result.stdout.decode().split("\0") if line)

    def test_every_variable_leads_to_the_server(self):
        variables = self.variables()
        endpoint = variables["INVOKED_ENDPOINT"]
        self.assertRegex(endpoint, r"^http://127\.0\.0\.1:\d+$")
        self.assertNotEqual(endpoint, "http://127.0.0.1:3001")
        expected = {"AWS_ENDPOINT_URL_LAMBDA": endpoint, "AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "eu-west-1",
                    "AWS_DEFAULT_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true"}
        self.assertEqual(expected, {name: variables[name] for name in expected})
        self.assertTrue(variables["AWS_ACCESS_KEY_ID"])
        self.assertTrue(variables["AWS_SECRET_ACCESS_KEY"])

    def test_other_variables_stay_but_real_credentials_are_removed(self):
        variables = self.variables(environment={"MINE": "a=b\nc", "AWS_PROFILE": "work", "AWS_SESSION_TOKEN": "t",
                                                "AWS_ACCESS_KEY_ID": "AKIAREAL", "AWS_SECRET_ACCESS_KEY": "real"})
        self.assertEqual(variables["MINE"], "a=b\nc")
        self.assertNotIn("AWS_PROFILE", variables)
        self.assertNotIn("AWS_SESSION_TOKEN", variables)
        self.assertNotIn("AKIAREAL", variables.values())
        self.assertNotIn("real", variables.values())

    def test_the_port_can_be_chosen(self):
        for options, environment in ((["--port", "{}"], {}), ([], {"INVOKED_PORT": "{}"})):
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = str(free.getsockname()[1])
            variables = self.variables([word.format(port) for word in options],
                                       {name: value.format(port) for name, value in environment.items()})
            self.assertEqual(variables["INVOKED_ENDPOINT"], f"http://127.0.0.1:{port}")

    def test_boto3_needs_no_other_settings(self):
        # A boto3 before 1.28 doesn't know AWS_ENDPOINT_URL by itself.
        script = ("import boto3, os\n"
                  "client = boto3.client('lambda', endpoint_url=os.environ['AWS_ENDPOINT_URL_LAMBDA'])\n"
                  "answer = client.invoke(FunctionName='echo', Payload=b'[1]')\n"
                  "print(answer['StatusCode'], answer['Payload'].read())\n")
        result = self.run_it(PYTHON, "-c", script)
        self.assertEqual(result.stdout, b"200 b'[1]'\n", result.stderr)

    def test_descriptor_limit_and_signals_are_inherited_unchanged(self):
        words = self.words(["sh", "-c", "ulimit -Sn; ls /proc/self/fd; grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status"])
        limit = ["sh", "-c", 'ulimit -Sn 333; exec "$@"', "sh"]

        def said_by(command):
            out = subprocess.run(limit + command, capture_output=True, text=True, env=self.environment(),
                                 timeout=WAIT_S).stdout
            own = 0x7fffffff  # without the C library's signals 32 and 33, which posix_spawn() ignores
            return re.sub("[0-9a-f]{16}", lambda bits: f"{int(bits[0], 16) & own:x}", out)

        self.assertEqual(said_by(words), said_by(words[words.index("--") + 1:]))
        self.assertTrue(said_by(words).startswith("333\n"))

    def test_the_log_is_quiet_by_default(self):
        self.assertEqual(self.run_it(PYTHON, "-c", INVOKES).stderr, b"")
        said = self.run_it(PYTHON, "-c", INVOKES, options=["--log-level", "info"])
        self.assertIn(b"START RequestId", said.stderr)
        self.assertEqual(said.stdout, b'{"n": 1}\n')

    def test_the_ready_file_has_the_endpoint_and_pid(self):
        script = 'cat ready.json; echo; echo "$INVOKED_ENDPOINT $PPID"'
        result = self.run_it("sh", "-c", script, options=["--ready-file", "ready.json"])
        ready, _, line = result.stdout.decode().partition("\n")
        endpoint, parent = line.split()
        ready = json.loads(ready)
        self.assertTrue(ready.pop("console").startswith(f"{endpoint}/_invoked/console?token="))
        self.assertEqual(ready, {"endpoint": endpoint, "pid": int(parent), "functions": 1})
        self.assertFalse(os.path.exists(os.path.join(self.folder, "ready.json")))


class Cleaning(Scenario):
    def test_the_temporary_data_folder_is_removed(self):
        script = 'ls -d "$TMPDIR"/*; exit 3'
        result = self.run_it("sh", "-c", script)
        self.assertRegex(result.stdout.decode(), "^" + re.escape(self.temporary) + r"/\S+\n$")
        self.assertEqual(result.returncode, 3)

    def test_a_named_data_folder_stays(self):
        data = os.path.join(self.folder, "data")
        result = self.run_it("sh", "-c", f"ls '{data}/lock'; ls '{self.temporary}'", options=["--data-dir", data])
        self.assertEqual(result.stdout.decode(), f"{data}/lock\n")
        self.assertTrue(os.path.exists(data))

    def test_a_killed_command_leaves_neither_server_nor_handlers(self):
        before = INVOKES + "import os, signal; print(os.environ['INVOKED_ENDPOINT']); sys.stdout.flush()\n" \
            "os.kill(os.getpid(), signal.SIGKILL)"
        result = self.run_it(PYTHON, "-c", "import sys\n" + before)
        self.assertEqual(result.returncode, 137)
        endpoint = result.stdout.decode().split("\n")[1]
        host, port = endpoint.removeprefix("http://").split(":")
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection((host, int(port)))
        self.assertEqual(processes_with(f"AWS_ENDPOINT_URL_LAMBDA={endpoint}\0"), [])

    def test_a_running_invocation_does_not_delay_the_end(self):
        self.write("slow/bootstrap", "#!/bin/sh\ncurl -s http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next\n"
                                     "touch began; sleep 60\n", 0o755)
        self.write("invoked.json", json.dumps({"Functions": {
            "slow": {"Runtime": "provided.al2023", "CodeUri": "slow", "Timeout": 60}}}))
        script = ('curl -s -d {} "$INVOKED_ENDPOINT/2015-03-31/functions/slow/invocations" & '
                  f"while [ ! -e '{self.folder}/slow/began' ]; do sleep 0.05; done; kill $!; exit 4")
        began = time.monotonic()
        self.assertEqual(self.run_it("bash", "-c", script).returncode, 4)
        self.assertLess(time.monotonic() - began, 4 * SLOWNESS)

    def test_detached_processes_survive(self):
        script = ("import os, sys, time\n"
                  "if os.fork() == 0:\n"
                  "    os.setsid()\n"
                  "    if os.fork() == 0:\n"
                  "        os.dup2(os.open('/dev/null', os.O_RDWR), 1); os.dup2(1, 2)\n"
                  "        os.execv('/bin/sleep', ['sleep', '600'])\n"
                  "    os._exit(0)\n"
                  "os.wait()\n" + INVOKES)
        result = self.run_it("env", f"MARK={self.folder}", PYTHON, "-c", script)
        self.assertEqual(result.returncode, 0, result.stderr)
        left = processes_with(f"MARK={self.folder}\0")
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        self.assertEqual(len(left), 1)
        wait_for(lambda: not any(is_alive(pid) for pid in left), "its end")

    def test_the_server_cleans_up_if_run_is_killed(self):
        process = self.start(PYTHON, "-c", INVOKES + "import time; time.sleep(600)")
        process.stdout.readline()
        started = descendants(process.pid)
        command, = (pid for pid in started if os.path.basename(os.readlink(f"/proc/{pid}/exe")).startswith("python"))
        self.assertGreaterEqual(len(started), 3)  # COMMAND, server, handler
        process.kill()
        process.wait()
        wait_for(lambda: [pid for pid in started if is_alive(pid)] == [command], "the server's end")
        os.kill(command, signal.SIGKILL)
        wait_for(lambda: not is_alive(command), "the command's end")
        self.end(process)

    def test_a_killed_server_is_reported_and_the_folder_removed(self):
        script = ("import os, signal, sys\n"
                  "children = open('/proc/%d/task/%d/children' % (os.getppid(), os.getppid())).read()\n"
                  "server, = (int(pid) for pid in children.split() if int(pid) != os.getpid())\n"
                  "os.kill(server, signal.SIGKILL)\n"
                  "sys.exit(6)\n")
        result = self.run_it(PYTHON, "-c", script)
        self.assertEqual(result.returncode, 6)
        self.assertIn(b"invoked: the server was killed by signal 9", result.stderr)
        result = self.run_it(PYTHON, "-c", script.replace("exit(6)", "exit(0)"), options=["--fail-on-dead-letter"])
        self.assertEqual(result.returncode, 1)

    def test_ten_runs_at_once_are_independent(self):
        script = INVOKES.replace('{"n": 1}', '{"n": NUMBER}') + "print(os.environ['INVOKED_ENDPOINT'])\n" \
            "import sys; sys.exit(NUMBER)"
        running = [self.start(PYTHON, "-c", script.replace("NUMBER", str(number))) for number in range(10)]
        endpoints = set()
        for number, process in enumerate(running):
            out, err, status = self.end(process)
            payload, endpoint = out.split("\n")[:2]
            self.assertEqual((json.loads(payload), status, err), ({"n": number}, number, ""))
            endpoints.add(endpoint)
        self.assertEqual(len(endpoints), 10)


class DeadLetters(Scenario):
    def setUp(self):
        super().setUp()
        self.data = os.path.join(self.folder, "data")

    def run_writing(self, *files, options=("--fail-on-dead-letter",), status=0):
        script = "; ".join(f"mkdir -p $(dirname '{self.data}/{name}'); printf '%s' '{DEAD_LETTER}' >> '{self.data}/{name}'"
                           for name in files)
        return self.run_it("sh", "-c", f"{script}; exit {status}" if script else f"exit {status}",
                           options=["--data-dir", self.data, *options])

    def test_a_dead_letter_makes_the_status_1_and_is_named(self):
        for name in ("dead-letters/orders-dlq.jsonl", "accounts/111111111111/dead-letters/orders-dlq.jsonl"):
            with self.subTest(name):
                result = self.run_writing(name)
                self.assertEqual((result.stdout, result.returncode), (b"", 1))
                self.assertEqual(result.stderr, b"invoked: 1 dead letter was written to orders-dlq; exit status 1 because of "
                                                b"--fail-on-dead-letter\n")
                shutil.rmtree(self.data)

    def test_a_failing_command_with_a_dead_letter_is_1_too(self):
        self.assertEqual(self.run_writing("dead-letters/a.jsonl", "dead-letters/b.jsonl", status=5).returncode, 1)

    def test_without_the_option_the_status_is_the_commands(self):
        result = self.run_writing("dead-letters/a.jsonl", options=(), status=5)
        self.assertEqual((result.returncode, result.stderr), (5, b""))

    def test_dead_letters_of_earlier_runs_dont_count(self):
        self.run_writing("dead-letters/a.jsonl", options=())
        self.assertEqual(self.run_writing(status=0).returncode, 0)
        self.assertEqual(self.run_writing(status=5).returncode, 5)
        self.assertEqual(self.run_writing("dead-letters/a.jsonl").returncode, 1)

    def test_destination_records_are_not_dead_letters(self):
        self.assertEqual(self.run_writing("destinations/a.jsonl").returncode, 0)

    def test_an_event_that_is_given_up_counts(self):
        self.write("invoked.json", json.dumps({"Functions": {"bad": {
            "Local": {"Command": ["false"]}, "EventInvokeConfig": {"MaximumRetryAttempts": 0},
            "DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:123456789012:bad-dlq"}}}}))
        script = (f"'{BINARY}' invoke --type Event bad {{}} && "
                  f"while ! curl -s \"$INVOKED_ENDPOINT/_invoked/dead-letters\" | grep -q MessageId; do sleep 0.05; done")
        result = self.run_it("sh", "-c", script, options=["--fail-on-dead-letter"])
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"invoked: 1 dead letter was written to bad-dlq", result.stderr)

    def test_dead_letters_in_a_temporary_folder_count(self):
        script = f'cd "$TMPDIR"/*; mkdir -p dead-letters; printf "%s" \'{DEAD_LETTER}\' > dead-letters/a.jsonl'
        self.assertEqual(self.run_it("sh", "-c", script, options=["--fail-on-dead-letter"]).returncode, 1)


class LeftEvents(Scenario):
    """Events that aren't done when the command ends."""

    def setUp(self):
        super().setUp()
        self.write("invoked.json", json.dumps({"Functions": {
            "charge": {"Local": {"Command": ["false"]},
                       "DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:123456789012:charge-dlq"}},
            "slow": {"Local": {"Command": ["sleep", "60"]}, "Timeout": 90},
            "good": {"Local": {"Command": ["cat"]}}}}))

    def script(self, name, until, account="local"):
        return (f"AWS_ACCESS_KEY_ID={account} '{BINARY}' invoke --type Event {name} {{}} 2>/dev/null; "
                f"while ! curl -s -H 'Authorization: Credential={account}/' \"$INVOKED_ENDPOINT/_invoked/events\" | "
                f"grep -q '{until}'; do sleep 0.05; done; exit 5")

    def test_an_event_that_waits_is_dropped_and_named(self):
        for account in ("local", "111111111111"):
            for clock in ("real", "manual"):
                with self.subTest(clock, account=account):
                    result = self.run_it("sh", "-c", self.script("charge", '"Attempt":2', account), options=["--clock", clock])
                    self.assertEqual((result.stdout, result.returncode), (b"", 5))
                    self.assertRegex(result.stderr.decode(), r"\Ainvoked: 1 event is not done and is dropped with the temporary "
                                     r"data folder \(--drain waits\):\n  charge [0-9a-f]{8}, attempt 2 due at \S+Z\n\Z")

    def test_a_dropped_event_fails_the_run_if_asked(self):
        result = self.run_it("sh", "-c", self.script("charge", '"Attempt":2'), options=["--fail-on-dead-letter"])
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"charge", result.stderr)

    def test_an_event_that_runs_is_dropped_and_named(self):
        began = time.monotonic()
        result = self.run_it("sh", "-c", self.script("slow", '"running"'))
        self.assertEqual(result.returncode, 5)
        self.assertRegex(result.stderr.decode(), r"\n  slow [0-9a-f]{8}, attempt 1 running\n")
        self.assertLess(time.monotonic() - began, 10 * SLOWNESS)

    def test_many_are_counted(self):
        script = (f"for i in 1 2 3 4 5; do for j in 1 2 3 4 5; do '{BINARY}' invoke --type Event charge {{}} & done; wait; done; "
                  "while [ $(curl -s \"$INVOKED_ENDPOINT/_invoked/events\" | grep -o waiting | wc -l) != 25 ]; do sleep 0.1; done")
        result = self.run_it("sh", "-c", script)
        self.assertIn("invoked: 25 events are not done and are dropped with the temporary data folder", result.stderr.decode())
        self.assertIn("\n  and 5 more\n", result.stderr.decode())

    def test_a_named_data_folder_keeps_them(self):
        data = os.path.join(self.folder, "data")
        result = self.run_it("sh", "-c", self.script("charge", '"Attempt":2'),
                             options=["--data-dir", data, "--fail-on-dead-letter"])
        self.assertEqual(result.returncode, 5)
        self.assertIn(f"invoked: 1 event is not done and stays in {data}:\n  charge ", result.stderr.decode())

    def test_drain_waits_until_none_is_left(self):
        for account in ("local", "111111111111"):
            with self.subTest(account=account):
                result = self.run_it("sh", "-c", self.script("charge", '"Attempt":2', account),
                                     options=["--drain", "--clock", "manual", "--fail-on-dead-letter"])
                self.assertEqual(result.returncode, 1)
                self.assertEqual(result.stderr, b"invoked: 1 dead letter was written to charge-dlq; exit status 1 because of "
                                                b"--fail-on-dead-letter\n")

    def test_drain_keeps_the_commands_status(self):
        for name in ("good", "charge"):
            script = f"'{BINARY}' invoke --type Event {name} {{}} 2>/dev/null; exit 6"
            result = self.run_it("sh", "-c", script, options=["--drain", "--clock", "x1000000"])
            self.assertEqual((result.stderr, result.returncode), (b"", 6))

    def test_a_signal_ends_the_waiting(self):
        process = self.start("sh", "-c", self.script("charge", '"Attempt":2').replace("exit", "echo ends; exit"),
                             options=["--drain"])
        self.assertEqual(process.stdout.readline(), b"ends\n")
        wait_for(lambda: len(descendants(process.pid)) == 1, "the command's end")
        process.send_signal(signal.SIGINT)
        _, said, status = self.end(process)
        self.assertEqual(status, 130)
        self.assertIn("1 event is not done and is dropped", said)


class Signals(Scenario):
    def test_each_signal_is_passed_on_and_the_status_stays_the_commands(self):
        process = self.start(PYTHON, "-u", "-c", LISTENS)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        for name in ("SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGTERM"):
            process.send_signal(getattr(signal, name))
            self.assertEqual(process.stdout.readline().decode(), name + "\n")
        self.assertEqual(self.end(process, b"\n"), ("", "", 23))

    def test_a_signal_right_after_the_start_leaves_no_folder(self):
        """tearDown() looks for one."""
        for delay in range(20):
            process = self.start("sleep", "600")
            time.sleep(delay / 2000)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=WAIT_S)
            self.assertIn(process.returncode, (-signal.SIGTERM, 128 + signal.SIGTERM))
            wait_for(lambda: os.listdir(self.temporary) == [], "the end of the folder")

    def test_a_stop_signal_is_passed_to_the_command(self):
        for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"):
            with self.subTest(name):
                process = self.start("sh", "-c", "echo ready; exec sleep 600")
                self.assertEqual(process.stdout.readline(), b"ready\n")
                process.send_signal(getattr(signal, name))
                self.assertEqual(self.end(process), ("", "", 128 + getattr(signal, name)))

    def test_the_server_runs_until_the_command_has_ended(self):
        script = INVOKES + "import signal, sys\n" \
            "def on_signal(*_):\n    print('told', flush=True); invoke(); sys.exit(9)\n" \
            "signal.signal(signal.SIGTERM, on_signal)\n" \
            "def invoke(): print(urllib.request.urlopen(request).read().decode(), flush=True)\n" \
            "signal.pause()\n"
        process = self.start(PYTHON, "-c", script)
        self.assertEqual(process.stdout.readline(), b'{"n": 1}\n')
        time.sleep(0.1)  # to the pause
        process.terminate()
        self.assertEqual(self.end(process), ('told\n{"n": 1}\n', "", 9))

    def test_an_ignored_signal_stays_ignored(self):
        process = subprocess.Popen(["nohup", *self.words([PYTHON, "-u", "-c", LISTENS])], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.environment())
        self.assertEqual(process.stdout.readline(), b"ready\n")
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGUSR1)
        self.assertEqual(process.stdout.readline(), b"SIGUSR1\n")
        out, _, status = self.end(process, b"\n")
        self.assertEqual((out, status), ("", 23))


class Terminal(Scenario):
    """A terminal of its own: what is typed goes to the foreground group, as with a shell."""

    def open(self, *command):
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(BINARY, self.words(command), self.environment(TERM="dumb"))
        self.addCleanup(os.close, terminal)
        self.pid, self.terminal, self.seen = pid, terminal, b""

    def read_until(self, text):
        """What was shown up to `text`, which is taken out."""
        def arrives():
            if select.select([self.terminal], [], [], 0)[0]:
                with contextlib.suppress(OSError):
                    self.seen += os.read(self.terminal, 65536)
            return text in self.seen
        wait_for(arrives, f"{text!r}; seen: {self.seen!r}")
        before, _, self.seen = self.seen.partition(text)
        return before

    def status(self):
        pid, status = wait_for(lambda: (lambda result: result if result[0] else None)(os.waitpid(self.pid, os.WNOHANG)),
                               "its end")
        self.assertEqual(pid, self.pid)
        return os.waitstatus_to_exitcode(status)

    def type(self, text):
        os.write(self.terminal, text)

    def test_a_command_reads_what_is_typed(self):
        self.open("sh", "-c", "echo ready; read line; echo got $line; tty; stty size")
        self.read_until(b"ready")
        self.type(b"hello\n")
        self.read_until(b"got hello")
        self.read_until(b"/dev/pts/")
        self.assertEqual(self.status(), 0)

    def test_ctrl_c_reaches_the_command_once_and_no_handler(self):
        self.open(PYTHON, "-u", "-c", INVOKES + LISTENS)
        self.read_until(b"ready")
        self.type(b"\x03")
        self.read_until(b"SIGINT")
        self.type(b"\x1c")
        self.read_until(b"SIGQUIT")
        time.sleep(0.2)  # for a second one, which must not come
        self.type(b"\n")
        self.assertEqual(self.status(), 23)
        rest = b""
        with contextlib.suppress(OSError):
            while piece := os.read(self.terminal, 65536):
                rest += piece
        self.assertNotIn(b"SIGINT", self.seen + rest)
        self.assertNotIn(b"SIGQUIT", self.seen + rest)

    def test_ctrl_z_stops_both_and_both_go_on(self):
        # A shell that knows job control starts it.
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve("/bin/bash", ["bash", "--norc", "-i"], self.environment(TERM="dumb", PS1="$ "))
        self.addCleanup(os.close, terminal)
        self.pid, self.terminal, self.seen = pid, terminal, b""
        self.read_until(b"$ ")
        line = " ".join(f"'{word}'" for word in self.words(["cat"]))
        self.type(line.encode() + b"\n")
        self.read_until(b"'cat'")
        self.type(b"one\n")
        self.read_until(b"one\r\none")
        self.type(b"\x1a")
        self.read_until(b"Stopped")
        self.read_until(b"$ ")
        self.type(b"fg\n")
        self.read_until(b"'cat'")
        self.type(b"two\n")
        self.read_until(b"two\r\ntwo")
        self.type(b"\x04")
        self.read_until(b"\n$ ")
        self.type(b"echo status=$?; exit\n")
        self.read_until(b"status=0\r")
        self.assertEqual(self.status(), 0)

    def test_a_terminal_that_closes_ends_it(self):
        self.open("sh", "-c", "echo ready; exec sleep 600")
        self.read_until(b"ready")
        group = os.getpgid(self.pid)
        os.close(self.terminal)
        self.terminal = os.open("/dev/null", os.O_RDONLY)
        self.doCleanups()
        self.assertEqual(self.status(), 128 + signal.SIGHUP)
        with self.assertRaises(ProcessLookupError):
            os.killpg(group, 0)


if __name__ == "__main__":
    run_tests()
