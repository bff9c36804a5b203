"""What a person types: the real AWS CLI and curl, against the sample configuration and a few functions more.

test: timeout 300
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import invoked  # noqa: E402
from invoked import ROOT, Server, clean_environment, command, fixture  # noqa: E402

AWS = "/usr/bin/aws" if os.path.exists("/usr/bin/aws") else shutil.which("aws")
ARN = "arn:aws:lambda:us-east-1:123456789012:function:"
NAMES = ("f", "f:live", "function:f", "123456789012:function:f", "123456789012:function:f:live", ARN + "f", ARN + "f:1")


class Clients(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.server = Server({
            "f": {**command("cat"), "Versions": {"1": {}}, "Aliases": {"live": {"FunctionVersion": "1"}}},
            "py": fixture("python-hello"), "js": fixture("nodejs-hello"), "error": fixture("python-error"),
            "echo": fixture("python-echo", MemorySize=512), "context": fixture("nodejs-context"),
            "marker": command("sh", "-c", "touch marker; printf 1"),
            "slow": fixture("python-sleep", Timeout=1),
        })

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)
        cls.server.__exit__(None, None, None)

    def run_program(self, *words, input=None):
        return subprocess.run(words, input=input, capture_output=True, cwd=self.folder, timeout=120,
                              env=clean_environment(AWS_ACCESS_KEY_ID="local", AWS_SECRET_ACCESS_KEY="local", AWS_MAX_ATTEMPTS="1",
                                                    AWS_REGION="us-east-1", AWS_DEFAULT_REGION="us-east-1", AWS_CONFIG_FILE="/dev/null",
                                                    AWS_SHARED_CREDENTIALS_FILE="/dev/null", AWS_EC2_METADATA_DISABLED="true"))


class AwsCli(Clients):
    def invoke(self, *words, payload=None):
        """The CLI's own output, and what it wrote to the file."""
        out = os.path.join(self.folder, "out.json")
        if os.path.exists(out):
            os.remove(out)
        more = [] if payload is None else ["--cli-binary-format", "raw-in-base64-out", "--payload", payload]
        process = self.run_program(AWS, "--endpoint-url", self.server.endpoint, "lambda", "invoke", *words, *more, out)
        if process.returncode != 0:
            return process.returncode, process.stderr.decode(), None
        with open(out, "rb") as file:
            return 0, json.loads(process.stdout), file.read()

    def test_the_sample_as_in_the_log(self):
        with Server(config=os.path.join(ROOT, "config", "invoked.json")) as server:
            hint = server.wait_for_log(r"try: (aws .*)$")[1]
            process = self.run_program("sh", "-c", hint.replace("aws ", AWS + " ", 1))
            self.assertEqual(process.returncode, 0, process.stderr)
            self.assertTrue(process.stdout.startswith(b"{}"), process.stdout)  # echo, the first of the sample
            self.assertIn(b'"StatusCode": 200', process.stdout)

    def test_by_every_name(self):
        for name in NAMES:
            with self.subTest(name=name):
                status, told, out = self.invoke("--function-name", name, payload='{"n": 1}')
                self.assertEqual((status, out), (0, b'{"n": 1}'), told)
                version = "1" if name.endswith((":live", ":1")) else "$LATEST"
                self.assertEqual(told, {"StatusCode": 200, "ExecutedVersion": version})

    def test_a_qualifier(self):
        status, told, _ = self.invoke("--function-name", "f", "--qualifier", "live", payload="1")
        self.assertEqual(told["ExecutedVersion"], "1")

    def test_the_runtimes(self):
        for name in ("py", "js"):
            self.assertEqual(json.loads(self.invoke("--function-name", name, payload='{"name": "Ada"}')[2]), {"message": "Hello, Ada"})
            self.assertEqual(json.loads(self.invoke("--function-name", name)[2]), {"message": "Hello, world"})

    def test_a_function_error_and_its_log(self):
        _, told, out = self.invoke("--function-name", "error", "--log-type", "Tail", payload='{"message": "ouch"}')
        self.assertEqual((told["StatusCode"], told["FunctionError"]), (200, "Unhandled"))
        self.assertEqual(json.loads(out)["errorMessage"], "ouch")
        log = base64.b64decode(told["LogResult"]).decode()
        self.assertTrue(log.startswith("START RequestId: ") and "[ERROR] Exception: ouch" in log and "\nREPORT " in log)

    def test_a_timeout(self):
        _, told, out = self.invoke("--function-name", "slow", payload='{"seconds": 20}')
        self.assertEqual((told["FunctionError"], json.loads(out)["errorType"]), ("Unhandled", "Sandbox.Timedout"))

    def test_dry_run(self):
        _, told, out = self.invoke("--function-name", "marker", "--invocation-type", "DryRun", payload="{}")
        self.assertEqual((told, out), ({"StatusCode": 204}, b""))
        self.assertFalse(os.path.exists(os.path.join(self.server.folder, "marker")))

    def test_a_client_context(self):
        context = {"custom": {"foo": "bar"}, "client": {}, "env": {}}
        _, _, out = self.invoke("--function-name", "context", "--client-context", base64.b64encode(json.dumps(context).encode()).decode())
        self.assertEqual(json.loads(out)["clientContext"], context)

    def test_an_unknown_function(self):
        status, told, _ = self.invoke("--function-name", "nothing")
        self.assertEqual(status, 254)
        self.assertIn("(ResourceNotFoundException) when calling the Invoke operation", told)
        self.assertIn(f": Function not found: {ARN}nothing:$LATEST\n", told)

    def test_what_is_not_json(self):
        status, told, _ = self.invoke("--function-name", "f", payload="{oops")
        self.assertEqual(status, 254)
        self.assertIn("(InvalidRequestContentException) when calling the Invoke operation", told)
        self.assertIn(": Could not parse request body into json: ", told)

    def test_six_megabytes(self):
        path = os.path.join(self.folder, "large.json")
        text = b'"' + b"m" * (6_291_456 - 2) + b'"'
        with open(path, "wb") as file:
            file.write(text)
        status, told, out = self.invoke("--function-name", "echo", payload=f"fileb://{path}")
        self.assertEqual(status, 0, told)
        self.assertTrue(out == text)
        with open(path, "ab") as file:
            file.write(b" ")
        status, told, _ = self.invoke("--function-name", "echo", payload=f"fileb://{path}")
        self.assertEqual(status, 254)
        self.assertIn("(RequestEntityTooLargeException)", told)
        self.assertIn("Request must be smaller than 6291456 bytes for the InvokeFunction operation", told)


