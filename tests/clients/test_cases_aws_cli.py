"""The cases of client_cases.py through the AWS CLI of Debian, version 2, a process for each operation.

test: timeout 300
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import invoked  # noqa: E402
from aws_cli_adapter import AwsCli  # noqa: E402
from case_runner import cases_through  # noqa: E402

Cases = cases_through(AwsCli)

if __name__ == "__main__":
    invoked.run_tests()
