"""The cases of client_cases.py through the newest boto3 of PyPI, in a virtual environment (Debian's: test_cases_boto3.py).

test: timeout 600
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import invoked  # noqa: E402
from case_runner import cases_through  # noqa: E402
from line_adapter import LineAdapter  # noqa: E402
from toolchains import FOLDER, python_packages  # noqa: E402

BOTO3 = "1.44.8"


class NewestBoto3(LineAdapter):
    title = "boto3, newest"
    version = BOTO3
    point = """export AWS_ENDPOINT_URL_LAMBDA=http://127.0.0.1:3001 AWS_DEFAULT_REGION=us-east-1
export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local"""
    @staticmethod
    def words():
        return [python_packages("boto3", f"boto3=={BOTO3}"), "-B", os.path.join(FOLDER, "boto3_lines.py")]

    def abandon(self, operation, is_running):
        """It can't be told to go away; a process that ends takes its connections along."""
        another = NewestBoto3(self.endpoint, self.folder)
        _, future = another.send(operation, another.endpoint)
        try:
            invoked.wait_for(is_running, "the operation to run")
        finally:
            another.process.kill()
            another.close()
        assert isinstance(future.exception(), EOFError), future


Cases = cases_through(NewestBoto3)

if __name__ == "__main__":
    invoked.run_tests()
