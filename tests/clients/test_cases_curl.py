"""The cases of client_cases.py through curl, as a shell script would use it."""

import base64
import json
import os
import subprocess
import sys
import tempfile
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import invoked  # noqa: E402
from case_runner import Adapter, cases_through  # noqa: E402
from client_cases import ATTEMPTS, Outcome  # noqa: E402
from invoked import clean_environment, wait_for  # noqa: E402

HEADERS = {"InvocationType": "X-Amz-Invocation-Type", "LogType": "X-Amz-Log-Type"}


class Curl(Adapter):
    title = "curl"
    version = "any"
    point = """curl http://127.0.0.1:3001/2015-03-31/functions/hello/invocations -d '{"name": "Ada"}'"""
    operations = frozenset({"Invoke", "InvokeAsync"})
    untried = frozenset({"Drop"})
    def arguments(self, operation, endpoint, folder):
        """Those of one operation; head and body of the answer go to files in `folder`, the payload comes from one."""
        members = operation.members
        name = members["FunctionName"]
        if operation.name == "InvokeAsync":
            url = f"{endpoint}/2014-11-13/functions/{name}/invoke-async/"
        else:
            url = f"{endpoint}/2015-03-31/functions/{name}/invocations"
        if "Qualifier" in members:
            url += "?Qualifier=" + urllib.parse.quote(members["Qualifier"])
        words = ["--globoff", "-sS", "-X", "POST", "--retry", str(ATTEMPTS - 1), "--retry-delay", "1",
                 "-D", os.path.join(folder, "head"), "-o", os.path.join(folder, "body"), url]
        for member, header in HEADERS.items():
            if member in members:
                words += ["-H", f"{header}: {members[member]}"]
        if "ClientContext" in members:
            context = base64.b64encode(json.dumps(members["ClientContext"]).encode()).decode()
            words += ["-H", f"X-Amz-Client-Context: {context}"]
        if operation.body is not None:
            with open(os.path.join(folder, "payload"), "wb") as file:
                file.write(operation.body)
            words += ["--data-binary", f"@{file.name}"]
        return words

    def start(self, words):
        return subprocess.Popen(["curl", *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, env=clean_environment())

    def run(self, words):
        with self.start(words) as curl:
            complaint = curl.stderr.read().decode()
            if curl.wait() != 0:
                raise AssertionError(f"curl ended with {curl.returncode}: {complaint}")

    @staticmethod
    def outcome_in(folder):
        """The last answer, where there were several."""
        with open(os.path.join(folder, "head"), encoding="latin-1", newline="") as file:
            head = [part for part in file.read().split("\r\n\r\n") if part][-1]
        lines = head.split("\r\n")
        status = int(lines[0].split()[1])
        headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}
        body = b""
        if os.path.exists(os.path.join(folder, "body")):  # not made where there is nothing to write
            with open(os.path.join(folder, "body"), "rb") as file:
                body = file.read()
        request_id = headers["x-amzn-requestid"]
        if status >= 300:
            members = json.loads(body)
            return Outcome(error=headers["x-amzn-errortype"], error_status=status, request_id=request_id,
                           message=members.get("message", members.get("Message")), type=members.get("Type"),
                           reason=members.get("Reason"))
        log = headers.get("x-amz-log-result")
        return Outcome(status=status, payload=body, version=headers.get("x-amz-executed-version"),
                       function_error=headers.get("x-amz-function-error"), request_id=request_id,
                       log=log and base64.b64decode(log, validate=True).decode())

    def perform(self, operation):
        [outcome] = self.perform_in_turn([operation], self.endpoint)
        return outcome

    def perform_in_turn(self, operations, endpoint):
        folders = [tempfile.mkdtemp(dir=self.folder) for _ in operations]
        words = []
        for operation, folder in zip(operations, folders, strict=True):
            words += (["--next"] if words else []) + self.arguments(operation, endpoint, folder)
        self.run(words)
        return [self.outcome_in(folder) for folder in folders]

    def abandon(self, operation, is_running):
        with self.start(self.arguments(operation, self.endpoint, tempfile.mkdtemp(dir=self.folder))) as curl:
            wait_for(is_running, "the operation to run")
            curl.kill()


Cases = cases_through(Curl)

if __name__ == "__main__":
    invoked.run_tests()
