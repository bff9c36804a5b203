"""A client that is an SDK for JavaScript: one process of Node.js does all operations, by lines of JSON (sdk_lines.mjs)."""

import base64
import concurrent.futures
import itertools
import json
import os
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from case_runner import Adapter  # noqa: E402
from client_cases import ATTEMPTS, Outcome  # noqa: E402
from invoked import clean_environment, wait_for  # noqa: E402

ANSWER_S = 180
BLOBS = ("Payload", "InvokeArgs")


class NodeAdapter(Adapter):
    program = None  # its name in this folder

    def __init__(self, endpoint, folder):
        super().__init__(endpoint, folder)
        self.ids = itertools.count(1)
        self.awaited = {}
        self.lock = threading.Lock()
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), self.program)
        self.process = subprocess.Popen(["node", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder, env=clean_environment(
            ATTEMPTS=str(ATTEMPTS), AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE="1", AWS_EC2_METADATA_DISABLED="true"))
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            answer = json.loads(line)
            outcome = answer["outcome"]
            if outcome.get("payload") is not None:
                outcome["payload"] = base64.b64decode(outcome["payload"])
            self.awaited.pop(answer["id"]).set_result(Outcome(**outcome))
        for future in self.awaited.values():
            future.set_exception(EOFError(f"{self.program} has ended"))

    def write(self, request):
        with self.lock:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()

    def send(self, operation, endpoint):
        number = next(self.ids)
        future = self.awaited[number] = concurrent.futures.Future()
        members = {name: base64.b64encode(value).decode() if name in BLOBS else value
                   for name, value in operation.members.items()}
        self.write({"id": number, "name": operation.name, "endpoint": endpoint, "members": members})
        return number, future

    def perform(self, operation):
        return self.send(operation, self.endpoint)[1].result(ANSWER_S)

    def perform_in_turn(self, operations, endpoint):
        return [self.send(operation, endpoint)[1].result(ANSWER_S) for operation in operations]

    def abandon(self, operation, is_running):
        number, future = self.send(operation, self.endpoint)
        wait_for(is_running, "the operation to run")
        self.write({"id": number, "abort": True})
        assert future.result(ANSWER_S) == Outcome(error="aborted"), future.result()

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(ANSWER_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self.process.wait()
            self.reader.join()
            self.process.stdout.close()