class Curl(Clients):
    def curl(self, name, *words, input=None):
        return self.run_program("curl", "-sS", "-i", f"{self.server.endpoint}/2015-03-31/functions/{name}/invocations", *words,
                                input=input).stdout

    def test_by_every_name(self):
        for name in NAMES:
            for path in (name, name.replace(":", "%3A")):
                with self.subTest(path=path):
                    answer = self.curl(path, "-d", '{"n": 1}')
                    self.assertTrue(answer.startswith(b"HTTP/1.1 200 OK\r\n"), answer)
                    self.assertTrue(answer.endswith(b'\r\n\r\n{"n": 1}'), answer)

    def test_without_a_body(self):
        self.assertTrue(self.curl("py", "-X", "POST").endswith(b'{"message": "Hello, world"}'))

    def test_get_is_not_the_operation(self):
        answer = self.curl("py")
        self.assertTrue(answer.startswith(b"HTTP/1.1 403 "), answer)
        self.assertTrue(answer.endswith(b"<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be "
                                        b"authorized</Message>\n</AccessDeniedException>\n"), answer)

    def test_expect_continue_and_chunks(self):
        text = b'"' + os.urandom(1_000_000).hex().encode() + b'"'
        path = os.path.join(self.folder, "event.json")
        with open(path, "wb") as file:
            file.write(text)
        for words in (("-H", "Expect: 100-continue"), ("-H", "Transfer-Encoding: chunked"), ("--http1.0",)):
            with self.subTest(words=words):
                self.assertTrue(self.curl("echo", *words, "--data-binary", f"@{path}").endswith(b"\r\n\r\n" + text))

    def test_many_over_one_connection(self):
        url = f"{self.server.endpoint}/2015-03-31/functions/f/invocations"
        words = []
        for n in range(20):
            words += ([] if n == 0 else ["--next"]) + ["-sS", "-w", "%{num_connects} ", "-d", str(n), url]
        output = self.run_program("curl", *words).stdout
        self.assertEqual(output, b"".join(b"%d%d " % (n, n == 0) for n in range(20)))

    def test_a_web_page_is_refused(self):
        answer = self.curl("f", "-d", "1", "-H", "Origin: https://example.com")
        self.assertTrue(answer.startswith(b"HTTP/1.1 403 "), answer)
        answer = self.curl("f", "-d", "1", "-H", "Host: attacker.example")
        self.assertTrue(answer.startswith(b"HTTP/1.1 403 "), answer)


if __name__ == "__main__":
    invoked.run_tests()
