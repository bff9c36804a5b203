"""Small templates, each with one value that is hard to know: what the handler finds in its variable X_V."""
# test: timeout 120

import os
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
from invoked import ROOT, Server, run_binary, run_tests  # noqa: E402

CODE = """import os
def handler(event, context):
    return {"X_V": os.environ.get("X_V"), "arn": context.invoked_function_arn}
"""

FUNCTION = """
  {name}:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: app.handler
      CodeUri: code
      Environment: {{Variables: {{X_V: {value}}}}}
"""

ARN = "arn:aws:lambda:us-east-1:123456789012:function:"

# name: (value, the rest of Resources, sections before it, what X_V is, how many warnings)
VALUES = {
    "an attribute of a custom resource": ("!GetAtt Probe.Token", "  Probe: {Type: 'Custom::Probe'}", "", "Probe.Token", 1),
    "a parameter without default": ("!Ref Colour", "", "Parameters: {Colour: {Type: String}}", "Colour", 1),
    "an alias that SAM makes": ("!Ref Ben.Alias", "  Ben: {Type: AWS::Serverless::Function, Properties: {Runtime: python3.12, Handler: app.handler, CodeUri: code, AutoPublishAlias: live}}", "", ARN + "Ben:live", 0),
    "a role that SAM makes": ("!GetAtt AnnRole.Arn", "", "", "arn:aws:iam::123456789012:role/AnnRole", 0),
    "a stage that SAM makes": ("!Ref Shop.Stage", "  Shop: {Type: AWS::Serverless::Api, Properties: {StageName: prod}}", "", "prod", 0),
    "an export of another stack": ("!ImportValue other-stack-table", "", "", "other-stack-table", 1),
    "a secret": ("'{{resolve:secretsmanager:db:SecretString:password}}'", "", "", "password", 1),
    "a parameter of Systems Manager": ("!Ref Bus", "", "Parameters: {Bus: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /core/bus}}", "Bus", 1),
    "a length": ("!Length [a, b]", "", "Transform: AWS::LanguageExtensions", "2", 0),
    "JSON": ("{'Fn::ToJsonString': {a: 1}}", "", "Transform: AWS::LanguageExtensions", '{"a":1}', 0),
    "a network": ("!Select [0, !Cidr [10.0.0.0/16, 4, 8]]", "", "", "10.0.0.0/16", 1),
    "the value of a parameter of the template": ("!GetAtt Pm.Value", "  Pm: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: hello}}", "", "hello", 0),
    "an endpoint": ("!GetAtt R.Endpoint.Address", "  R: {Type: AWS::RDS::DBInstance}", "", "R.Endpoint.Address", 1),
}


class TemplateValues(unittest.TestCase):
    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="template-values-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.template = os.path.join(self.folder, "template.yaml")
        self.write("code/app.py", CODE)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)

    def check(self, *arguments):
        done = run_binary("check", *arguments, "template.yaml", folder=self.folder)
        return done.returncode, done.stdout.splitlines(), [line for line in done.stderr.splitlines() if line.startswith("warning: ")]

    def test_each_is_resolved_or_something_stands_in_for_it(self):
        for name, (value, resources, sections, expected, warning_count) in VALUES.items():
            with self.subTest(name):
                self.write("template.yaml", f"{sections}\nResources:\n" + FUNCTION.format(name="Ann", value=value) + resources + "\n")
                status, _, warnings = self.check()
                self.assertEqual((status, len(warnings)), (0, warning_count), warnings)
                with Server(config=self.template) as server:
                    self.assertEqual(server.invoke("Ann").json, {"X_V": expected, "arn": ARN + "Ann"})

    def test_a_parameter_gives_the_real_value(self):
        self.write("template.yaml", "Parameters: {Stage: {Type: String}}\nConditions: {Prod: !Equals [!Ref Stage, prod]}\nResources:\n"
                   + FUNCTION.format(name="Ann", value="!If [Prod, real, other]") + "      FunctionName: !Sub 'shop-${Stage}'\n")
        for given, name, value in (([], "shop-Stage", "other"), (["--parameter", "Stage=prod"], "shop-prod", "real")):
            status, _, warnings = self.check(*given)
            self.assertEqual((status, len(warnings)), (0, 0 if given else 1), warnings)
            with Server(config=self.template, arguments=given) as server:
                self.assertEqual(server.invoke(name).json, {"X_V": value, "arn": ARN + name})

    def test_a_loop_is_written_out(self):
        with Server(config=os.path.join(ROOT, "fixtures", "templates", "values", "template.yaml")) as server:
            for name in ("Orders", "Payments"):
                self.assertEqual(server.invoke(name).json, {"STAGE": "Stage", "TABLE": "orders", "PASSWORD": "password",
                                                            "HOST": "Database.Endpoint.Address"})
            self.assertIn('parameter Stage has no default (pass --parameter Stage=VALUE); "Stage" stands in for it', server.log())

    def test_a_long_logical_id_has_a_short_name(self):
        self.write("template.yaml", "Resources:\n" + FUNCTION.format(name="A" * 66, value="x"))
        with Server(config=self.template) as server:
            (row,) = server.request("GET", "/_invoked/functions").json
            self.assertRegex(row["FunctionName"], "^A{51}-[0-9A-V]{12}$")
            self.assertEqual(server.invoke(row["FunctionName"]).json["X_V"], "x")


if __name__ == "__main__":
    run_tests()
