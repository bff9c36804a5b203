"""What a handler's process finds around it: variables, folder, descriptors, limits."""

import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from invoked import Server, command, nodejs, provided, python  # noqa: E402

CANARY = {"CANARY": "of the server", "AWS_PROFILE": "mine", "AWS_SECRET_ACCESS_KEY": "a real secret",
          "AWS_ACCESS_KEY_ID": "AKIAREAL", "AWS_SESSION_TOKEN": "real token", "INVOKED_LOG_LEVEL": "info",
          "LD_PRELOAD_CANARY": "x", "PYTHONPATH": "/canary", "NODE_OPTIONS": "--no-warnings", "LANG": "de_DE.UTF-8",
          "TZ": "Europe/Berlin", "AWS_LAMBDA_CANARY": "x", "HTTP_PROXY": "http://canary", "ALLOWED": "let in"}

PYTHON = """
import json, os, resource, sys
def handler(event, context):
    return {"variables": dict(os.environ), "folder": os.getcwd(), "arguments": sys.argv,
            "descriptors": sorted(int(name) for name in os.listdir("/proc/self/fd")),
            "files": resource.getrlimit(resource.RLIMIT_NOFILE)[0], "session": os.getsid(0) == os.getpid(),
            "group": os.getpgid(0) == os.getpid(), "input": os.read(0, 10).decode(),
            "initial": open("/proc/self/environ", "rb").read().decode(errors="replace").split("\\0")}
"""
NODEJS = """
const fs = require('node:fs');
const { execFileSync } = require('node:child_process');
exports.handler = async () => ({
    variables: { ...process.env }, folder: process.cwd(), arguments: process.argv,
    files: Number(execFileSync('sh', ['-c', 'ulimit -n']).toString()),
    input: fs.readFileSync(0).toString(),
});
"""
# One process an environment: it answers its variables, NUL between them.
PROVIDED = """#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while :; do
    id=$(curl -sS -D - -o event "$api/next" | tr -d '\\r' | sed -n 's/^[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: //p')
    env -0 | curl -sS -o /dev/null --data-binary @- "$api/$id/response"
done
"""
COMMAND = ["env", "-0"]

RESERVED = {
    "AWS_LAMBDA_FUNCTION_NAME": r"{name}",
    "AWS_LAMBDA_FUNCTION_VERSION": r"\$LATEST",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": r"256",
    "AWS_LAMBDA_LOG_GROUP_NAME": r"/aws/lambda/{name}",
    "AWS_LAMBDA_LOG_STREAM_NAME": r"\d{{4}}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{{32}}",
    "AWS_LAMBDA_INITIALIZATION_TYPE": r"on-demand",
    "AWS_REGION": r"eu-central-1",
    "AWS_DEFAULT_REGION": r"eu-central-1",
    "AWS_ACCESS_KEY_ID": r"111122223333",
    "AWS_SECRET_ACCESS_KEY": r"local",
    "AWS_SESSION_TOKEN": r"local",
    "AWS_ENDPOINT_URL_LAMBDA": r"{endpoint}",
    "AWS_XRAY_CONTEXT_MISSING": r"LOG_ERROR",
    "AWS_XRAY_DAEMON_ADDRESS": r"169\.254\.100\.1:2000",
    "_AWS_XRAY_DAEMON_ADDRESS": r"169\.254\.100\.1",
    "_AWS_XRAY_DAEMON_PORT": r"2000",
    "TZ": r":UTC",
    "LANG": r"en_US\.UTF-8",
    "LAMBDA_TASK_ROOT": r"{folder}",
    "OWN": r"value = with = equals",
}
WARM = {"AWS_LAMBDA_RUNTIME_API": r"127\.0\.0\.1:\d+", "LAMBDA_RUNTIME_DIR": r"/.*"}
TRACE = {"_X_AMZN_TRACE_ID": r"Root=1-[0-9a-f]{{8}}-[0-9a-f]{{24}};Parent=[0-9a-f]{{16}};Sampled=0.*"}
INHERITED = {"PATH": r".+", "HOME": r".+", "TMPDIR": r".+"}
SHELL = {"PWD", "SHLVL", "_", "OLDPWD"}

