"""The GitHub Action and the GitLab snippet: their steps, run in a shell as the two services would, on packages made here."""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import yaml

import made
from invoked import ROOT, run_tests

import tarball


class Snippets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.made = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.made)
        with open(os.path.join(cls.made, "SHA256SUMS"), "w") as sums:
            for name, path in made.write(tarball, cls.made).items():
                with open(path, "rb") as file:
                    sums.write(f"{hashlib.sha256(file.read()).hexdigest()}  {name}\n")

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.out = os.path.join(self.folder, "release")
        shutil.copytree(self.made, self.out)
        with open(os.path.join(self.folder, "invoked.json"), "w") as file:
            json.dump({"Functions": {"hello": {"Local": {"Mock": [{"Payload": "hi"}]}}}}, file)
        self.environment = {"PATH": os.environ["PATH"], "HOME": self.folder, "RUNNER_TEMP": os.path.join(self.folder, "temp")}
        os.mkdir(self.environment["RUNNER_TEMP"])

    def run_in(self, shell, script, environment=None):
        return subprocess.run([*shell, "-c", script], cwd=self.folder, env=environment or self.environment, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)

    def run_action(self, **inputs):
        """Runs the steps of action.yml; returns what the last one printed, and keeps what they export."""
        with open(os.path.join(ROOT, "packages", "action", "action.yml")) as file:
            action = yaml.safe_load(file)
        self.assertEqual(action["runs"]["using"], "composite")
        given = {name: inputs.get(name, settings.get("default", "")) for name, settings in action["inputs"].items()}
        for step in action["runs"]["steps"]:
            condition = step.get("if")
            if condition and not given[re.fullmatch(r"inputs\.(\w+) != ''", condition)[1]]:
                continue
            exports = {name: os.path.join(self.folder, name) for name in ("GITHUB_PATH", "GITHUB_ENV")}
            variables = {name: re.sub(r"\${{ inputs\.(\w+) }}", lambda match: given[match[1]], text)
                         for name, text in step["env"].items()}
            process = self.run_in(["bash", "--noprofile", "--norc", "-eo", "pipefail"], step["run"],
                                  {**self.environment, **variables, **exports})
            if process.returncode != 0:
                return process
            for name, path in exports.items():
                lines = open(path).read().splitlines() if os.path.exists(path) else []
                if name == "GITHUB_PATH":
                    self.environment["PATH"] = os.pathsep.join([*lines, self.environment["PATH"]])
                else:
                    self.environment.update(line.split("=", 1) for line in lines)
                if os.path.exists(path):
                    os.remove(path)
        return process

    def stop_server(self):
        with open(os.path.join(self.environment["RUNNER_TEMP"], "invoked", "ready.json")) as file:
            server = json.load(file)["pid"]
        os.kill(server, signal.SIGTERM)
        deadline = time.monotonic() + 30
        while os.path.exists(f"/proc/{server}"):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def test_the_action_installs(self):
        process = self.run_action(version=made.VERSION, url=f"file://{self.out}")
        self.assertEqual(process.returncode, 0, process.stdout)
        self.assertRegex(self.run_in(["bash"], "invoked --version").stdout, r"^invoked \d")

    def test_the_action_serves(self):
        process = self.run_action(version=made.VERSION, url=f"file://{self.out}", config="invoked.json", options="--clock manual")
        self.assertEqual(process.returncode, 0, process.stdout)
        self.addCleanup(self.stop_server)
        self.assertEqual(self.run_in(["bash"], "invoked invoke hello 2>/dev/null; curl -s $INVOKED_ENDPOINT/_invoked/clock | "
                                               "grep -o manual").stdout, '"hi"manual\n')

    def test_the_action_fails_on_a_bad_configuration(self):
        process = self.run_action(version=made.VERSION, url=f"file://{self.out}", config="not-there.json")
        self.assertNotEqual(process.returncode, 0)
        self.assertIn("not-there.json", process.stdout)

    def test_the_action_fails_on_a_wrong_sum(self):
        name = f"invoked-{made.VERSION}-linux-x86_64.tar.gz"
        with open(os.path.join(self.out, name), "ab") as file:
            file.write(b"x")
        self.assertNotEqual(self.run_action(version=made.VERSION, url=f"file://{self.out}").returncode, 0)

    def test_the_gitlab_snippet(self):
        with open(os.path.join(ROOT, "packages", "gitlab", "invoked.gitlab-ci.yml")) as file:
            job = yaml.safe_load(file)[".invoked"]
        self.assertEqual(set(job["variables"]), {"INVOKED_VERSION", "INVOKED_URL"})
        self.environment |= {"INVOKED_VERSION": made.VERSION, "INVOKED_URL": f"file://{self.out}"}
        script = "\n".join(["set -e", *job["before_script"], "invoked run -- sh -c 'invoked invoke hello 2>/dev/null'"])
        process = self.run_in(["sh"], script)
        self.assertEqual(process.returncode, 0, process.stdout)
        self.assertIn('"hi"', process.stdout)


if __name__ == "__main__":
    run_tests()
