"""A template of which some functions can't run here: they are left out with a reason, the others are served."""
# test: timeout 120

import json
import os
import re
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
from invoked import ROOT, Server, run_binary, run_tests, wait_for  # noqa: E402

LEFT_OUT = {  # of fixtures/templates/left-out: the exception and what its message says
    "Image": ("InvalidRuntimeException", "container images don't run locally: set in Metadata"),
    "ImageUri": ("InvalidRuntimeException", "container images don't run locally: set in Metadata"),
    "Java": ("InvalidRuntimeException", '"java21" is not bundled: use ImageConfig'),
    "Misspelt": ("InvalidRuntimeException", "did you mean python3.12?"),
    "Compiled": ("InvalidZipFileException", "/.aws-sam/build/Compiled is missing): run `sam build`, or set its folder"),
    "NoFolder": ("InvalidZipFileException", "/nowhere: build the code, or set its folder"),
    "Remote": ("InvalidZipFileException", "the code is in S3, which is not available locally: set its folder"),
    "RemoteCode": ("InvalidZipFileException", "the code is in S3, which is not available locally: set its folder"),
    "RemoteObject": ("InvalidZipFileException", "the code is in S3, which is not available locally: set its folder"),
}

TEMPLATE = """Resources:
  Ann:
    Type: AWS::Serverless::Function
    Properties: {Runtime: python3.12, Handler: app.handler, CodeUri: code}
  Late:
    Type: AWS::Serverless::Function
    Properties: {Runtime: python3.12, Handler: app.handler, CodeUri: %s, AutoPublishAlias: live}
"""


