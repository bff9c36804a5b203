"""The cases of client_cases.py through version 1 of the AWS CLI, of PyPI, a process for each operation.

test: timeout 600
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import invoked  # noqa: E402
from aws_cli_adapter import AwsCli  # noqa: E402
from case_runner import cases_through  # noqa: E402
from toolchains import python_packages  # noqa: E402

AWSCLI = "1.46.3"


class AwsCliV1(AwsCli):
    title = "AWS CLI 1"
    version = AWSCLI
    point = """export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=us-east-1
aws --endpoint-url http://127.0.0.1:3001 lambda invoke --function-name hello out.json"""
    refused = 255

    @staticmethod
    def programs():
        python = python_packages("awscli", f"awscli=={AWSCLI}")
        return python, os.path.join(os.path.dirname(python), "aws")


Cases = cases_through(AwsCliV1)

if __name__ == "__main__":
    invoked.run_tests()
