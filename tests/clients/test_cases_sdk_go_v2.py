"""The cases of client_cases.py through the AWS SDK for Go v2.

test: timeout 1200
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import invoked  # noqa: E402
from case_runner import cases_through  # noqa: E402
from line_adapter import LineAdapter  # noqa: E402
from toolchains import go_program, package_version  # noqa: E402


class GoV2(LineAdapter):
    title = "AWS SDK for Go v2"
    version = package_version("go/go.mod", r"service/lambda v(.+)")
    point = """client := lambda.NewFromConfig(config, func(o *lambda.Options) {
	o.BaseEndpoint = aws.String("http://127.0.0.1:3001") })"""
    @staticmethod
    def words():
        return [go_program("go", "sdkv2")]


Cases = cases_through(GoV2)

if __name__ == "__main__":
    invoked.run_tests()
