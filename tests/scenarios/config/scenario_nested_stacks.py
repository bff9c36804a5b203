"""Nested stacks: their functions are served, parameters go down and outputs come up; what can't be read hinders nobody."""
# test: timeout 120

import json
import os
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
from invoked import Server, run_binary, run_tests, wait_for  # noqa: E402

SAM = "AWS::Serverless::Function"
STACK, APPLICATION = "AWS::CloudFormation::Stack", "AWS::Serverless::Application"
LOOK = "import os\ndef handler(event, context): return [os.environ.get(name) for name in event]\n"


def function(code="code", variables=None, **more):
    return {"Type": SAM, "Properties": {"Runtime": "python3.12", "Handler": "app.handler", "CodeUri": code, "Timeout": 20,
                                        "Environment": {"Variables": variables or {}}, **more}}


def stack(place, parameters=None, **more):
    return {"Type": STACK, "Properties": {"TemplateURL": place, "Parameters": parameters or {}}, **more}


def application(place, parameters=None):
    return {"Type": APPLICATION, "Properties": {"Location": place, "Parameters": parameters or {}}}


class NestedStacks(unittest.TestCase):
    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="nested-"))
        self.addCleanup(shutil.rmtree, self.folder)
        for name in ("code", "child/code", "child/deep"):
            self.write(f"{name}/app.py", LOOK)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".new", "w") as file:
            file.write(text)
        os.replace(path + ".new", path)

    def template(self, name, resources, **sections):
        self.write(name, json.dumps({"Resources": resources, **sections}))
        return os.path.join(self.folder, name)

    def check(self, *arguments):
        done = run_binary("check", *arguments, "template.yaml", folder=self.folder)
        return done.returncode, done.stdout, done.stderr

    def functions(self):
        done = run_binary("check", "--json", "template.yaml", folder=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        return sorted(one["name"] for one in json.loads(done.stdout)["functions"])

    def serve(self, **options):
        return Server(config=os.path.join(self.folder, "template.yaml"), **options)

    def variables(self, server, name, *wanted):
        answer = server.invoke(name, wanted)
        self.assertEqual((answer.status, answer.function_error), (200, None), answer)
        return answer.json

    def test_parameters_go_down_and_outputs_come_up(self):
        self.template("template.yaml", {
            "Top": function(variables={"ARN": {"Fn::GetAtt": ["Child", "Outputs.Arn"]}, "DEEP": {"Fn::Sub": "${Child.Outputs.Deep}!"}}),
            "Child": stack("./child/child.yaml", {"Stage": {"Fn::Sub": "${Stage}-x"}, "Names": {"Fn::Join": [",", ["a", {"Ref": "Queue"}]]},
                                                  "Off": {"Ref": "AWS::NoValue"}}),
            "Queue": {"Type": "AWS::SQS::Queue"}}, Parameters={"Stage": {"Type": "String", "Default": "dev"}})
        self.template("child/child.yaml", {
            "Fn": function(variables={"STAGE": {"Ref": "Stage"}, "STACK": {"Ref": "AWS::StackName"}, "REGION": {"Ref": "AWS::Region"},
                                      "QUEUE": {"Fn::Select": [1, {"Ref": "Names"}]}, "OFF": {"Ref": "Off"}}),
            "Maybe": {**function(), "Condition": "IsProd"},
            "Inner": application("deep/inner.json", {"Name": {"Ref": "Stage"}})},
            Parameters={"Stage": {"Type": "String", "AllowedPattern": "x"}, "Names": {"Type": "CommaDelimitedList"},
                        "Off": {"Type": "String", "Default": "by default"}},
            Conditions={"IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod-x"]}},
            Outputs={"Arn": {"Value": {"Fn::GetAtt": "Fn.Arn"}}, "Deep": {"Value": {"Fn::GetAtt": ["Inner", "Outputs.Said"]}}})
        self.template("child/deep/inner.json", {"Innermost": {"Type": SAM, "Properties": {"Runtime": "python3.12", "Handler": "app.handler",
                                                                                          "Environment": {"Variables": {"NAME": {"Ref": "Name"}}}}}},
                      Parameters={"Name": {"Type": "String"}}, Outputs={"Said": {"Value": {"Fn::Sub": "said ${Name}"}}})
        status, _, warned = self.check()
        self.assertEqual((status, warned), (0, ""))
        with self.serve() as server:
            self.assertEqual(self.variables(server, "Top", "ARN", "DEEP"),
                             ["arn:aws:lambda:us-east-1:123456789012:function:Fn", "said dev-x!"])
            self.assertEqual(self.variables(server, "Fn", "STAGE", "STACK", "REGION", "OFF"), ["dev-x", "local-Child", "us-east-1", "by default"])
            self.assertRegex(self.variables(server, "Fn", "QUEUE")[0], "/Queue$")
            self.assertEqual(self.variables(server, "Innermost", "NAME", "LAMBDA_TASK_ROOT"), ["dev-x", os.path.join(self.folder, "child", "deep")])
            self.assertEqual(server.invoke("Maybe", {}).status, 404)
        self.assertEqual(run_binary("check", "--parameter", "Stage=prod", "--json", "template.yaml", folder=self.folder).stdout.count('"name":"Maybe"'), 1)

    def test_one_template_twice(self):
        self.template("template.yaml", {"Fn": function(), "One": stack("child/child.yaml", {"N1": "one"}), "Two": application("child/child.yaml", {"N1": "two"})})
        self.template("child/child.yaml", {"Fn": function(variables={"N1": {"Ref": "N1"}}, Events={"Get": {"Type": "HttpApi", "Properties": {"Path": "/x", "Method": "get"}}}),
                                           "Named": function(FunctionName={"Fn::Sub": "${AWS::StackName}-named"})}, Parameters={"N1": {"Type": "Number", "Default": 1}}
                      | {"N1": {"Type": "String"}})
        self.assertEqual(self.functions(), ["Fn", "One-Fn", "Two-Fn", "local-One-named", "local-Two-named"])
        with self.serve(arguments=["--http"]) as server:
            self.assertEqual([self.variables(server, f"{name}-Fn", "N1") for name in ("One", "Two")], [["one"], ["two"]])
            for name in ("One", "Two"):
                self.assertEqual(server.request("GET", f"/_invoked/api/{name}ServerlessHttpApi/x").status, 200)

    def test_layers_and_files_of_the_nested_folder(self):
        self.write("layer/python/mine.py", "NAME = 'of the outer'\n")
        self.write("child/layer/python/own.py", "NAME = 'of the inner'\n")
        self.write("child/local.env", "FROM_FILE=yes\n")
        self.write("child/code/app.py", "import mine, os, own\ndef handler(event, context): return [mine.NAME, own.NAME, os.environ['FROM_FILE']]\n")
        layer = "AWS::Serverless::LayerVersion"
        self.template("template.yaml", {"Shared": {"Type": layer, "Properties": {"ContentUri": "layer"}}, "Child": stack("child/child.yaml", {"Layer": {"Ref": "Shared"}})})
        fn = function(Layers=[{"Ref": "Layer"}, {"Ref": "Own"}])
        self.template("child/child.yaml", {"Fn": {**fn, "Metadata": {"Invoked": {"EnvFile": "local.env"}}}, "Own": {"Type": layer, "Properties": {"ContentUri": "./layer"}}},
                      Parameters={"Layer": {"Type": "String"}})
        with self.serve() as server:
            self.assertEqual(self.variables(server, "Fn"), ["of the outer", "of the inner", "yes"])

    def test_what_is_not_here(self):
        remote = {"ApplicationId": "arn:aws:serverlessrepo:us-east-1:1:applications/a", "SemanticVersion": "1.0.0"}
        resources = {"Ann": function(variables={"X1": {"Fn::GetAtt": ["Gone", "Outputs.X"]}}), "Gone": application("gone.yaml"), "Far": stack("https://s3.amazonaws.com/b/t.yaml"),
                     "Shop": application(remote), "Unknown": stack({"Fn::Sub": "https://${Bucket}/t.yaml"}), "Bucket": {"Type": "AWS::S3::Bucket"},
                     "Never": {**stack("gone.yaml"), "Condition": "No"}}
        self.template("template.yaml", resources, Conditions={"No": {"Fn::Equals": ["a", "b"]}})
        status, said, warned = self.check()
        self.assertEqual(status, 0)
        self.assertIn("template.yaml:1: Resources.Gone.Properties.Location: the nested stack is left out: ./gone.yaml can't be read: No such file", warned)
        self.assertIn('Outputs.X of Gone (AWS::Serverless::Application) is known only after a deployment', warned)
        self.assertEqual(len(warned.splitlines()), 2, warned)
        self.assertIn("3 x AWS::CloudFormation::Stack", said)
        with self.serve(watches=True) as server:
            self.assertEqual(self.variables(server, "Ann", "X1"), ["Gone.Outputs.X"])
            self.template("gone.yaml", {"Back": function()}, Outputs={"X": {"Value": "here"}})
            wait_for(lambda: server.invoke("Back", []).status == 200, "the nested stack")
            wait_for(lambda: self.variables(server, "Ann", "X1") == ["here"], "its output")

    def test_faults_name_the_nested_file(self):
        self.template("template.yaml", {"Child": stack("child/child.yaml", {"Staeg": "x"})})
        self.template("child/child.yaml", {"Fn": function(Timeout=9000)}, Parameters={"Stage": {"Type": "String"}})
        status, _, said = self.check()
        self.assertEqual(status, 2)
        self.assertIn("child/child.yaml:1: Resources.Fn.Properties.Timeout: must be 1 to 900 (is 9000)", said)
        self.assertIn("template.yaml:1: Resources.Child.Properties.Parameters.Staeg: ./child/child.yaml has no such parameter; did you mean Stage?", said)
        self.write("child/child.yaml", "Resources: [")
        status, _, said = self.check()
        self.assertEqual((status, said.startswith("./child/child.yaml:2: is not YAML")), (2, True), said)
        self.template("child/child.yaml", {"Fn": function(variables={"S1": {"Ref": "Stage"}})}, Parameters={"Stage": {"Type": "String"}})
        self.template("template.yaml", {"Child": stack("child/child.yaml")})
        status, _, said = self.check()
        self.assertEqual(status, 0)
        self.assertIn('child/child.yaml:1: Resources.Fn.Properties.Environment.Variables.S1.Ref: parameter Stage of the nested stack Child has no default '
                      '(pass in its Parameters Stage=VALUE); "Stage" stands in for it', said)

    def test_circles_and_bounds(self):
        self.template("template.yaml", {"A": function(), "Child": stack("child/child.yaml")})
        self.template("child/child.yaml", {"Back": application("../template.yaml")})
        status, _, said = self.check()
        self.assertEqual(status, 2)
        self.assertIn("Resources.Back.Properties.Location: the nested stack contains itself", said)
        self.template("child/child.yaml", {"Back": application("child.yaml")})
        self.assertIn("the nested stack contains itself", self.check()[2])
        for level in range(12):
            self.template(f"level{level}.yaml", {"Next": stack(f"level{level + 1}.yaml")})
        self.template("template.yaml", {"A": function(), "Child": stack("level0.yaml")})
        self.assertIn("more than 10 nested stacks inside each other", self.check()[2])
        self.template("leaf.yaml", {"Queue": {"Type": "AWS::SQS::Queue"}})
        self.template("fan.yaml", {f"S{i}": stack("leaf.yaml") for i in range(30)})
        self.template("template.yaml", {"A": function(), **{f"S{i}": stack("fan.yaml") for i in range(10)}})
        self.assertIn("more than 200 nested stacks", self.check()[2])
        self.template("child/child.yaml", {"Q": {"Type": "AWS::SQS::Queue"}}, Parameters={"P": {"Type": "String"}}, Outputs={"O": {"Value": {"Ref": "P"}}})
        self.template("template.yaml", {"A": function(variables={"O1": {"Fn::GetAtt": ["Child", "Outputs.O"]}}),
                                        "Child": stack("child/child.yaml", {"P": {"Fn::GetAtt": ["Child", "Outputs.O"]}})})
        self.assertIn("refers to itself", self.check()[2])
        self.template("template.yaml", {"A": function(), "Device": stack("/dev/zero"), "Folder": stack("child")})
        status, _, said = self.check()
        self.assertEqual((status, said.count("the nested stack is left out")), (0, 2), said)

    def test_what_the_cdk_and_sam_build_write(self):
        self.template("template.yaml", {"Child": {**stack({"Fn::Join": ["", ["https://s3.", {"Ref": "AWS::URLSuffix"}]]}), "Metadata": {"aws:asset:path": "Child.nested.template.json"}}})
        self.template("Child.nested.template.json", {"Fn": function()})
        self.assertEqual(self.functions(), ["Fn"])
        self.template("template.yaml", {"Child": application("child/child.yaml")})
        self.template("child/child.yaml", {"Fn": function()})
        self.write(".aws-sam/build/Child/Fn/app.py", "def handler(event, context): return 'built'\n")
        self.template(".aws-sam/build/Child/template.yaml", {"Fn": function("Fn")})
        self.template(".aws-sam/build/template.yaml", {"Child": application("Child/template.yaml")})
        with self.serve() as server:
            self.assertEqual(self.variables(server, "Fn"), "built")

    def test_a_changed_nested_file_is_read_again(self):
        self.template("template.yaml", {"Child": stack("child/child.yaml")})
        self.template("child/child.yaml", {"Fn": function(variables={"V1": "old"})})
        with self.serve(watches=True) as server:
            self.assertEqual(self.variables(server, "Fn", "V1"), ["old"])
            self.template("child/child.yaml", {"Fn": function(variables={"V1": "new"}), "More": function()})
            wait_for(lambda: self.variables(server, "Fn", "V1") == ["new"], "the changed file")
            self.assertEqual(self.variables(server, "More"), [])


if __name__ == "__main__":
    run_tests()
