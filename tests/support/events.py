"""A server with events in it, as a test sees it: `EventServer` adds to invoked.Server what speaks of the queue."""

import datetime
import json
import os

from invoked import SLOWNESS, Server

ACCOUNT = "123456789012"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:"


def mock(*answers, **settings):
    """A function with canned responses."""
    return {"Local": {"Mock": list(answers)}, **settings}


FAILS = {"FunctionError": "Unhandled", "Payload": {"errorMessage": "boom", "errorType": "Exception"}}
SUCCEEDS = {"Payload": {"any": "json"}}


def to_queue(name):
    return {"DeadLetterConfig": {"TargetArn": QUEUE + name}}


def event_config(on_success=None, on_failure=None, **settings):
    destinations = {}
    if on_success:
        destinations["OnSuccess"] = {"Destination": on_success}
    if on_failure:
        destinations["OnFailure"] = {"Destination": on_failure}
    return {"EventInvokeConfig": {**settings, **({"DestinationConfig": destinations} if destinations else {})}}


def authorization(account):
    """The header of a request that was signed with that access key id."""
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential={account}/20260101/us-east-1/lambda/aws4_request, "
                             "SignedHeaders=host, Signature=0"}


def milliseconds(text):
    """Epoch milliseconds of a time in an answer."""
    moment = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc)
    return round(moment.timestamp() * 1000)


def lines(path):
    """The JSON lines of a file, as text; none when there is no such file."""
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        text = file.read()
    assert text == "" or text.endswith("\n"), f"half a line at the end of {path}: {text[-100:]!r}"
    return text.splitlines()


class EventServer(Server):
    """By default with a clock that stands still."""

    def __init__(self, functions=None, config=None, arguments=(), clock="manual", **options):
        super().__init__(functions, config, ("--clock", clock, *arguments), **options)

    def post(self, name, body=b"{}", qualifier=None, headers=None):
        """Posts an event, answers whatever was answered."""
        return self.invoke(name, body=body if isinstance(body, bytes) else json.dumps(body).encode(),
                           qualifier=qualifier, headers={"X-Amz-Invocation-Type": "Event", **(headers or {})})

    def accept(self, name, body=b"{}", qualifier=None, headers=None):
        """Posts an event that must be accepted; its request id."""
        answer = self.post(name, body, qualifier, headers)
        assert answer.status == 202 and answer.body == b"", answer
        return answer.request_id

    def drain(self, seconds=30, headers=None):
        return self.request("POST", f"/_invoked/drain?TimeoutSeconds={seconds}", headers=headers, timeout=seconds + 30)

    def drained(self, headers=None):
        answer = self.drain(30 * SLOWNESS, headers)
        assert (answer.status, answer.json) == (200, {}), answer

    def advance(self, seconds, headers=None):
        """Moves the clock; the request ids of what ran."""
        answer = self.request("POST", "/_invoked/clock", json.dumps({"AdvanceSeconds": seconds}).encode(), headers)
        assert answer.status == 200, answer
        return answer.json["ran"]

    def now_ms(self, headers=None):
        return milliseconds(self.request("GET", "/_invoked/clock", headers=headers).json["now"])

    def events(self, name=None, headers=None):
        answer = self.request("GET", "/_invoked/events" + (f"?FunctionName={name}" if name else ""), headers=headers)
        assert answer.status == 200, answer
        return answer.json

    def dead_letters(self, queue=None, headers=None):
        query = f"?Queue={queue}" if queue is not None else ""
        return self.request("GET", "/_invoked/dead-letters" + query, headers=headers).json

    def records(self, name=None, headers=None):
        query = f"?Name={name}" if name is not None else ""
        return self.request("GET", "/_invoked/destinations" + query, headers=headers).json

    def redrive(self, queue=None, headers=None):
        query = f"?Queue={queue}" if queue is not None else ""
        return self.request("POST", "/_invoked/dead-letters/redrive" + query, headers=headers)

    def record_lines(self, name, kind="destinations", account=None):
        folder = self.data_folder if account is None else os.path.join(self.data_folder, "accounts", account)
        return lines(os.path.join(folder, kind, name + ".jsonl"))

    def kill(self):
        """kill -9, and no farewell."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
