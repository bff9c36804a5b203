"""The cases of client_cases.py through boto3."""

import base64
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import invoked  # noqa: E402
from case_runner import Adapter, cases_through  # noqa: E402
from client_cases import Outcome  # noqa: E402

import boto3  # noqa: E402
import botocore.exceptions  # noqa: E402
from botocore.config import Config  # noqa: E402


class Boto3(Adapter):
    title = "boto3, of Debian 12"
    version = "1.26"
    point = """boto3.client("lambda", endpoint_url="http://127.0.0.1:3001", region_name="us-east-1",
             aws_access_key_id="local", aws_secret_access_key="local")"""
    operations = frozenset({"Invoke", "InvokeAsync"})
    def __init__(self, endpoint, folder):
        super().__init__(endpoint, folder)
        self.client = self.client_of(endpoint, max_pool_connections=64)

    @classmethod
    def client_of(cls, endpoint, **config):
        retries = {"mode": cls.retry_mode} if cls.retry_mode else {"mode": "standard", "total_max_attempts": cls.attempts}
        return boto3.client("lambda", endpoint_url=endpoint, region_name="us-east-1",
                            aws_access_key_id="local", aws_secret_access_key="local",
                            config=Config(retries=retries, **config))

    def perform(self, operation):
        return self.perform_by(self.client, operation)

    @staticmethod
    def perform_by(client, operation):
        members = dict(operation.members)
        if "ClientContext" in members:
            members["ClientContext"] = base64.b64encode(json.dumps(members["ClientContext"]).encode()).decode()
        try:
            if operation.name == "InvokeAsync":
                answer = client.invoke_async(**members)
                return Outcome(status=answer["Status"], payload=b"", request_id=answer["ResponseMetadata"]["RequestId"])
            answer = client.invoke(**members)
        except botocore.exceptions.ClientError as error:
            told = error.response
            assert type(error) is getattr(client.exceptions, told["Error"]["Code"], botocore.exceptions.ClientError), error
            return Outcome(error=told["Error"]["Code"], message=told["Error"]["Message"], type=told.get("Type"),
                           error_status=told["ResponseMetadata"]["HTTPStatusCode"], reason=told.get("Reason"),
                           request_id=told["ResponseMetadata"]["RequestId"])
        log = answer.get("LogResult")
        return Outcome(status=answer["StatusCode"], payload=answer["Payload"].read(), version=answer.get("ExecutedVersion"),
                       function_error=answer.get("FunctionError"), log=log and base64.b64decode(log).decode(),
                       request_id=answer["ResponseMetadata"]["RequestId"])

    def perform_in_turn(self, operations, endpoint):
        client = self.client_of(endpoint)
        try:
            return [self.perform_by(client, operation) for operation in operations]
        finally:
            client.close()

    def abandon(self, operation, is_running):
        """It can't be told to, it can only lose patience: once, with fewer attempts than it has elsewhere."""
        client = boto3.client("lambda", endpoint_url=self.endpoint, region_name="us-east-1",
                              aws_access_key_id="local", aws_secret_access_key="local",
                              config=Config(retries={"total_max_attempts": 1}, read_timeout=1))
        try:
            client.invoke(**operation.members)
        except botocore.exceptions.ReadTimeoutError:
            return
        finally:
            client.close()
        raise AssertionError("it was answered")

    def close(self):
        self.client.close()


Cases = cases_through(Boto3)

if __name__ == "__main__":
    invoked.run_tests()
