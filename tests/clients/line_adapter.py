"""A client behind lines of JSON: one process does all operations, so that no test waits for the start of its language.

    {"id": 1, "name": "Invoke", "endpoint": "http://…", "members": {…}}     does an operation; blobs are in base64
    {"id": 1, "outcome": {…}}                                               what the SDK told, whenever it did
    {"id": 1, "abort": true}                                                gives a running operation up

An outcome has the members of client_cases.Outcome that were told, its payload in base64. The process ends when its
input does. ATTEMPTS in its environment says how often an operation is tried in all; RETRY_MODE, if it isn't empty, which of its
retry modes the SDK has instead, with the number of attempts that is the mode's own.
"""

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


class LineAdapter(Adapter):
    @staticmethod
    def words():
        """The command that starts the process. toolchains.Missing where it can't be had."""
        raise NotImplementedError

    def __init__(self, endpoint, folder):
        super().__init__(endpoint, folder)
        self.ids = itertools.count(1)
        self.awaited = {}
        self.lock = threading.Lock()
        self.process = subprocess.Popen(self.words(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder, env=clean_environment(
            ATTEMPTS=str(ATTEMPTS), RETRY_MODE=self.retry_mode or "", AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE="1", AWS_EC2_METADATA_DISABLED="true"))
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        failure = EOFError(f"{self.words()} has ended")
        try:
            for line in self.process.stdout:
                answer = json.loads(line)
                outcome = answer["outcome"]
                if outcome.get("payload") is not None:
                    outcome["payload"] = base64.b64decode(outcome["payload"])
                self.awaited.pop(answer["id"]).set_result(Outcome(**outcome))
        except (ValueError, TypeError, KeyError) as error:
            failure = ValueError(f"{self.words()} printed {line[:200]}: {error!r}")
        for future in self.awaited.values():
            future.set_exception(failure)

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


class NodeAdapter(LineAdapter):
    program = None  # its name in this folder: see sdk_lines.mjs

    @classmethod
    def words(cls):
        return ["node", os.path.join(os.path.dirname(os.path.abspath(__file__)), cls.program)]
