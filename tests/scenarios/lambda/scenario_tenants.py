"""Tenant isolation: the tenant id is required, the handler sees it, and no two tenants share an execution environment."""

import os
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from invoked import Server, command, nodejs, provided, python, wait_for  # noqa: E402

PER_TENANT = {"TenantIsolationMode": "PER_TENANT"}
PYTHON = """
import os
count = 0
def handler(event, context):
    global count
    count += 1
    return {"tenant": context.tenant_id, "pid": os.getpid(), "count": count}
"""
NODEJS = """
let count = 0;
exports.handler = async (event, context) => ({ tenant: context.tenantId, pid: process.pid, count: ++count });
"""
PROVIDED = """#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
count=0
while :; do
    curl -sS -D head.$$ -o event.$$ "$api/next"
    count=$((count + 1))
    id=$(tr -d '\\r' < head.$$ | sed -n 's/^[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: //p')
    tenant=$(tr -d '\\r' < head.$$ | sed -n 's/^[Ll]ambda-[Rr]untime-[Aa]ws-[Tt]enant-[Ii]d: //p')
    curl -sS -o /dev/null -d "{\\"tenant\\": \\"$tenant\\", \\"pid\\": $$, \\"count\\": $count}" "$api/$id/response"
done
"""
MISSING = ("The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your request and try "
           "again.")
NOT_ENABLED = ("The invoked function is not enabled with tenancy configuration. Remove the tenant ID from your request "
               "and try again.")
QUEUE = "arn:aws:sqs:us-east-1:123456789012:late"


def tenant(name, **more):
    return {"X-Amz-Tenant-Id": name, **more}


def isolating(code, **settings):
    code.settings.update(TenancyConfig=PER_TENANT, **settings)
    return code


class Tenants(unittest.TestCase):
    def check_refused(self, answer, message):
        self.assertEqual(answer.status, 400)
        self.assertEqual(answer.headers["x-amzn-errortype"], "InvalidParameterValueException")
        self.assertEqual(answer.json, {"Type": "User", "message": message})

    def test_each_tenant_has_its_environments(self):
        functions = {"py": isolating(python(PYTHON)), "js": isolating(nodejs(NODEJS)), "native": isolating(provided(PROVIDED))}
        with Server(functions) as server:
            for name in functions:
                with self.subTest(name):
                    told = [server.invoke(name, headers=tenant(who)).json for who in ("blue", "red", "blue", "red", "blue")]
                    self.assertEqual([(one["tenant"], one["count"]) for one in told],
                                     [("blue", 1), ("red", 1), ("blue", 2), ("red", 2), ("blue", 3)])
                    self.assertEqual(len({one["pid"] for one in told}), 2)

    def test_the_id_is_required(self):
        with Server({"f": isolating(python(PYTHON))}) as server:
            self.check_refused(server.invoke("f"), MISSING)
            self.check_refused(server.invoke("f", headers={"X-Amz-Invocation-Type": "Event"}), MISSING)
            self.check_refused(server.invoke("f", headers={"X-Amz-Invocation-Type": "DryRun"}), MISSING)
            self.check_refused(
                server.request("POST", "/2021-11-15/functions/f/response-streaming-invocations", b"{}"), MISSING)
            self.assertEqual(server.request("GET", "/_invoked/functions").json[0]["Environments"]["Idle"], 0)

    def test_the_id_is_refused_where_it_means_nothing(self):
        with Server({"f": python(PYTHON)}) as server:
            self.check_refused(server.invoke("f", headers=tenant("blue")), NOT_ENABLED)

    def test_no_tenant_elsewhere(self):
        with Server({"py": python(PYTHON), "js": nodejs("exports.handler = async (e, c) => [typeof c.tenantId];")}) as server:
            self.assertIsNone(server.invoke("py").json["tenant"])
            self.assertEqual(server.invoke("js").json, ["undefined"])

    def test_an_event_keeps_its_tenant(self):
        source = "def handler(event, context):\n    raise ValueError(context.tenant_id)\n"
        function = isolating(python(source), DeadLetterConfig={"TargetArn": QUEUE},
                             EventInvokeConfig={"MaximumRetryAttempts": 1})
        with Server({"f": function}, {"Local": {"RetryDelaysSeconds": [0]}}) as server:
            self.assertEqual(server.invoke("f", headers=tenant("blue", **{"X-Amz-Invocation-Type": "Event"})).status, 202)
            [letter] = wait_for(lambda: server.request("GET", "/_invoked/dead-letters").json, "a dead letter")
            self.assertEqual(letter["MessageAttributes"]["ErrorMessage"]["StringValue"], "blue")

    def test_an_event_keeps_its_tenant_over_a_restart(self):
        source = "def handler(event, context):\n    raise ValueError(context.tenant_id)\n"
        function = isolating(python(source), DeadLetterConfig={"TargetArn": QUEUE},
                             EventInvokeConfig={"MaximumRetryAttempts": 1})
        with Server({"f": function}, {"Local": {"RetryDelaysSeconds": [2]}}) as server:
            server.invoke("f", headers=tenant("red/1 @x", **{"X-Amz-Invocation-Type": "Event"}))
            wait_for(lambda: "waiting" in [event["State"] for event in server.request("GET", "/_invoked/events").json],
                     "the event's second try")
            server.signal()
            server.wait()
            server.start()
            [letter] = wait_for(lambda: server.request("GET", "/_invoked/dead-letters").json, "a dead letter")
            self.assertEqual(letter["MessageAttributes"]["ErrorMessage"]["StringValue"], "red/1 @x")

    def test_commands_run_for_tenants_too(self):
        with Server({"f": {**command("cat"), "TenancyConfig": PER_TENANT}}) as server:
            self.assertEqual(server.invoke("f", 1, headers=tenant("a")).json, 1)
            self.check_refused(server.invoke("f", 1), MISSING)

    def test_a_tenant_that_is_gone_leaves_nothing(self):
        with Server({"f": isolating(python(PYTHON), Local={"IdleTimeoutSeconds": 1})}) as server:
            for number in range(5):
                self.assertEqual(server.invoke("f", headers=tenant(f"t{number}")).json["count"], 1)
            wait_for(lambda: not server.children(), "the end of all environments")
            time.sleep(0.1)
            self.assertEqual(server.invoke("f", headers=tenant("t0")).json["count"], 1)

    def test_the_log_names_the_tenant(self):
        function = isolating(python(PYTHON), LoggingConfig={"LogFormat": "JSON"})
        with Server({"f": function}) as server:
            self.assertIn('"tenantId":"blue"', server.invoke("f", headers=tenant("blue"), tail=True).log)


if __name__ == "__main__":
    invoked.run_tests()
