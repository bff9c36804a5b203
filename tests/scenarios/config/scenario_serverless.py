"""A serverless.yml: found by itself, its functions by both names, read again with the files that it reads."""
# test: timeout 120

import json
import os
import shutil
import sys
import tempfile
import unittest
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
from invoked import ROOT, Server, run_binary, run_tests, wait_for  # noqa: E402

SERVICE = os.path.join(ROOT, "fixtures", "serverless", "orders")


ROUTES = """
service: pets
provider:
  name: aws
  runtime: python3.12
  httpApi: {cors: {allowedOrigins: ["https://pets.example"]}, payload: '1.0'}
functions:
  shop:
    handler: app.handler
    events:
      - httpApi: 'GET /pets/{id}'
      - httpApi: {method: post, path: /pets}
      - http: GET old/{id}
      - http: {path: /all, method: any, cors: true}
      - schedule: rate(1 minute)
  rest:
    handler: app.handler
    events:
      - httpApi: '*'
"""
TELLS = """
import json
def handler(event, context):
    told = [event.get("version"), event["resource"], event["pathParameters"], context.function_name]
    return {"statusCode": 200, "body": json.dumps(told)}
"""


class Serverless(unittest.TestCase):
    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="serverless-"))
        self.addCleanup(shutil.rmtree, self.folder)
        shutil.copytree(SERVICE, self.folder, dirs_exist_ok=True)
        self.file = os.path.join(self.folder, "serverless.yml")

    def test_serves_functions_by_both_names(self):
        with Server(config=self.file) as server:
            expected = {"name": "orders-dev-create", "TABLE": "orders-dev", "STAGE": "dev", "REGION": "eu-west-1", "COLOUR": "green",
                        "LEVEL": "debug", "TOKEN": "/orders/token", "QUEUE": "arn:aws:sqs:eu-west-1:123456789012:Failed"}
            for name in ("create", "orders-dev-create"):
                self.assertEqual(server.invoke(name).json, expected)
            for name in ("audit", "audit-dev"):
                self.assertEqual(server.invoke(name).json["name"], "audit-dev")
            rows = {row["FunctionName"]: row for row in server.request("GET", "/_invoked/functions").json}
            self.assertEqual((rows["orders-dev-create"]["Timeout"], rows["orders-dev-create"]["MemorySize"]), (9, 256))
            self.assertEqual((rows["audit-dev"]["Timeout"], rows["audit-dev"]["MemorySize"]), (6, 1024))
            self.assertIn("1 API (ServerlessHttpApi, ...)", server.log())

    def test_an_option_is_a_parameter(self):
        with Server(config=self.file, arguments=["--parameter", "stage=prod"]) as server:
            self.assertEqual(server.invoke("orders-prod-create").json["LEVEL"], "warn")
            self.assertEqual(server.invoke("audit").json["name"], "audit-prod")

    def test_reads_again_what_its_files_say(self):
        with Server(config=self.file, watches=True) as server:
            self.assertEqual(server.invoke("create").json["LEVEL"], "debug")
            with open(os.path.join(self.folder, "settings.yml"), "w") as file:
                file.write("dev: {level: trace, timeout: 20}\n")
            wait_for(lambda: server.invoke("create").json["LEVEL"] == "trace", "the new value")

    def test_serves_the_routes_of_http_and_http_api(self):
        for name, text in (("serverless.yml", ROUTES), ("app.py", TELLS)):
            with open(os.path.join(self.folder, name), "w") as file:
                file.write(text)
        with Server(config=self.file, arguments=["--http"]) as server:
            for method, path, told in (
                    ("GET", "ServerlessHttpApi/pets/7", ["1.0", "/pets/{id}", {"id": "7"}, "pets-dev-shop"]),
                    ("POST", "ServerlessHttpApi/pets", ["1.0", "/pets", None, "pets-dev-shop"]),
                    ("PUT", "ServerlessHttpApi/else", ["1.0", "$default", None, "pets-dev-rest"]),
                    ("GET", "ServerlessRestApi/old/3", [None, "/old/{id}", {"id": "3"}, "pets-dev-shop"]),
                    ("PATCH", "ServerlessRestApi/all", [None, "/all", None, "pets-dev-shop"])):
                with self.subTest(path=path):
                    self.assertEqual(json.loads(server.request(method, "/_invoked/api/" + path).body), told)
            for path, origin in (("ServerlessHttpApi/pets", "https://pets.example"), ("ServerlessRestApi/all", "*")):
                preflight = server.request("OPTIONS", "/_invoked/api/" + path, headers={
                    "Origin": "https://pets.example", "Access-Control-Request-Method": "GET"})
                self.assertEqual(preflight.headers["access-control-allow-origin"], origin)
            self.assertIn("shop: ignored: event schedule", server.log())

    def test_is_found_by_itself(self):
        done = run_binary("check", folder=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("./serverless.yml: good (2 functions)", done.stdout)

    def test_env_vars_name_a_function_by_its_key(self):
        with open(os.path.join(self.folder, "env.json"), "w") as file:
            file.write('{"create": {"TOKEN": "real"}}')
        done = run_binary("check", "--env-vars", "env.json", folder=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        with Server(config=self.file, arguments=["--env-vars", os.path.join(self.folder, "env.json")]) as server:
            self.assertEqual(server.invoke("create").json["TOKEN"], "real")


class Service(unittest.TestCase):
    """One of its own for each property."""

    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="serverless-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.file = os.path.join(self.folder, "serverless.yml")

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        return path

    def service(self, functions, **more):
        return self.write("serverless.yml", json.dumps({"service": "shop", "provider": {"name": "aws", "runtime": "python3.12"},
                                                        "functions": functions, **more}))

    def archive(self, name, **files):
        with zipfile.ZipFile(os.path.join(self.folder, name), "w") as file:
            for entry, text in files.items():
                file.writestr(entry.replace("__", "/") + ".py", text)

    def check(self, *arguments):
        done = run_binary("check", *arguments, self.file, folder=self.folder)
        return done.returncode, done.stdout, done.stderr

    def test_layers_of_the_service_and_of_the_provider(self):
        self.write("shared/python/mine.py", "NAME = 'shared'\n")
        self.write("own/python/mine.py", "NAME = 'own'\n")
        self.write("app.py", "import mine\ndef handler(event, context): return mine.NAME\n")
        self.service({"one": {"handler": "app.handler"}, "two": {"handler": "app.handler", "layers": [{"Ref": "SharedLambdaLayer"}, {"Ref": "OwnLambdaLayer"}]},
                      "three": {"handler": "app.handler", "layers": ["arn:aws:lambda:us-east-1:111122223333:layer:far:1"]}},
                     layers={"shared": {"path": "shared"}, "own": {"path": "own"}},
                     provider={"name": "aws", "runtime": "python3.12", "layers": [{"Ref": "SharedLambdaLayer"}]})
        with Server(config=self.file) as server:
            self.assertEqual([server.invoke(name, {}).json for name in ("one", "two")], ["shared", "own"])
            self.assertEqual(server.invoke("three", {}).json["errorType"], "Runtime.ImportModuleError")
        self.assertIn("serverless.yml:1: functions.three.layers[0]: the layer is left out: arn:aws:lambda:us-east-1:111122223333:layer:far:1 is in AWS", self.check()[2])

    def test_a_function_url_with_cors(self):
        self.write("app.py", "import json\ndef handler(event, context): return {'statusCode': 200, 'body': event['requestContext']['http']['method']}\n")
        cors = {"allowedOrigins": ["https://shop.example"], "allowedMethods": ["GET"], "allowedHeaders": ["X-Own"], "allowCredentials": True,
                "exposedResponseHeaders": ["X-Seen"], "maxAge": 60}
        self.service({"plain": {"handler": "app.handler", "url": True}, "any": {"handler": "app.handler", "url": {"cors": True}},
                      "own": {"handler": "app.handler", "url": {"cors": cors, "invokeMode": "BUFFERED"}}, "none": {"handler": "app.handler", "url": False},
                      "signed": {"handler": "app.handler", "url": {"authorizer": "aws_iam"}}})
        with Server(config=self.file) as server:
            def ask(name, method="GET", **headers):
                answer = server.request(method, f"/_invoked/url/shop-dev-{name}/", headers={key.replace("_", "-"): value for key, value in headers.items()})
                return answer.status, {key[28:] if key.startswith("access-control-") else key: value for key, value in answer.headers.items()}, answer

            self.assertEqual((ask("plain")[0], ask("plain")[2].body), (200, b"GET"))
            self.assertNotIn("access-control-allow-origin", ask("plain", Origin="https://shop.example")[2].headers)
            self.assertEqual(ask("any", Origin="https://a.example")[2].headers["access-control-allow-origin"], "*")
            preflight = ask("own", "OPTIONS", Origin="https://shop.example", Access_Control_Request_Method="GET")[2].headers
            self.assertEqual({name: preflight.get("access-control-" + name) for name in ("allow-origin", "allow-methods", "allow-headers", "allow-credentials", "max-age")},
                             {"allow-origin": "https://shop.example", "allow-methods": "GET", "allow-headers": "X-Own", "allow-credentials": "true", "max-age": "60"})
            self.assertEqual(ask("own", Origin="https://shop.example")[2].headers["access-control-expose-headers"].lower(), "x-seen")
            self.assertNotIn("access-control-allow-origin", ask("own", Origin="https://other.example")[2].headers)
            self.assertEqual(ask("none")[0], 403)  # as an address that has no function
            self.assertEqual(ask("signed")[0], 403)

    def test_package_artifact(self):
        code = "def handler(event, context): return %r\n"
        self.write("app.py", code % "folder")
        self.archive("all.zip", app=code % "all", deep__app=code % "deep")
        self.archive("own.zip", app=code % "own")
        functions = {"all": {"handler": "app.handler"}, "deep": {"handler": "deep/app.handler"}, "own": {"handler": "app.handler", "package": {"artifact": "own.zip"}},
                     "gone": {"handler": "app.handler", "package": {"artifact": "dist/gone.zip"}}}
        self.service(functions, package={"artifact": "${self:custom.artifact}"}, custom={"artifact": "all.zip"})
        with Server(config=self.file) as server:
            self.assertEqual([server.invoke(name, {}).json for name in ("all", "deep", "own")], ["all", "deep", "own"])
            gone = server.invoke("gone", {})
            self.assertEqual((gone.status, gone.headers["x-amzn-errortype"]), (502, "InvalidZipFileException"))
        self.service({"plain": {"handler": "app.handler"}})
        with Server(config=self.file) as server:
            self.assertEqual(server.invoke("plain", {}).json, "folder")

    def test_use_dotenv(self):
        self.write("app.py", "import os\ndef handler(event, context): return [os.environ[name] for name in ('VA', 'VB', 'VC')]\n")
        self.write(".env", "VA=plain\nVB=plain\nPASSWORD='with blanks'\n")
        self.write(".env.prod", "VA=prod\n")
        functions = {"f": {"handler": "app.handler", "environment": {"VA": "${env:VA, 'none'}", "VB": "${env:VB, 'none'}", "VC": "${env:PASSWORD, 'none'}"}}}
        for wanted, arguments, expected in ((True, [], ["plain", "plain", "with blanks"]), (True, ["--parameter", "stage=prod"], ["prod", "none", "none"]),
                                            (False, [], ["none", "none", "none"])):
            with self.subTest(wanted=wanted, arguments=arguments):
                self.service(functions, useDotenv=wanted)
                with Server(config=self.file, arguments=arguments) as server:
                    self.assertEqual(server.invoke("f", {}).json, expected)

    def test_a_dotenv_file_is_read_again(self):
        self.write("app.py", "import os\ndef handler(event, context): return os.environ['VA']\n")
        self.write(".env", "VA=old\n")
        self.service({"f": {"handler": "app.handler", "environment": {"VA": "${env:VA}"}}}, useDotenv=True)
        with Server(config=self.file, watches=True) as server:
            self.assertEqual(server.invoke("f", {}).json, "old")
            self.write(".env", "VA=new\n")
            wait_for(lambda: server.invoke("f", {}).json == "new", "the changed .env")

    def test_custom_invoked_says_how_a_function_runs_here(self):
        self.write("app.py", "def handler(event, context): return 'here'\n")
        functions = {"image": {"image": "repository/image:1"}, "java": {"handler": "a.B::c", "runtime": "java21"}, "mocked": {"handler": "x.y", "runtime": "java21"},
                     "moved": {"handler": "app.handler", "package": {"artifact": "gone.zip"}}}
        self.service(functions)
        status, _, said = self.check()
        self.assertEqual(status, 0)
        self.assertRegex(said, r"functions\.image.*: shop-dev-image is left out: container images don't run locally: set in custom: \{invoked: \{FUNCTION: ")
        self.assertRegex(said, r"shop-dev-moved is left out: .*set its folder in custom: \{invoked: \{FUNCTION: \{CodeUri: FOLDER")
        self.assertNotIn("Metadata", said)
        own = {"image": {"ImageConfig": {"EntryPoint": ["sh", "-c", "exit 5"]}}, "java": {"Runtime": "python3.12", "Handler": "app.handler"},
               "mocked": {"Mock": [{"Payload": {"a": 1}}]}, "moved": {"CodeUri": ".", "Environment": {"Variables": {"A1": "x"}}}}
        self.service(functions, custom={"invoked": own})
        with Server(config=self.file) as server:
            self.assertIn("exit status 5", server.invoke("image", {}).json["errorMessage"])
            self.assertEqual([server.invoke(name, {}).json for name in ("java", "mocked", "moved")], ["here", {"a": 1}, "here"])
        self.service(functions, custom={"invoked": {"moved": {"Freezee": True}}})
        status, _, said = self.check()
        self.assertEqual(status, 2)
        self.assertIn("serverless.yml:1: custom.invoked.moved.Freezee: unknown", said)


if __name__ == "__main__":
    run_tests()
