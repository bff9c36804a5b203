"""InvokeWithResponseStream through boto3: its own reader of event streams, on a real socket.

Debian's boto3 is older than the operation. It lacks nothing but the description, which it takes from a service model in
JSON: so the operation is added to the installed model, in a folder of the test's own that botocore looks into first.
"""

import json
import os
import sys
import tempfile
import unittest

import boto3
from botocore.config import Config
from botocore.loaders import Loader

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import invoked  # noqa: E402
from invoked import Server, nodejs, python  # noqa: E402

HANDLER = """
const fs = require('fs');
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
    stream.write('first ');
    while (!fs.existsSync(event.file))
        await new Promise((resolve) => setTimeout(resolve, 5));
    if (event.fails)
        throw new TypeError('half-way');
    stream.end('last');
});
"""


def member(shape, location=None, name=None):
    found = {"shape": shape}
    if location:
        found["location"] = location
    if name:
        found["locationName"] = name
    return found


def described():
    """The service model with the operation in it."""
    model = Loader().load_service_model("lambda", "service-2")
    if "InvokeWithResponseStream" in model["operations"]:
        return model
    shapes = model["shapes"]
    shapes["StreamRequest"] = {"type": "structure", "required": ["FunctionName"], "payload": "Payload", "members": {
        "FunctionName": member("NamespacedFunctionName", "uri", "FunctionName"),
        "InvocationType": member("String", "header", "X-Amz-Invocation-Type"),
        "LogType": member("LogType", "header", "X-Amz-Log-Type"),
        "Qualifier": member("Qualifier", "querystring", "Qualifier"),
        "Payload": member("Blob")}}
    shapes["StreamPiece"] = {"type": "structure", "event": True,
                             "members": {"Payload": {"shape": "Blob", "eventpayload": True}}}
    shapes["StreamEnd"] = {"type": "structure", "event": True, "members": {
        name: member("String") for name in ("ErrorCode", "ErrorDetails", "LogResult")}}
    shapes["StreamEvent"] = {"type": "structure", "eventstream": True,
                             "members": {"PayloadChunk": member("StreamPiece"), "InvokeComplete": member("StreamEnd")}}
    shapes["StreamResponse"] = {"type": "structure", "payload": "EventStream", "members": {
        "StatusCode": member("Integer", "statusCode"),
        "ExecutedVersion": member("Version", "header", "X-Amz-Executed-Version"),
        "ResponseStreamContentType": member("String", "header", "Content-Type"),
        "EventStream": member("StreamEvent")}}
    model["operations"]["InvokeWithResponseStream"] = {
        "name": "InvokeWithResponseStream",
        "http": {"method": "POST",
                 "requestUri": "/2021-11-15/functions/{FunctionName}/response-streaming-invocations"},
        "input": {"shape": "StreamRequest"}, "output": {"shape": "StreamResponse"},
        "errors": model["operations"]["Invoke"]["errors"]}
    return model


class Streaming(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.models = tempfile.TemporaryDirectory(prefix="invoked-models-")
        cls.addClassCleanup(cls.models.cleanup)
        folder = os.path.join(cls.models.name, "lambda", "2015-03-31")
        os.makedirs(folder)
        with open(os.path.join(folder, "service-2.json"), "w") as file:
            json.dump(described(), file)
        os.environ["AWS_DATA_PATH"] = cls.models.name

    def client(self, server):
        session = boto3.session.Session(aws_access_key_id="local", aws_secret_access_key="local",
                                        region_name="us-east-1")
        return session.client("lambda", endpoint_url=server.endpoint, config=Config(retries={"max_attempts": 0}))

    def events(self, event, **parameters):
        """Yields the events; the handler goes on once the first has come."""
        with Server({"f": nodejs(HANDLER)}) as server:
            path = os.path.join(server.folder, "go-on")
            answer = self.client(server).invoke_with_response_stream(
                FunctionName="f", Payload=json.dumps({"file": path, **event}), **parameters)
            self.assertEqual(answer["StatusCode"], 200)
            self.assertEqual(answer["ExecutedVersion"], "$LATEST")
            for found in answer["EventStream"]:
                if not os.path.exists(path):
                    self.assertEqual(found, {"PayloadChunk": {"Payload": b"first "}})
                    with open(path, "w"):
                        pass
                yield found

    def test_the_first_chunk_arrives_before_the_handler_has_ended(self):
        events = list(self.events({}))
        self.assertEqual(b"".join(event["PayloadChunk"]["Payload"] for event in events[:-1]), b"first last")
        self.assertEqual(events[-1], {"InvokeComplete": {}})

    def test_an_error_half_way_is_in_the_last_event(self):
        last = list(self.events({"fails": True}, LogType="Tail"))[-1]["InvokeComplete"]
        self.assertEqual(last["ErrorCode"], "TypeError")
        self.assertEqual(json.loads(last["ErrorDetails"])["errorMessage"], "half-way")
        self.assertTrue(last["LogResult"])

    def test_a_function_that_does_not_stream_is_one_chunk(self):
        with Server({"f": python("def handler(event, context):\n    return event\n")}) as server:
            answer = self.client(server).invoke_with_response_stream(FunctionName="f", Payload=b'{"a": 1}')
            self.assertEqual(list(answer["EventStream"]),
                             [{"PayloadChunk": {"Payload": b'{"a": 1}'}}, {"InvokeComplete": {}}])

    def test_a_refusal_is_an_exception(self):
        with Server({"f": python("def handler(event, context):\n    return event\n")}) as server:
            client = self.client(server)
            with self.assertRaises(client.exceptions.ResourceNotFoundException):
                client.invoke_with_response_stream(FunctionName="g", Payload=b"{}")


if __name__ == "__main__":
    invoked.run_tests()
