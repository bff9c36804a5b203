"""The cases of client_cases.py through the AWS SDK for JavaScript v3."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import invoked  # noqa: E402
from case_runner import cases_through  # noqa: E402
from line_adapter import NodeAdapter  # noqa: E402
from toolchains import package_version  # noqa: E402


class SdkV3(NodeAdapter):
    title = "AWS SDK for JavaScript v3"
    version = package_version("package-lock.json", r'node_modules/@aws-sdk/client-lambda": {\s+"version": "(.+)"')
    point = """const lambda = new LambdaClient({ endpoint: "http://127.0.0.1:3001", region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" } });"""
    program = "sdk_v3.mjs"


Cases = cases_through(SdkV3)

if __name__ == "__main__":
    invoked.run_tests()
