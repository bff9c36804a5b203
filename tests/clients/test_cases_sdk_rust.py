"""The cases of client_cases.py through the AWS SDK for Rust.

test: timeout 1200
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import invoked  # noqa: E402
from case_runner import cases_through  # noqa: E402
from line_adapter import LineAdapter  # noqa: E402
from toolchains import package_version, rust_program  # noqa: E402


class Rust(LineAdapter):
    title = "AWS SDK for Rust"
    version = package_version("rust/Cargo.toml", r'aws-sdk-lambda = .*"=(.+?)"')
    point = """let config = aws_config::from_env().endpoint_url("http://127.0.0.1:3001").load().await;
let client = aws_sdk_lambda::Client::new(&config);"""
    @staticmethod
    def words():
        return [rust_program("rust", "sdk-rust")]


Cases = cases_through(Rust)

if __name__ == "__main__":
    invoked.run_tests()
