"""The AWS CLI as a client, a process for each operation."""

import base64
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from case_runner import Adapter  # noqa: E402
from client_cases import ATTEMPTS, Outcome  # noqa: E402
from invoked import clean_environment, wait_for  # noqa: E402

FORKS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "aws_cli_forks.py")
COMMANDS = {"Invoke": "invoke", "InvokeAsync": "invoke-async"}
REFUSAL = re.compile(r"(?s)\s*An error occurred \((\w+)\) when calling the (\w+) operation(?: \(reached max retries: (\d+)\))?: (.*)\n")
ANSWER_S = 180


class Run:
    """One process of the CLI."""

    def __init__(self, path, arguments, folder):
        self.paths = {name: os.path.join(folder, name) for name in ("stdout", "stderr")}
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.settimeout(ANSWER_S)
        self.connection.connect(path)
        self.lines = self.connection.makefile("rw")
        self.lines.write(json.dumps({"arguments": arguments, **self.paths}) + "\n")
        self.lines.flush()
        self.pid = json.loads(self.lines.readline())["pid"]

    def read(self, name):
        with open(self.paths[name]) as file:
            return file.read()

    def wait(self):
        """Its exit status; None when it was killed."""
        line = self.lines.readline()
        self.lines.close()
        self.connection.close()
        return json.loads(line)["status"] if line else None


class AwsCli(Adapter):
    title = "AWS CLI 2, of Debian 12"
    version = "2.9"
    point = """export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=us-east-1
aws --endpoint-url http://127.0.0.1:3001 lambda invoke --function-name hello out.json"""
    operations = frozenset({"Invoke", "InvokeAsync"})
    untold = frozenset({"request_id", "error_status", "type", "reason"})
    keeps_connections = False
    refused = 254  # its exit status then

    @staticmethod
    def programs():
        """Python, and the CLI."""
        return "/usr/bin/python3", "/usr/bin/aws" if os.path.exists("/usr/bin/aws") else shutil.which("aws")

    def __init__(self, endpoint, folder):
        super().__init__(endpoint, folder)
        self.path = os.path.join(folder, "aws.sock")
        python, aws = self.programs()
        self.forks = subprocess.Popen(
            [python, "-B", FORKS, aws, self.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder,
            env=clean_environment(
                AWS_ACCESS_KEY_ID="local", AWS_SECRET_ACCESS_KEY="local", AWS_REGION="us-east-1", AWS_DEFAULT_REGION="us-east-1",
                **({} if self.retry_mode else {"AWS_MAX_ATTEMPTS": str(ATTEMPTS)}), AWS_RETRY_MODE=self.retry_mode or "standard",
                AWS_CONFIG_FILE="/dev/null",
                AWS_SHARED_CREDENTIALS_FILE="/dev/null", AWS_EC2_METADATA_DISABLED="true"))
        assert self.forks.stdout.readline() == b"listening\n"

    @staticmethod
    def arguments(operation, endpoint, folder):
        words = ["--endpoint-url", endpoint, "--output", "json", "--cli-read-timeout", str(ANSWER_S), "lambda",
                 COMMANDS[operation.name]]
        for member, value in operation.members.items():
            if member in ("Payload", "InvokeArgs"):
                with open(os.path.join(folder, "payload"), "wb") as file:
                    file.write(value)
                value = file.name if member == "InvokeArgs" else f"fileb://{file.name}"
            if member == "ClientContext":
                value = base64.b64encode(json.dumps(value).encode()).decode()
            words += ["--" + re.sub(r"(?<!^)([A-Z])", r"-\1", member).lower(), value]
        return words + ([os.path.join(folder, "out")] if operation.name == "Invoke" else [])

    def start(self, operation, endpoint):
        folder = tempfile.mkdtemp(dir=self.folder)
        return Run(self.path, self.arguments(operation, endpoint, folder), folder), folder

    def perform(self, operation):
        return self.perform_at(self.endpoint, operation)

    def perform_at(self, endpoint, operation):
        run, folder = self.start(operation, endpoint)
        status = run.wait()
        if status == self.refused:
            refusal = REFUSAL.fullmatch(run.read("stderr"))
            assert refusal and refusal[2] == operation.name, run.read("stderr")
            assert refusal[3] in (None, str(self.attempts - 1)), refusal[3]
            return Outcome(error=refusal[1], message=refusal[4])
        assert status == 0, f"the AWS CLI ended with {status}: {run.read('stderr')}"
        told = json.loads(run.read("stdout"))
        if operation.name == "InvokeAsync":
            return Outcome(status=told["Status"], payload=b"")
        with open(os.path.join(folder, "out"), "rb") as file:
            payload = file.read()
        log = told.get("LogResult")
        return Outcome(status=told["StatusCode"], payload=payload, version=told.get("ExecutedVersion"),
                       function_error=told.get("FunctionError"), log=log and base64.b64decode(log).decode())

    def perform_in_turn(self, operations, endpoint):
        return [self.perform_at(endpoint, operation) for operation in operations]

    def abandon(self, operation, is_running):
        run, _ = self.start(operation, self.endpoint)
        wait_for(is_running, "the operation to run")
        os.kill(run.pid, signal.SIGKILL)
        assert run.wait() is None, "it ended by itself"

    def close(self):
        self.forks.stdin.close()
        self.forks.stdout.close()
        self.forks.wait(ANSWER_S)

