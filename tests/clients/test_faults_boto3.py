"""Every exception of the table, asked for as a fault: boto3 raises the class that its model has for it, with its members.

The table is printed by tests/support/print_api_exceptions.c. An exception that the installed botocore doesn't know yet
(or that no model has) comes as a ClientError with that code.
"""

import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import invoked  # noqa: E402
from invoked import UUID, Server, command, wait_for  # noqa: E402

import botocore.exceptions  # noqa: E402

COLUMNS = ("name", "status", "message_key", "type", "reason", "is_modelled", "message")
MESSAGE = 'asked for by a test: "quoted", ä✓'
OWN_MEMBERS = {
    "TooManyRequestsException": {"Reason": "CallerRateLimitExceeded", "RetryAfterSeconds": 7},
    "EC2UnexpectedException": {"EC2ErrorCode": "Client.Odd"},
}


def read_table():
    program = os.path.join(os.environ["BUILD"], "tests", "support", "print_api_exceptions")
    lines = subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines()
    return [dict(zip(COLUMNS, line.split("\t"), strict=True)) for line in lines]


class FaultsInBoto3(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server({"f": command("cat"), "slow": command("sleep", "1")})
        cls.client = cls.server.client()
        cls.table = read_table()

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.server.__exit__(None, None, None)

    def put(self, fault):
        answer = self.server.request("PUT", "/_invoked/functions/f/faults", json.dumps(fault))
        self.assertEqual(answer.status, 200, answer)

    def calls(self):
        invoke = self.client.invoke
        return {
            "RequestResponse": lambda: invoke(FunctionName="f", Payload=b"{}"),
            "Event": lambda: invoke(FunctionName="f", InvocationType="Event", Payload=b"{}"),
            "DryRun": lambda: invoke(FunctionName="f", InvocationType="DryRun"),
            "InvokeAsync": lambda: self.client.invoke_async(FunctionName="f", InvokeArgs=b"{}"),
        }

    def expected_class(self, name):
        known = self.client.meta.service_model.error_shapes
        if any(shape.name == name for shape in known):
            return getattr(self.client.exceptions, name)
        return botocore.exceptions.ClientError

    def assert_raised(self, row, call, message, members):
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            call()
        error, response = caught.exception, caught.exception.response
        self.assertIs(type(error), self.expected_class(row["name"]))
        self.assertEqual(response["Error"]["Code"], row["name"])
        self.assertEqual(response["Error"]["Message"], message)
        self.assertEqual(response["ResponseMetadata"]["HTTPStatusCode"], int(row["status"]))
        self.assertEqual(response["ResponseMetadata"]["RetryAttempts"], 0)
        self.assertRegex(response["ResponseMetadata"]["RequestId"], f"^{UUID}$")
        if type(error) is botocore.exceptions.ClientError:
            return
        self.assertEqual(response.get("Type"), row["type"] or None)
        for name, value in members.items():
            name = "retryAfterSeconds" if name == "RetryAfterSeconds" else name
            self.assertEqual(response.get(name), str(value))

    def test_every_exception_with_the_members_that_were_asked_for(self):
        self.assertGreaterEqual(len(self.table), 44)
        for row in self.table:
            members = OWN_MEMBERS.get(row["name"], {})
            self.put({"Error": row["name"], "Message": MESSAGE, **members})
            for what, call in self.calls().items():
                with self.subTest(exception=row["name"], call=what):
                    self.assert_raised(row, call, MESSAGE, members)

    def test_every_exception_by_its_name_alone(self):
        """By header, which says nothing of the message: the table's stands in."""
        wanted = {}
        self.put([])
        self.client.meta.events.register("before-send.lambda", lambda request, **_: request.headers.update(wanted))
        for row in self.table:
            with self.subTest(exception=row["name"]):
                wanted["X-Invoked-Fault"] = row["name"]
                members = {"Reason": row["reason"]} if row["reason"] else {}
                self.assert_raised(row, self.calls()["RequestResponse"], row["message"], members)
        wanted.clear()
        self.assertEqual(self.calls()["RequestResponse"]()["StatusCode"], 200)

    def test_most_exceptions_are_known_to_the_model(self):
        known = [row["name"] for row in self.table if self.expected_class(row["name"]) is not botocore.exceptions.ClientError]
        self.assertGreaterEqual(len(known), 25)

    def test_connections_that_break(self):
        for when in ("Before", "After"):
            self.put({"Error": "Drop", "When": when})
            for what, call in self.calls().items():
                with self.subTest(when=when, call=what), self.assertRaises(botocore.exceptions.ConnectionClosedError):
                    call()

    def test_an_answer_that_is_cut_off(self):
        self.put({"Error": "Cut"})
        answer = self.client.invoke(FunctionName="f", Payload=json.dumps("x" * 1000))
        with self.assertRaises((botocore.exceptions.IncompleteReadError, botocore.exceptions.ResponseStreamingError)):
            answer["Payload"].read()

    def test_a_client_that_retries_survives(self):
        from botocore.config import Config
        import boto3

        client = boto3.client("lambda", endpoint_url=self.server.endpoint, region_name="us-east-1",
                              aws_access_key_id="local", aws_secret_access_key="local",
                              config=Config(retries={"max_attempts": 4, "mode": "standard"}))
        self.put([{"Error": "TooManyRequestsException", "Times": 1}, {"Error": "ServiceException", "Times": 1},
                  {"Error": "Drop", "Times": 1}])
        answer = client.invoke(FunctionName="f", Payload=b"5")
        self.assertEqual((answer["Payload"].read(), answer["ResponseMetadata"]["RetryAttempts"]), (b"5", 3))
        client.close()

    def test_slow_answers_are_tried_again_as_often_as_the_mode_says(self):
        """The client loses patience each time; the server runs what it has begun to its end."""
        import boto3
        from botocore.config import Config

        for mode, attempts in (("legacy", 5), ("standard", 3), ("adaptive", 3)):
            with self.subTest(mode=mode):
                self.assertEqual(self.server.request("DELETE", "/_invoked/invocations").status, 200)
                client = boto3.client("lambda", endpoint_url=self.server.endpoint, region_name="us-east-1", aws_access_key_id="local",
                                      aws_secret_access_key="local", config=Config(retries={"mode": mode}, read_timeout=0.3))
                with self.assertRaises(botocore.exceptions.ReadTimeoutError):
                    client.invoke(FunctionName="slow", Payload=b"{}")
                client.close()
                wait_for(lambda: "running" not in [row["Status"] for row in self.rows()], "the last attempt to end")
                self.assertEqual([row["Status"] for row in self.rows()], ["succeeded"] * attempts)

    def rows(self):
        return self.server.request("GET", "/_invoked/invocations").json


if __name__ == "__main__":
    invoked.run_tests()
