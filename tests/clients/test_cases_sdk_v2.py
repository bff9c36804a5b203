"""The cases of client_cases.py through the AWS SDK for JavaScript v2."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import invoked  # noqa: E402
from case_runner import cases_through  # noqa: E402
from line_adapter import NodeAdapter  # noqa: E402
from toolchains import package_version  # noqa: E402


class SdkV2(NodeAdapter):
    title = "AWS SDK for JavaScript v2"
    version = package_version("package.json", r'"aws-sdk": "(.+)"')
    point = """const lambda = new Lambda({ endpoint: "http://127.0.0.1:3001", region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" } });"""
    program = "sdk_v2.mjs"
    # It drops what an InvokeComplete event holds.
    untold = frozenset({"type", "reason", "InvokeWithResponseStream.function_error", "error_details"})


Cases = cases_through(SdkV2)

if __name__ == "__main__":
    invoked.run_tests()
