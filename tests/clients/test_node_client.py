"""Functions under the official Node.js runtime interface client, aws-lambda-ric of npm, as an `ImageConfig`.

Its native part (HTTP by a C++ library) is built by scripts that need autotools and cmake. Where it has been built
(dist/rapid-client.node is there) it is used; else rapid_client.cjs takes its place, and all the rest is the official
code. The test says which of the two it ran.
"""

import base64
import json
import os
import sys
import unittest

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(FOLDER, "..", "support"))
import invoked  # noqa: E402
from invoked import Code, Server  # noqa: E402

PACKAGE = os.path.join(FOLDER, "node_modules", "aws-lambda-ric")
IS_NATIVE = os.path.exists(os.path.join(PACKAGE, "dist", "rapid-client.node"))
ENTRY_POINT = ["node", *([] if IS_NATIVE else ["--require", os.path.join(FOLDER, "rapid_client.cjs")]),
               os.path.join(PACKAGE, "bin", "index.mjs")]

HANDLERS = """
'use strict';
let count = 0;
exports.count = async () => ++count;
exports.echo = async (event) => event;
exports.context = async (event, context) => ({
    id: context.awsRequestId, arn: context.invokedFunctionArn, name: context.functionName, version: context.functionVersion,
    memory: context.memoryLimitInMB, group: context.logGroupName, stream: context.logStreamName,
    remaining: context.getRemainingTimeInMillis(), client: context.clientContext, trace: process.env._X_AMZN_TRACE_ID,
    waits: context.callbackWaitsForEmptyEventLoop,
});
exports.fail = async (event) => { throw Object.assign(new TypeError('some_error_msg'), { name: event.name ?? 'TypeError' }); };
exports.callback = (event, context, callback) => setTimeout(() => callback(null, { got: event }), 10);
exports.callbackError = (event, context, callback) => callback(new Error('by callback'));
exports.log = async () => { console.log('a line'); console.error('an error'); };
exports.sleep = async () => { await new Promise((resolve) => setTimeout(resolve, 30000)); };
exports.exit = async () => process.exit(5);
exports.large = async ({ bytes }) => 'a'.repeat(bytes - 2);
exports.rejects = async () => { Promise.reject(new Error('lost')); await new Promise((resolve) => setTimeout(resolve, 200)); };
"""


def image(handler, files=None, **settings):
    return Code(files or {"index.js": HANDLERS},
                {"ImageConfig": {"EntryPoint": ENTRY_POINT, "Command": [handler]}, "Timeout": 20, **settings})


class NodeClientServer(Server):
    """A function's working folder is that of its code, as in an image."""

    def place(self, name, function):
        settings = super().place(name, function)
        if "CodeUri" in settings and "ImageConfig" in settings:
            settings["ImageConfig"] = {**settings["ImageConfig"], "WorkingDirectory": settings.pop("CodeUri")}
        return settings


class NodeClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        assert os.path.isdir(PACKAGE), "the packages aren't there: make test-programs"
        print("the native part: " + ("as built" if IS_NATIVE else "not built, rapid_client.cjs stands in for it"))
        names = ("count", "echo", "context", "fail", "callback", "callbackError", "log", "exit", "large", "rejects")
        functions = {name: image("index." + name) for name in names}
        functions["sleep"] = image("index.sleep", Timeout=1)
        functions["absent"] = image("index.nothing")
        functions["module"] = image("lib/app.handler", {"lib/app.mjs": "export const handler = async () => 'esm';"})
        cls.server = NodeClientServer(functions)

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def invoke(self, name, event=None, **options):
        answer = self.server.invoke(name, {} if event is None else event, **options)
        self.assertEqual(answer.status, 200, answer)
        return answer

    def test_is_reused(self):
        self.assertEqual([self.invoke("count").json for _ in range(5)], [1, 2, 3, 4, 5])

    def test_events_come_back(self):
        for event in (None, 0, "ä✓😀", [1, {"a": None}], {"text": "x" * 1_000_000}):
            body = json.dumps(event).encode()
            self.assertEqual(self.invoke("echo", body=body).json, event)

    def test_the_context(self):
        context = {"custom": {"foo": "bar"}, "client": {"a": ["b"]}, "env": {}}
        trace = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1"
        answer = self.invoke("context", headers={"X-Amzn-Trace-Id": trace,
                             "X-Amz-Client-Context": base64.b64encode(json.dumps(context).encode()).decode()})
        found = answer.json
        self.assertEqual(found["id"], answer.request_id)
        self.assertEqual(found["arn"], "arn:aws:lambda:us-east-1:123456789012:function:context")
        self.assertEqual((found["name"], found["version"], found["memory"]), ("context", "$LATEST", "128"))
        self.assertEqual((found["group"], found["client"], found["waits"]), ("/aws/lambda/context", context, True))
        self.assertRegex(found["trace"], f"^{trace};Lineage=1:[0-9a-f]{{8}}:0$")
        self.assertTrue(0 < found["remaining"] <= 20000)

    def test_errors(self):
        answer = self.invoke("fail", tail=True)
        self.assertEqual(answer.function_error, "Unhandled")
        self.assertEqual((answer.json["errorType"], answer.json["errorMessage"]), ("TypeError", "some_error_msg"))
        self.assertIn("Invoke Error", answer.log)
        self.assertNotIn("Status:", answer.log)
        self.assertEqual(self.invoke("callbackError").json["errorMessage"], "by callback")
        answer = self.invoke("absent")
        self.assertEqual((answer.function_error, answer.json["errorType"]), ("Unhandled", "Runtime.HandlerNotFound"))
        self.assertEqual(answer.json["errorMessage"], "index.nothing is undefined or not exported")

    def test_callbacks_and_modules(self):
        self.assertEqual(self.invoke("callback", [1]).json, {"got": [1]})
        self.assertEqual(self.invoke("module").json, "esm")

    def test_the_log(self):
        answer = self.invoke("log", tail=True)
        self.assertRegex(answer.log, rf"\d{{4}}-\S+Z\t{answer.request_id}\tINFO\ta line\n")
        self.assertRegex(answer.log, rf"\d{{4}}-\S+Z\t{answer.request_id}\tERROR\tan error\n")

    def test_ends(self):
        answer = self.invoke("sleep")
        self.assertEqual(answer.json["errorType"], "Sandbox.Timedout")
        answer = self.invoke("exit")
        self.assertEqual(answer.json, {"errorType": "Runtime.ExitError", "errorMessage":
                                       f"RequestId: {answer.request_id} Error: Runtime exited with error: exit status 5"})
        answer = self.invoke("rejects")
        self.assertEqual(answer.function_error, "Unhandled")
        self.assertIn(answer.json["errorType"], ("Runtime.UnhandledPromiseRejection", "Runtime.ExitError"))

    def test_sizes(self):
        self.assertEqual(len(self.invoke("large", {"bytes": 6291556}).body), 6291556)
        answer = self.invoke("large", {"bytes": 6291557})
        self.assertEqual(answer.json["errorType"], "Function.ResponseSizeTooLarge")
        self.assertEqual(len(self.invoke("large", {"bytes": 10}).body), 10)


class LockFile(unittest.TestCase):
    def test_names_no_private_host(self):
        with open(os.path.join(FOLDER, "package-lock.json")) as file:
            packages = json.load(file)["packages"]
        for name, package in packages.items():
            self.assertTrue(package.get("resolved", "https://registry.npmjs.org/").startswith("https://registry.npmjs.org/"),
                            f"{name}: {package.get('resolved')}")
            self.assertTrue(name == "" or "integrity" in package, name)


if __name__ == "__main__":
    invoked.run_tests()
