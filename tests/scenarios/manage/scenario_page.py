"""docs/management.md has a row for each operation of the table, with the method and path that AWS's model has."""

import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
from invoked import ROOT, run_tests  # noqa: E402


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


class Page(unittest.TestCase):
    def test_the_page_has_every_operation_and_no_other(self):
        served = re.findall(r'^ +\{"([A-Z]\w+)", ', read("handlers/manage/manage_operations.c"), re.MULTILINE)
        modelled = {name: f"{method} {path}" for name, method, path
                    in re.findall(r'\{"(\w+)", "(\w+)", "([^"]+)"\}', read("handlers/lambda/api_operations.c"))}
        told = dict(re.findall(r"^\| `([A-Z]\w+)` \| `(\w+ [^`]+)` \|", read("docs/management.md"), re.MULTILINE))
        self.assertGreater(len(served), 60)
        self.assertEqual(told, {name: modelled[name] for name in served})


if __name__ == "__main__":
    run_tests()
