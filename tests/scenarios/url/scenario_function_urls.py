"""Function URLs over the wire: addresses, the event, the response, failures, and that such an invocation is one like any
other. The event and the response have tables of their own in tests/unit/handlers/url."""

import base64
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
from invoked import UUID, Server, python, run_tests, wait_for  # noqa: E402

ECHO = """
import json, time
def handler(event, context):
    order = json.loads(event.get("queryStringParameters", {}).get("order", "{}"))
    if "sleep" in order:
        time.sleep(order["sleep"])
    if "raise" in order:
        raise ValueError(order["raise"])
    if "return" in order:
        return order["return"]
    return {"event": event, "version": context.function_version, "arn": context.invoked_function_arn}
"""
PUBLIC = {"AuthType": "NONE"}
SIGNED = {"AuthType": "AWS_IAM"}
SIGNATURE = {"Authorization": "AWS4-HMAC-SHA256 Credential={}/20260101/us-east-1/lambda/aws4_request, "
                              "SignedHeaders=host, Signature=00"}
FORBIDDEN = ("Forbidden. For troubleshooting Function URL authorization issues, see: "
             "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html")


def order(**what):
    return "?order=" + "".join(c if c.isalnum() else f"%{ord(c):02X}" for c in json.dumps(what))


def signed(key="AKIALOCAL"):
    return {"Authorization": SIGNATURE["Authorization"].format(key)}


