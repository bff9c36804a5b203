"""What a person types: the real AWS CLI and curl, as the log and the manual show them. Their cases in common with other
clients are those of test_cases_aws_cli.py and test_cases_curl.py.
"""

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
NAMES = ("f:live", "function:f", "123456789012:function:f", "123456789012:function:f:live", ARN + "f", ARN + "f:1")


class Clients(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.server = Server({
            "f": {**command("cat"), "Versions": {"1": {}}, "Aliases": {"live": {"FunctionVersion": "1"}}},
            "echo": fixture("python-echo", MemorySize=512),
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
    def test_the_sample(self):
        with Server(config=os.path.join(ROOT, "config", "invoked.json")) as server:
            process = self.run_program(AWS, "--endpoint-url", server.endpoint, "lambda", "invoke", "--function-name", "echo",
                                       "/dev/stdout")
            self.assertEqual(process.returncode, 0, process.stderr)
            self.assertTrue(process.stdout.startswith(b"{}"), process.stdout)
            self.assertIn(b'"StatusCode": 200', process.stdout)

    def test_a_payload_on_the_command_line(self):
        out = os.path.join(self.folder, "out.json")
        process = self.run_program(AWS, "--endpoint-url", self.server.endpoint, "lambda", "invoke", "--function-name", "f:live",
                                   "--cli-binary-format", "raw-in-base64-out", "--payload", '{"n": 1}', out)
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertEqual(json.loads(process.stdout), {"StatusCode": 200, "ExecutedVersion": "1"})
        with open(out, "rb") as file:
            self.assertEqual(file.read(), b'{"n": 1}')


class Curl(Clients):
    def curl(self, name, *words, input=None):
        return self.run_program("curl", "-sS", "-i", f"{self.server.endpoint}/2015-03-31/functions/{name}/invocations", *words,
                                input=input).stdout

    def test_by_every_name_encoded(self):
        for name in NAMES:
            with self.subTest(name=name):
                answer = self.curl(name.replace(":", "%3A"), "-d", '{"n": 1}')
                self.assertTrue(answer.startswith(b"HTTP/1.1 200 OK\r\n"), answer)
                self.assertTrue(answer.endswith(b'\r\n\r\n{"n": 1}'), answer)

    def test_get_is_not_the_operation(self):
        answer = self.curl("f")
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

    def test_a_web_page_is_refused(self):
        answer = self.curl("f", "-d", "1", "-H", "Origin: https://example.com")
        self.assertTrue(answer.startswith(b"HTTP/1.1 403 "), answer)
        answer = self.curl("f", "-d", "1", "-H", "Host: attacker.example")
        self.assertTrue(answer.startswith(b"HTTP/1.1 403 "), answer)


if __name__ == "__main__":
    invoked.run_tests()
