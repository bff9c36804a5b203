"""`invoked deploy`: a folder becomes a function of a running server, and its next version."""

import json
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
from invoked import BINARY, Server, clean_environment, run_binary, run_tests  # noqa: E402

SOURCE = "import os\ndef handler(event, context):\n    return [{word!r}, os.environ.get('PLACE')]\n"


class Deploy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server({"fixed": {"Local": {"Command": ["cat"]}}})
        cls.client = cls.server.client()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="deploy-")
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, text, mode=0o644):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def deploy(self, *arguments, status=0):
        done = run_binary("deploy", "--endpoint", self.server.endpoint, *arguments, folder=self.folder)
        self.assertEqual(done.returncode, status, done)
        return done.stdout if status == 0 else done.stderr

    def answer(self, name):
        return self.server.invoke(name, {}).json

    def sha(self, name):
        return self.client.get_function_configuration(FunctionName=name)["CodeSha256"]

    def test_a_folder_is_created_and_updated(self):
        self.write("f/app.py", SOURCE.format(word="old"))
        self.assertRegex(self.deploy("made", "f"), r"^made: created \(python3\.\d+, app\.handler, \d+ bytes\)\n$")
        self.assertEqual(self.answer("made"), ["old", None])
        self.write("f/app.py", SOURCE.format(word="new"))
        self.assertRegex(self.deploy("made", "f"), r"^made: updated \(")
        self.assertEqual(self.answer("made"), ["new", None])
        self.deploy("made", "f", "--timeout", "9", "--memory-size=256", "--env", "PLACE=here=there", "--env", "OTHER=1")
        about = self.client.get_function_configuration(FunctionName="made")
        self.assertEqual((about["Timeout"], about["MemorySize"], about["Environment"]["Variables"]),
                         (9, 256, {"PLACE": "here=there", "OTHER": "1"}))
        self.assertEqual(self.answer("made"), ["new", "here=there"])

    def test_what_the_files_say(self):
        for name, files, runtime, handler in (
                ("python", {"lambda_function.py": "def lambda_handler(event, context):\n    pass\n"}, "python", "lambda_function.lambda_handler"),
                ("main", {"main.py": "def handler(event, context):\n    pass\n"}, "python", "main.handler"),
                ("node", {"index.mjs": "export const handler = async () => 1;\n", "package.json": "{}"}, "nodejs", "index.handler"),
                ("ruby", {"app.rb": "def handler(event:, context:) = 1\n"}, "ruby", "app.handler"),
                ("native", {"bootstrap": "#!/bin/sh\n", "app.py": ""}, "provided", "bootstrap")):
            with self.subTest(name):
                for file, text in files.items():
                    self.write(f"{name}/{file}", text, 0o755 if file == "bootstrap" else 0o644)
                self.deploy(name, name)
                about = self.client.get_function_configuration(FunctionName=name)
                self.assertTrue(about["Runtime"].startswith(runtime), about["Runtime"])
                self.assertEqual(about["Handler"], handler)
        self.write("none/readme", "")
        self.assertIn("none: found no bootstrap, app.py, index.mjs or the like: give --runtime and --handler", self.deploy("none", "none", status=2))
        self.write("own/code.py", SOURCE.format(word="own"))
        self.deploy("own", "own", "--runtime", "python3.12", "--handler", "code.handler")
        self.assertEqual(self.answer("own"), ["own", None])

    def test_the_same_files_are_the_same_code(self):
        for folder, names in (("a", ("x.py", "app.py", "b/y.py")), ("b", ("b/y.py", "app.py", "x.py"))):
            for name in names:
                self.write(f"{folder}/{name}", SOURCE.format(word=name))
                os.utime(os.path.join(self.folder, folder, name), (1e9 if folder == "a" else 2e9,) * 2)
            self.write(f"{folder}/.git/config", folder)
            self.deploy("same-" + folder, folder)
        self.assertEqual(self.sha("same-a"), self.sha("same-b"))
        os.chmod(os.path.join(self.folder, "b/x.py"), 0o755)
        self.deploy("same-b", "b")
        self.assertNotEqual(self.sha("same-a"), self.sha("same-b"))

    def test_an_archive_is_sent_as_it_is(self):
        self.write("app.py", SOURCE.format(word="zipped"))
        with zipfile.ZipFile(os.path.join(self.folder, "f.zip"), "w") as archive:
            archive.write(os.path.join(self.folder, "app.py"), "app.py")
        self.assertIn("give --runtime and --handler", self.deploy("zipped", "f.zip", status=2))
        self.deploy("zipped", "f.zip", "--runtime=python3.12", "--handler=app.handler")
        self.assertEqual(self.answer("zipped"), ["zipped", None])

    def test_what_is_refused(self):
        self.write("f/app.py", SOURCE.format(word="x"))
        self.assertIn("refused: ResourceConflictException (409): The function fixed is defined in", self.deploy("fixed", "f", status=3))
        self.assertIn("refused: ValidationException (400)", self.deploy("bad name", "f", status=3))
        self.deploy("kept", "f")
        before = self.sha("kept")
        self.write("f/app.py", SOURCE.format(word="y"))
        self.assertIn("'timeout' failed to satisfy", self.deploy("kept", "f", "--timeout", "901", status=3))
        self.assertEqual(self.sha("kept"), before)
        self.assertEqual(self.deploy("kept", "nothing", status=2), "invoked: nothing: No such file or directory\n")
        self.write("bad.zip", "no archive")
        self.assertIn("refused: InvalidParameterValueException (400): ", self.deploy("kept", "bad.zip", status=3))
        os.symlink("nowhere", os.path.join(self.folder, "f", "link"))
        self.deploy("kept", "f")  # a link that stays inside may lead to nothing
        os.symlink("/nowhere", os.path.join(self.folder, "f", "out"))
        self.assertEqual(self.deploy("kept", "f", status=2), "invoked: f/out: No such file or directory\n")
        for arguments, problem in ((["kept"], "missing FOLDER or ZIP"), ([], "missing NAME"), (["a", "f", "c"], "c: unexpected argument"),
                                   (["a", "f", "--env", "x"], "--env: must be NAME=VALUE"), (["a", "f", "--timeout", "0"], "must be a number from 1")):
            self.assertIn(problem, self.deploy(*arguments, status=2))

    def test_no_server(self):
        self.write("f/app.py", "")
        done = run_binary("deploy", "--endpoint", "http://127.0.0.1:9", "x", "f", folder=self.folder)
        self.assertEqual(done.returncode, 4)
        self.assertIn("no server at http://127.0.0.1:9", done.stderr)

    def test_a_terminal_sees_progress(self):
        self.write("f/app.py", SOURCE.format(word="bar") + "#" * 3000000)
        ours, theirs = pty.openpty()
        done = subprocess.run([BINARY, "deploy", "--endpoint", self.server.endpoint, "bar", "f"], cwd=self.folder, check=False, timeout=60,
                              env=clean_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs)
        os.close(theirs)
        shown = os.read(ours, 65536).decode()
        os.close(ours)
        self.assertEqual(done.returncode, 0)
        self.assertRegex(shown, re.escape("packing [##############################] 100 %"))

    def test_it_waits_for_the_function(self):
        with Server({}, {"Local": {"CreateDelayMs": 700}}) as server:
            self.write("f/app.py", SOURCE.format(word="slow"))
            for word in "created", "updated":
                done = run_binary("deploy", "--endpoint", server.endpoint, "slow", "f", "--timeout", "20", folder=self.folder)
                self.assertIn(f"slow: {word}", done.stdout, done)
                self.assertEqual(json.loads(server.invoke("slow", {}).body), ["slow", None])


if __name__ == "__main__":
    run_tests()