class FunctionUrls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server({
            "hello": python(ECHO, FunctionUrlConfig=PUBLIC, Versions={"1": {}, "2": {}}, Aliases={
                "live": {"FunctionVersion": "1", "FunctionUrlConfig": PUBLIC},
                "shy": {"FunctionVersion": "2"}}),
            "signed": python(ECHO, FunctionUrlConfig=SIGNED),
            "denied": python(ECHO, FunctionUrlConfig=SIGNED, Local={"AllowedAccessKeyIds": ["AKIAGOOD"]}),
            "slow": python(ECHO, FunctionUrlConfig=PUBLIC, Timeout=1),
            "none": python(ECHO, FunctionUrlConfig=PUBLIC, ReservedConcurrentExecutions=0),
            "private": python(ECHO),
            "mocked": {"FunctionUrlConfig": PUBLIC, "Local": {"Mock": [
                {"When": {"rawPath": "/429"}, "Error": "TooManyRequestsException"},
                {"When": {"rawPath": "/kms"}, "Error": "KMSDisabledException"},
                {"Payload": {"statusCode": 418, "body": "teapot"}}]}},
        })

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def ask(self, path, method="GET", body=None, headers=None):
        return self.server.request(method, "/_invoked/url/" + path, body, headers)

    def event(self, path, method="GET", body=None, headers=None):
        answer = self.ask(path, method, body, headers)
        self.assertEqual(answer.status, 200, answer)
        return answer.json["event"]

    # -- addresses

    def test_the_path_behind_the_function_is_the_raw_path(self):
        for path, expected in (("hello", "/"), ("hello/", "/"), ("hello/a/b", "/a/b"), ("hello/a%20b%2Fc", "/a%20b%2Fc"),
                               ("hello//x", "//x"), ("hello/shy/x", "/shy/x"), ("hello/live", "/"), ("hello/live/", "/"),
                               ("hello/live/x/y", "/x/y"), ("hello/lively", "/lively"), ("hello:live", "/"), ("hello:live/", "/"),
                               ("hello%3Alive/x/y", "/x/y"), ("hello:live/live", "/live")):
            with self.subTest(path):
                event = self.event(path)
                self.assertEqual(event["rawPath"], expected)
                self.assertEqual(event["requestContext"]["http"]["path"], expected)

    def test_an_alias_has_a_url_of_its_own(self):
        own, alias = self.ask("hello/x").json, self.ask("hello/live/x").json
        self.assertEqual((own["version"], alias["version"]), ("$LATEST", "1"))
        self.assertTrue(alias["arn"].endswith(":hello:live"), alias["arn"])
        self.assertNotEqual(own["event"]["requestContext"]["apiId"], alias["event"]["requestContext"]["apiId"])
        self.assertEqual(self.ask("hello:live/x").json["arn"], alias["arn"])
        for path in "hello:shy/x", "hello:none/x", "hello:", "none:live":
            self.assertEqual(self.ask(path).status, 200 if path == "hello:" else 403, path)

    def host_of(self, path):
        context = self.event(path)["requestContext"]
        self.assertRegex(context["apiId"], "^[a-z2-7]{32}$")
        self.assertEqual(context["domainName"], context["apiId"] + ".lambda-url.us-east-1.localhost")
        return context["domainName"]

    def test_the_host_name_alone_says_which_url(self):
        host, alias = self.host_of("hello"), self.host_of("hello/live")
        for name in (host, f"{host}:{self.server.port}", host.upper()):
            with self.subTest(name):
                answer = self.server.request("GET", "/_invoked/health?x=1", headers={"Host": name})
                self.assertEqual(answer.status, 200, answer)
                self.assertEqual(answer.json["event"]["rawPath"], "/_invoked/health")
        answer = self.server.request("GET", "/x", headers={"Host": alias})
        self.assertEqual(answer.json["version"], "1")
        urls = {row["FunctionName"]: row["FunctionUrls"] for row in self.server.request("GET", "/_invoked/functions").json}
        self.assertEqual(urls["hello"], [f"http://{name}:{self.server.port}/" for name in (host, alias)])
        self.assertEqual(urls["private"], [])

    def test_localhost_names_resolve(self):
        url = f"http://{self.host_of('hello')}:{self.server.port}/there?a=1"  # curl resolves them itself
        answer = subprocess.run(["curl", "-sS", "--noproxy", "*", url], check=True, capture_output=True, timeout=60)
        self.assertEqual(json.loads(answer.stdout)["event"]["rawPath"], "/there")

    def test_no_such_url_is_403_as_recorded(self):
        host = self.host_of("hello")
        unknown = [{"Host": "a" * 32 + ".lambda-url.us-east-1.localhost"}, {"Host": "x.lambda-url.us-east-1.localhost"},
                   {"Host": host.replace("us-east-1", "eu-west-1")}, {"Host": host.replace("us-east-1", "us-east-11")}]
        answers = [self.server.request("GET", "/", headers=headers) for headers in unknown]
        answers += [self.ask(path) for path in ("", "nobody", "nobody/x", "private/x", "hello:shy/x", "hello:none/x", "nobody:live/x", "hello:live:x/x", "a%2Fb")]
        for answer in answers:
            self.assertEqual((answer.status, answer.body, answer.headers["x-amzn-errortype"],
                              answer.headers["content-type"]),
                             (403, b'{"Message":null}', "AccessDeniedException", "application/json"))

    def test_other_host_names_stay_foreign(self):
        host = self.host_of("hello")
        for name in ("evil.example", "localhost.evil.example", host + ".evil.example", host.replace(".localhost", ".on.aws"),
                     "x." + host, f"{host}:port", "x.localhost", ".lambda-url.us-east-1.localhost"):
            with self.subTest(name):
                answer = self.server.request("GET", "/_invoked/url/hello/", headers={"Host": name})
                self.assertEqual(answer.status, 403, answer)
                self.assertIn("is not this server", answer.json["error"])

    def test_pages_of_other_origins_reach_urls_and_nothing_else(self):
        origin = {"Origin": "http://evil.example"}
        self.assertEqual(self.ask("hello", headers=origin).status, 200)
        self.assertEqual(self.server.request("GET", "/_invoked/health", headers=origin).status, 403)
        self.assertEqual(self.server.request("POST", "/2015-03-31/functions/hello/invocations", headers=origin).status, 403)

    # -- the event

    def test_the_event_has_what_was_sent(self):
        answer = self.server.request("POST", "/_invoked/url/hello/p?a=1&a=2&b=%20", b'{"x": "\xc3\xa4"}', {
            "Content-Type": "application/json", "Cookie": "k=v; l=w", "X-Mixed-Case": "Yes", "User-Agent": "test/1"})
        event = answer.json["event"]
        context = event["requestContext"]
        self.assertEqual({key: event[key] for key in ("version", "routeKey", "rawPath", "rawQueryString", "cookies",
                                                      "queryStringParameters", "body", "isBase64Encoded")},
                         {"version": "2.0", "routeKey": "$default", "rawPath": "/p", "rawQueryString": "a=1&a=2&b=%20",
                          "cookies": ["k=v", "l=w"], "queryStringParameters": {"a": "1,2", "b": " "},
                          "body": '{"x": "ä"}', "isBase64Encoded": False})
        self.assertEqual(event["headers"]["x-mixed-case"], "Yes")
        self.assertEqual(event["headers"]["content-length"], "11")
        self.assertEqual(event["headers"]["x-forwarded-for"], "127.0.0.1")
        self.assertEqual(event["headers"]["x-forwarded-port"], str(self.server.port))
        self.assertNotIn("cookie", event["headers"])
        self.assertEqual(context["http"], {"method": "POST", "path": "/p", "protocol": "HTTP/1.1",
                                           "sourceIp": "127.0.0.1", "userAgent": "test/1"})
        self.assertEqual((context["accountId"], context["stage"], context["routeKey"]), ("anonymous", "$default", "$default"))
        self.assertEqual(context["requestId"], answer.request_id)
        self.assertRegex(answer.request_id, f"^{UUID}$")
        self.assertRegex(context["time"], r"^\d\d/[A-Z][a-z][a-z]/\d{4}:\d\d:\d\d:\d\d \+0000$")
        root = event["headers"]["x-amzn-trace-id"].removeprefix("Root=")
        self.assertTrue(answer.headers["x-amzn-trace-id"].startswith(f"root={root};"), answer)

    def test_bytes_arrive_as_base64(self):
        body = bytes(range(256))
        event = self.event("hello", "PUT", body, {"Content-Type": "image/png"})
        self.assertTrue(event["isBase64Encoded"])
        self.assertEqual(base64.b64decode(event["body"]), body)

    def test_every_method_arrives(self):
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"):
            self.assertEqual(self.event("hello", method)["requestContext"]["http"]["method"], method)

    def test_many_headers_arrive(self):
        event = self.event("hello", headers={f"X-{i}": str(i) for i in range(200)})
        self.assertEqual({event["headers"][f"x-{i}"] for i in range(200)}, {str(i) for i in range(200)})

    # -- the response

    def test_the_response_is_mapped(self):
        answer = self.ask("hello" + order(**{"return": {
            "statusCode": 201, "headers": {"X-Own": "1", "Content-Type": "image/png"}, "cookies": ["a=1; Path=/", "b=2"],
            "body": base64.b64encode(b"\x89PNG\0").decode(), "isBase64Encoded": True}}))
        self.assertEqual((answer.status, answer.body), (201, b"\x89PNG\0"))
        self.assertEqual((answer.headers["x-own"], answer.headers["content-type"]), ("1", "image/png"))
        self.assertEqual([value for name, value in answer.header_list if name == "Set-Cookie"], ["a=1; Path=/", "b=2"])

    def test_plain_values_are_bodies(self):
        for value, body in (({"a": [1, 2]}, b'{"a":[1,2]}'), ("text \u00e4", "text ä".encode()), (3, b"3"), (None, b"null")):
            answer = self.ask("hello" + order(**{"return": value}))
            self.assertEqual((answer.status, answer.body, answer.headers["content-type"]), (200, body, "application/json"))

    def test_head_has_the_headers_and_no_body(self):
        answer = self.ask("hello" + order(**{"return": {"statusCode": 200, "body": "12345"}}), "HEAD")
        self.assertEqual((answer.status, answer.body, answer.headers["content-length"]), (200, b"", "5"))

    def test_what_is_no_response_is_502_and_the_log_says_why(self):
        answer = self.ask("hello" + order(**{"return": {"statusCode": "soon"}}))
        self.assertEqual((answer.status, answer.body), (502, b"Internal Server Error"))
        wait_for(lambda: "hello: what it returned is no HTTP response: statusCode must be" in self.server.log(), "the reason")

    def test_headers_cant_be_smuggled_in(self):
        answer = self.ask("hello" + order(**{"return": {"statusCode": 200, "headers": {"X": "a\r\nSet-Cookie: b"}}}))
        self.assertEqual(answer.status, 502)

    # -- failures

    def test_a_function_error_is_502(self):
        answer = self.ask("hello" + order(**{"raise": "no"}))
        self.assertEqual((answer.status, answer.body), (502, b"Internal Server Error"))

    def test_a_timeout_is_502(self):
        answer = self.ask("slow" + order(sleep=30))
        self.assertEqual((answer.status, answer.body), (502, b"Internal Server Error"))

    def test_a_throttle_is_429(self):
        answer = self.ask("none")
        self.assertEqual((answer.status, answer.headers["x-amzn-errortype"]), (429, "TooManyRequestsException"))

    def test_too_large_requests_are_413(self):
        text = {"Content-Type": "text/plain"}
        for size, status in ((6_291_457, 413), (6_291_456, 413), (6_280_000, 200)):
            with self.subTest(size):
                path = "hello" + order(**{"return": "ok"})
                self.assertEqual(self.ask(path, "POST", b"x" * size, text).status, status)
        answer = self.ask("hello" + order(**{"return": "ok"}), "POST", b"x" * 5_000_000)
        self.assertEqual(answer.status, 413)  # base64 makes it larger

    # -- signatures

    def test_an_unsigned_request_to_a_signed_url_is_403(self):
        for headers in ({}, {"Authorization": "Bearer abc"}, {"Authorization": "Basic abc"}):
            answer = self.ask("signed", headers=headers)
            self.assertEqual((answer.status, answer.json, answer.headers["x-amzn-errortype"]),
                             (403, {"Message": FORBIDDEN}, "AccessDeniedException"))

    def test_any_signature_counts(self):
        context = self.event("signed", headers=signed())["requestContext"]
        self.assertEqual(context["accountId"], "123456789012")
        self.assertEqual(context["authorizer"]["iam"]["accessKey"], "AKIALOCAL")
        self.assertEqual(self.ask("signed?X-Amz-Credential=AKIA%2F20260101&X-Amz-Signature=0").status, 200)

    def test_keys_that_may_not_are_refused(self):
        self.assertEqual(self.ask("denied", headers=signed("AKIABAD")).json, {"Message": FORBIDDEN})
        self.assertEqual(self.ask("denied", headers=signed("AKIAGOOD")).status, 200)

    # -- an invocation like any other

    def rows(self, request_id, headers=None):
        return self.server.request("GET", f"/_invoked/invocations?RequestId={request_id}", headers=headers).json

    def test_the_history_names_the_source(self):
        answer = self.ask("hello/live/x")
        row = self.rows(answer.request_id)[0]
        self.assertEqual((row["Source"], row["InvocationType"], row["Qualifier"], row["Status"], row["Payload"]["rawPath"]),
                         ("FunctionUrl", "RequestResponse", "live", "succeeded", "/x"))
        self.assertIn("START RequestId: " + answer.request_id, row["Log"])
        self.assertNotIn("Source", self.rows(self.server.invoke("hello", {}).request_id)[0])
        self.assertEqual(self.rows(self.ask("none").request_id)[0]["Status"], "throttled")

    def test_accounts_are_apart(self):
        own = signed("111111111111")
        answer = self.ask("hello", headers=own)
        self.assertIn(":111111111111:", answer.json["arn"])
        self.assertEqual(self.rows(answer.request_id), [])
        self.assertEqual(len(self.rows(answer.request_id, own)), 1)

    def test_mocks_answer(self):
        answer = self.ask("mocked/x")
        self.assertEqual((answer.status, answer.body), (418, b"teapot"))
        self.assertEqual(self.ask("mocked/429").status, 429)
        self.assertEqual(self.ask("mocked/kms").headers["x-amzn-errortype"], "KMSDisabledException")

    def test_faults_strike(self):
        answer = self.ask("hello", headers={"X-Invoked-Fault": "ServiceException"})
        self.assertEqual((answer.status, answer.headers["x-amzn-errortype"]), (500, "ServiceException"))
        with self.assertRaises(ConnectionError):
            self.ask("hello", headers={"X-Invoked-Fault": "Drop"})

    def test_the_metrics_count_it(self):
        def count():
            page = self.server.request("GET", "/metrics").body.decode()
            return sum(float(n) for n in re.findall(r'^\w+_total\{[^}]*"slow"[^}]*\} (\S+)$', page, re.MULTILINE))
        before = count()
        self.ask("slow")
        self.assertGreater(count(), before)


