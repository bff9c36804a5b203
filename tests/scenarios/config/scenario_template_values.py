"""Small templates, each with one value that is hard to know: what the handler finds in its variable X_V."""
# test: timeout 120

import os
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
from invoked import ROOT, Server, run_binary, run_tests, wait_for  # noqa: E402

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
      Timeout: 20
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

    def test_values_from_beside_the_template(self):
        """A parameter: --parameter, else samconfig.toml. A variable: --env-vars, else its .env file, else the template."""
        self.write("template.yaml", "Parameters: {Stage: {Type: String}}\nResources:\n" + FUNCTION.format(name="Ann", value="!ImportValue x")
                   + "      FunctionName: !Sub 'shop-${Stage}'\n    Metadata: {Invoked: {EnvFile: dev.env}}\n" + FUNCTION.format(name="Ben", value="!Ref Stage"))
        self.write("samconfig.toml", "[default.deploy.parameters]\nparameter_overrides = 'Stage=dev Other=1'\n[prod.global.parameters]\nparameter_overrides = ['Stage=prod']\n")
        self.write("env.json", '{"Ben": {"X_V": "of Ben"}, "Parameters": {"X_V": "of all"}}')
        self.write("own.json", '{"shop-dev": {"X_V": 1}}')
        self.write("dev.env", "X_V=of the file\nAWS_REGION=x\n")
        for given, stage, ann, ben, warned in (
                ([], "dev", "of the file", "dev", ["AWS_REGION is reserved by AWS Lambda"]),
                (["--config-env", "prod"], "prod", "of the file", "prod", ["AWS_REGION"]),
                (["--config-env", "prod", "--parameter", "Stage=x"], "x", "of the file", "x", ["AWS_REGION"]),
                (["--env-vars", "env.json"], "dev", "of all", "of Ben", ["AWS_REGION"]),
                (["--env-vars", "own.json"], "dev", "1", "dev", ["AWS_REGION"])):
            with self.subTest(given):
                status, _, warnings = self.check(*given)
                self.assertEqual((status, len(warnings)), (0, len(warned)), warnings)
                for line, part in zip(warnings, warned):
                    self.assertIn(part, line)
                paths = [os.path.join(self.folder, word) if word.endswith(".json") else word for word in given]
                with Server(config=self.template, arguments=paths) as server:
                    self.assertEqual(server.invoke(f"shop-{stage}").json, {"X_V": ann, "arn": f"{ARN}shop-{stage}"})
                    self.assertEqual(server.invoke("Ann").json, {"X_V": ann, "arn": f"{ARN}shop-{stage}"})
                    self.assertEqual(server.invoke("Ben").json["X_V"], ben)

    def test_what_is_wrong_beside_the_template(self):
        self.write("template.yaml", "Resources:\n" + FUNCTION.format(name="Ann", value="x") + "    Metadata: {Invoked: {EnvFile: no.env}}\n")
        status, _, warnings = self.check()
        self.assertEqual(status, 0)
        self.assertRegex(warnings[0], r"EnvFile: .*/no.env can't be read: No such file or directory$")
        self.write("samconfig.toml", "nonsense")
        self.assertIn("warning: ./samconfig.toml:1: is not TOML: expected = behind a key", self.check()[2])
        self.write("bad.json", '{"Ann": {"X": []}, "Ben": 1}')
        for given, line in ((["--config-env", "default"], "./samconfig.toml:1: is not TOML"),
                            (["--env-vars", "no.json"], "no.json: can't be read: No such file or directory"),
                            (["--env-vars", "bad.json"], "bad.json:1: Ann.X: must be a string, a number or a boolean (is a list)")):
            done = run_binary("check", *given, "template.yaml", folder=self.folder)
            self.assertEqual(done.returncode, 2)
            self.assertIn(line, done.stderr)
        self.write("samconfig.toml", "")
        self.assertIn("--config-env prod: no such environment", run_binary("check", "--config-env", "prod", "template.yaml", folder=self.folder).stderr)

    def test_a_file_beside_the_template_is_watched(self):
        self.write("template.yaml", "Parameters: {Stage: {Type: String}}\nResources:\n" + FUNCTION.format(name="Ann", value="!Ref Stage"))
        self.write("samconfig.toml", "[default.deploy.parameters]\nparameter_overrides = 'Stage=one'\n")
        with Server(config=self.template, watches=True) as server:
            self.assertEqual(server.invoke("Ann").json["X_V"], "one")
            self.write("samconfig.toml", "[default.deploy.parameters]\nparameter_overrides = 'Stage=two'\n")
            wait_for(lambda: server.invoke("Ann").json["X_V"] == "two", "the new value")

    def test_samconfig_says_the_region_and_the_name_of_the_stack(self):
        """Below --parameter; Metadata.Invoked sets the region above samconfig.toml."""
        def said(*arguments):
            with Server(config=self.template, arguments=arguments) as server:
                return server.invoke("Ann").json["X_V"]

        template = "%sResources:\n" + FUNCTION.format(name="Ann", value="!Sub '${AWS::StackName} ${AWS::Region}'")
        self.write("template.yaml", template % "")
        self.write("samconfig.toml", "[default.deploy.parameters]\nstack_name = 'shop'\nregion = 'eu-west-1'\n")
        self.assertEqual(said(), "shop eu-west-1")
        self.assertEqual(said("--parameter", "AWS::Region=eu-west-2", "--parameter", "AWS::StackName=mine"), "mine eu-west-2")
        self.write("template.yaml", template % "Metadata: {Invoked: {Region: eu-west-3}}\n")
        self.assertEqual(said(), "shop eu-west-3")
        self.write("samconfig.toml", "[default.deploy.parameters]\nregion = 'no region'\n")
        self.assertEqual(said(), "local eu-west-3")

    def test_a_configuration_has_such_files_too(self):
        self.write("a.env", "X_V=all\nX_W=all\n")
        self.write("b.env", "X_W='own'\n")
        self.write("invoked.json", '{"Functions": {"f": {"Runtime": "python3.12", "Handler": "app.handler", "CodeUri": "code", '
                   '"Environment": {"Variables": {"X_V": "given"}}, "Local": {"EnvFile": "b.env", "LogicalId": "other"}}}, "Local": {"EnvFile": "a.env"}}')
        self.write("code/app.py", "import os\ndef handler(event, context): return [os.environ['X_V'], os.environ['X_W']]\n")
        with Server(config=os.path.join(self.folder, "invoked.json")) as server:
            self.assertEqual(server.invoke("f").json, ["all", "own"])
            self.assertEqual(server.invoke("other").json, ["all", "own"])


if __name__ == "__main__":
    run_tests()
