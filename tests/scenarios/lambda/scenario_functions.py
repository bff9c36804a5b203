"""Functions that run: each kind, by each name, with what its handler sees and what its caller gets."""

import base64
import json
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from invoked import NATIVE_ECHO, UUID, Server, command, fixture, nodejs, provided, python  # noqa: E402

ARN = "arn:aws:lambda:us-east-1:123456789012:function:"
CONTEXT = {"custom": {"foo": "bar"}, "client": {"installation_id": "i", "app_title": "t"}, "env": {"fizz": "buzz"}}

# The Runtime API by curl, in the words of AWS's own tutorial.
SHELL = """#!/bin/sh
set -eu
while true; do
    headers=$(mktemp)
    event=$(curl -sS -LD "$headers" "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next")
    id=$(grep -Fi Lambda-Runtime-Aws-Request-Id "$headers" | tr -d '[:space:]' | cut -d: -f2)
    rm "$headers"
    echo "event $event"
    curl -sS -o /dev/null "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/$id/response" \\
        -d "SUCCESS: $event by $_HANDLER"
done
"""
PYTHON_CLIENT = """
import http.client, json, os, sys
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    connection.request("GET", "/2018-06-01/runtime/invocation/next")
    answer = connection.getresponse()
    event = json.load(answer)
    id = answer.getheader("Lambda-Runtime-Aws-Request-Id")
    if event == "fail":
        kind, body = "error", {"errorMessage": "as asked", "errorType": "Mine"}
    else:
        kind, body = "response", [event, sys.argv[1:], os.getcwd()]
    connection.request("POST", f"/2018-06-01/runtime/invocation/{id}/{kind}", json.dumps(body))
    connection.getresponse().read()
"""


def uri(name):
    return name.replace(":", "%3A").replace("$", "%24").replace("/", "%2F")


