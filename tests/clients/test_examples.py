"""docs/examples: each is run as its page says, under `invoked run`, and fails when what it shows isn't so."""
# test: timeout 300

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import yaml

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(FOLDER, "..", "support"))
from invoked import BINARY, ROOT, clean_environment, run_tests  # noqa: E402

EXAMPLES = os.path.join(ROOT, "docs", "examples")
COMMANDS = {  # as README.md there has them, where the packages are installed
    "pytest": "invoked run --clock manual -- pytest",
    "node": "invoked run -- npm test",
    "shell": "invoked run -- ./payment.sh",
}
TOOLS = {  # what the examples find in PATH before anything else
    "invoked": f'exec "{os.path.abspath(BINARY)}" "$@"',
    "pytest": 'exec /usr/bin/python3 -m pytest "$@"',
}


class Bed(unittest.TestCase):
    """A copy of the examples, with `invoked` and pytest in PATH."""

    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        self.examples = os.path.join(self.root, "examples")
        shutil.copytree(EXAMPLES, self.examples, ignore=shutil.ignore_patterns("node_modules", "__pycache__", ".*"))
        os.symlink(os.path.join(FOLDER, "node_modules"), os.path.join(self.examples, "node", "node_modules"))
        self.tools = os.path.join(self.root, "bin")
        os.mkdir(self.tools)
        for name, command in TOOLS.items():
            path = os.path.join(self.tools, name)
            with open(path, "w") as file:
                file.write(f"#!/bin/sh\n{command}\n")
            os.chmod(path, 0o755)

    def run_there(self, example, command):
        environment = clean_environment(AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null")
        environment["PATH"] = self.tools + os.pathsep + environment["PATH"]
        process = subprocess.run(command, shell=True, cwd=os.path.join(self.examples, example), env=environment, text=True,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        return process.returncode, process.stdout


class Examples(Bed):
    def check(self, example, *what):
        status, output = self.run_there(example, COMMANDS[example])
        self.assertEqual(status, 0, output)
        for text in what:
            self.assertRegex(output, text)

    def check_fails(self, example, settings, why):
        """`settings`: those of the example's only function are changed by these."""
        path = os.path.join(self.examples, example, "invoked.json")
        with open(path) as file:
            config = json.loads(re.sub(r"^\s*//.*$", "", file.read(), flags=re.MULTILINE))
        for function in config["Functions"].values():
            function.update(settings)
        with open(path, "w") as file:
            json.dump(config, file)
        status, output = self.run_there(example, COMMANDS[example])
        self.assertEqual(status, 1, output)
        self.assertRegex(output, why)

    def test_pytest_sees_the_dead_letter(self):
        self.check("pytest", r"2 passed")

    def test_pytest_fails_when_there_are_fewer_tries(self):
        self.check_fails("pytest", {"EventInvokeConfig": {"MaximumRetryAttempts": 1}}, r"1 failed, 1 passed")

    def test_the_sdk_for_javascript_survives_the_throttle(self):
        self.check("node", r"# pass 2\b", r"# fail 0\b")

    def test_the_sdk_for_javascript_fails_when_the_throttle_stays(self):
        self.check_fails("node", {"ReservedConcurrentExecutions": 0}, r"# fail 1\b")

    def test_the_shell_is_paid_by_the_mock(self):
        self.check("shell", r'"card": "expired"\} -> \{"status":"declined"\}', r'-> \{"status":"pending"\}')

    def test_the_shell_fails_when_the_mock_answers_otherwise(self):
        self.check_fails("shell", {"Local": {"Mock": [{"Payload": 1}]}}, r"payments answered 1 to ")


class Workflow(Bed):
    def test_its_steps_that_test_pass(self):
        with open(os.path.join(EXAMPLES, "github-actions", "invoked.yml")) as file:
            workflow = yaml.safe_load(file)
        steps = [step for step in workflow["jobs"]["test"]["steps"] if step.get("name", "").startswith("Test ")]
        self.assertEqual([step["working-directory"] for step in steps], list(COMMANDS))
        for step in steps:
            status, output = self.run_there(step["working-directory"], step["run"])
            self.assertEqual(status, 0, f"{step['name']}\n{output}")

    def test_the_page_says_the_commands(self):
        with open(os.path.join(EXAMPLES, "README.md")) as file:
            page = file.read()
        for example, command in COMMANDS.items():
            self.assertRegex(page, rf"\[`{example}`\]\({example}\).*{re.escape(command)}`")


if __name__ == "__main__":
    run_tests()
