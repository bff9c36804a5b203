"""A serverless.yml: found by itself, its functions by both names, read again with the files that it reads."""
# test: timeout 120

import json
import os
import shutil
import sys
import tempfile
import unittest

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


if __name__ == "__main__":
    run_tests()
