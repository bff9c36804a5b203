"""Functions that invoke themselves in a loop: the 17th invocation of a chain is stopped, unless RecursiveLoop is Allow."""

import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from invoked import Server, python, wait_for  # noqa: E402

QUEUE = "arn:aws:sqs:us-east-1:123456789012:stopped"
ROOT = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700"

# Invokes the next of the event's functions, as the AWS SDKs do: with the trace header of its own invocation.
LOOP = """
import json, os, urllib.error, urllib.request
def handler(event, context):
    if event["left"] == 0:
        return {"answers": 0, "trace": os.environ["_X_AMZN_TRACE_ID"]}
    names = event["names"]
    request = urllib.request.Request(
        os.environ["AWS_ENDPOINT_URL_LAMBDA"] + "/2015-03-31/functions/" + names[0] + "/invocations",
        json.dumps({"left": event["left"] - 1, "names": names[1:] + names[:1], "type": event["type"]}).encode(),
        {"X-Amzn-Trace-Id": os.environ["_X_AMZN_TRACE_ID"], "X-Amz-Invocation-Type": event["type"],
         "Authorization": "AWS4-HMAC-SHA256 Credential=" + os.environ["AWS_ACCESS_KEY_ID"] + "/x"})
    try:
        answer = json.load(urllib.request.urlopen(request, timeout=60)) if event["type"] == "RequestResponse" else None
        urllib.request.urlopen(request).read() if answer is None else None
    except urllib.error.HTTPError as error:
        return {"answers": 0, "status": error.code, "type": error.headers["x-amzn-ErrorType"], "body": json.load(error)}
    return {**(answer or {}), "answers": (answer or {"answers": 0})["answers"] + 1}
"""


def start(server, left, names=("f",), kind="RequestResponse"):
    return server.invoke(names[-1], {"left": left, "names": list(names), "type": kind}).json


def loops(**settings):
    return python(LOOP, Timeout=60, **settings)


class Recursion(unittest.TestCase):
    def check_stopped(self, told, answers):
        self.assertEqual(told["answers"], answers)
        self.assertEqual(told["status"], 400)
        self.assertEqual(told["type"], "RecursiveInvocationException")
        self.assertEqual(list(told["body"]), ["Message", "Type"])
        self.assertEqual(told["body"]["Type"], "User")

    def test_the_seventeenth_is_stopped(self):
        with Server({"f": loops()}) as server:
            told = start(server, 15)  # 16 invocations
            self.assertEqual(told["answers"], 15)
            self.assertRegex(told["trace"], r"^Root=1-[0-9a-f-]+;Parent=[0-9a-f]{16};Sampled=0;Lineage=16:[0-9a-f]{8}:15$")
            self.check_stopped(start(server, 16), 15)
            rows = server.request("GET", "/_invoked/invocations").json
            self.assertEqual([row["Status"] for row in rows if row["Status"] != "succeeded"], ["rejected"])

    def test_a_loop_of_two(self):
        with Server({"f": loops(), "g": loops()}) as server:
            self.check_stopped(start(server, 60, ("g", "f")), 31)

    def test_allow_lets_it_go_on(self):
        with Server({"f": loops(RecursiveLoop="Allow")}) as server:
            self.assertEqual(start(server, 20)["answers"], 20)

    def test_terminate_is_the_default(self):
        with Server({"f": loops(RecursiveLoop="Terminate")}) as server:
            self.check_stopped(start(server, 20), 15)

    def test_a_chain_of_one_client_is_no_loop(self):
        with Server({"f": loops()}) as server:
            for _ in range(40):
                self.assertEqual(server.invoke("f", {"left": 0}, headers={"X-Amzn-Trace-Id": ROOT}).status, 200)

    def test_an_event_goes_to_the_dead_letter_queue(self):
        with Server({"f": loops(DeadLetterConfig={"TargetArn": QUEUE})}) as server:
            start(server, 30, kind="Event")
            letters = wait_for(lambda: server.request("GET", "/_invoked/dead-letters").json, "a dead letter")
            self.assertEqual(len(letters), 1)
            attributes = letters[0]["MessageAttributes"]
            self.assertEqual(attributes["ErrorCode"]["StringValue"], "400")
            self.assertIn("loop", attributes["ErrorMessage"]["StringValue"])
            self.assertEqual(json.loads(letters[0]["Body"])["left"], 30 - 16)
            runs = [row for row in server.request("GET", "/_invoked/invocations").json if row["Status"] == "succeeded"]
            self.assertEqual(len(runs), 16)

    def test_a_retry_is_no_hop(self):
        source = LOOP + "def failing(event, context):\n    raise ValueError(os.environ['_X_AMZN_TRACE_ID'])\n"
        function = python(source, Handler="app.failing", DeadLetterConfig={"TargetArn": QUEUE})
        with Server({"f": function}, {"Local": {"RetryDelaysSeconds": [0]}}) as server:
            server.request("POST", "/2015-03-31/functions/f/invocations", b"{}", {"X-Amz-Invocation-Type": "Event"})
            letters = wait_for(lambda: server.request("GET", "/_invoked/dead-letters").json, "a dead letter")
            self.assertRegex(letters[0]["MessageAttributes"]["ErrorMessage"]["StringValue"], ";Lineage=1:[0-9a-f]{8}:0$")

    def test_destinations_that_feed_each_other(self):
        arn = "arn:aws:lambda:us-east-1:123456789012:function:"
        functions = {
            name: python("def handler(event, context): pass", DeadLetterConfig={"TargetArn": QUEUE},
                         EventInvokeConfig={"DestinationConfig": {"OnSuccess": {"Destination": arn + other}}})
            for name, other in (("f", "g"), ("g", "f"))}
        with Server(functions) as server:
            server.request("POST", "/2015-03-31/functions/f/invocations", b"{}", {"X-Amz-Invocation-Type": "Event"})
            letters = wait_for(lambda: server.request("GET", "/_invoked/dead-letters").json, "a dead letter")
            self.assertEqual(len(letters), 1)


if __name__ == "__main__":
    invoked.run_tests()
