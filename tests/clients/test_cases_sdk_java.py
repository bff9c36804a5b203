"""The cases of client_cases.py through the AWS SDK for Java v2.

test: timeout 1200
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import invoked  # noqa: E402
from case_runner import cases_through  # noqa: E402
from line_adapter import LineAdapter  # noqa: E402
from toolchains import java_folder, package_version, tool  # noqa: E402


class Java(LineAdapter):
    title = "AWS SDK for Java v2"
    version = package_version("java/pom.xml", r"<version>(2\..+)</version>")
    point = """LambdaClient client = LambdaClient.builder().endpointOverride(URI.create("http://127.0.0.1:3001"))
    .region(Region.US_EAST_1).build();"""
    operations = frozenset({"Invoke", "InvokeWithResponseStream"})
    spare_connections = 2

    @staticmethod
    def words():
        folder = java_folder("java", "sdk")
        return [tool("java"), "-XX:TieredStopAtLevel=1", "-cp", f"{folder}/classes:{folder}/lib/*", "SdkJava"]


Cases = cases_through(Java)

if __name__ == "__main__":
    invoked.run_tests()