class Kinds(unittest.TestCase):
    maxDiff = None

    def test_handlers_in_modules_and_folders(self):
        files = {"app.py": "def handler(e, c): return 'app'",
                 "nested/__init__.py": "", "nested/deep.py": "from nested import other\ndef run(e, c): return other.NAME",
                 "nested/other.py": "NAME = 'other'", "plain/folder.py": "def handler(e, c): return 'plain'"}
        handlers = {"app.handler": "app", "nested.deep.run": "other", "nested/deep.run": "other", "plain/folder.handler": "plain"}
        functions = {f"f{i}": invoked.Code(files, {"Runtime": "python3.12", "Handler": handler, "Timeout": 20})
                     for i, handler in enumerate(handlers)}
        with Server(functions) as server:
            for name, expected in zip(functions, handlers.values()):
                answer = server.invoke(name, {})
                self.assertEqual(answer.json, expected, answer)

    def test_handlers_of_nodejs(self):
        files = {"index.js": "exports.handler = async () => 'cjs'; exports.nested = { run: async () => 'nested' };",
                 "module.mjs": "export const handler = async () => 'esm';",
                 "folder/lib.cjs": "exports.handler = (event, context, callback) => callback(null, 'callback');",
                 "plain.js": "exports.handler = () => 'plain';"}
        handlers = {"index.handler": "cjs", "module.handler": "esm", "folder/lib.handler": "callback",
                    "index.nested.run": "nested"}
        functions = {f"f{i}": invoked.Code(files, {"Runtime": "nodejs20.x", "Handler": handler, "Timeout": 20})
                     for i, handler in enumerate(handlers)}
        with Server(functions) as server:
            for name, expected in zip(functions, handlers.values()):
                answer = server.invoke(name, {})
                self.assertEqual(answer.json, expected, answer)

    def test_fixtures_of_nodejs(self):
        names = ("nodejs-esm", "nodejs-callback", "nodejs-hello", "nodejs-error", "nodejs-rejection")
        with Server({name: fixture(name) for name in names}) as server:
            self.assertEqual(server.invoke("nodejs-esm", {"name": "A"}).json, {"message": "Hello, A", "isModule": True})
            self.assertEqual(server.invoke("nodejs-callback", {"result": [1], "delayMs": 10}).json, [1])
            self.assertEqual(server.invoke("nodejs-callback", {"result": 2, "isLoopLeftBusy": True}).json, 2)
            self.assertEqual(server.invoke("nodejs-callback", {"error": "no"}).json["errorMessage"], "no")
            answer = server.invoke("nodejs-error", {"message": "some_error_msg", "name": "MyError"})
            self.assertEqual((answer.function_error, list(answer.json)), ("Unhandled", ["errorType", "errorMessage", "trace"]))
            self.assertEqual((answer.json["errorType"], answer.json["errorMessage"]), ("MyError", "some_error_msg"))
            answer = server.invoke("nodejs-rejection", {"message": "lost"})
            if answer.function_error is not None:
                self.assertEqual(answer.json["errorType"], "Runtime.UnhandledPromiseRejection")
            self.assertEqual(server.invoke("nodejs-hello", {}).json, {"message": "Hello, world"})

    def test_results_are_written_as_the_runtimes_write_them(self):
        with Server({"py": python("def handler(e, c):\n    return {'a': [1, 2], 'text': 'ä', 'n': None}\n"),
                     "none": python("def handler(e, c):\n    pass\n"),
                     "js": nodejs("exports.handler = async () => ({ a: [1, 2], text: 'ä' });"),
                     "undefined": nodejs("exports.handler = async () => undefined;"),
                     "set": fixture("python-unserializable")}) as server:
            self.assertEqual(server.invoke("py", {}).body.decode(), '{"a": [1, 2], "text": "ä", "n": null}')
            self.assertEqual(server.invoke("js", {}).body.decode(), '{"a":[1,2],"text":"ä"}')
            self.assertEqual(server.invoke("none", {}).body, b"null")
            self.assertEqual(server.invoke("undefined", {}).body, b"null")
            answer = server.invoke("set", {})
            self.assertEqual((answer.function_error, answer.json["errorType"], answer.json["errorMessage"]),
                             ("Unhandled", "Runtime.MarshalError",
                              "Unable to marshal response: Object of type set is not JSON serializable"))

    def test_bootstraps_in_shell_python_and_c(self):
        functions = {"sh": provided(SHELL, Handler="my.handler"), "py": provided("#!/usr/bin/python3\n" + PYTHON_CLIENT),
                     "c": {"Runtime": "provided.al2", "CodeUri": NATIVE_ECHO}}
        with Server(functions) as server:
            for n in range(3):
                self.assertEqual(server.invoke("sh", {"n": n}).body.decode(), 'SUCCESS: {"n": %d} by my.handler' % n)
                self.assertEqual(server.invoke("py", n).json[0], n)
                self.assertEqual(server.invoke("c", n).json, n)
            server.wait_for_log(r"event \{\"n\": 2\}")
            answer = server.invoke("py", "fail")
            self.assertEqual((answer.function_error, answer.json), ("Unhandled", {"errorMessage": "as asked", "errorType": "Mine"}))
            self.assertEqual(server.invoke("py", 1).json[0], 1)

    def test_image_config(self):
        with Server({}) as server:
            folder = server.code_folder("image")
            os.makedirs(os.path.join(folder, "inside"))
            path = os.path.join(folder, "client.py")
            with open(path, "w") as file:
                file.write("#!/usr/bin/python3\n" + PYTHON_CLIENT)
            os.chmod(path, 0o755)
            server.configure({
                "f": {"ImageConfig": {"EntryPoint": ["/usr/bin/python3", "../client.py"], "Command": ["app.handler", "two words"],
                                      "WorkingDirectory": os.path.join("code", "image", "inside")}, "Timeout": 20},
                "g": {"ImageConfig": {"Command": ["./code/image/client.py"], "WorkingDirectory": os.path.join("code", "image")},
                      "Timeout": 20},
            })
            server.signal(1)
            server.wait_for_log("again")
            self.assertEqual(server.invoke("f", "x").json, ["x", ["app.handler", "two words"], os.path.join(folder, "inside")])
            self.assertEqual(server.invoke("g", "x").json, ["x", [], folder])
            self.assertEqual(server.invoke("g", "fail").function_error, "Unhandled")

    def test_commands(self):
        functions = {"cat": command("cat"), "tr": command("tr", "a-z", "A-Z"), "jq": command("jq", "-c", ".a.b"),
                     "sh": command("sh", "-c", 'read line; echo "log: $line" >&2; printf \'{"got":%s}\' "$line"')}
        with Server(functions) as server:
            self.assertEqual(server.invoke("cat", body=b'{"a" :1}').body, b'{"a" :1}')
            self.assertEqual(server.invoke("tr", "shout").body, b'"SHOUT"')
            self.assertEqual(server.invoke("jq", {"a": {"b": [1, 2]}}).json, [1, 2])
            answer = server.invoke("sh", {"n": 1}, tail=True)
            self.assertEqual(answer.json, {"got": {"n": 1}})
            self.assertIn('log: {"n": 1}\n', answer.log)
            answer = server.invoke("jq", "no object", tail=True)
            self.assertEqual(answer.json["errorType"], "Runtime.ExitError")
            self.assertIn("jq: error", answer.log)

    def test_a_script_beside_the_configuration(self):
        with Server({}) as server:
            path = os.path.join(server.folder, "tool.sh")
            with open(path, "w") as file:
                file.write("#!/bin/sh\ncat beside.txt; cat >/dev/null\n")
            os.chmod(path, 0o755)
            with open(os.path.join(server.folder, "beside.txt"), "w") as file:
                file.write("[1]")
            server.configure({"f": command("./tool.sh")})
            server.signal(1)
            server.wait_for_log("again")
            self.assertEqual(server.invoke("f", {}).json, [1])


