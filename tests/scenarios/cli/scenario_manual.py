"""The man page says what the program itself says: the same options, values, variables and exit statuses."""

import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
from invoked import ROOT, run_binary, run_tests  # noqa: E402

COMMANDS = ("serve", "run", "invoke", "plan", "functions", "deploy", "check")


def manual():
    """The page as plain text: without requests and font changes."""
    with open(os.path.join(ROOT, "docs", "invoked.1")) as file:
        text = file.read()
    text = re.sub(r"\\f[A-Z]", "", text.replace("\\-", "-"))
    lines = []
    for line in text.splitlines():
        parts = re.match(r"\.(BR|RB|BI|IB|IR|RI|B|I)\s+(.*)", line)
        if parts is None:
            lines.append(line)
        elif len(parts[1]) == 2:
            lines.append("".join(quoted or word for quoted, word in re.findall(r'"([^"]*)"|(\S+)', parts[2])))
        else:
            lines.append(parts[2].replace('"', ""))
    return "\n".join(lines)


class Manual(unittest.TestCase):
    def setUp(self):
        self.page = manual()
        self.helps = {command: run_binary(command, "--help").stdout for command in COMMANDS}

    def options_of(self, text):
        """{"--port": "N", "--tail": None}"""
        return {name: value or None for name, value in re.findall(r"^ +(?:-\w, )?(--[a-z-]+)(?: ([A-Z]\S*))?", text, re.M)}

    def test_every_option_is_in_it_with_its_value(self):
        options = {}
        for text in self.helps.values():
            options |= self.options_of(text)
        self.assertGreater(len(options), 15)
        for name, value in options.items():
            value = {"N=V": "NAME=VALUE"}.get(value, value)
            with self.subTest(name):
                self.assertRegex(self.page, rf"(?m)^(-\w, )?{name}{f' {re.escape(value)}' if value else ''}$")

    def test_it_knows_no_others(self):
        known = set().union(*(self.options_of(text) for text in self.helps.values()))
        named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", self.page))
        self.assertEqual(named - known, {"--endpoint-url", "--function-name"})  # of the AWS CLI, in the example

    def test_every_variable_is_in_it(self):
        variables = set(re.findall(r"\b(?:INVOKED|AWS)_[A-Z_]+\b", "".join(self.helps.values())))
        self.assertIn("INVOKED_PORT", variables)
        for name in variables:
            self.assertIn(name, self.page)

    def test_every_command_is_in_it(self):
        for command, text in self.helps.items():
            self.assertIn(f"\ninvoked {command}" if command != "serve" else "\ninvoked\n[serve]", self.page)
            self.assertRegex(text, rf"^Usage: invoked \[?{command}\]? ")

    def test_no_line_of_help_is_wider_than_a_terminal(self):
        for text in (*self.helps.values(), run_binary("--help").stdout):
            for line in text.splitlines():
                self.assertLessEqual(len(line), 80, line)


if __name__ == "__main__":
    run_tests()
