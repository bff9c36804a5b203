"""Functions made by the API: they run, survive a kill, wait for their clock, belong to their account, and leave files alone."""

import base64
import io
import json
import os
import signal
import sys
import time
import unittest
import zipfile
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "support"))
from invoked import NATIVE_ECHO, Server, command, run_tests, wait_for  # noqa: E402

FUNCTIONS = "/2015-03-31/functions"
OTHER = "111111111111"
ECHO = "def handler(event, context):\n    return event\n"


def zipped(files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o755 if name == "bootstrap" else 0o644) << 16
            archive.writestr(entry, content)
    return base64.b64encode(data.getvalue()).decode()


def signed(account):
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential={account}/20251125/us-east-1/lambda/aws4_request"}


def ask(server, method, path, body=None, account="local"):
    return server.request(method, path, None if body is None else json.dumps(body).encode(), signed(account))


def create(server, name="made", files=None, account="local", **settings):
    files = files or {"app.py": ECHO}
    body = {"FunctionName": name, "Runtime": "python3.12", "Handler": "app.handler", "Role": "arn:aws:iam::123456789012:role/r",
            "Timeout": 20, "Code": {"ZipFile": zipped(files)}, **settings}
    return ask(server, "POST", FUNCTIONS, body, account)


def invoke(server, name, event=None, account="local"):
    return ask(server, "POST", f"{FUNCTIONS}/{name}/invocations", {} if event is None else event, account)