class Context(unittest.TestCase):
    def headers(self):
        return {"X-Amz-Client-Context": base64.b64encode(json.dumps(CONTEXT).encode()).decode()}

    def test_of_python(self):
        with Server({"f": fixture("python-context", Timeout=7), "c": fixture("python-client-context")}) as server:
            answer = server.invoke("f", {}, "$LATEST")
            context = answer.json
            self.assertEqual((context["function_name"], context["function_version"], context["memory_limit_in_mb"]),
                             ("f", "$LATEST", "128"))
            self.assertEqual(context["invoked_function_arn"], ARN + "f:$LATEST")
            self.assertEqual(context["aws_request_id"], answer.request_id)
            self.assertEqual(context["log_group_name"], "/aws/lambda/f")
            self.assertRegex(context["log_stream_name"], r"^\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}$")
            self.assertTrue(0 < context["remaining_time_in_millis"] <= 7000)
            self.assertIs(context["has_client_context"], False)
            found = server.invoke("c", {}, headers=self.headers()).json
            self.assertEqual((found["custom"], found["env"], found["client"]["app_title"]), (CONTEXT["custom"], CONTEXT["env"], "t"))

    def test_of_nodejs(self):
        with Server({"f": fixture("nodejs-context", Timeout=7, MemorySize=512)}) as server:
            answer = server.invoke("f", {}, headers=self.headers())
            context = answer.json
            self.assertEqual((context["functionName"], context["functionVersion"], context["memoryLimitInMB"]),
                             ("f", "$LATEST", "512"))
            self.assertEqual(context["invokedFunctionArn"], ARN + "f")
            self.assertEqual(context["awsRequestId"], answer.request_id)
            self.assertEqual(context["logGroupName"], "/aws/lambda/f")
            self.assertIs(context["callbackWaitsForEmptyEventLoop"], True)
            self.assertTrue(0 < context["remainingTimeInMillis"] <= 7000)
            self.assertEqual(context["clientContext"], CONTEXT)


