"""Layers: what is in them reaches the handler as on AWS, from folders, archives, templates and by ARN."""
# test: timeout 120

import io
import json
import os
import shutil
import sys
import tempfile
import unittest
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
from invoked import Server, run_binary, run_tests, wait_for  # noqa: E402

PYTHON = {"Runtime": "python3.12", "Handler": "app.handler", "Timeout": 20, "CodeUri": "code"}
NODE = {"Runtime": "nodejs20.x", "Handler": "index.handler", "Timeout": 20, "CodeUri": "code"}
ARN = "arn:aws:lambda:us-east-1:111122223333:layer:%s:7"


class Layers(unittest.TestCase):
    mount_task = "auto"

    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="layers-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.write("code/app.py", "import mine\ndef handler(event, context): return mine.NAME\n")

    def write(self, name, text, mode=0o644):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".new", "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        os.chmod(path + ".new", mode)
        os.replace(path + ".new", path)
        return path

    def archive(self, name, **files):
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as out:
            for file, text in files.items():
                out.writestr(file.replace("__", "/").replace("_dot_", "."), text)
        return self.write(name, data.getvalue())

    def config(self, functions, **local):
        functions = {name: {**function, "Local": {"MountTask": self.mount_task}} for name, function in functions.items()}
        return self.write("invoked.json", json.dumps({"Functions": functions, **({"Local": local} if local else {})}))

    def template(self, resources):
        return self.write("template.yaml", json.dumps({"Resources": {
            name: {"Type": kind, "Properties": properties, **more} for name, (kind, properties, more) in resources.items()}}))

    def answer(self, server, name):
        answer = server.invoke(name, {})
        self.assertEqual((answer.status, answer.function_error), (200, None), answer)
        return answer.json

    def check(self, path):
        done = run_binary("check", path, folder=self.folder)
        return done.returncode, done.stderr

    def test_python_and_the_order_of_layers(self):
        self.write("low/python/mine.py", "NAME = 'low'\n")
        self.write("high/python/mine.py", "NAME = 'high'\n")
        self.write("packages/python/lib/python3.12/site-packages/mine.py", "NAME = 'site-packages'\n")
        self.archive("zipped.zip", python__mine_dot_py="NAME = 'zipped'\n")
        self.write("own/app.py", "import mine\ndef handler(event, context): return mine.NAME\n")
        self.write("own/mine.py", "NAME = 'own'\n")
        functions = {"one": {**PYTHON, "Layers": ["low"]}, "last": {**PYTHON, "Layers": ["low", "./high"]},
                     "first": {**PYTHON, "Layers": ["high", "low"]}, "packages": {**PYTHON, "Layers": ["packages", "low", "high"]},
                     "zip": {**PYTHON, "Layers": ["low", "zipped.zip"]}, "own": {**PYTHON, "CodeUri": "own", "Layers": ["low"]},
                     "none": PYTHON}
        config = self.config(functions)
        with Server(config=config) as server:
            self.assertEqual({name: self.answer(server, name) for name in functions if name != "none"},
                             {"one": "low", "last": "high", "first": "low", "packages": "site-packages", "zip": "zipped", "own": "own"})
            self.assertEqual(server.invoke("none", {}).json["errorType"], "Runtime.ImportModuleError")
        self.assertEqual(self.check(config), (0, ""))

    def test_nodejs(self):
        self.write("layer/nodejs/node_modules/mine/package.json", '{"main": "index.js"}')
        self.write("layer/nodejs/node_modules/mine/index.js", "exports.name = 'node_modules';\n")
        self.write("newer/nodejs/node20/node_modules/mine/package.json", '{"main": "index.js"}')
        self.write("newer/nodejs/node20/node_modules/mine/index.js", "exports.name = 'node20';\n")
        self.write("code/index.js", "exports.handler = async () => require('mine').name;\n")
        self.write("code/module.mjs", "import mine from 'mine';\nexport const handler = async () => mine.name;\n")
        functions = {"require": {**NODE, "Layers": ["layer"]}, "import": {**NODE, "Handler": "module.handler", "Layers": ["layer"]},
                     "both": {**NODE, "Layers": ["newer", "layer"]}}
        with Server(config=self.config(functions)) as server:
            self.assertEqual([self.answer(server, name) for name in functions], ["node_modules", "node_modules", "node20"])

    def test_programs_and_libraries(self):
        self.write("layer/bin/mine", "#!/bin/sh\necho from the layer\n", 0o755)
        self.write("layer/lib/libmine.so", "")
        self.write("layer/wrapper", "#!/bin/sh\nexport WRAPPED=yes\nexec \"$@\"\n", 0o755)
        self.write("code/app.py", "import os, subprocess\ndef handler(event, context):\n"
                                  "    return [subprocess.check_output(['mine'], text=True), os.environ.get('WRAPPED'), os.environ['LD_LIBRARY_PATH']]\n")
        wrapped = {"Environment": {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrapper", "LD_LIBRARY_PATH": "/x"}}}
        with Server(config=self.config({"plain": {**PYTHON, "Layers": ["layer"]}, "wrapped": {**PYTHON, **wrapped, "Layers": ["layer"]}})) as server:
            said, is_wrapped, libraries = self.answer(server, "plain")
            self.assertEqual((said, is_wrapped), ("from the layer\n", None))
            self.assertRegex(libraries, "(/layer|/opt)/lib$")
            said, is_wrapped, libraries = self.answer(server, "wrapped")
            self.assertEqual((said, is_wrapped), ("from the layer\n", "yes"))
            self.assertRegex(libraries, "^/x:.*(/layer|/opt)/lib$")

    def test_a_bootstrap_in_a_layer(self):
        self.write("layer/bootstrap", "#!/bin/sh\nexit 7\n", 0o755)
        with Server(config=self.config({"f": {"Runtime": "provided.al2023", "CodeUri": "code", "Layers": ["layer"]}})) as server:
            self.assertIn("exit status 7", server.invoke("f", {}).json["errorMessage"])

    def test_layers_of_a_template(self):
        self.write("layer/python/mine.py", "NAME = 'sam'\n")
        self.write("cfn/python/mine.py", "NAME = 'cloudformation'\n")
        self.write("globals/python/mine.py", "NAME = 'globals'\n")
        self.write("globals/python/theirs.py", "")
        self.write(".aws-sam/build/BuiltLayer/python/mine.py", "NAME = 'built'\n")
        self.archive("asset.abcd.zip", python__mine_dot_py="NAME = 'asset'\n")
        function = "AWS::Serverless::Function"
        resources = {
            "Sam": (function, {**PYTHON, "Layers": [{"Ref": "SamLayer"}]}, {}),
            "Named": (function, {**PYTHON, "Layers": [{"Fn::Sub": "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:layer:the-name:1"}]}, {}),
            "Cfn": ("AWS::Lambda::Function", {"Runtime": "python3.12", "Handler": "app.handler", "Code": "code", "Layers": [{"Ref": "CfnLayer"}]}, {}),
            "Asset": (function, {**PYTHON, "Layers": [{"Fn::GetAtt": ["AssetLayer", "LayerVersionArn"]}]}, {}),
            "Built": (function, {**PYTHON, "Layers": [{"Ref": "BuiltLayer"}]}, {}),
            "SamLayer": ("AWS::Serverless::LayerVersion", {"ContentUri": "layer"}, {}),
            "NamedLayer": ("AWS::Serverless::LayerVersion", {"ContentUri": "layer/", "LayerName": "the-name"}, {}),
            "CfnLayer": ("AWS::Lambda::LayerVersion", {"Content": "cfn"}, {}),
            "AssetLayer": ("AWS::Lambda::LayerVersion", {"Content": {"S3Bucket": "b", "S3Key": "abcd.zip"}}, {"Metadata": {"aws:asset:path": "asset.abcd.zip"}}),
            "BuiltLayer": ("AWS::Serverless::LayerVersion", {"ContentUri": "source"}, {"Metadata": {"BuildMethod": "python3.12"}}),
        }
        self.template(resources)
        with Server(config=os.path.join(self.folder, "template.yaml")) as server:
            self.assertEqual({name: self.answer(server, name) for name in ("Sam", "Named", "Cfn", "Asset", "Built")},
                             {"Sam": "sam", "Named": "sam", "Cfn": "cloudformation", "Asset": "asset", "Built": "built"})
        with open(os.path.join(self.folder, "template.yaml")) as file:
            document = json.load(file)
        document["Globals"] = {"Function": {"Layers": ["globals"]}}
        document["Resources"] = {name: resource for name, resource in document["Resources"].items() if name in ("Sam", "SamLayer")}
        self.write("template.yaml", json.dumps(document))
        self.write("code/app.py", "import mine, theirs\ndef handler(event, context): return mine.NAME\n")
        with Server(config=os.path.join(self.folder, "template.yaml")) as server:
            self.assertEqual(self.answer(server, "Sam"), "sam")

    def test_a_layer_that_is_not_here(self):
        self.write("mine/known/python/mine.py", "NAME = 'by name'\n")
        self.write("mine/exact-7/python/mine.py", "NAME = 'by version'\n")
        self.write("mine/exact/python/mine.py", "NAME = 'another version'\n")
        self.archive("mine/zipped.zip", python__mine_dot_py="NAME = 'zipped'\n")
        functions = {name: {**PYTHON, "Layers": [ARN % name]} for name in ("known", "exact", "zipped", "gone")}
        config = self.config(functions, LayersFolder="mine")
        status, warned = self.check(config)
        self.assertEqual((status, warned), (0, f"warning: {config}:1: Functions.gone.Layers[0]: the layer is left out: {ARN % 'gone'} is in AWS, "
                                               "and not in Local.LayersFolder, as NAME or NAME.zip\n"))
        with Server(config=config) as server:
            self.assertEqual([self.answer(server, name) for name in ("known", "exact", "zipped")], ["by name", "by version", "zipped"])
            self.assertEqual(server.invoke("gone", {}).json["errorType"], "Runtime.ImportModuleError")
            server.wait_for_log("warn .*the layer is left out: .*:gone:7 is in AWS")
        self.assertIn("set Local.LayersFolder to a folder that has it as NAME or NAME.zip", self.check(self.config({"f": {**PYTHON, "Layers": [ARN % "known"]}}))[1])
        self.assertEqual(self.check(self.config({"f": {**PYTHON, "Layers": ["nowhere"]}})),
                         (2, f"{config}:1: Functions.f.Layers[0]: {self.folder}/nowhere: no such folder or archive\n"))
        self.assertIn("no such folder: ", self.check(self.config({}, LayersFolder="nowhere"))[1])
        self.template({"F": ("AWS::Serverless::Function", {**PYTHON, "Layers": ["nowhere", {"Ref": "L"}]}, {}),
                       "L": ("AWS::Serverless::LayerVersion", {"ContentUri": "source"}, {"Metadata": {"BuildMethod": "makefile"}})})
        status, warned = self.check("template.yaml")
        self.assertEqual(status, 0)
        self.assertIn(f"the layer is left out: {self.folder}/nowhere: no such folder or archive\n", warned)
        self.assertIn(f"the layer is left out: {self.folder}/.aws-sam/build/L isn't there: run `sam build`\n", warned)

    def test_limits(self):
        for number in range(6):
            os.makedirs(os.path.join(self.folder, f"l{number}"))
        layers = [f"l{number}" for number in range(6)]
        status, said = self.check(self.config({"f": {**PYTHON, "Layers": layers}}))
        self.assertEqual((status, said.split(": ", 1)[1]), (2, "Functions.f.Layers: must have at most 5 entries (has 6)\n"))
        for number in range(2):
            with open(os.path.join(self.folder, f"l{number}", "large"), "wb") as file:
                file.truncate(131072000)
        status, said = self.check(self.config({"f": {**PYTHON, "Layers": layers[:5]}}))
        self.assertEqual((status, said.split(": ", 1)[1]),
                         (2, "Functions.f.Layers: the layers have 262144000 bytes unpacked; AWS takes less than 262144000\n"))
        self.assertEqual(self.check(self.config({"f": {**PYTHON, "Layers": layers[1:5]}}))[0], 0)

    def test_a_changed_layer_is_used(self):
        self.write("layer/python/mine.py", "NAME = 'old'\n")
        self.archive("layer.zip", python__mine_dot_py="NAME = 'old'\n")
        config = self.config({"folder": {**PYTHON, "Layers": ["layer"]}, "zip": {**PYTHON, "Layers": ["layer.zip"]}})
        with Server(config=config, watches=True) as server:
            self.assertEqual([self.answer(server, name) for name in ("folder", "zip")], ["old", "old"])
            self.write("layer/python/mine.py", "NAME = 'new'\n")
            self.archive("layer.zip", python__mine_dot_py="NAME = 'new'\n")
            wait_for(lambda: [self.answer(server, name) for name in ("folder", "zip")] == ["new", "new"], "the changed layers")


class LayersByVariables(Layers):
    """The same, where they are not at /opt."""

    mount_task = "off"


if __name__ == "__main__":
    run_tests()
