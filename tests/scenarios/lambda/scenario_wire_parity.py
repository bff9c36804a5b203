"""docs/parity.md tells what answers as AWS does, and this checks it against the tables of scenario_wire_*.py.

A row of the page that names cases (`names.reach.*`) says in its column before how their answers are known. Every name must
fit a case, every case must be named, and the column must be what the cases say. `--known` prints what that column
should be, row by row.
"""

import fnmatch
import glob
import importlib
import os
import re
import sys
import unittest

from wire import FACTS, Case, invoked

FOLDER = os.path.dirname(os.path.abspath(__file__))
PAGE = os.path.join(FOLDER, "..", "..", "..", "docs", "parity.md")


def all_cases():
    """Every case of every table, by name."""
    cases = {}
    for path in sorted(glob.glob(os.path.join(FOLDER, "scenario_wire_*.py"))):
        name = os.path.basename(path)[:-3]
        if name == "scenario_wire_parity":
            continue
        table = vars(importlib.import_module(name))
        for value in table.values():
            for case in value if isinstance(value, list) else []:
                if isinstance(case, Case) and cases.setdefault(case.name, case) is not case:
                    raise AssertionError(f"two cases are called {case.name}")
    return cases


def rows():
    """(line, how it is known, patterns of names) of each row of the page that names cases."""
    found = []
    with open(PAGE) as file:
        for number, line in enumerate(file, 1):
            columns = [column.strip() for column in line.strip().strip("|").split(" | ")]
            is_of_a_runtime = line.startswith("| `runtime.")  # those rows belong to tests/runtimes/differential
            if line.startswith("| ") and len(columns) == 3 and "`" in columns[2] and not is_of_a_runtime:
                found.append((number, columns[1], re.findall(r"`([^`]+)`", columns[2])))
    return found


def known(patterns, cases):
    """How the answers of these cases are known, from the surest on."""
    facts = {cases[name].fact for pattern in patterns for name in fnmatch.filter(cases, pattern)}
    return ", ".join(fact for fact in FACTS if fact in facts)


class Parity(unittest.TestCase):
    def setUp(self):
        self.cases = all_cases()
        self.rows = rows()

    def test_the_page_has_rows(self):
        self.assertGreater(len(self.rows), 50)
        self.assertGreater(len(self.cases), 300)

    def test_every_name_on_the_page_fits_a_case(self):
        for line, _, patterns in self.rows:
            for pattern in patterns:
                self.assertTrue(fnmatch.filter(self.cases, pattern), f"docs/parity.md:{line}: no case is called {pattern}")

    def test_every_case_is_on_the_page(self):
        named = {name for _, _, patterns in self.rows for pattern in patterns for name in fnmatch.filter(self.cases, pattern)}
        self.assertEqual(sorted(set(self.cases) - named), [])

    def test_the_page_says_how_each_answer_is_known(self):
        for line, said, patterns in self.rows:
            self.assertEqual(said, known(patterns, self.cases), f"docs/parity.md:{line}")


if "--known" in sys.argv:
    every = all_cases()
    for line, _, patterns in rows():
        print(f"{line}: {known(patterns, every)}")
elif __name__ == "__main__":
    invoked.run_tests()