class LeftOut(unittest.TestCase):
    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="left-out-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.template = os.path.join(self.folder, "template.yaml")
        self.write("code/app.py", "def handler(event, context): return 'served'\n")

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".new", "w") as file:
            file.write(text)
        os.replace(path + ".new", path)

    def check(self, *arguments):
        done = run_binary("check", *arguments, "template.yaml", folder=self.folder)
        return done.returncode, done.stdout, done.stderr

    def test_each_has_the_exception_of_its_cause(self):
        with Server(config=os.path.join(ROOT, "fixtures", "templates", "left-out", "template.yaml")) as server:
            self.assertIn(b"(1 function)", server.ready_line)
            self.assertEqual(server.invoke("Served").json, "served")
            rows = {row["FunctionName"]: row for row in server.request("GET", "/_invoked/functions").json}
            self.assertEqual(sorted(rows), sorted([*LEFT_OUT, "Served"]))
            self.assertEqual((rows["Served"]["state"], rows["Served"]["why"]), ("served", None))
            self.assertEqual(server.request("GET", "/_invoked/health").json["functions"], 1)
            for name, (exception, why) in LEFT_OUT.items():
                with self.subTest(name):
                    answer = server.invoke(name, {})
                    self.assertEqual((answer.status, answer.headers["x-amzn-errortype"]), (502, exception))
                    self.assertEqual(sorted(answer.json), ["Message", "Type"])
                    self.assertEqual(answer.json["Type"], "Service")
                    self.assertIn(why, answer.json["Message"])
                    self.assertTrue(answer.json["Message"].startswith(f"{name} can't run here: "))
                    self.assertEqual((rows[name]["state"], rows[name]["RunsAs"]), ("left out", None))
                    self.assertIn(why, rows[name]["why"])
                    self.assertRegex(server.log(), rf"{name} is left out: .*{re.escape(why)}")
            answer = server.invoke("Java:live", {})
            self.assertEqual((answer.status, answer.headers["x-amzn-errortype"]), (502, "InvalidRuntimeException"))
            self.assertEqual(server.invoke("Java", headers={"X-Amz-Invocation-Type": "DryRun"}).status, 204)
            answer = server.request("POST", "/2021-11-15/functions/Java/response-streaming-invocations", b"{}")
            self.assertEqual((answer.status, answer.headers["x-amzn-errortype"]), (502, "InvalidRuntimeException"))

    def test_an_event_waits_for_the_function_to_be_mended(self):
        self.write("template.yaml", TEMPLATE % "later")
        with Server(config=self.template, arguments=["--clock", "manual"], watches=True) as server:
            self.assertEqual(server.invoke("Late", {}, headers={"X-Amz-Invocation-Type": "Event"}).status, 202)
            event = wait_for(lambda: [row for row in server.request("GET", "/_invoked/events").json
                                      if row["State"] == "waiting"], "an event that waits")[0]
            self.assertIn("InvalidZipFileException", event["LastError"])
            self.write("later/app.py", "def handler(event, context): return 'late'\n")
            self.write("template.yaml", TEMPLATE % "later" + "# saved again\n")
            server.wait_for_log("again: 2 functions")
            self.assertEqual(server.request("POST", "/_invoked/drain").status, 200)
            self.assertEqual(server.invoke("Late", {}).json, "late")
            self.assertEqual(server.invoke("Late:live", {}).json, "late")

    def test_a_runtime_that_the_machine_lacks(self):
        self.write("template.yaml", TEMPLATE % "code" + """  Other:
    Type: AWS::Serverless::Function
    Properties: {PackageType: Image}
    Metadata: {Invoked: {Mock: [{Payload: 1}]}}
""")
        with Server(config=self.template, environment={"PATH": self.folder}) as server:
            self.assertIn(b"(1 function)", server.ready_line)
            self.assertEqual(server.invoke("Other", {}).json, 1)
            answer = server.invoke("Ann", {})
            self.assertEqual((answer.status, answer.headers["x-amzn-errortype"]), (502, "InvalidRuntimeException"))
            self.assertIn("Python is not installed: apt-get install python3", answer.json["Message"])

    def test_a_mock_stands_in_for_it(self):
        self.write("template.yaml", TEMPLATE % "later")
        with Server(config=self.template) as server:
            self.assertEqual(server.request("PUT", "/_invoked/functions/Late/mock", b'[{"Payload": 1}]').status, 200)
            self.assertEqual(server.invoke("Late", {}).json, 1)
            self.assertEqual(server.request("DELETE", "/_invoked/functions/Late/mock").status, 200)
            self.assertEqual(server.invoke("Late", {}).status, 502)

    def test_a_reload_leaves_out_and_takes_in(self):
        self.write("template.yaml", TEMPLATE % "code")
        with Server(config=self.template, watches=True) as server:
            self.assertEqual(server.invoke("Late:live", {}).json, "served")
            self.write("template.yaml", TEMPLATE % "later")
            server.wait_for_log("again: 1 function")
            server.wait_for_log("Late is left out: no such folder")
            self.assertEqual(server.invoke("Late", {}).status, 502)
            self.assertEqual(server.invoke("Late:live", {}).status, 502)
            self.assertEqual(server.invoke("Ann", {}).json, "served")
            self.write("template.yaml", TEMPLATE % "code")
            server.wait_for_log("again: 2 functions")
            self.assertEqual(server.invoke("Late", {}).json, "served")

    # -- check

    def test_check_warns(self):
        self.write("template.yaml", TEMPLATE % "later")
        warning = (f"warning: template.yaml:7: Resources.Late.Properties.CodeUri: Late is left out: no such folder: "
                   f"{self.folder}/later: build the code, or set its folder in Metadata: {{Invoked: {{CodeUri: FOLDER}}}}\n")
        status, said, warned = self.check()
        self.assertEqual((status, warned), (0, warning))
        self.assertIn("template.yaml: good (1 function, 1 left out)\n", said)
        self.assertEqual(self.check("--strict"), (2, "", warning))
        self.write("template.yaml", TEMPLATE % "code")
        self.assertEqual(self.check("--strict")[0], 0)

    def test_check_lists_the_functions(self):
        self.write("template.yaml", TEMPLATE % "later")
        why = f"no such folder: {self.folder}/later: build the code, or set its folder in Metadata: {{Invoked: {{CodeUri: FOLDER}}}}"
        _, said, _ = self.check()
        self.assertEqual(said.splitlines()[1:4], ["FUNCTION  RUNTIME     CODE", "Ann       python3.12  code",
                                                  f"Late      python3.12  later  left out: {why}"])
        status, said, warned = self.check("--json")
        self.assertEqual((status, warned), (0, ""))
        self.assertEqual(json.loads(said), {
            "functions": [
                {"name": "Ann", "runtime": "python3.12", "code": f"{self.folder}/code", "state": "served", "why": []},
                {"name": "Late", "runtime": "python3.12", "code": f"{self.folder}/later", "state": "left out", "why": [why]}],
            "warnings": [f"template.yaml:7: Resources.Late.Properties.CodeUri: Late is left out: {why}"], "errors": []})
        self.assertEqual(self.check("--json", "--strict")[0], 2)
        self.write("template.yaml", "Outputs: {}\n")
        status, said, warned = self.check("--json")
        self.assertEqual((status, warned), (2, ""))
        self.assertEqual((json.loads(said)["functions"], len(json.loads(said)["errors"])), ([], 1))

    def test_check_lists_what_is_ignored_of_each_function(self):
        events = {"Get": {"Type": "HttpApi", "Properties": {"Path": "/", "Method": "get"}}, "Queue": {"Type": "SQS", "Properties": {"Queue": "a:b"}}}
        function = {"Type": "AWS::Serverless::Function", "Properties": {"Runtime": "python3.12", "Handler": "app.handler", "CodeUri": "code", "Role": "r"}}
        named = {**function, "Properties": {**function["Properties"], "FunctionName": "other-name", "Tracing": "Active", "Events": events}}
        plain = {**function, "Properties": {"Runtime": "python3.12", "Handler": "app.handler", "CodeUri": "code"}}
        gone = {**function, "Properties": {**function["Properties"], "CodeUri": "gone"}}
        self.write("template.yaml", json.dumps({"Resources": {"Ann": function, "Named": named, "Plain": plain, "Gone": gone}}))
        _, said, _ = self.check()
        rows = {line.split()[0]: line for line in said.splitlines()[2:6]}
        self.assertRegex(rows["Ann"], r"^Ann +python3.12  code +ignored: Role$")
        self.assertRegex(rows["other-name"], r"ignored: Role, Tracing, event Queue \(SQS\)$")
        self.assertEqual(rows["Plain"], "Plain       python3.12  code")
        self.assertRegex(rows["Gone"], "left out: no such folder.*FOLDER}}$")
        functions = {one["name"]: one.get("ignored") for one in json.loads(self.check("--json")[1])["functions"]}
        self.assertEqual(functions, {"Ann": ["Role"], "other-name": ["Role", "Tracing", "event Queue (SQS)"], "Plain": None, "Gone": ["Role"]})
        self.write("serverless.yml", json.dumps({"service": "s", "provider": {"name": "aws", "runtime": "python3.12"},
                                                 "functions": {"f": {"handler": "app.handler", "tracing": "Active", "events": [{"schedule": "rate(1 minute)"}]}}}))
        done = run_binary("check", "--json", "serverless.yml", folder=self.folder)
        self.assertEqual(json.loads(done.stdout)["functions"][0]["ignored"], ["event schedule", "tracing"])

    def test_a_control_character_reaches_no_terminal(self):
        self.write("template.yaml", (TEMPLATE % "code").replace("Runtime: python3.12", 'Runtime: "python\\e[31m"', 1))
        _, said, warned = self.check()
        self.assertNotIn("\x1b", said + warned)
        self.assertIn("python?[31m", said)

    def test_code_that_a_template_lacks_is_a_warning(self):
        self.write("template.yaml", TEMPLATE % "later")
        self.write("later/main.py", "")
        status, _, warned = self.check()
        self.assertEqual((status, warned), (0, f"warning: template.yaml:7: Resources.Late.Properties.Handler: there is no app.py in "
                                               f"{self.folder}/later; it has main.py\n"))

    def test_a_template_without_functions_is_good(self):
        self.write("template.yaml", "Resources: {T: {Type: 'AWS::DynamoDB::Table'}}\n")
        status, said, warned = self.check()
        self.assertEqual((status, warned), (0, "warning: template.yaml:1: Resources: no function that can be served\n"))
        self.assertIn("template.yaml: good (0 functions)\n", said)
        with Server(config=self.template) as server:
            self.assertIn(b"(0 functions)", server.ready_line)

    def test_what_is_no_template_is_refused(self):
        for text in ("Resources: [\n", "Outputs: {}\n", "Resources: {F: {Type: 'AWS::Serverless::Function', Properties: {Timeout: 0}}}\n"):
            self.write("template.yaml", text)
            self.assertEqual(self.check()[0], 2)

    def test_configurations_of_our_own_stay_strict(self):
        for settings in ({"Runtime": "java21", "Handler": "a", "CodeUri": "code"}, {"PackageType": "Image"},
                         {"Runtime": "python3.12", "Handler": "app.handler", "CodeUri": "later"},
                         {"Runtime": "python3.12", "Handler": "app.handler", "CodeUri": "s3://bucket/key.zip"}):
            self.write("invoked.json", json.dumps({"Functions": {"f": settings}}))
            done = run_binary("check", "invoked.json", folder=self.folder)
            self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)


if __name__ == "__main__":
    run_tests()