class Functions(unittest.TestCase):
    def assert_status(self, answer, status):
        self.assertEqual(answer.status, status, answer)
        return answer

    def test_functions_of_every_language_run(self):
        with open(os.path.join(NATIVE_ECHO, "bootstrap"), "rb") as file:
            native = file.read()
        with Server({}) as server:
            for name, files, settings in (
                ("py", {"app.py": ECHO}, {}),
                ("js", {"index.js": "exports.handler = async (event) => event;"}, {"Runtime": "nodejs20.x", "Handler": "index.handler"}),
                ("native", {"bootstrap": native}, {"Runtime": "provided.al2023", "Handler": "any"}),
            ):
                with self.subTest(name):
                    self.assert_status(create(server, name, files, **settings), 201)
                    self.assertEqual(self.assert_status(invoke(server, name, {"a": [1, name]}), 200).json, {"a": [1, name]})

    def test_what_was_answered_survives_a_kill(self):
        with Server({}) as server:
            self.assert_status(create(server, "first", Description="kept"), 201)
            self.assert_status(ask(server, "POST", f"{FUNCTIONS}/first/versions", {}), 201)
            self.assert_status(ask(server, "POST", f"{FUNCTIONS}/first/aliases", {"Name": "live", "FunctionVersion": "1"}), 201)
            self.assert_status(create(server, "second"), 201)
            self.assert_status(ask(server, "DELETE", f"{FUNCTIONS}/second"), 204)
            before = ask(server, "GET", f"{FUNCTIONS}/first").json
            server.signal(signal.SIGKILL)
            server.wait()
            server.start()
            after = ask(server, "GET", f"{FUNCTIONS}/first").json
            self.assertEqual(before["Configuration"], after["Configuration"])
            self.assert_status(ask(server, "GET", f"{FUNCTIONS}/second"), 404)
            self.assertEqual(invoke(server, "first:live", {"b": 1}).json, {"b": 1})

    def test_states_follow_the_clock_of_the_account(self):
        with Server({}, {"Local": {"CreateDelayMs": 5000}}, ("--clock", "manual")) as server:
            self.assertEqual(self.assert_status(create(server), 201).json["State"], "Pending")
            refused = self.assert_status(invoke(server, "made"), 409)
            self.assertIn("state: Pending", refused.json["message"])
            self.assert_status(server.request("POST", "/_invoked/clock", b'{"AdvanceSeconds": 5}'), 200)
            self.assertEqual(ask(server, "GET", f"{FUNCTIONS}/made/configuration").json["State"], "Active")
            changed = {"ZipFile": zipped({"app.py": "def handler(event, context):\n    return 'new'\n"})}
            updating = self.assert_status(ask(server, "PUT", f"{FUNCTIONS}/made/code", changed), 200).json
            self.assertEqual((updating["State"], updating["LastUpdateStatus"]), ("Active", "InProgress"))
            self.assertEqual(invoke(server, "made", {"still": "old"}).json, {"still": "old"})
            self.assertEqual(self.assert_status(ask(server, "PUT", f"{FUNCTIONS}/made/code", changed), 409).headers["x-amzn-errortype"],
                             "ResourceConflictException")
            self.assert_status(server.request("POST", "/_invoked/clock", b'{"AdvanceSeconds": 5}'), 200)
            self.assertEqual(invoke(server, "made").json, "new")

    def test_an_update_lets_what_runs_end_under_the_old_code(self):
        slow = "import time\ndef handler(event, context):\n    print('began', flush=True)\n    time.sleep(1)\n    return 'old'\n"
        with Server({}) as server:
            create(server, files={"app.py": slow})
            with ThreadPoolExecutor() as pool:
                running = pool.submit(invoke, server, "made")
                server.wait_for_log("began")
                ask(server, "PUT", f"{FUNCTIONS}/made/code", {"ZipFile": zipped({"app.py": "def handler(e, c):\n    return 'new'\n"})})
                self.assertEqual(invoke(server, "made").json, "new")
                self.assertEqual(running.result().json, "old")

    def test_accounts_do_not_see_each_other(self):
        with Server({"file": command("cat")}) as server:
            create(server)
            create(server, account=OTHER, Description="other")
            for account, description in (("local", ""), (OTHER, "other")):
                listed = ask(server, "GET", FUNCTIONS, account=account).json["Functions"]
                self.assertEqual([one["FunctionName"] for one in listed], ["file", "made"])
                self.assertEqual(listed[1]["Description"], description)
            self.assert_status(ask(server, "DELETE", f"{FUNCTIONS}/made", account=OTHER), 204)
            self.assert_status(invoke(server, "made", account=OTHER), 404)
            self.assert_status(invoke(server, "made"), 200)

    def test_a_policy_lets_another_account_in(self):
        arn = "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Amade"
        with Server({}) as server:
            create(server)
            self.assert_status(invoke(server, arn, account=OTHER), 403)
            permission = {"StatementId": "a", "Action": "lambda:InvokeFunction", "Principal": OTHER}
            self.assert_status(ask(server, "POST", f"{FUNCTIONS}/made/policy", permission), 201)
            self.assertEqual(self.assert_status(invoke(server, arn, {"c": 1}, account=OTHER), 200).json, {"c": 1})
            self.assert_status(invoke(server, arn, account="222222222222"), 403)
            self.assert_status(ask(server, "DELETE", f"{FUNCTIONS}/made/policy/a"), 204)
            self.assert_status(invoke(server, arn, account=OTHER), 403)

    def test_functions_of_files_are_read_and_not_changed(self):
        with Server({"file": command("cat")}) as server:
            self.assertEqual(ask(server, "GET", f"{FUNCTIONS}/file/configuration").json["FunctionName"], "file")
            for method, path, body in (("PUT", "/file/configuration", {"Timeout": 5}), ("DELETE", "/file", None),
                                       ("POST", "/file/versions", {})):
                refused = self.assert_status(ask(server, method, FUNCTIONS + path, body), 409)
                self.assertIn("invoked.json", refused.json["message"])
            self.assert_status(create(server, "file"), 409)

    def test_the_api_may_override_files(self):
        with Server({"file": command("cat")}, {"Local": {"ApiOverridesFiles": True}}) as server:
            self.assertEqual(invoke(server, "file", 1).json, 1)
            self.assert_status(create(server, "file", {"app.py": "def handler(e, c):\n    return 'api'\n"}), 201)
            self.assertEqual(invoke(server, "file", 1).json, "api")
            self.assert_status(ask(server, "DELETE", f"{FUNCTIONS}/file"), 204)
            self.assertEqual(invoke(server, "file", 1).json, 1)

    def test_reset_leaves_functions_unless_told(self):
        with Server({}) as server:
            create(server)
            create(server, account=OTHER)
            self.assert_status(ask(server, "POST", "/_invoked/reset"), 200)
            self.assert_status(invoke(server, "made"), 200)
            self.assert_status(ask(server, "POST", "/_invoked/reset?functions=true"), 200)
            self.assert_status(invoke(server, "made"), 404)
            self.assert_status(invoke(server, "made", account=OTHER), 200)

    def test_unsafe_archives_are_refused(self):
        with Server({}) as server:
            for files in ({"../x": "1"}, {"/tmp/x": "1"}):
                refused = self.assert_status(create(server, files=files), 400)
                self.assertTrue(refused.json["message"].startswith("Could not unzip uploaded file."), refused)
            self.assert_status(ask(server, "GET", f"{FUNCTIONS}/made"), 404)

    def test_code_comes_from_a_folder_of_buckets(self):
        with Server({}, {"Local": {"S3Folder": "buckets"}}) as server:
            place = os.path.join(server.folder, "buckets", "code")
            os.makedirs(place)
            with open(os.path.join(place, "a.zip"), "wb") as file:
                file.write(base64.b64decode(zipped({"app.py": ECHO})))
            self.assert_status(create(server, Code={"S3Bucket": "code", "S3Key": "a.zip"}), 201)
            self.assertEqual(invoke(server, "made", 7).json, 7)
            for code, message in (({"S3Bucket": "none", "S3Key": "a.zip"}, "NoSuchBucket"), ({"S3Bucket": "code", "S3Key": "b.zip"}, "NoSuchKey"),
                                  ({"S3Bucket": "code", "S3Key": "../../invoked.json"}, "NoSuchKey")):
                self.assertIn(message, self.assert_status(create(server, "other", Code=code), 400).json["message"])

    def test_what_cannot_run_says_so(self):
        with Server({}) as server:
            create(server, "java", Runtime="java21")
            create(server, "image", PackageType="Image", Code={"ImageUri": "repo:latest"}, Runtime=None, Handler=None)
            for name in ("java", "image"):
                refused = self.assert_status(invoke(server, name), 502)
                self.assertEqual(refused.headers["x-amzn-errortype"], "InvalidRuntimeException")

    def test_environments_of_provisioned_concurrency_are_started_ahead(self):
        with Server({}) as server:
            create(server)
            ask(server, "POST", f"{FUNCTIONS}/made/versions", {})
            path = "/2019-09-30/functions/made/provisioned-concurrency?Qualifier=1"
            self.assertEqual(self.assert_status(ask(server, "PUT", path, {"ProvisionedConcurrentExecutions": 2}), 202).json["Status"],
                             "IN_PROGRESS")
            wait_for(lambda: ask(server, "GET", path).json["Status"] == "READY", "READY")
            listed = server.request("GET", "/_invoked/functions").json
            self.assertEqual(listed[0]["Environments"]["Idle"], 2)

    def test_a_target_that_nothing_is_sent_to_does_not_stop_a_function(self):
        with Server({}) as server:
            create(server)
            config = {"DestinationConfig": {"OnFailure": {"Destination": "kafka://cluster"}}, "MaximumRetryAttempts": 0}
            self.assert_status(ask(server, "PUT", "/2019-09-25/functions/made/event-invoke-config", config), 200)
            self.assertEqual(invoke(server, "made", 3).json, 3)

    def test_a_body_says_only_what_is_its_own(self):
        with Server({}) as server:
            create(server)
            mapping = {"FunctionName": "made", "EventSourceArn": "arn:aws:sqs:us-east-1:123456789012:q", "UUID": "mine", "State": "x"}
            made = self.assert_status(ask(server, "POST", "/2015-03-31/event-source-mappings", mapping), 202).json
            self.assertEqual(made["State"], "Creating")
            self.assert_status(ask(server, "GET", f"/2015-03-31/event-source-mappings/{made['UUID']}"), 200)
            for body in ({"FunctionName": 1}, {"Code": []}, [], {"FunctionName": "x", "Role": {}}):
                self.assertEqual(self.assert_status(ask(server, "POST", FUNCTIONS, body), 400).headers["content-type"], "application/json")

    def test_unused_code_is_removed(self):
        with Server({}) as server:
            create(server)
            code = os.path.join(server.data_folder, "code")
            self.assertEqual(len(os.listdir(code)), 1)
            self.assert_status(ask(server, "DELETE", f"{FUNCTIONS}/made"), 204)
            wait_for(lambda: not os.listdir(code), "the code to go")

    def test_many_functions_are_listed_by_pages(self):
        with Server({}) as server:
            code = zipped({"app.py": ECHO})
            began = time.monotonic()
            for number in range(200):
                create(server, f"f{number:04}", Code={"ZipFile": code})
            self.assertLess(time.monotonic() - began, 20)
            names, marker = [], ""
            while marker is not None:
                page = ask(server, "GET", FUNCTIONS + "?MaxItems=7" + (f"&Marker={marker}" if marker else "")).json
                names += [one["FunctionName"] for one in page["Functions"]]
                marker = page.get("NextMarker")
            self.assertEqual(names, [f"f{number:04}" for number in range(200)])


if __name__ == "__main__":
    run_tests()