class Starting(unittest.TestCase):
    def test_the_log_names_the_source(self):
        with Server({"hello": python(ECHO, FunctionUrlConfig=PUBLIC)}, arguments=["--log-level", "debug"]) as server:
            answer = server.request("GET", "/_invoked/url/hello/a?b=c")
            wait_for(lambda: f"hello: {answer.request_id} FunctionUrl GET /a" in server.log(), "the line")

    def test_the_log_names_the_urls(self):
        with Server({"hello": python(ECHO, FunctionUrlConfig=PUBLIC)}) as server:
            found = wait_for(lambda: re.search(r"hello: (http://([a-z2-7]{32}\.lambda-url\.us-east-1\.localhost):\d+/) "
                              r"or (http://127\.0\.0\.1:\d+/_invoked/url/hello/)",
                                               server.log()), "the addresses")
            answer = server.request("GET", "/", headers={"Host": found[2]})
            self.assertEqual(answer.json["event"]["requestContext"]["domainName"], found[2])

    def test_a_template_gives_urls(self):
        for template in TEMPLATES:
            with self.subTest(template.strip().splitlines()[0]):
                self.check_template(template)

    def check_template(self, template):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "app.py"), "w") as file:
                file.write(ECHO)
            path = os.path.join(folder, "template.yaml")
            with open(path, "w") as file:
                file.write(template)
            with Server(config=path) as server:
                answer = server.request("GET", "/_invoked/url/hello/live/x")
                self.assertEqual((answer.status, answer.json["event"]["rawPath"]), (200, "/x"), answer)
                self.assertTrue(answer.json["arn"].endswith(":hello:live"))
                self.assertEqual(server.request("GET", "/_invoked/url/hello/x").status, 403)


TEMPLATES = ["""# SAM: the alias that AutoPublishAlias makes has the URL
Transform: AWS::Serverless-2016-10-31
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: hello
      Runtime: python3.12
      Handler: app.handler
      CodeUri: .
      AutoPublishAlias: live
      FunctionUrlConfig: {AuthType: NONE, InvokeMode: BUFFERED, Cors: {AllowOrigins: ['*'], MaxAge: "60"}}
""", """# CloudFormation: AWS::Lambda::Url
Resources:
  Hello:
    Type: AWS::Lambda::Function
    Properties: {FunctionName: hello, Runtime: python3.12, Handler: app.handler, Code: .}
  Version:
    Type: AWS::Lambda::Version
    Properties: {FunctionName: !Ref Hello}
  Live:
    Type: AWS::Lambda::Alias
    Properties: {FunctionName: !Ref Hello, FunctionVersion: !GetAtt Version.Version, Name: live}
  Url:
    Type: AWS::Lambda::Url
    Properties: {TargetFunctionArn: !GetAtt Hello.Arn, Qualifier: live, AuthType: NONE}
"""]


if __name__ == "__main__":
    run_tests()
