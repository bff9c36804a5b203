"""The cases of client_cases.py through the AWS SDK for Kotlin.

test: timeout 1200
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import invoked  # noqa: E402
from case_runner import cases_through  # noqa: E402
from line_adapter import LineAdapter  # noqa: E402
from toolchains import kotlin_folder, package_version, tool  # noqa: E402


class Kotlin(LineAdapter):
    title = "AWS SDK for Kotlin"
    version = package_version("kotlin/pom.xml", r"<version>(1\..+)</version>")
    point = """val lambda = LambdaClient { endpointUrl = Url.parse("http://127.0.0.1:3001"); region = "us-east-1" }"""
    untold = frozenset({"request_id"})

    @staticmethod
    def words():
        folder = kotlin_folder("kotlin", "sdk")
        return [tool("java"), "-XX:TieredStopAtLevel=1", "-cp", f"{folder}/classes:{folder}/lib/*", "SdkKotlinKt"]


Cases = cases_through(Kotlin)

if __name__ == "__main__":
    invoked.run_tests()
