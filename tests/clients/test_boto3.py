"""Debian's boto3 as a program's tests would use it: names, error classes, payloads."""

import base64
import json
import os
import sys
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import invoked  # noqa: E402
from invoked import SLOWNESS, UUID, Server, command, fixture, python  # noqa: E402

import botocore.exceptions  # noqa: E402

ARN = "arn:aws:lambda:us-east-1:123456789012:function:"


class Boto3(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server({
            "f": {**command("cat"), "Versions": {"1": {}}, "Aliases": {"live": {"FunctionVersion": "1"}}},
            "py": fixture("python-hello"), "echo": fixture("python-echo", MemorySize=512), "error": fixture("python-error"),
            "context": fixture("python-client-context"), "none": command("true", ReservedConcurrentExecutions=0),
            "sleep": fixture("python-sleep", Timeout=60),
            "marker": command("sh", "-c", "touch marker; printf 1"),
            "caller": python("import boto3\ndef handler(event, context):\n"
                             "    answer = boto3.client('lambda', endpoint_url=__import__('os').environ['AWS_ENDPOINT_URL_LAMBDA'])"
                             ".invoke(FunctionName='f', Payload=b'[1]')\n    return answer['Payload'].read().decode()\n",
                             Environment={"Variables": {"PATH": "/usr/bin:/bin"}}),
        })
        cls.client = cls.server.client(max_pool_connections=64)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.server.__exit__(None, None, None)

    def assert_client_error(self, code, status, call, **arguments):
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            call(**arguments)
        response = caught.exception.response
        self.assertEqual((response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]), (code, status))
        self.assertRegex(response["ResponseMetadata"]["RequestId"], f"^{UUID}$")
        return caught.exception

    def test_by_every_name(self):
        for name in ("f", "f:live", "function:f", "123456789012:function:f", ARN + "f", ARN + "f:$LATEST", ARN + "f:live"):
            with self.subTest(name=name):
                answer = self.client.invoke(FunctionName=name, Payload=b'{"n": 1}')
                self.assertEqual((answer["StatusCode"], answer["Payload"].read()), (200, b'{"n": 1}'))
                self.assertEqual(answer["ExecutedVersion"], "1" if name.endswith("live") else "$LATEST")
                self.assertNotIn("FunctionError", answer)
                self.assertEqual(answer["ResponseMetadata"]["RetryAttempts"], 0)
        self.assertEqual(self.client.invoke(FunctionName="f", Qualifier="live")["ExecutedVersion"], "1")

    def test_payloads(self):
        for event in (b"", b"null", b"0", b'"text"', b"[]", b'{"a": 1}', '"ä✓"'.encode()):
            answer = self.client.invoke(FunctionName="f", Payload=event)
            self.assertEqual(answer["Payload"].read(), event or b"{}")
        event = b'"' + b"x" * (6_291_456 - 2) + b'"'
        self.assertTrue(self.client.invoke(FunctionName="echo", Payload=event)["Payload"].read() == event)

    def test_a_function_error(self):
        answer = self.client.invoke(FunctionName="error", Payload=b'{"message": "ouch"}', LogType="Tail")
        self.assertEqual((answer["StatusCode"], answer["FunctionError"]), (200, "Unhandled"))
        error = json.load(answer["Payload"])
        self.assertEqual((error["errorMessage"], error["errorType"]), ("ouch", "Exception"))
        self.assertEqual(error["requestId"], answer["ResponseMetadata"]["RequestId"])
        self.assertIn(f"START RequestId: {error['requestId']}", base64.b64decode(answer["LogResult"]).decode())

    def test_dry_run(self):
        answer = self.client.invoke(FunctionName="marker", InvocationType="DryRun")
        self.assertEqual((answer["StatusCode"], answer["Payload"].read()), (204, b""))
        self.assertFalse(os.path.exists(os.path.join(self.server.folder, "marker")))

    def test_a_client_context(self):
        context = {"custom": {"foo": "bar"}, "client": {"app_title": "t"}, "env": {"a": "b"}}
        answer = self.client.invoke(FunctionName="context", ClientContext=base64.b64encode(json.dumps(context).encode()).decode())
        found = json.load(answer["Payload"])
        self.assertEqual((found["custom"], found["env"], found["client"]["app_title"]), ({"foo": "bar"}, {"a": "b"}, "t"))

    def test_error_classes(self):
        exceptions = self.client.exceptions
        invoke = self.client.invoke
        error = self.assert_client_error("ResourceNotFoundException", 404, invoke, FunctionName="nothing")
        self.assertIsInstance(error, exceptions.ResourceNotFoundException)
        self.assertEqual(error.response["Message"], f"Function not found: {ARN}nothing:$LATEST")
        self.assertEqual(error.response["Type"], "User")
        error = self.assert_client_error("InvalidRequestContentException", 400, invoke, FunctionName="f", Payload=b"{")
        self.assertIsInstance(error, exceptions.InvalidRequestContentException)
        error = self.assert_client_error("TooManyRequestsException", 429, invoke, FunctionName="none")
        self.assertIsInstance(error, exceptions.TooManyRequestsException)
        self.assertEqual(error.response["Reason"], "ReservedFunctionConcurrentInvocationLimitExceeded")
        error = self.assert_client_error("InvalidParameterValueException", 400, invoke, FunctionName="f:live", Qualifier="1")
        self.assertIsInstance(error, exceptions.InvalidParameterValueException)
        self.assert_client_error("ValidationException", 400, invoke, FunctionName="f", Qualifier="a!")
        self.assert_client_error("ValidationException", 400, invoke, FunctionName="f", LogType="Long")
        self.assert_client_error("RequestEntityTooLargeException", 413, invoke, FunctionName="f", Payload=b" " * 6_291_457)
        error = self.assert_client_error("ResourceNotFoundException", 404, invoke,
                                         FunctionName="arn:aws:lambda:eu-west-1:123456789012:function:f")
        self.assertEqual(error.response["Message"], "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')")

    def test_64_at_once_that_sleep_100_ms(self):
        def run(_):
            return self.client.invoke(FunctionName="sleep", Payload=b'{"seconds": 0.1}')["StatusCode"]

        with ThreadPoolExecutor(64) as pool:
            self.assertEqual(set(pool.map(run, range(64))), {200})
            took = []
            for _ in range(2):
                began = time.monotonic()
                self.assertEqual(set(pool.map(run, range(64))), {200})
                took.append(time.monotonic() - began)
        self.assertLess(min(took), 2 * SLOWNESS)  # 6.4 s one after the other; most of it is boto3's own

    def test_a_handler_that_calls_another_by_boto3(self):
        answer = self.client.invoke(FunctionName="caller")
        self.assertEqual(json.load(answer["Payload"]), "[1]")

    def test_a_client_that_gives_up(self):
        impatient = self.server.client(read_timeout=0.3)
        with self.assertRaises(botocore.exceptions.ReadTimeoutError):
            impatient.invoke(FunctionName="sleep", Payload=b'{"seconds": 2}')
        impatient.close()
        self.assertEqual(self.client.invoke(FunctionName="py")["StatusCode"], 200)


if __name__ == "__main__":
    invoked.run_tests()
