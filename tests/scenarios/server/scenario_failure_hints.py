"""The log says what to do about a function error whose cause is outside the handler's code."""

import os
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
from invoked import Server, command, run_tests  # noqa: E402


class Hints(unittest.TestCase):
    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="hints-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, text, mode=0o644):
        path = pathlib.Path(self.folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        path.chmod(mode)

    def logged(self, settings, payload=None, times=1):
        """The hints after invocations that fail."""
        with Server({"f": {"Timeout": 20, **settings}}) as server:
            for _ in range(times):
                answer = server.invoke("f", payload)
                self.assertEqual(answer.function_error, "Unhandled", answer)
            server.stop()
            found = [line.split(" warn  ", 1)[1] for line in server.log().splitlines() if " warn  f: " in line]
            return [line for line in found if "bootstrap(s)" not in line and "fork/exec" not in line and "can't be started" not in line]

    def native(self):
        return {"Runtime": "provided.al2023", "CodeUri": self.folder}

    def test_windows_line_ends(self):
        self.write("bootstrap", "#!/bin/sh\r\nsleep 1\r\n", 0o755)
        line, = self.logged(self.native(), times=2)
        self.assertIn("bootstrap has Windows line ends (CRLF)", line)
        self.assertIn("sed -i", line)

    def test_a_bootstrap_that_is_not_executable(self):
        self.write("bootstrap", "#!/bin/sh\n")
        self.assertEqual(self.logged(self.native()), [f"f: not executable: chmod +x {self.folder}/bootstrap"])

    def test_no_bootstrap(self):
        self.assertEqual(self.logged(self.native()), [f"f: there is no bootstrap in {self.folder}"])

    def test_a_program_that_is_not_there(self):
        self.assertEqual(self.logged(command("notaprogram")), ["f: no program notaprogram in PATH"])

    def test_a_missing_file(self):
        self.write("app.py", "def handler(event, context): pass\n")
        settings = {"Runtime": "python3.12", "Handler": "main.handler", "CodeUri": self.folder}
        self.assertEqual(self.logged(settings), [f"f: there is no main.py in {self.folder}; it has app.py"])
        settings = {"Runtime": "python3.12", "Handler": "app.main", "CodeUri": self.folder}
        self.assertEqual(self.logged(settings), [f"f: app.py has no function main ({self.folder}/app.py)"])
        settings = {"Runtime": "nodejs20.x", "Handler": "index.handler", "CodeUri": self.folder}
        self.assertEqual(self.logged(settings), [f"f: there is no index.js in {self.folder}"])

    def test_a_missing_module(self):
        self.write("app.py", "import requestz.adapters\ndef handler(event, context): pass\n")
        settings = {"Runtime": "python3.12", "Handler": "app.handler", "CodeUri": self.folder}
        line, = self.logged(settings)
        self.assertRegex(line, rf"^f: requestz is not installed for (/\S*python3\S*): \1 -m pip install -t {self.folder} PACKAGE$")
        self.write("index.cjs", "require('left-padd');\nexports.handler = 1;\n")
        settings = {"Runtime": "nodejs20.x", "Handler": "index.handler", "CodeUri": self.folder}
        self.assertEqual(self.logged(settings), [f"f: left-padd is not installed: npm install --prefix {self.folder} left-padd"])

    def test_a_timeout(self):
        self.assertEqual(self.logged({**command("sleep", "30"), "Timeout": 1}, times=2),
                         ["f: ended at its Timeout of 1 s; the configuration can raise it to 900"])

    def test_an_exception_of_the_handler_has_no_hint(self):
        self.write("app.py", "def handler(event, context):\n    raise RuntimeError('Runtime.x')\n")
        self.assertEqual(self.logged({"Runtime": "python3.12", "Handler": "app.handler", "CodeUri": self.folder}), [])


if __name__ == "__main__":
    run_tests()
