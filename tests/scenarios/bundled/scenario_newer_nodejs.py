"""A Node.js that is newer than the configured runtime: what Lambda switches off is off, and what it warns of is warned of.

INVOKED_NEWER_NODE is a Node.js that strips types (22.18 and later); without one, the rows that need it are skipped.
"""

import os
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from invoked import Code, Server, nodejs  # noqa: E402

WARNING = ("AWS Lambda plans to remove support for callback-based function handlers starting with Node.js 24. You will need "
           "to update this function to use an async handler to use Node.js 24 or later. For more information and to provide "
           "feedback on this change, see https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/issues/137. To "
           "disable this warning, set the AWS_LAMBDA_NODEJS_DISABLE_CALLBACK_WARNING environment variable.")
CALLBACK = "exports.handler = (event, context, callback) => callback(null, 1);"
TYPES = "const answer: number = 42;\nexport default answer;\n"
TYPES_REQUIRED = "const answer: number = 42;\nmodule.exports = answer;\n"


def strips_types(node):
    try:
        done = subprocess.run([node, "-p", "process.features.typescript"], capture_output=True, text=True, timeout=30)
    except OSError:
        return False
    return done.stdout.strip() not in ("", "undefined", "false")


NODE = os.environ.get("INVOKED_NEWER_NODE") or shutil.which("node") or ""


class Callbacks(unittest.TestCase):
    def test_nodejs20_and_22_warn(self):
        for runtime in ("nodejs20.x", "nodejs22.x"):
            with self.subTest(runtime), Server({"f": nodejs(CALLBACK, Runtime=runtime)}) as server:
                self.assertEqual(server.invoke("f").json, 1)
                line = server.wait_for_log("plans to remove support")
                self.assertIn(f"\tundefined\tWARN\t{WARNING}\n", server.log(), line)

    def test_the_variable_switches_it_off(self):
        variables = {"Variables": {"AWS_LAMBDA_NODEJS_DISABLE_CALLBACK_WARNING": "1"}}
        with Server({"f": nodejs(CALLBACK, Environment=variables)}) as server:
            self.assertEqual(server.invoke("f").json, 1)
            self.assertNotIn("plans to remove", server.log())

    def test_others_get_none(self):
        with Server({"f": nodejs("exports.handler = async () => 1;"), "old": nodejs(CALLBACK, Runtime="nodejs18.x")}) as server:
            self.assertEqual(server.invoke("f").json, 1)
            self.assertNotIn("plans to remove", server.log())


@unittest.skipUnless(strips_types(NODE), "no Node.js that strips types")
class Types(unittest.TestCase):
    def serve(self, source, files, **settings):
        code = Code({"index.mjs": source, **files},
                    {"Runtime": "nodejs24.x", "Handler": "index.handler", "Timeout": 20, **settings})
        folder = self.enterContext(invoked.tempfile.TemporaryDirectory())
        os.symlink(NODE, os.path.join(folder, "node"))
        path = folder + os.pathsep + os.environ["PATH"]
        return self.enterContext(Server({"f": code}, environment={"PATH": path}))

    def test_types_are_not_stripped(self):
        source = "export const handler = async () => { try { return (await import('./types.ts')).default } " \
                 "catch (error) { return [error.code, error.message.replace(/ for .*/, '')] } };"
        server = self.serve(source, {"types.ts": TYPES})
        self.assertEqual(server.invoke("f").json, ["ERR_UNKNOWN_FILE_EXTENSION", 'Unknown file extension ".ts"'])

    def test_required_types_are_no_javascript(self):
        source = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" \
                 "export const handler = async () => { try { return require('./types.ts') } catch (error) { return error.name } };"
        server = self.serve(source, {"types.ts": TYPES_REQUIRED})
        self.assertEqual(server.invoke("f").json, "SyntaxError")

    def test_the_flag_switches_it_on_again(self):
        source = "export const handler = async () => (await import('./types.ts')).default;"
        variables = {"Variables": {"NODE_OPTIONS": "--experimental-strip-types --no-warnings"}}
        server = self.serve(source, {"types.ts": TYPES}, Environment=variables)
        self.assertEqual(server.invoke("f").json, 42)

    def test_what_has_no_types_is_loaded_as_ever(self):
        source = "import fs from 'node:fs'; import { b } from './b.mjs'; export const handler = async () => [typeof fs.readFileSync, b];"
        server = self.serve(source, {"b.mjs": "export const b = 2;"})
        self.assertEqual(server.invoke("f").json, ["function", 2])


if __name__ == "__main__":
    invoked.run_tests()
