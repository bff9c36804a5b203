"""`invoked check` finds code that can't run, before it is invoked."""
# test: timeout 120

import json
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
from invoked import NATIVE_ECHO, run_binary, run_tests  # noqa: E402

PYTHON = {"Runtime": "python3.12", "Handler": "app.handler", "CodeUri": "code"}
NODE = {"Runtime": "nodejs20.x", "Handler": "index.handler", "CodeUri": "code"}
NATIVE = {"Runtime": "provided.al2023", "CodeUri": "code"}


class Check(unittest.TestCase):
    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="check-"))
        self.addCleanup(shutil.rmtree, self.folder)
        os.mkdir(os.path.join(self.folder, "code"))

    def write(self, name, text, mode=0o644):
        path = pathlib.Path(self.folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        path.chmod(mode)
        return str(path)

    def check(self, settings, **more):
        """The status, and what it says of a function on line 3."""
        text = '{"Functions": {\n"f":\n' + json.dumps(settings) + "}}"
        self.write("invoked.json", text)
        done = run_binary("check", "invoked.json", folder=self.folder, **more)
        return done.returncode, done.stderr + done.stdout

    def bad(self, settings, member, said, **more):
        status, text = self.check(settings, **more)
        self.assertEqual((status, text), (2, f"invoked.json:3: Functions.f.{member}: {said.format(code=self.folder + '/code')}\n"))

    def good(self, settings, **more):
        status, text = self.check(settings, **more)
        self.assertEqual((status, text.splitlines()[0]), (0, "invoked.json: good (1 function)"))

    # -- Python

    def test_a_handler_needs_a_dot(self):
        for handler in ("app", "app.", ".handler"):
            self.bad({**PYTHON, "Handler": handler}, "Handler", f'must be FILE.FUNCTION, such as "app.handler" (is "{handler}")')
        self.bad({**NODE, "Handler": "index"}, "Handler", 'must be FILE.FUNCTION, such as "index.handler" (is "index")')

    def test_a_missing_file_is_named_with_those_there_are(self):
        self.write("code/app.py", "def handler(event, context): pass\n")
        self.write("code/data.txt", "")
        self.bad({**PYTHON, "Handler": "main.handler"}, "Handler", "there is no main.py in {code}; it has app.py")
        self.bad({**NODE, "Handler": "src/main.handler"}, "Handler", "there is no src/main.js in {code}")

    def test_a_missing_function_is_named(self):
        self.write("code/app.py", "def main(event, context): pass\n")
        self.bad(PYTHON, "Handler", "app.py has no function handler ({code}/app.py)")
        self.write("code/index.mjs", "export const main = () => 1;\n")
        self.bad(NODE, "Handler", "index.mjs has no function handler ({code}/index.mjs)")

    def test_what_is_there_is_good(self):
        self.write("code/app.py", "def handler(event, context): pass\n")
        self.write("code/pack/__init__.py", "from .sub import handler\n")
        self.write("code/src/app.py", "handler = 1\n")
        self.write("code/index.cjs", "exports.handler = () => 1;\n")
        self.write("code/src/index.mjs", "export const handler = () => 1;\n")
        for settings in (PYTHON, {**PYTHON, "Handler": "pack.handler"}, {**PYTHON, "Handler": "src/app.handler"},
                         {**PYTHON, "Handler": "src.app.handler"}, NODE, {**NODE, "Handler": "src/index.handler"},
                         {**NODE, "Handler": "src/index.handler.inner"}):
            with self.subTest(settings):
                self.good(settings)

    def test_what_is_not_certain_is_a_warning(self):
        self.write("code/app.py", "from other import *\n")
        status, text = self.check(PYTHON)
        self.assertEqual((status, text.split("FUNCTION")[0]), (0, f"warning: invoked.json:3: Functions.f.Handler: can't tell whether app.py has a function handler "
                                                 f"({self.folder}/code/app.py)\ninvoked.json: good (1 function)\n"))

    def test_code_that_comes_from_elsewhere_is_not_looked_for(self):
        self.good({**PYTHON, "Environment": {"Variables": {"PYTHONPATH": "/opt/python"}}})
        os.makedirs(os.path.join(self.folder, "code/node_modules/index"))
        self.good(NODE)

    def test_code_that_is_not_run_is_not_looked_at(self):
        self.good({**PYTHON, "Local": {"Mock": [{"Payload": 1}]}})
        self.good({**PYTHON, "Local": {"Attach": True}})

    def test_a_version_is_looked_at_if_its_code_is_another(self):
        self.write("code/app.py", "def handler(event, context): pass\n")
        self.write("old/app.py", "def main(event, context): pass\n")
        self.good({**PYTHON, "Versions": {"1": {"Timeout": 5}}})
        self.bad({**PYTHON, "Versions": {"1": {"CodeUri": "old"}}}, "Handler", f"app.py has no function handler ({self.folder}/old/app.py)")
        self.bad({**PYTHON, "Handler": "app.main", "Versions": {"1": {"Timeout": 5}}}, "Handler",
                 "app.py has no function main ({code}/app.py)")

    # -- programs

    def test_a_bootstrap_must_run(self):
        self.bad(NATIVE, "CodeUri", "there is no bootstrap in {code}")
        self.write("code/bootstrap", "#!/bin/sh\n")
        self.bad(NATIVE, "CodeUri", "not executable: chmod +x {code}/bootstrap")
        self.write("code/bootstrap", "#!/bin/sh\r\necho\r\n", 0o755)
        self.bad(NATIVE, "CodeUri", "{code}/bootstrap has Windows line ends (CRLF), so its first line names no interpreter: "
                                    r"sed -i 's/\r$//' {code}/bootstrap")
        self.write("code/bootstrap", "#!/no/such/sh -e\n", 0o755)
        self.bad(NATIVE, "CodeUri", "{code}/bootstrap: the interpreter in its first line, /no/such/sh, does not exist")
        self.write("code/bootstrap", "#! /bin/sh -e\n", 0o755)
        self.good(NATIVE)
        self.good({**NATIVE, "CodeUri": NATIVE_ECHO})
        os.remove(os.path.join(self.folder, "code/bootstrap"))
        os.mkdir(os.path.join(self.folder, "code/bootstrap"))
        self.bad(NATIVE, "CodeUri", "not a file: {code}/bootstrap")

    def test_a_program_must_be_there(self):
        self.bad({"Local": {"Command": ["notaprogram", "x"]}}, "Local.Command[0]", "no program notaprogram in PATH")
        self.bad({"Local": {"Command": ["./run.sh"]}}, "Local.Command[0]", f"no such file: {self.folder}/run.sh")
        self.bad({"ImageConfig": {"EntryPoint": ["nosuch"], "Command": ["app.handler"]}}, "ImageConfig.EntryPoint[0]",
                 "no program nosuch in PATH")
        self.bad({"ImageConfig": {"Command": ["nosuch"]}}, "ImageConfig.Command[0]", "no program nosuch in PATH")
        self.good({"Local": {"Command": ["cat"]}})
        self.write("bin/mine", "#!/bin/sh\n", 0o755)
        self.good({"Local": {"Command": ["mine"]}, "Environment": {"Variables": {"PATH": self.folder + "/bin"}}})
        self.bad({"Local": {"Command": ["cat"]}, "Environment": {"Variables": {"PATH": self.folder + "/bin"}}},
                 "Local.Command[0]", "no program cat in PATH")

    # -- the whole

    def test_no_function_is_no_configuration(self):
        for text in ("{}", '{"Functions": {}}'):
            self.write("invoked.json", text)
            done = run_binary("check", "invoked.json", folder=self.folder)
            self.assertEqual((done.returncode, done.stderr, done.stdout), (2, "invoked.json: no functions in it\n", ""))

    def test_all_problems_are_told_at_once(self):
        self.write("invoked.json", json.dumps({"Functions": {"a": PYTHON, "b": NODE, "c": {"Local": {"Command": ["nosuch"]}},
                                                             "d": {"Timeout": 0}}}))
        done = run_binary("check", "invoked.json", folder=self.folder)
        self.assertEqual(done.returncode, 2)
        for path in ("Functions.a.Handler", "Functions.b.Handler", "Functions.c.Local.Command[0]", "Functions.d.Timeout"):
            self.assertIn(path, done.stderr)

    def test_a_server_starts_without_the_code(self):
        self.write("invoked.json", json.dumps({"Functions": {"f": PYTHON}}))
        done = run_binary("run", "invoked.json", "--", "true", folder=self.folder)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    run_tests()