class Names(unittest.TestCase):
    """A function by each name that AWS accepts, encoded as SDKs and gateways send it."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server({"f": {**command("sh", "-c", 'printf "[\\"%s\\"]" "$AWS_LAMBDA_FUNCTION_VERSION"'),
                                   "Versions": {"1": {}}, "Aliases": {"live": {"FunctionVersion": "1"}}}})

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def test_every_form(self):
        for name, version in (("f", "$LATEST"), ("f:$LATEST", "$LATEST"), ("f:1", "1"), ("f:live", "1"),
                              ("function:f", "$LATEST"), ("123456789012:function:f", "$LATEST"),
                              ("123456789012:function:f:live", "1"), (ARN + "f", "$LATEST"), (ARN + "f:1", "1"),
                              ("us-east-1:123456789012:function:f", "$LATEST"), (ARN + "f:live", "1")):
            for path in (uri(name), name):
                with self.subTest(path=path):
                    answer = self.server.invoke(path, {})
                    self.assertEqual((answer.status, answer.json), (200, [version]))
                    self.assertEqual(answer.headers["x-amz-executed-version"], version)

    def test_the_qualifier_in_both_places(self):
        self.assertEqual(self.server.invoke("f:live", {}, "live").json, ["1"])
        self.assertEqual(self.server.invoke("f", {}, "live").json, ["1"])
        answer = self.server.invoke("f:live", {}, "1")
        self.assertEqual((answer.status, answer.headers["x-amzn-errortype"], answer.body),
                         (400, "InvalidParameterValueException", b'{"Type":"User","message":"The derived qualifier from the '
                          b'function name does not match the specified qualifier."}'))

    def test_unknown_ones(self):
        for name, qualifier, found in (("g", None, "g:$LATEST"), ("g:x", None, "g:x"), ("f", "9", "f:9"),
                                       (ARN + "g", None, "g:$LATEST")):
            answer = self.server.invoke(uri(name), {}, qualifier)
            self.assertEqual((answer.status, answer.headers["x-amzn-errortype"]), (404, "ResourceNotFoundException"))
            self.assertEqual(answer.body.decode(), '{"Message":"Function not found: %s%s","Type":"User"}' % (ARN, found))


class Answers(unittest.TestCase):
    def test_the_eight_headers(self):
        with Server({"f": command("cat")}) as server:
            answer = server.invoke("f", {"a": 1})
            self.assertEqual([name for name, _ in answer.header_list if name not in ("Date", "Connection", "Content-Length")],
                             ["Content-Type", "x-amzn-RequestId", "x-amzn-Remapped-Content-Length", "X-Amz-Executed-Version",
                              "X-Amzn-Trace-Id"])
            self.assertEqual((answer.headers["content-type"], answer.headers["x-amzn-remapped-content-length"]),
                             ("application/json", "0"))
            self.assertRegex(answer.request_id, f"^{UUID}$")
            self.assertRegex(answer.headers["x-amzn-trace-id"], r"^root=1-[0-9a-f]{8}-[0-9a-f]{24};.*sampled=0")
            self.assertIn("date", answer.headers)

    def test_dry_run_runs_nothing(self):
        with Server({"f": command("sh", "-c", "touch ran; printf 1"), "py": python("open('ran', 'w')\ndef handler(e, c): pass")}
                    ) as server:
            for name in ("f", "py"):
                answer = server.invoke(name, {}, headers={"X-Amz-Invocation-Type": "DryRun"})
                self.assertEqual((answer.status, answer.body), (204, b""))
                self.assertNotIn("x-amz-executed-version", answer.headers)
                self.assertRegex(answer.request_id, f"^{UUID}$")
            self.assertEqual(server.invoke("nothing", {}, headers={"X-Amz-Invocation-Type": "DryRun"}).status, 404)
            self.assertEqual(invoked.processes_with(f"AWS_ENDPOINT_URL_LAMBDA={server.endpoint}"), [])
            self.assertFalse(os.path.exists(os.path.join(server.folder, "ran")))
            self.assertFalse(os.path.exists(os.path.join(server.code_folder("py"), "ran")))
            self.assertNotIn("START", server.log())
            self.assertEqual(server.invoke("f", {}).json, 1)
            self.assertTrue(os.path.exists(os.path.join(server.folder, "ran")))

    def test_what_is_not_json_starts_nothing(self):
        with Server({"f": command("sh", "-c", "touch ran; printf 1")}) as server:
            for body in (b"{", b"test", b"{'a':1}", b"\xff", b"[1,]", b"1 2"):
                answer = server.invoke("f", body=body)
                self.assertEqual((answer.status, answer.headers["x-amzn-errortype"]), (400, "InvalidRequestContentException"))
                self.assertTrue(answer.json["message"].startswith("Could not parse request body into json: "))
            answer = server.invoke("f", body=b" " * 6_291_457)
            self.assertEqual((answer.status, answer.headers["x-amzn-errortype"]), (413, "RequestEntityTooLargeException"))
            self.assertFalse(os.path.exists(os.path.join(server.folder, "ran")))

    def test_request_ids_are_fresh(self):
        with Server({"f": command("cat")}) as server:
            ids = {server.invoke("f", 1).request_id for _ in range(50)}
            self.assertEqual(len(ids), 50)


class Logs(unittest.TestCase):
    START = rf"START RequestId: (?P<id>{UUID}) Version: (?P<version>\S+)\n"
    REPORT = (r"END RequestId: (?P=id)\nREPORT RequestId: (?P=id)\tDuration: (?P<duration>\d+\.\d\d) ms\t"
              r"Billed Duration: (?P<billed>\d+) ms\tMemory Size: (?P<size>\d+) MB\tMax Memory Used: (?P<used>\d+) MB\t")
    COLD = r"Init Duration: (?P<init>\d+\.\d\d) ms\t"

    def test_the_tail_of_a_failed_init_shows_why(self):
        functions = {"py": python("print('loading')\nraise ValueError('no config')"), "gone": python("import sys; sys.exit('bye')"),
                     "js": nodejs("console.log('loading'); throw new Error('no config');")}
        with Server(functions) as server:
            for name, lines in (("py", r"loading\n.*\[ERROR\] ValueError: no config\n"), ("js", r".*\tloading\n.*\tERROR\t.*no config"),
                                ("gone", r"bye\nRequestId: \S+ Error: Runtime exited with error: exit status 1\n")):
                log = server.invoke(name, {}, tail=True).log
                self.assertRegex(log, r"(?s)\ASTART RequestId: \S+ Version: \$LATEST\n" + lines + r".*END RequestId")

    def assert_tail(self, answer, lines, is_cold):
        pattern = self.START + lines + self.REPORT + (self.COLD if is_cold else "") + r"\n"
        match = re.fullmatch(pattern, answer.log)
        self.assertIsNotNone(match, f"{answer.log!r} isn't {pattern!r}")
        self.assertEqual(match["id"], answer.request_id)
        return match

    def test_start_end_report(self):
        source = "import time\nprint('at init')\ndef handler(e, c):\n    print('hello'); time.sleep(0.05)\n"
        functions = {"py": python(source, MemorySize=256), "sh": command("sh", "-c", "echo hello >&2"),
                     "js": nodejs("exports.handler = async () => { process.stdout.write('hello\\n'); };")}
        with Server(functions) as server:
            cold = self.assert_tail(server.invoke("py", {}, tail=True), "hello\n", True)
            self.assertEqual((cold["version"], cold["size"]), ("$LATEST", "256"))
            self.assertGreaterEqual(float(cold["duration"]), 50)
            self.assertGreater(float(cold["init"]), 1)
            self.assertLessEqual(abs(float(cold["duration"]) + float(cold["init"]) - int(cold["billed"])), 1.01)
            self.assertTrue(3 < int(cold["used"]) < 200, cold["used"])
            warm = self.assert_tail(server.invoke("py", {}, tail=True), "hello\n", False)
            self.assertLess(0, int(warm["billed"]) - float(warm["duration"]) + 0.01)
            self.assert_tail(server.invoke("js", {}, tail=True), "hello\n", True)
            self.assert_tail(server.invoke("js", {}, tail=True), "hello\n", False)
            for _ in range(2):
                self.assert_tail(server.invoke("sh", {}, tail=True), "hello\n", False)
            self.assertIn("[py] at init", server.log())

    def test_the_memory_is_measured(self):
        source = "kept = None\ndef handler(e, c):\n    global kept\n    kept = b'x' * (e * 1024 * 1024)\n"
        with Server({"f": python(source, MemorySize=512)}) as server:
            small = self.assert_tail(server.invoke("f", 1, tail=True), "", True)
            self.assertGreater(int(small["used"]), 3)
            import time
            time.sleep(0.15)  # it is read no more often than each 0.1 s
            large = self.assert_tail(server.invoke("f", 150, tail=True), "", False)
            self.assertGreater(int(large["used"]), int(small["used"]) + 140)

    def test_every_line_with_its_function_and_request(self):
        with Server({"f": fixture("python-print"), "g": fixture("nodejs-console")}) as server:
            id = server.invoke("f", {"lines": ["one", "two words", ""]}).request_id
            server.wait_for_log(f"REPORT RequestId: {id}")
            for line in ("one", "two words", "to stderr"):
                self.assertRegex(server.log(), rf"(?m)\[f {id}\] {line}$")
            id = server.invoke("g", {"text": "raw"}).request_id
            server.wait_for_log(f"REPORT RequestId: {id}")
            for line in ("raw to stdout", "raw to stderr", rf"\S+Z\t{id}\tERROR\tan error"):
                self.assertRegex(server.log(), rf"(?m)\[g {id}\] {line}$")

    def test_python_logging(self):
        with Server({"f": fixture("python-logging")}) as server:
            answer = server.invoke("f", {}, tail=True)
            stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
            self.assert_tail(answer, rf"\[INFO\]\t{stamp}\t(?P=id)\tsome information\n\[WARNING\]\t{stamp}\t(?P=id)\ta warning\n",
                             True)

    def test_exactly_the_last_4096_bytes(self):
        source = "def handler(e, c):\n    print('a' * e)\n"
        with Server({"f": python(source), "c": command("sh", "-c", "head -c 20000 /dev/zero | tr '\\0' a >&2; echo >&2")}) as server:
            server.invoke("f", 1)
            whole = server.invoke("f", 100, tail=True).tail
            self.assertTrue(whole.startswith(b"START"))
            for count in (3000, 4000, 4096, 5000, 100_000, 1_000_000):
                answer = server.invoke("f", count, tail=True)
                rest = re.search(rb"\nEND .*\Z", answer.tail, re.DOTALL)[0]
                text = (b"START RequestId: %s Version: $LATEST\n" % answer.request_id.encode() + b"a" * count + rest)
                self.assertEqual(answer.tail, text[-4096:])
                self.assertEqual(len(answer.tail), min(4096, len(text)))
            self.assertEqual(len(server.invoke("c", {}, tail=True).tail), 4096)

    def test_only_where_it_is_asked_for(self):
        with Server({"f": command("cat")}) as server:
            self.assertNotIn("x-amz-log-result", server.invoke("f", {}).headers)
            self.assertNotIn("x-amz-log-result", server.invoke("f", {}, headers={"X-Amz-Log-Type": "None"}).headers)
            self.assertEqual(server.invoke("f", {}, headers={"X-Amz-Log-Type": "tail"}).status, 400)

    def test_lines_of_one_invocation_are_not_in_the_next(self):
        source = "n = 0\ndef handler(e, c):\n    global n\n    n += 1\n    print(f'line of {n}', flush=(n % 2 == 0))\n    return n\n"
        with Server({"f": python(source)}) as server:
            for n in range(1, 30):
                answer = server.invoke("f", {}, tail=True)
                self.assert_tail(answer, f"line of {n}\n", n == 1)

    def test_as_json(self):
        with Server({"f": fixture("python-print")}, arguments=["--log-format", "json"]) as server:
            id = server.invoke("f", {"lines": ['quotes " and ä']}).request_id
            server.wait_for_log(f"REPORT RequestId: {id}")
            lines = [json.loads(line) for line in server.log().splitlines()]
            self.assertTrue(any('quotes " and ä' in line.values() for line in lines), lines)


if __name__ == "__main__":
    invoked.run_tests()
