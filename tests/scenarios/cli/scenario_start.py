"""Starting: the command line, what is said and written, and each way in which it can't start."""

import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from invoked import BINARY, ROOT, Server, clean_environment, command, run_binary, wait_for  # noqa: E402

CAT = {"cat": command("cat")}


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        return path

    def read(self, name):
        with open(os.path.join(self.folder, name)) as file:
            return file.read()

    def write_config(self, name="invoked.json", functions=None):
        return self.write(name, json.dumps({"Functions": CAT if functions is None else functions}))

    def start(self, *words, environment=None, cwd=None):
        """A server that is started as these words say, up to its first line on stdout."""
        process = subprocess.Popen([BINARY, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=clean_environment(**(environment or {})),
                                   cwd=cwd or self.folder)
        self.addCleanup(self.end, process)
        return process, process.stdout.readline()

    def end(self, process):
        if process.poll() is None:
            process.terminate()
        output, log = process.communicate(timeout=invoked.WAIT_S)
        self.assertEqual((process.returncode, output), (0, ""), log)
        self.assertNotRegex(log, invoked.SANITIZER_REPORT)

    def assert_refused(self, process, status, pattern):
        self.assertEqual((process.returncode, process.stdout), (status, ""), process.stderr)
        self.assertRegex(process.stderr, pattern)
        self.assertNotRegex(process.stderr, invoked.SANITIZER_REPORT)


class Ready(Folder):
    def test_says_one_line_and_serves(self):
        with Server(CAT) as server:
            self.assertRegex(server.ready_line, rb"^invoked \d+\.\d+\.\d+ listening on http://127\.0\.0\.1:\d+ \(1 function\)\n$")
            self.assertEqual(server.invoke("cat", {"a": 1}).json, {"a": 1})

    def test_counts_its_functions(self):
        with Server({"a": command("cat"), "b": command("cat")}) as server:
            self.assertTrue(server.ready_line.endswith(b" (2 functions)\n"))
            self.assertEqual(server.request("GET", "/_invoked/health").json["functions"], 2)

    def test_writes_the_ready_file_and_removes_it(self):
        with Server(CAT) as server:
            with open(server.ready_file) as file:
                ready = json.load(file)
            self.assertRegex(ready.pop("console"), f"^{re.escape(server.endpoint)}/_invoked/console\\?token=[0-9a-f]{{32}}$")
            self.assertEqual(ready, {"endpoint": server.endpoint, "pid": server.pid, "functions": 1})
            self.assertEqual([name for name in os.listdir(server.folder) if "ready" in name], ["ready.json"])
            server.stop()
            self.assertFalse(os.path.exists(server.ready_file))

    def test_the_ready_file_comes_when_it_can_serve(self):
        with Server(CAT, ready=False) as server:
            def read():
                with open(server.ready_file) as file:
                    return json.load(file)

            wait_for(lambda: os.path.exists(server.ready_file), "the ready file")
            host, port = read()["endpoint"].removeprefix("http://").split(":")
            self.assertEqual(invoked.request(host, int(port), "GET", "/_invoked/health").status, 200)
            server.endpoint = read()["endpoint"]
            server.process.stdout.readline()

    def test_an_unwritable_ready_file_is_a_reason_not_to_run(self):
        config = self.write_config()
        process = run_binary("--port", "0", "--data-dir", os.path.join(self.folder, "data"), "--ready-file",
                             "/no/such/folder/ready.json", config)
        self.assert_refused(process, 1, r"ready file /no/such/folder/ready\.json: .*--ready-file")

    def test_the_log_says_what_to_export_and_try(self):
        with Server(CAT) as server:
            server.wait_for_log("try: ")
            log = server.log()
            self.assertIn(f"AWS_ENDPOINT_URL_LAMBDA={server.endpoint}", log)
            tried = re.search(r"try: (.*)", log)[1]
            self.assertEqual(tried, f"{BINARY} invoke --endpoint {server.endpoint} cat '{{}}'")
            self.assertEqual(subprocess.run(tried, shell=True, capture_output=True, timeout=invoked.WAIT_S).stdout, b"{}")
            self.assertNotIn("\x1b", log)  # no terminal, no colour

    def test_serve_is_the_default_command(self):
        config = self.write_config()
        _, line = self.start("--port", "0", config)
        self.assertRegex(line, r"^invoked .* listening on ")

    def test_each_server_gets_a_free_port(self):
        with Server(CAT) as one, Server(CAT) as other:
            self.assertNotEqual(one.port, other.port)

    def test_listening_on_all_addresses_logs_a_warning(self):
        with Server(CAT, arguments=["--host", "0.0.0.0"]) as server:
            self.assertIn("LISTENING ON 0.0.0.0", server.log())
            self.assertEqual(server.invoke("cat", 1).json, 1)

    def test_a_log_file_beside_the_code_causes_no_reload(self):
        self.write("app.py", "count = 0\ndef handler(event, context):\n    global count\n    count += 1\n    print(count)\n"
                             "    return count\n")
        functions = {"f": {"Runtime": "python3.12", "Handler": "app.handler", "CodeUri": ".", "Timeout": 20}}
        self.write_config(functions=functions)
        paths = [os.path.join(self.folder, name) for name in ("printed", "messages")]
        with open(paths[0], "wb") as output, open(paths[1], "wb") as log:
            process = subprocess.Popen([BINARY, "--port", "0"], stdin=subprocess.DEVNULL, stdout=output, stderr=log,
                                       env=clean_environment(), cwd=self.folder)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        endpoint = wait_for(lambda: re.search(r"http://\S+", self.read("printed")), "the ready line").group()
        for count in (1, 2, 3):
            request = urllib.request.Request(f"{endpoint}/2015-03-31/functions/f/invocations", b"{}")
            with urllib.request.urlopen(request, timeout=invoked.WAIT_S) as answer:
                self.assertEqual(answer.read(), str(count).encode())
            time.sleep(0.3)  # longer than a burst of changes
        self.assertNotIn("has changed", self.read("messages"))
        self.write("app.py", "def handler(event, context):\n    return 0\n")
        wait_for(lambda: "app.py has changed" in self.read("messages"), "word of the change")


class Configuration(Folder):
    def test_finds_invoked_json_in_its_folder(self):
        self.write_config()
        _, line = self.start("--port", "0")
        self.assertIn("(1 function)", line)
        self.assertTrue(os.path.isdir(os.path.join(self.folder, ".invoked")))

    def test_no_configuration_says_how_to_start(self):
        process = run_binary(folder=self.folder)
        self.assert_refused(process, 2, r"invoked\.json")

    def test_a_missing_file_is_named(self):
        self.assert_refused(run_binary("--port", "0", "nowhere.json", folder=self.folder), 2, r"nowhere\.json")

    def test_all_problems_are_reported_at_once_with_file_and_line(self):
        config = self.write("bad.json", '{\n  "Functions": {\n    "hello": {\n      "Runtime": "python3.12",\n'
                            '      "Handlr": "app.handler",\n      "CodeUri": ".",\n      "Timeout": 0\n    }\n  }\n}\n')
        for words in (["check", config], ["serve", "--port", "0", config]):
            process = run_binary(*words, folder=self.folder)
            self.assert_refused(process, 2, r"Timeout")
            lines = process.stderr.splitlines()
            self.assertIn(f"{config}:7: Functions.hello.Timeout: must be 1 to 900 (is 0)", lines)
            self.assertTrue(any(line.startswith(f"{config}:5: Functions.hello.Handlr: ") and "Handler" in line
                                for line in lines), lines)
            self.assertTrue(all(re.match(rf"{re.escape(config)}:\d+: ", line) for line in lines), lines)

    def test_a_syntax_error_has_its_line(self):
        config = self.write("bad.json", '{\n  "Functions": {\n    "a" 1\n')
        self.assert_refused(run_binary("check", config), 2, rf"^{re.escape(config)}:3: ")

    def test_check_accepts_a_valid_configuration_and_starts_nothing(self):
        config = self.write_config()
        process = run_binary("check", config, folder=self.folder)
        self.assertEqual((process.returncode, process.stderr), (0, ""))
        self.assertIn(config, process.stdout)
        self.assertEqual(os.listdir(self.folder), ["invoked.json"])

    def test_the_sample_is_valid(self):
        process = run_binary("check", os.path.join(ROOT, "config", "invoked.json"))
        self.assertEqual((process.returncode, process.stderr), (0, ""))

    def test_a_folder_of_functions(self):
        self.write("code/greet.py", "def handler(event, context):\n    return 'py ' + event\n")
        self.write("code/mirror.mjs", "export const handler = async (event) => `mjs ${event}`;\n")
        self.write("code/plain.cjs", "exports.handler = async (event) => `cjs ${event}`;\n")
        self.write("code/nested/app.py", "def handler(event, context):\n    return 'app ' + event\n")
        self.write("code/rendered/index.js", "exports.handler = async (event) => `index ${event}`;\n")
        os.chmod(self.write("code/loud.sh", "#!/bin/sh\ntr a-z A-Z\n"), 0o755)
        self.write("code/notes.txt", "no function\n")
        self.write("code/native/bootstrap", "")
        shutil.copy(os.path.join(invoked.NATIVE_ECHO, "bootstrap"), os.path.join(self.folder, "code/native/bootstrap"))
        with Server(config=os.path.join(self.folder, "code")) as server:
            self.assertIn(b"(7 functions)", server.ready_line)
            expected = {"greet": "py x", "mirror": "mjs x", "plain": "cjs x", "nested": "app x", "rendered": "index x",
                        "loud": "X", "native": "x"}
            for name, value in expected.items():
                answer = server.invoke(name, "x")
                self.assertEqual(answer.json, value, f"{name}: {answer}\n{server.log()}")
                self.assertIsNone(answer.function_error)

    def test_options_override_environment_variables(self):
        config = self.write_config()
        with socket.create_server(("127.0.0.1", 0)) as taken:
            environment = {"INVOKED_PORT": str(taken.getsockname()[1]), "INVOKED_HOST": "192.0.2.1",
                           "INVOKED_DATA_DIR": "/proc/no/such", "INVOKED_LOG_FORMAT": "json", "INVOKED_LOG_LEVEL": "error"}
            process, line = self.start("--port", "0", "--host", "127.0.0.1", "--data-dir", os.path.join(self.folder, "mine"),
                                       "--log-format", "text", "--log-level", "info", config, environment=environment)
        self.assertRegex(line, r"listening on http://127\.0\.0\.1:")
        self.assertTrue(os.path.isdir(os.path.join(self.folder, "mine")))
        process.terminate()
        log = process.stderr.read()
        self.assertIn("export AWS_ENDPOINT_URL_LAMBDA", log)
        self.assertNotIn('{"', log)

    def test_environment_variables_override_defaults(self):
        config = self.write_config()
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        environment = {"INVOKED_PORT": str(port), "INVOKED_HOST": "127.0.0.1", "INVOKED_LOG_FORMAT": "json",
                       "INVOKED_DATA_DIR": os.path.join(self.folder, "theirs"), "INVOKED_LOG_LEVEL": "info"}
        process, line = self.start(config, environment=environment)
        self.assertIn(f"listening on http://127.0.0.1:{port} ", line)
        self.assertTrue(os.path.isdir(os.path.join(self.folder, "theirs")))
        process.terminate()
        for text in process.stderr.read().splitlines():
            self.assertIsInstance(json.loads(text), dict)

    def test_a_bad_environment_variable_is_named(self):
        process = run_binary(self.write_config(), environment={"INVOKED_PORT": "many"})
        self.assert_refused(process, 2, "INVOKED_PORT")

    def test_a_bad_command_line(self):
        for words in (["--prot", "1"], ["--port", "65536"], ["--port", "-1"], ["--port"], ["--clock", "slow"],
                      ["--log-level", "loud"], ["a.json", "b.json"]):
            with self.subTest(words=words):
                self.assert_refused(run_binary(*words, folder=self.folder), 2, r"\S")

    def test_help_and_version(self):
        self.assertRegex(run_binary("--version").stdout, r"^invoked \d+\.\d+\.\d+( \([0-9a-f]{12}(-modified)?\))?\n$")
        for words in (["--help"], ["-h"], ["serve", "--help"], ["check", "--help"]):
            process = run_binary(*words)
            self.assertEqual((process.returncode, process.stderr), (0, ""))
            self.assertIn("invoked", process.stdout)


class CannotRun(Folder):
    def test_a_taken_port(self):
        config = self.write_config()
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            process = run_binary("--port", str(port), "--data-dir", os.path.join(self.folder, "data"), config)
        self.assert_refused(process, 1, rf"port {port} .*taken.*--port")

    def test_an_address_of_another_machine(self):
        process = run_binary("--port", "0", "--host", "192.0.2.1", "--data-dir", os.path.join(self.folder, "data"),
                             self.write_config())
        self.assert_refused(process, 1, r"192\.0\.2\.1")

    def test_a_data_folder_in_use(self):
        with Server(CAT) as server:
            process = run_binary("--port", "0", "--data-dir", server.data_folder, self.write_config())
            self.assert_refused(process, 1, rf"in use by another server \(pid {server.pid}\).*--data-dir")
            self.assertEqual(server.invoke("cat", 1).json, 1)

    def test_a_data_folder_that_cannot_be_created(self):
        self.write("file", "")
        for path in (os.path.join(self.folder, "file"), os.path.join(self.folder, "file", "below"), "/proc/no"):
            process = run_binary("--port", "0", "--data-dir", path, self.write_config())
            self.assert_refused(process, 1, r"data folder .*--data-dir")

    def test_a_data_folder_of_a_stopped_server_is_free(self):
        with Server(CAT) as server:
            server.stop()
            server.start()
            self.assertEqual(server.invoke("cat", 1).json, 1)


class OneFile(Folder):
    def test_a_copy_in_another_folder_runs_every_kind(self):
        copy = os.path.join(self.folder, "elsewhere", "invoked")
        os.makedirs(os.path.dirname(copy))
        shutil.copy(BINARY, copy)
        self.assertTrue(os.stat(copy).st_mode & stat.S_IXUSR)
        functions = {"py": invoked.fixture("python-hello"), "js": invoked.fixture("nodejs-hello"), **CAT}
        with Server(functions, binary=copy) as server:
            for name in ("py", "js"):
                self.assertEqual(server.invoke(name, {"name": "Ada"}).json, {"message": "Hello, Ada"})
            self.assertEqual(server.invoke("cat", 1).json, 1)

    def test_the_sample_answers(self):
        with Server(config=os.path.join(ROOT, "config", "invoked.json")) as server:
            self.assertEqual(server.invoke("hello", {"name": "Ada"}).json, {"message": "Hello, Ada"})
            self.assertEqual(server.invoke("hello-node", {"name": "Ada"}).json, {"message": "Hello, Ada"})
            self.assertEqual(server.invoke("shout", {"name": "Ada"}).json, {"NAME": "ADA"})
            self.assertEqual(server.invoke("echo", {"name": "Ada"}).json, {"name": "Ada"})


class Interpreters(Folder):
    def path_without(self, *missing):
        """A PATH in which these programs aren't."""
        bin_folder = os.path.join(self.folder, "bin")
        os.makedirs(bin_folder)
        for program in ("cat", "sh", "sleep", "python3", "node"):
            if program not in missing:
                os.symlink(os.path.realpath(shutil.which(program, path="/usr/local/bin:/usr/bin:/bin")),
                           os.path.join(bin_folder, program))
        return bin_folder

    def assert_missing(self, server, name, program):
        answer = server.invoke(name, {})
        self.assertEqual((answer.status, answer.function_error), (200, "Unhandled"))
        self.assertEqual(answer.json["errorType"], "Runtime.InvalidEntrypoint")
        self.assertIn(program, answer.json["errorMessage"])
        self.assertTrue(answer.json["errorMessage"].startswith(f"RequestId: {answer.request_id} Error: "))

    def test_a_missing_interpreter_is_named_at_invocation(self):
        functions = {"py": invoked.fixture("python-hello"), "js": invoked.fixture("nodejs-hello"), **CAT}
        with Server(functions, environment={"PATH": self.path_without("python3", "node")}) as server:
            self.assertEqual(server.invoke("cat", 1).json, 1)
            self.assert_missing(server, "py", "python3")
            self.assert_missing(server, "js", "node")
            self.assert_missing(server, "py", "python3")
            self.assertEqual(server.invoke("cat", 2).json, 2)

    def test_a_missing_interpreter_affects_only_its_functions(self):
        functions = {"py": invoked.fixture("python-hello"), "js": invoked.fixture("nodejs-hello")}
        with Server(functions, environment={"PATH": self.path_without("python3")}) as server:
            self.assertEqual(server.invoke("js", {}).json, {"message": "Hello, world"})
            self.assert_missing(server, "py", "python3")

    def test_another_interpreter_version_is_logged_once(self):
        functions = {"a": invoked.fixture("python-hello", Runtime="python3.9"),
                     "b": invoked.fixture("python-hello", Runtime="python3.9")}
        with Server(functions, environment={"PATH": self.path_without("node")}) as server:
            for name in ("a", "b", "a"):
                self.assertEqual(server.invoke(name, {}).json, {"message": "Hello, world"})
            server.wait_for_log(r"python3\.9: runs under Python 3\.")
            server.stop()
            self.assertEqual(len(re.findall(r"python3\.9", server.log())), 1, server.log())

    def test_the_named_version_is_used_if_installed(self):
        folder = self.path_without("python3", "node")
        os.symlink(os.path.realpath("/usr/bin/python3"), os.path.join(folder, "python3.12"))
        os.symlink(os.path.realpath(shutil.which("node")), os.path.join(folder, "node20"))
        functions = {"py": invoked.fixture("python-hello"), "js": invoked.fixture("nodejs-hello")}
        with Server(functions, environment={"PATH": folder}) as server:
            for name in functions:
                answer = server.invoke(name, {})
                self.assertEqual(answer.json, {"message": "Hello, world"}, answer)


if __name__ == "__main__":
    invoked.run_tests()
