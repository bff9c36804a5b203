"""Every recorded case of the management API answers as AWS did (recorded.json).

test: timeout 300
"""

import json
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, "..", "..", "support"))
from invoked import Server, run_tests  # noqa: E402
from recorded import Case, Difference  # noqa: E402

with open(os.path.join(HERE, "recorded.json"), encoding="utf-8") as file:
    CASES = json.load(file)["cases"]


class Recorded(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server({}).__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def test_there_are_cases(self):
        self.assertGreater(len(CASES), 300)


def make_test(index, case):
    def test(self):
        try:
            Case(self.server, case, f"{200000000000 + index}").run()
        except Difference as difference:
            self.fail(str(difference))

    return test


for index, case in enumerate(CASES):
    name = case["id"].replace("-", "_").replace(".", "_")
    assert not hasattr(Recorded, f"test_{name}"), name
    setattr(Recorded, f"test_{name}", make_test(index, case))


if __name__ == "__main__":
    run_tests()
