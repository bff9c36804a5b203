"""docs/examples in Go, Java and Rust, and with Testcontainers: run where what they need is there, with `invoked` in PATH."""
# test: timeout 600

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import made
from invoked import BINARY, ROOT, run_tests

import container_engine
import oci

sys.path.insert(0, os.path.join(ROOT, "tests", "clients"))
import toolchains  # noqa: E402


class Languages(unittest.TestCase):
    def run_example(self, name, *words, **variables):
        if not shutil.which(words[0]):
            self.skipTest(f"{words[0]} is not here")
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        os.mkdir(os.path.join(folder, "bin"))
        os.symlink(os.path.abspath(BINARY), os.path.join(folder, "bin", "invoked"))
        project = os.path.join(folder, name)
        shutil.copytree(os.path.join(ROOT, "docs", "examples", name), project, ignore=shutil.ignore_patterns("target", "__pycache__"))
        environment = {**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}", **variables}
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

    def test_rust(self):
        target = os.path.join(ROOT, "build", "clients", "rust-example")
        _, process = self.run_example("rust", "cargo", "test", "--locked", CARGO_TARGET_DIR=target, CARGO_NET_RETRY="1")
        if process.returncode != 0 and re.search("failed to (download|get)|Could(n't| not) resolve host", process.stdout):
            self.skipTest("cargo can't reach its registry")
        self.assertEqual(process.returncode, 0, process.stdout)
        self.assertIn("test three_tries_then_the_dead_letter ... ok", process.stdout)
        self.assertIn("2 passed; 0 failed", process.stdout)

    def test_testcontainers(self):
        """Against an engine that knows the image by what the image says of itself."""
        try:
            python = toolchains.python_packages("testcontainers", "testcontainers==4.15.0", "pytest==9.2.0")
        except toolchains.Missing as error:
            self.skipTest(str(error))
        release = made.release()._replace(version=dist_version())
        engine = container_engine.Engine(f"invoked:{release.version}", oci.configuration(release, "x86_64", [b""]),
                                         os.path.abspath(BINARY))
        self.addCleanup(engine.close)
        _, process = self.run_example("testcontainers", python, "-m", "pytest", "-q", "-p", "no:cacheprovider",
                                      DOCKER_HOST=f"tcp://127.0.0.1:{engine.server_port}", TESTCONTAINERS_RYUK_DISABLED="true",
                                      TESTCONTAINERS_CONNECTION_MODE="docker_host")
        self.assertEqual(process.returncode, 0, process.stdout)
        self.assertIn("2 passed", process.stdout)
        self.assertEqual((engine.refused, engine.containers), ([], {}))


def dist_version():
    """The version that `make dist` gives the image."""
    with open(os.path.join(ROOT, "Makefile")) as file:
        return re.search(r"^VERSION\s*\??:?=\s*(\S+)", file.read(), re.M)[1]


if __name__ == "__main__":
    run_tests()
