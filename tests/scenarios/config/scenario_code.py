"""Where code may be: archives, single files, text in the configuration, assets of the CDK, a folder that comes later."""
# test: timeout 120

import http.server
import io
import json
import os
import shutil
import sys
import tempfile
import threading
import unittest
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
from invoked import Server, run_binary, run_tests, wait_for  # noqa: E402

PYTHON = {"Runtime": "python3.12", "Handler": "app.handler", "Timeout": 20}
NODE = {"Runtime": "nodejs20.x", "Handler": "index.handler", "Timeout": 20}
HANDLER = "def handler(event, context): return %r\n"
RESPONDING = """
import cfnresponse
def handler(event, context):
    cfnresponse.send(event, context, cfnresponse.SUCCESS, {"a": 1}, "my-id")
"""
RESPONDING_NODE = """
const response = require("cfn-response");
exports.handler = (event, context) => response.send(event, context, response.FAILED, {});
"""


def archive(**files):
    """Names with `__` in them lie in folders."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as out:
        for name, text in files.items():
            info = zipfile.ZipInfo(name.replace("__", "/").replace("_dot_", "."))
            info.external_attr = (0o100755 if name == "bootstrap" else 0o100644) << 16
            out.writestr(info, text)
    return data.getvalue()


class Code(unittest.TestCase):
    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="code-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".new", "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        os.replace(path + ".new", path)
        return path

    def template(self, functions, name="template.yaml"):
        """JSON is YAML. A function is its properties, or the whole resource."""
        return self.write(name, json.dumps({"Resources": {
            key: value if "Type" in value else {"Type": "AWS::Serverless::Function", "Properties": value}
            for key, value in functions.items()}}))

    def config(self, functions):
        return self.write("invoked.json", json.dumps({"Functions": functions}))

    def answer(self, server, name, event=None):
        answer = server.invoke(name, event or {})
        self.assertEqual((answer.status, answer.function_error), (200, None), answer)
        return answer.json

    # -- archives and files

    def test_an_archive_is_unpacked_once(self):
        path = self.write("code.zip", archive(app_dot_py=HANDLER % "zipped", lib__x_dot_py="", bootstrap="#!/bin/sh\nexit 3\n"))
        shutil.copy(path, os.path.join(self.folder, "code.jar"))
        functions = {"zip": {**PYTHON, "CodeUri": "code.zip"}, "jar": {**PYTHON, "CodeUri": "./code.jar"},
                     "native": {"Runtime": "provided.al2023", "CodeUri": "code.zip"}}
        for config in (self.config(functions), self.template({**functions, "native": {**functions["native"], "Handler": "a"}})):
            with self.subTest(config), Server(config=config) as server:
                self.assertEqual([self.answer(server, name) for name in ("zip", "jar")], ["zipped", "zipped"])
                self.assertEqual(server.invoke("native", {}).json["errorMessage"].split("Error: ")[-1],
                                 "Runtime exited with error: exit status 3")
                unpacked = os.listdir(os.path.join(server.data_folder, "unpacked"))
                self.assertEqual(len(unpacked), 1)
                row = [row for row in server.request("GET", "/_invoked/functions").json if row["FunctionName"] == "zip"][0]
                self.assertEqual(row["CodeUri"], path)
            done = run_binary("check", "--strict", config, folder=self.folder)
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_changed_archive_is_read_again(self):
        self.write("code.zip", archive(app_dot_py=HANDLER % "old"))
        with Server(config=self.template({"F": {**PYTHON, "CodeUri": "code.zip"}}), watches=True) as server:
            self.assertEqual(self.answer(server, "F"), "old")
            self.write("code.zip", archive(app_dot_py=HANDLER % "new"))
            server.wait_for_log("again: 1 function")
            self.assertEqual(self.answer(server, "F"), "new")
            self.write("code.zip", b"broken")
            server.wait_for_log("F is left out: .*code.zip is not a zip archive")
            answer = server.invoke("F", {})
            self.assertEqual((answer.status, answer.headers["x-amzn-errortype"]), (502, "InvalidZipFileException"))
            self.write("code.zip", archive(app_dot_py=HANDLER % "good again"))
            wait_for(lambda: server.invoke("F", {}).json == "good again", "the archive to be read again")

    def test_what_is_not_used_any_more_is_removed_at_the_next_start(self):
        self.write("code.zip", archive(app_dot_py=HANDLER % "old"))
        data = os.path.join(self.folder, "data")
        unpacked = os.path.join(data, "unpacked")
        config = self.config({"f": {**PYTHON, "CodeUri": "code.zip"}, "i": {**PYTHON, "Handler": "index.handler", "InlineCode": HANDLER % 1}})
        with Server(config=config, arguments=["--data-dir", data]) as server:
            self.assertEqual(self.answer(server, "f"), "old")
            before = set(os.listdir(unpacked))
        os.makedirs(os.path.join(unpacked, ".Draft1", "half"))
        self.write("code.zip", archive(app_dot_py=HANDLER % "new"))
        with Server(config=config, arguments=["--data-dir", data]) as server:
            self.assertEqual((self.answer(server, "f"), self.answer(server, "i")), ("new", 1))
            wait_for(lambda: len(os.listdir(unpacked)) == 2, "the old code to be removed")
            self.assertEqual(len(before & set(os.listdir(unpacked))), 1)

    def test_a_bad_archive_is_a_problem_of_a_configuration(self):
        self.write("code.zip", b"broken")
        self.config({"f": {**PYTHON, "CodeUri": "code.zip"}})
        done = run_binary("check", "invoked.json", folder=self.folder)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn(f"invoked.json:1: Functions.f.CodeUri: {self.folder}/code.zip is not a zip archive", done.stderr)

    def test_an_archive_may_not_lead_out_of_its_folder(self):
        self.write("code.zip", archive(**{"..__outside_dot_py": "", "app_dot_py": ""}))
        self.config({"f": {**PYTHON, "CodeUri": "code.zip"}})
        done = run_binary("check", "invoked.json", folder=self.folder)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertFalse(os.path.exists(os.path.join(self.folder, "outside.py")))

    def test_check_looks_into_archives(self):
        path = self.write("code.zip", archive(app_dot_py="def main(): pass\n"))
        self.config({"f": {**PYTHON, "CodeUri": "code.zip"}})
        done = run_binary("check", "invoked.json", folder=self.folder)
        self.assertEqual((done.returncode, done.stderr),
                         (2, f"invoked.json:1: Functions.f.Handler: app.py has no function handler ({path}/app.py)\n"))
        self.assertEqual(sorted(os.listdir(self.folder)), ["code.zip", "invoked.json"])

    def test_a_single_file(self):
        self.write("src/app.py", HANDLER % "one file")
        self.write("src/index.mjs", "export const handler = async () => 'one module';\n")
        for config in (self.config({"P": {**PYTHON, "CodeUri": "src/app.py"}, "N": {**NODE, "CodeUri": "src/index.mjs"}}),
                       self.template({"P": {**PYTHON, "CodeUri": "src/app.py"}, "N": {**NODE, "CodeUri": "src/index.mjs"}})):
            with self.subTest(config), Server(config=config) as server:
                self.assertEqual([self.answer(server, name) for name in "PN"], ["one file", "one module"])

    def test_without_code_uri_the_folder_of_the_template(self):
        self.write("code/app.py", HANDLER % "here")
        with Server(config=self.template({"F": {**PYTHON, "Handler": "code/app.handler"}})) as server:
            self.assertEqual(self.answer(server, "F"), "here")
            server.wait_for_log("Python's own module code hides the folder code; on AWS this handler can't be imported")

    # -- inline code

    def test_inline_code(self):
        functions = {
            "Sam": {"Type": "AWS::Serverless::Function", "Properties": {
                **PYTHON, "Handler": "index.handler", "InlineCode": {"Fn::Sub": "def handler(e, c): return '${AWS::Region}'"}}},
            "Cloud": {"Type": "AWS::Lambda::Function", "Properties": {
                **PYTHON, "Handler": "index.handler", "Code": {"ZipFile": {"Fn::Join": ["\n", ["def handler(e, c):", "    return 1"]]}}}},
            "Node": {"Type": "AWS::Lambda::Function", "Properties": {
                **NODE, "Code": {"ZipFile": "exports.handler = async () => require('path').basename(__filename);"}}},
            "Module": {"Type": "AWS::Serverless::Function", "Properties": {
                **NODE, "InlineCode": "import path from 'path';\nexport const handler = async () => path.basename(import.meta.url);"}},
            "Native": {"Type": "AWS::Serverless::Function", "Properties": {"Runtime": "provided.al2023", "Handler": "x", "InlineCode": "x"}},
        }
        with Server(config=self.template(functions)) as server:
            self.assertEqual([self.answer(server, name) for name in ("Sam", "Cloud", "Node", "Module")],
                             ["us-east-1", 1, "index.js", "index.mjs"])
            answer = server.invoke("Native", {})
            self.assertEqual((answer.status, answer.headers["x-amzn-errortype"]), (502, "InvalidZipFileException"))
            self.assertIn("only Python and Node.js functions can have inline code", answer.json["Message"])

    def test_inline_code_of_a_configuration_changes(self):
        def configured(text):
            return self.config({"f": {**PYTHON, "Handler": "index.handler", "InlineCode": HANDLER % text,
                                      "Versions": {"1": {"Code": {"ZipFile": HANDLER % "first"}}}}})

        with Server(config=configured("old"), watches=True) as server:
            self.assertEqual(self.answer(server, "f"), "old")
            self.assertEqual(server.invoke("f", {}, qualifier="1").json, "first")
            configured("new")
            server.wait_for_log("again: 1 function")
            self.assertEqual(self.answer(server, "f"), "new")
            self.assertEqual(server.invoke("f", {}, qualifier="1").json, "first")

    def test_inline_code_tells_cloud_formation(self):
        told = []

        class Bucket(http.server.BaseHTTPRequestHandler):
            def do_PUT(self):
                told.append((self.headers["content-type"], json.loads(self.rfile.read(int(self.headers["content-length"])))))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        bucket = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
        self.addCleanup(bucket.server_close)
        self.addCleanup(bucket.shutdown)
        threading.Thread(target=bucket.serve_forever, daemon=True).start()
        event = {"StackId": "s", "RequestId": "r", "LogicalResourceId": "l", "ResponseURL": f"http://127.0.0.1:{bucket.server_port}/x?y=z"}
        with Server(config=self.config({"p": {**PYTHON, "Handler": "index.handler", "InlineCode": RESPONDING},
                                        "n": {**NODE, "InlineCode": RESPONDING_NODE}})) as server:
            for name in "pn":
                self.answer(server, name, event)
        same = {"StackId": "s", "RequestId": "r", "LogicalResourceId": "l", "NoEcho": False}
        self.assertEqual([kind for kind, _ in told], ["", ""])
        self.assertEqual({**same, "Status": "SUCCESS", "Data": {"a": 1}, "PhysicalResourceId": "my-id"},
                         {key: value for key, value in told[0][1].items() if key != "Reason"})
        self.assertEqual({**same, "Status": "FAILED", "Data": {}},
                         {key: value for key, value in told[1][1].items() if key not in ("Reason", "PhysicalResourceId")})
        self.assertRegex(told[1][1]["Reason"], r"^See the details in CloudWatch Log Stream: \d{4}/")

    # -- the CDK

    def test_assets(self):
        code = {"S3Bucket": {"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"}}
        self.write("cdk.out/asset.aaaa/app.py", HANDLER % "folder")
        self.write("cdk.out/asset.bbbb.zip", archive(app_dot_py=HANDLER % "zipped"))
        self.write("cdk.out/asset.cccc/app.py", HANDLER % "by its key")

        def function(key, **metadata):
            return {"Type": "AWS::Lambda::Function", "Properties": {**PYTHON, "Code": {**code, "S3Key": key}}, "Metadata": metadata}

        functions = {"Folder": function("aaaa.zip", **{"aws:asset:path": "asset.aaaa", "aws:asset:property": "Code"}),
                     "Zipped": function("bbbb.zip", **{"aws:asset:path": "asset.bbbb.zip"}), "Key": function("prefix/cccc.zip"),
                     "KeyOfArchive": function("bbbb.zip"), "Gone": function("dddd.zip", **{"aws:asset:path": "asset.dddd"}),
                     "Remote": function("eeee.zip")}
        for path in ("cdk.out/Stack.template.json", "synthesized.yaml"):
            with self.subTest(path), Server(config=self.template(functions, path)) as server:
                self.assertEqual([self.answer(server, name) for name in ("Folder", "Zipped", "Key", "KeyOfArchive")],
                                 ["folder", "zipped", "by its key", "zipped"])
                for name in ("Gone", "Remote"):
                    self.assertEqual(server.invoke(name, {}).headers["x-amzn-errortype"], "InvalidZipFileException")

    def test_code_in_s3_lies_in_a_folder(self):
        self.write("buckets/mine/a/key.zip", archive(app_dot_py=HANDLER % "from a bucket"))
        functions = {"Sam": {**PYTHON, "CodeUri": "s3://mine/a/key.zip"}, "Object": {**PYTHON, "CodeUri": {"Bucket": "mine", "Key": "a/key.zip"}},
                     "Gone": {**PYTHON, "CodeUri": "s3://mine/b/key.zip"}}
        self.template(functions)
        with open(os.path.join(self.folder, "template.yaml")) as file:
            document = {**json.load(file), "Metadata": {"Invoked": {"S3Folder": "buckets"}}}
        with Server(config=self.write("template.yaml", json.dumps(document))) as server:
            self.assertEqual([self.answer(server, name) for name in ("Sam", "Object")], ["from a bucket", "from a bucket"])
            self.assertEqual(server.invoke("Gone", {}).headers["x-amzn-errortype"], "InvalidZipFileException")

    # -- code that comes later

    def test_code_that_is_built_later_is_served_then(self):
        functions = {"Later": {**PYTHON, "CodeUri": "a/b/code"},
                     "Built": {"Type": "AWS::Serverless::Function", "Properties": {**NODE, "CodeUri": "src"},
                               "Metadata": {"BuildMethod": "esbuild"}}}
        with Server(config=self.template(functions), watches=True) as server:
            self.assertEqual([server.invoke(name, {}).status for name in functions], [502, 502])
            for name in ("a", "a/b", "a/b/code", ".aws-sam", ".aws-sam/build", ".aws-sam/build/Built"):
                os.mkdir(os.path.join(self.folder, name))
            self.write("a/b/code/app.py", HANDLER % "late")
            self.write(".aws-sam/build/Built/index.js", "exports.handler = async () => 'built';")
            server.wait_for_log("again: 2 functions")
            wait_for(lambda: server.invoke("Later", {}).json == "late", "the code that came later")
            wait_for(lambda: server.invoke("Built", {}).json == "built", "the code that was built")


if __name__ == "__main__":
    run_tests()
