"""HTTP and REST APIs of a SAM template, served with --http: routes, both payload formats, responses, failures, CORS."""

import json
import os
import re
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
from invoked import Server, run_tests, wait_for  # noqa: E402

CODE = """
import json
def handler(event, context):
    query = event.get("queryStringParameters") or {}
    if "raise" in query:
        raise ValueError("no")
    if "return" in query:
        return json.loads(query["return"])
    return {"statusCode": 200, "body": json.dumps({"event": event, "arn": context.invoked_function_arn}),
            "headers": {"Access-Control-Allow-Origin": "http://own.example"}}
"""
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: python3.12, Handler: app.handler, CodeUri: ., Timeout: 20}
Resources:
  Open:
    Type: AWS::Serverless::HttpApi
    Properties:
      CorsConfiguration: {AllowOrigins: ["http://a.example"], AllowMethods: [GET, OPTIONS], AllowHeaders: [X-Own], MaxAge: 60}
      Auth: {DefaultAuthorizer: MyAuthorizer}
  Rest:
    Type: AWS::Serverless::Api
    Properties:
      StageName: Prod
      Cors: {AllowOrigin: "'*'", AllowMethods: "'GET,POST'", AllowHeaders: "'X-Own'", MaxAge: "'600'"}
  Pets:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: pets
      Events:
        Get: {Type: HttpApi, Properties: {Path: "/pets/{id}", Method: get}}
        Old: {Type: HttpApi, Properties: {Path: "/old/{proxy+}", Method: any, PayloadFormatVersion: "1.0"}}
        Open: {Type: HttpApi, Properties: {ApiId: !Ref Open, Path: /open, Method: GET, Auth: {Authorizer: NONE}}}
        Queue: {Type: SQS, Properties: {Queue: x}}
  Rests:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: rests
      AutoPublishAlias: live
      Events:
        All: {Type: Api, Properties: {RestApiId: !Ref Rest, Path: "/{proxy+}", Method: ANY}}
        Post: {Type: Api, Properties: {RestApiId: !Ref Rest, Path: /things, Method: post}}
  Rest2:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: none
      ReservedConcurrentExecutions: 0
      Events:
        Http: {Type: HttpApi, Properties: {Path: /none, Method: GET}}
        Rest: {Type: Api, Properties: {Path: /none, Method: GET}}
