"""docs/examples in Go and Java: run where the toolchain is there, with `invoked` in PATH."""
# test: timeout 600

import os
import shutil
import subprocess
import tempfile
import unittest

import made  # noqa: F401  (it makes tests/support known)
from invoked import BINARY, ROOT, run_tests


class Languages(unittest.TestCase):
    def run_example(self, name, *words):
        if not shutil.which(words[0]):
            self.skipTest(f"{words[0]} is not here")
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        os.mkdir(os.path.join(folder, "bin"))
        os.symlink(os.path.abspath(BINARY), os.path.join(folder, "bin", "invoked"))
        project = os.path.join(folder, name)
        shutil.copytree(os.path.join(ROOT, "docs", "examples", name), project, ignore=shutil.ignore_patterns("target"))
        environment = {**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}"}
        return project, subprocess.run(words, cwd=project, env=environment, text=True, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=580)

    def test_go(self):
        _, process = self.run_example("go", "go", "test", "-vet=off", "-v", "./...")
        self.assertEqual(process.returncode, 0, process.stdout)
        self.assertIn("--- PASS: TestThreeTriesThenTheDeadLetter", process.stdout)

    def test_java(self):
        project, process = self.run_example("java", "mvn", "-q", "-B", "test")
        if process.returncode != 0 and "Could not transfer artifact" in process.stdout:
            self.skipTest("Maven can't reach its repository")
        self.assertEqual(process.returncode, 0, process.stdout)
        with open(os.path.join(project, "target", "surefire-reports", "TEST-example.OrdersTest.xml")) as file:
            self.assertIn('tests="1" errors="0" skipped="0" failures="0"', file.read())


if __name__ == "__main__":
    run_tests()
