"""The cases of client_cases.py through the AWS SDK for Rust.

test: timeout 1200
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import invoked  # noqa: E402
from case_runner import cases_through  # noqa: E402
from line_adapter import LineAdapter  # noqa: E402
from toolchains import rust_program  # noqa: E402


class Rust(LineAdapter):
    @staticmethod
    def words():
        return [rust_program("rust", "sdk-rust")]


Cases = cases_through(Rust)

if __name__ == "__main__":
    invoked.run_tests()