"""


def returning(value):
    return "?return=" + "".join(c if c.isalnum() else f"%{ord(c):02X}" for c in json.dumps(value))


class HttpApis(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="invoked-")
        with open(os.path.join(cls.folder.name, "app.py"), "w") as file:
            file.write(CODE)
        path = os.path.join(cls.folder.name, "template.yaml")
        with open(path, "w") as file:
            file.write(TEMPLATE)
        cls.server = Server(config=path, arguments=["--http"])
        cls.closed = Server(config=path)

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)
        cls.closed.__exit__(None, None, None)
        cls.folder.cleanup()

    def ask(self, path, method="GET", body=None, headers=None):
        return self.server.request(method, "/_invoked/api/" + path, body, headers)

    def event(self, path, method="GET", body=None, headers=None):
        answer = self.ask(path, method, body, headers)
        self.assertEqual(answer.status, 200, answer)
        return answer.json["event"]

    def test_a_route_gives_its_key_and_parameters(self):
        event = self.event("ServerlessHttpApi/pets/a%20b?x=1")
        self.assertEqual((event["version"], event["routeKey"], event["rawPath"], event["pathParameters"]),
                         ("2.0", "GET /pets/{id}", "/pets/a%20b", {"id": "a b"}))
        context = event["requestContext"]
        self.assertEqual((context["accountId"], context["stage"], context["routeKey"]),
                         ("123456789012", "$default", "GET /pets/{id}"))
        self.assertEqual(context["domainName"], context["apiId"] + ".execute-api.localhost")

    def test_format_1_of_an_http_api(self):
        event = self.event("ServerlessHttpApi/old/a/b?q=1&q=2", "PUT", b"a=b",
                           {"X-Own": "1", "Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual((event["version"], event["resource"], event["path"], event["httpMethod"], event["pathParameters"]),
                         ("1.0", "/old/{proxy+}", "/old/a/b", "PUT", {"proxy": "a/b"}))
        self.assertEqual((event["queryStringParameters"], event["multiValueQueryStringParameters"]),
                         ({"q": "2"}, {"q": ["1", "2"]}))
        self.assertEqual((event["multiValueHeaders"]["x-own"], event["body"], event["isBase64Encoded"]), (["1"], "YT1i", True))

    def test_the_event_of_a_rest_api(self):
        answer = self.ask("Rest/things", "POST", b"a=b", {"X-Own": "1", "Content-Type": "application/x-www-form-urlencoded"})
        event = answer.json["event"]
        self.assertNotIn("version", event)
        self.assertEqual((event["resource"], event["path"], event["httpMethod"], event["pathParameters"], event["body"],
                          event["isBase64Encoded"]), ("/things", "/things", "POST", None, "a=b", False))
        self.assertEqual((event["headers"]["X-Own"], event["requestContext"]["stage"]), ("1", "Prod"))
        self.assertEqual(event["requestContext"]["identity"]["sourceIp"], "127.0.0.1")
        self.assertTrue(answer.json["arn"].endswith(":rests:live"), answer.json["arn"])

    def test_the_host_name_says_which_api(self):
        for name, path in (("ServerlessHttpApi", "/pets/7"), ("Rest", "/x/y")):
            event = self.event(name + path)
            host = event["requestContext"]["domainName"]
            answer = self.server.request("GET", path, headers={"Host": f"{host}:{self.server.port}"})
            self.assertEqual(answer.json["event"]["requestContext"]["apiId"], event["requestContext"]["apiId"])

    def test_what_has_no_route_gets_the_answer_of_its_kind(self):
        for path, method, status, body in (
                ("ServerlessHttpApi/pets", "GET", 404, {"message": "Not Found"}),
                ("ServerlessHttpApi/pets/7", "POST", 404, {"message": "Not Found"}),
                ("Open", "GET", 404, {"message": "Not Found"}),
                ("Nobody/x", "GET", 404, {"message": "Not Found"}),
                ("Rest/things", "GET", 403, {"message": "Missing Authentication Token"}),
                ("Rest/", "GET", 403, {"message": "Missing Authentication Token"})):
            answer = self.ask(path, method)
            self.assertEqual((answer.status, answer.json), (status, body), path)
        answer = self.server.request("GET", "/", headers={"Host": "abcdefghij.execute-api.localhost"})
        self.assertEqual((answer.status, answer.json), (404, {"message": "Not Found"}))

    def test_failures_are_those_of_its_kind(self):
        error = {"message": "Internal Server Error"}
        for path, status, body in (
                ("ServerlessHttpApi/pets/7?raise", 500, error),
                ("ServerlessHttpApi/pets/7" + returning({"statusCode": "x"}), 500, error),
                ("ServerlessHttpApi/old/x" + returning({"a": 1}), 500, error),
                ("ServerlessHttpApi/none", 503, {"message": "Service Unavailable"}),
                ("Rest/x?raise", 502, {"message": "Internal server error"}),
                ("Rest/x" + returning("text"), 502, {"message": "Internal server error"}),
                ("ServerlessRestApi/none", 502, {"message": "Internal server error"})):
            answer = self.ask(path)
            self.assertEqual((answer.status, answer.json), (status, body), path)

    def test_responses_of_both_formats(self):
        answer = self.ask("ServerlessHttpApi/pets/7" + returning({"a": 1}))
        self.assertEqual((answer.status, answer.body), (200, b'{"a":1}'))
        answer = self.ask("Rest/x" + returning({"statusCode": 201, "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]}, "body": "ok"}))
        self.assertEqual((answer.status, answer.body), (201, b"ok"))
        self.assertEqual([value for name, value in answer.header_list if name == "Set-Cookie"], ["a=1", "b=2"])

    def test_preflight_of_an_http_api(self):
        answer = self.ask("Open/open", "OPTIONS", headers={"Origin": "http://a.example", "Access-Control-Request-Method": "GET"})
        self.assertEqual(answer.status, 204)
        self.assertEqual({name: value for name, value in answer.headers.items() if name.startswith("access-")}, {
            "access-control-allow-origin": "http://a.example", "access-control-allow-methods": "GET,OPTIONS",
            "access-control-allow-headers": "X-Own", "access-control-max-age": "60"})

    def test_cors_of_an_http_api_replaces_what_the_function_says(self):
        answer = self.ask("Open/open", headers={"Origin": "http://a.example"})
        self.assertEqual([value for name, value in answer.header_list if name.lower() == "access-control-allow-origin"],
                         ["http://a.example"])
        answer = self.ask("Open/open", headers={"Origin": "http://b.example"})
        self.assertNotIn("access-control-allow-origin", answer.headers)

    def test_cors_of_a_rest_api_is_for_preflight_requests(self):
        answer = self.ask("Rest/x", "OPTIONS", headers={"Origin": "http://a.example", "Access-Control-Request-Method": "GET"})
        self.assertEqual((answer.status, answer.headers["access-control-allow-origin"],
                          answer.headers["access-control-allow-methods"], answer.headers["access-control-max-age"]),
                         (200, "*", "GET,POST", "600"))
        answer = self.ask("Rest/x", headers={"Origin": "http://a.example"})
        self.assertEqual(answer.headers["access-control-allow-origin"], "http://own.example")  # the function's

    def test_without_cors_the_function_sees_the_preflight_request(self):
        answer = self.ask("ServerlessHttpApi/old/x", "OPTIONS",
                          headers={"Origin": "http://a.example", "Access-Control-Request-Method": "GET"})
        self.assertEqual(answer.json["event"]["httpMethod"], "OPTIONS")

    def test_the_history_names_the_source(self):
        for path, source in (("ServerlessHttpApi/pets/7", "HttpApi"), ("Rest/x", "Api")):
            answer = self.ask(path)
            row = self.server.request("GET", f"/_invoked/invocations?RequestId={answer.request_id}").json[0]
            self.assertEqual((row["Source"], row["InvocationType"]), (source, "RequestResponse"))

    def test_the_log_names_routes_and_what_is_ignored(self):
        for line in ("ServerlessHttpApi: http://", "  GET /pets/{id} -> pets", "  ANY /{proxy+} -> rests:live",
                     "Open: Auth is ignored", "Pets: ignored: event Queue (SQS)"):
            wait_for(lambda line=line: line in self.server.log(), line)

    def test_without_the_option_nothing_is_served(self):
        answer = self.closed.request("GET", "/_invoked/api/ServerlessHttpApi/pets/7")
        self.assertEqual((answer.status, answer.json), (404, {"message": "Not Found"}))
        wait_for(lambda: re.search(r"4 APIs .* add --http", self.closed.log()), "the hint")
        wait_for(lambda: "APIs are served only with --http" in self.closed.log(), "the reason")

    def test_other_endpoints_stay_closed_to_pages(self):
        answer = self.server.request("GET", "/_invoked/health", headers={"Origin": "http://a.example"})
        self.assertEqual(answer.status, 403)


if __name__ == "__main__":
    run_tests()