EXPECTED = {
    "py": RESERVED | WARM | TRACE | {"_HANDLER": r"app\.handler", "AWS_EXECUTION_ENV": r"AWS_Lambda_python3\.12"},
    "js": RESERVED | WARM | TRACE | {"_HANDLER": r"index\.handler", "AWS_EXECUTION_ENV": r"AWS_Lambda_nodejs20\.x"},
    "native": RESERVED | WARM | {"_HANDLER": r"any\.thing"},
    "tool": RESERVED | TRACE,
}


class Environment(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        own = {"MemorySize": 256, "Environment": {"Variables": {"OWN": "value = with = equals"}}}
        functions = {"py": python(PYTHON, **own), "js": nodejs(NODEJS, **own), "native": provided(PROVIDED, **own),
                     "tool": command(*COMMAND, **own)}
        cls.server = Server(functions, {"Region": "eu-central-1", "AccountId": "111122223333"},
                            environment={**CANARY, "HOME": "/root", "TMPDIR": os.environ.get("TMPDIR", "/tmp")})
        cls.answers = {name: cls.server.invoke(name, {}) for name in functions}
        cls.variables = {name: cls.parse(answer) for name, answer in cls.answers.items()}

    @staticmethod
    def parse(answer):
        if answer.body.startswith(b"{"):
            return answer.json["variables"]
        return dict(item.split("=", 1) for item in answer.body.decode().split("\0") if item)

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def test_each_reserved_variable(self):
        for name, expected in EXPECTED.items():
            folder = self.server.folder if name == "tool" else self.server.code_folder(name)
            for variable, pattern in expected.items():
                with self.subTest(function=name, variable=variable):
                    text = pattern.format(name=name, endpoint=re.escape(self.server.endpoint), folder=re.escape(folder))
                    self.assertRegex(self.variables[name].get(variable, "(not set)"), f"^{text}$")

    def test_nothing_else_leaks_in(self):
        # What the interpreters' own start-up adds is named here, one by one.
        added = {"py": {"LC_CTYPE", "PYTHONPATH"}, "js": {"NODE_PATH"}, "native": SHELL, "tool": set()}
        for name, expected in EXPECTED.items():
            with self.subTest(function=name):
                extra = set(self.variables[name]) - set(expected) - set(INHERITED) - added[name]
                self.assertEqual(extra, set())
                values = "\n".join(self.variables[name].values())
                for value in ("of the server", "a real secret", "AKIAREAL", "real token", "/canary", "Berlin"):
                    self.assertNotIn(value, values)

    def test_the_first_environment_of_the_process_is_no_leak_either(self):
        initial = self.answers["py"].json["initial"]
        self.assertFalse([item for item in initial if "canary" in item.lower() or "secret " in item], initial)

    def test_no_timeout_and_no_account_variable(self):
        for variables in self.variables.values():
            self.assertNotIn("AWS_LAMBDA_FUNCTION_TIMEOUT", variables)
            self.assertNotIn("AWS_ACCOUNT_ID", variables)

    def test_provided_has_no_execution_environment_name(self):
        self.assertNotIn("AWS_EXECUTION_ENV", self.variables["native"])

    def test_the_working_folder_is_that_of_the_code(self):
        for name in ("py", "js"):
            self.assertEqual(self.answers[name].json["folder"], self.server.code_folder(name))

    def test_standard_input_is_empty(self):
        for name in ("py", "js"):
            self.assertEqual(self.answers[name].json["input"], "")

    def test_descriptors_and_limits(self):
        answer = self.answers["py"].json
        self.assertLessEqual(len(answer["descriptors"]), 6, answer["descriptors"])
        self.assertLessEqual(answer["files"], 1024)  # Node.js raises its own

    def test_a_session_and_a_group_of_its_own(self):
        self.assertTrue(self.answers["py"].json["session"])
        self.assertTrue(self.answers["py"].json["group"])


class Settings(unittest.TestCase):
    def test_inherit_environment(self):
        functions = {"all": command(*COMMAND), "more": command(*COMMAND, Local={"InheritEnvironment": ["ALLOWED", "NOT_SET"]})}
        config = {"Local": {"InheritEnvironment": ["CANARY"]}}
        with Server(functions, config, environment=CANARY) as server:
            all_, more = (dict(item.split("=", 1) for item in server.invoke(name, {}).body.decode().split("\0") if item)
                          for name in ("all", "more"))
            self.assertEqual(all_["CANARY"], "of the server")
            self.assertNotIn("ALLOWED", all_)
            self.assertEqual(more["ALLOWED"], "let in")
            self.assertNotIn("NOT_SET", more)
            self.assertNotIn("AKIAREAL", str([all_, more]))

    def test_a_debug_command_starts_the_handler_with_no_timeout(self):
        python_source = "import os, time\ndef handler(event, context):\n    time.sleep(1.5)\n    return os.environ.get('DEBUGGED')\n"
        nodejs_source = ("exports.handler = () => new Promise(done => setTimeout(() => done(process.env.DEBUGGED), 1500));")
        wrapped = {"Local": {"DebugCommand": ["env", "DEBUGGED=yes"]}}
        by_interpreter = {"Local": {"DebugCommand": ["python3", "-X", "utf8"]}}
        with Server({"py": python(python_source, Timeout=1, **wrapped),
                     "js": nodejs(nodejs_source, Timeout=1, **wrapped),
                     "utf8": python(python_source, Timeout=1, **by_interpreter)}) as server:
            for name, variable in (("py", "yes"), ("js", "yes"), ("utf8", None)):
                answer = server.invoke(name, {})
                self.assertIsNone(answer.function_error, answer)
                self.assertEqual(answer.json, variable)

    def test_own_variables_win_where_they_may(self):
        own = {"Environment": {"Variables": {"PATH": "/usr/bin:/bin", "HOME": "/nowhere", "TZ": "Asia/Tokyo", "ALLOWED": "own"}}}
        with Server({"f": command("/usr/bin/env", "-0", Local={"InheritEnvironment": ["ALLOWED"]}, **own)},
                    environment=CANARY) as server:
            found = dict(item.split("=", 1) for item in server.invoke("f", {}).body.decode().split("\0") if item)
            self.assertEqual((found["PATH"], found["HOME"], found["ALLOWED"]), ("/usr/bin:/bin", "/nowhere", "own"))
            self.assertEqual(found["TZ"], "Asia/Tokyo")

    def test_a_server_without_path_gives_a_usable_one(self):
        with Server({"f": command("/bin/sh", "-c", 'printf %s "$PATH"')}, environment={"PATH": None}) as server:
            self.assertIn(b"/usr/bin", server.invoke("f", {}).body)

    def test_a_handler_that_invokes_another_stays_local(self):
        source = """
import json, os, urllib.request
def handler(event, context):
    url = os.environ["AWS_ENDPOINT_URL_LAMBDA"] + "/2015-03-31/functions/other/invocations"
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(event).encode(), method="POST")) as answer:
        return [answer.status, json.load(answer)]
"""
        with Server({"f": python(source), "other": command("tr", "a-z", "A-Z")}) as server:
            self.assertEqual(server.invoke("f", "hello").json, [200, "HELLO"])

    def test_the_trace_id_of_each_invocation(self):
        functions = {"py": python("import os\ndef handler(e, c): return os.environ.get('_X_AMZN_TRACE_ID')"),
                     "js": nodejs("exports.handler = async () => process.env._X_AMZN_TRACE_ID"),
                     "sh": command("sh", "-c", "printf '\"%s\"' \"$_X_AMZN_TRACE_ID\"")}
        trace = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1"
        with Server(functions) as server:
            for name in functions:
                one, two = (server.invoke(name, {}).json for _ in range(2))
                self.assertNotEqual(one, two)
                answer = server.invoke(name, {}, headers={"X-Amzn-Trace-Id": trace})
                self.assertRegex(answer.json, "^" + re.escape(trace) + ";Lineage=1:[0-9a-f]{8}:0$")
                self.assertIn("1-5bef4de7-ad49b0e87f6ef6c87fc2e700", answer.headers["x-amzn-trace-id"])

    def test_versions_have_their_own(self):
        functions = {"f": {**command("sh", "-c", "printf '\"%s %s\"' \"$AWS_LAMBDA_FUNCTION_VERSION\" \"$WHICH\"",
                                     Environment={"Variables": {"WHICH": "latest"}}),
                           "Versions": {"1": {"Environment": {"Variables": {"WHICH": "one"}}}},
                           "Aliases": {"live": {"FunctionVersion": "1"}}}}
        with Server(functions) as server:
            for qualifier, version, text in ((None, "$LATEST", "$LATEST latest"), ("$LATEST", "$LATEST", "$LATEST latest"),
                                             ("1", "1", "1 one"), ("live", "1", "1 one")):
                answer = server.invoke("f", {}, qualifier)
                self.assertEqual((answer.json, answer.headers["x-amz-executed-version"]), (text, version))


if __name__ == "__main__":
    invoked.run_tests()
