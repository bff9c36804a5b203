"""The platform's lines as JSON: which events there are at which level, with which members, in log, tail and history."""

import json
import os
import re
import signal
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from invoked import Server, command, nodejs, python  # noqa: E402

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
ECHO = "def handler(event, context): return event\n"
ERRORS = """
import os, time
def handler(event, context):
    if event == "exit": os._exit(3)
    if event == "raise": raise ValueError("no")
    if event == "sleep": time.sleep(60)
    return "1234"
"""


def logged(code, level=None, **settings):
    """The function with a JSON log."""
    code.settings["LoggingConfig"] = {"LogFormat": "JSON", **({"SystemLogLevel": level} if level else {})}
    code.settings.update(settings)
    return code


def events_of(text):
    """All lines as JSON."""
    return [json.loads(line) for line in text.splitlines()]


def log_with_report(server):
    server.wait_for_log(r"platform\.report")
    return server.log()


class JsonLog(unittest.TestCase):
    def types(self, answer):
        return [event.get("type") for event in events_of(answer.log)]

    def test_info_has_start_and_report(self):
        with Server({"f": logged(python(ECHO, MemorySize=256))}) as server:
            answer = server.invoke("f", {"a": 1}, tail=True)
            start, report = events_of(answer.log)
            self.assertEqual(list(start), ["time", "type", "record"])
            self.assertRegex(start["time"], f"^{TIME}$")
            self.assertEqual(start["type"], "platform.start")
            self.assertEqual(start["record"], {
                "requestId": answer.request_id, "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:f",
                "version": "$LATEST"})
            self.assertEqual(report["type"], "platform.report")
            self.assertEqual(list(report["record"]), ["requestId", "metrics", "status"])
            self.assertEqual(report["record"]["status"], "success")
            metrics = report["record"]["metrics"]
            self.assertEqual(list(metrics), ["durationMs", "billedDurationMs", "memorySizeMB", "maxMemoryUsedMB",
                                             "initDurationMs"])
            self.assertEqual(metrics["memorySizeMB"], 256)
            self.assertGreaterEqual(metrics["billedDurationMs"], metrics["durationMs"] + metrics["initDurationMs"])
            self.assertLess(metrics["billedDurationMs"], metrics["durationMs"] + metrics["initDurationMs"] + 1)
            warm = events_of(server.invoke("f", tail=True).log)[-1]["record"]["metrics"]
            self.assertNotIn("initDurationMs", warm)

    def test_history_has_the_same_lines(self):
        with Server({"f": logged(python(ECHO))}) as server:
            answer = server.invoke("f", tail=True)
            [row] = server.request("GET", "/_invoked/invocations").json
            self.assertEqual(row["Log"], answer.log)

    def test_the_log_begins_with_init_start(self):
        with Server({"f": logged(python(ECHO, MemorySize=256)), "image": logged(python(ECHO))}) as server:
            server.invoke("f")
            found = re.search(r'\[f\] (\{.*"platform\.initStart".*\})', log_with_report(server))
            self.assertIsNotNone(found, server.log())
            record = json.loads(found[1])["record"]
            self.assertEqual(list(record), ["initializationType", "phase", "runtimeVersion", "functionName",
                                            "functionVersion", "instanceId", "instanceMaxMemory"])
            self.assertRegex(record.pop("instanceId"), r"^\d{4}/\d\d/\d\d/f\[\$LATEST\][0-9a-f]{32}$")
            self.assertEqual(record, {"initializationType": "on-demand", "phase": "init", "runtimeVersion": "python:3.12",
                                      "functionName": "f", "functionVersion": "$LATEST",
                                      "instanceMaxMemory": 256 * 1024 * 1024})
            self.assertNotIn("initReport", server.log())

    def test_debug_has_all(self):
        with Server({"f": logged(nodejs("exports.handler = async () => '1234';"), "DEBUG")}) as server:
            answer = server.invoke("f", tail=True)
            self.assertEqual(self.types(answer), ["platform.start", "platform.runtimeDone", "platform.report"])
            done = events_of(answer.log)[1]["record"]
            self.assertEqual(list(done), ["requestId", "status", "metrics"])
            self.assertEqual(done["status"], "success")
            self.assertEqual(done["metrics"]["producedBytes"], len('"1234"'))
            log = log_with_report(server)
            self.assertIn('"type":"platform.initStart"', log)
            self.assertIn('"type":"platform.initRuntimeDone","record":{"initializationType":"on-demand","phase":"init",'
                          '"status":"success"}', log)
            self.assertRegex(log, r'"type":"platform\.initReport","record":\{"initializationType":"on-demand",'
                                  r'"phase":"init","status":"success","metrics":\{"durationMs":[0-9.]+\}\}')

    def test_warn_has_failures_only(self):
        with Server({"f": logged(python(ERRORS, Timeout=1), "WARN")}) as server:
            self.assertNotIn("x-amz-log-result", server.invoke("f", "well", tail=True).headers)
            raised = server.invoke("f", "raise", tail=True)
            self.assertNotIn("platform.", raised.log)
            self.assertEqual(json.loads(raised.log.splitlines()[-1])["errorType"], "ValueError")
            for event, status, error_type in (("exit", "error", "Runtime.ExitError"), ("sleep", "timeout", None)):
                with self.subTest(event):
                    answer = server.invoke("f", event, tail=True)
                    self.assertEqual(self.types(answer), ["platform.runtimeDone", "platform.report"])
                    for line in events_of(answer.log):
                        self.assertEqual(line["record"]["status"], status)
                        self.assertEqual(line["record"].get("errorType"), error_type)

    def test_a_failed_initialisation(self):
        with Server({"f": logged(python("raise ValueError('no')"))}) as server:
            answer = server.invoke("f", tail=True)
            self.assertEqual(answer.function_error, "Unhandled")
            log = log_with_report(server)
            self.assertRegex(log, r'platform\.initRuntimeDone","record":\{"initializationType":"on-demand","phase":"init",'
                                  r'"status":"error","errorType":"Runtime.Unknown"\}')
            self.assertIn("platform.initReport", log)
            for line in answer.log.splitlines():
                json.loads(line)

    def test_commands_and_mocks(self):
        functions = {"tool": command("cat"), "mock": {"Local": {"Mock": [{"Payload": 1}]}}}
        for settings in functions.values():
            settings["LoggingConfig"] = {"LogFormat": "JSON"}
        with Server(functions) as server:
            for name in functions:
                with self.subTest(name):
                    self.assertEqual(self.types(server.invoke(name, 1, tail=True)), ["platform.start", "platform.report"])
            self.assertNotIn("initStart", server.log())

    def test_a_changed_level_takes_effect(self):
        with Server({"f": logged(python(ECHO), "WARN")}) as server:
            self.assertNotIn("x-amz-log-result", server.invoke("f", tail=True).headers)
            server.configure({"f": logged(python(ECHO), "DEBUG")})
            server.signal(signal.SIGHUP)
            server.wait_for_log("read .* again")
            self.assertEqual(len(events_of(server.invoke("f", tail=True).log)), 3)

    def test_text_is_as_ever(self):
        with Server({"f": python(ECHO, LoggingConfig={"LogFormat": "Text"})}) as server:
            self.assertRegex(server.invoke("f", tail=True).log, r"^START RequestId: .*\nEND RequestId: .*\nREPORT ")


if __name__ == "__main__":
    invoked.run_tests()
