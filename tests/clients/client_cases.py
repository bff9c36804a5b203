"""The one list of cases that every client passes: AWS CLI, boto3, AWS SDKs for JavaScript, Go, Rust, Java, Kotlin, and curl.

A case is an operation as the API names its members, and what the client must tell of the answer. How a client is made to
do it is its adapter's (test_cases_*.py, one for each client); how a case is run and compared is case_runner.py's.

To add a case, add a row to CASES: each client runs it.
"""

import dataclasses
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from invoked import UUID, command, fixture, nodejs, python  # noqa: E402

ARN = "arn:aws:lambda:us-east-1:123456789012:function:"
SYNC_MAX, EVENT_MAX, INVOKE_ARGS_MAX = 6_291_456, 1_048_576, 262_144
ATTEMPTS = 3  # how often every client is told to try what it thinks worth trying again

# Opening a FIFO waits, without work, for somebody who opens its other end: the test, once all have come.
GATED = "exec 3< gate; cat"
# Waits for the file that the event names, and tells which process ran it, and its how manieth this was.
WAITING = """
import os, time
count = 0
def handler(event, context):
    global count
    count += 1
    while not os.path.exists(event['file']):
        time.sleep(0.01)
    return {'pid': os.getpid(), 'count': count}
"""

# Writes the chunks of the event, then fails if it is told to.
STREAMING = """
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
    for (const chunk of event.chunks) stream.write(chunk);
    for (let i = 0; i < (event.megabytes ?? 0); i++) stream.write('m'.repeat(1 << 20));
    if (event.error) throw Object.assign(new Error(event.error), { name: 'Broken' });
    stream.end();
});
"""

REQUEST_ID = object()  # in a payload: the id that the client told

FUNCTIONS = {
    "f": {**command("cat"), "Versions": {"1": {}}, "Aliases": {"live": {"FunctionVersion": "1"}}},
    "python": fixture("python-hello"), "nodejs": fixture("nodejs-hello"),
    "error": fixture("python-error"), "exit": command("sh", "-c", "echo about to fail >&2; exit 3"),
    "late": fixture("python-sleep", Timeout=1),
    "context": fixture("python-client-context"),
    "echo": fixture("python-echo", MemorySize=512), "large": fixture("python-large", MemorySize=512),
    "none": command("cat", ReservedConcurrentExecutions=0),
    "gated": command("sh", "-c", GATED, Timeout=200),
    "waiting": python(WAITING, ReservedConcurrentExecutions=1),
    "streaming": nodejs(STREAMING, MemorySize=512),
    "stuck": python(WAITING, ReservedConcurrentExecutions=1, Timeout=3),
}

# ---- operations ------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Operation:
    """`name` is that of the API, `members` as the API names them, `Payload` (or `InvokeArgs`) as bytes."""

    name: str
    members: dict

    @property
    def body(self):
        return self.members.get("InvokeArgs" if self.name == "InvokeAsync" else "Payload")


def invoke(function, payload=None, **members):
    if payload is not None:
        members["Payload"] = payload
    return Operation("Invoke", {"FunctionName": function, **members})


def event(function, payload=None, **members):
    return invoke(function, payload, InvocationType="Event", **members)


def dry_run(function, payload=None, **members):
    return invoke(function, payload, InvocationType="DryRun", **members)


def invoke_async(function, arguments):
    return Operation("InvokeAsync", {"FunctionName": function, "InvokeArgs": arguments})


def invoke_stream(function, event, **members):
    return Operation("InvokeWithResponseStream", {"FunctionName": function, "Payload": json.dumps(event).encode(), **members})


# ---- what a client tells ---------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Outcome:
    """An answer, or (where `error` is not None) the error that the client made of it."""

    status: int = None
    payload: bytes = None
    version: str = None  # ExecutedVersion
    function_error: str = None
    log: str = None  # LogResult, decoded
    request_id: str = None
    error: str = None  # the exception's name
    error_status: int = None
    message: str = None
    type: str = None  # members of an exception's body
    reason: str = None
    error_details: str = None  # of a stream's InvokeComplete event; its ErrorCode is function_error


def answer(payload=b"", status=200, version="$LATEST", **more):
    """`payload` as bytes; or what must be contained in it, as an object."""
    return {"error": None, "status": status, "payload": payload, "version": version, "function_error": None, "log": None,
            "request_id": re.compile(UUID), **more}


def accepted(**more):
    return answer(status=202, version=None, **more)


def function_error(error_type, message, log=None, **more):
    return answer({"errorType": error_type, "errorMessage": message, **more}, function_error="Unhandled", log=log)


def refused(status, error, message, type="User", **more):
    return {"error": error, "error_status": status, "message": message, "type": type, "reason": None,
            "request_id": re.compile(UUID), **more}


def not_found(arn):
    return refused(404, "ResourceNotFoundException", f"Function not found: {ARN}{arn}")


def text_of(bytes_):
    """A JSON text of that many bytes."""
    return b'"' + b"m" * (bytes_ - 2) + b'"'


# ---- the list --------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    operation: Operation
    outcome: dict
    rows: tuple = ()  # what the server's history holds afterwards, newest first: Status of each
    how: str = "once"  # or at_once, in_turn, leaves, leaves_stuck: the methods of case_runner.py
    count: int = 1  # of operations that run at once or in turn
    faults: tuple = ()  # put before, as PUT /_invoked/functions/NAME/faults takes them: the client tries again


TRIED_AGAIN = ATTEMPTS - 1

RAN, FAILED, THROTTLED, REJECTED = ("succeeded",), ("failed",), ("throttled",), ("rejected",)

# What is not said is {} to a program.
CASES = (
    Case("sync", invoke("f", b'{"n": 1}'), answer(b'{"n": 1}'), RAN),
    Case("sync_asked_for", invoke("f", b"[1]", InvocationType="RequestResponse"), answer(b"[1]"), RAN),
    Case("sync_without_a_payload", invoke("f"), answer(b"{}"), RAN),
    Case("sync_text_beyond_ascii", invoke("f", '"ä✓𝄞"'.encode()), answer('"ä✓𝄞"'.encode()), RAN),
    Case("sync_null", invoke("f", b"null"), answer(b"null"), RAN),
    Case("sync_in_python", invoke("python", b'{"name": "Ada"}'), answer(b'{"message": "Hello, Ada"}'), RAN),
    Case("sync_in_nodejs", invoke("nodejs", b'{"name": "Ada"}'), answer({"message": "Hello, Ada"}), RAN),

    Case("event", event("f", b'{"n": 2}'), accepted(), RAN),
    Case("event_with_a_qualifier", event("f", b"3", Qualifier="live"), accepted(), RAN),
    Case("event_for_an_unknown_function", event("nothing", b"{}"), not_found("nothing:$LATEST")),
    Case("event_that_is_not_json", event("f", b"{oops"),
         refused(400, "InvalidRequestContentException", re.compile("(?s)Could not parse request body into json: .+")), REJECTED),
    Case("dry_run", dry_run("f", b"{}"), answer(status=204, version=None)),
    Case("dry_run_of_an_unknown_function", dry_run("nothing"), not_found("nothing:$LATEST")),
    Case("invoke_async", invoke_async("f", b'{"n": 4}'), accepted(), RAN),
    Case("invoke_async_of_an_unknown_function", invoke_async("nothing", b"{}"), not_found("nothing:$LATEST")),

    Case("a_function_error", invoke("error", b'{"message": "ouch"}'),
         function_error("Exception", "ouch", requestId=REQUEST_ID), FAILED),
    Case("a_function_that_exits", invoke("exit", b"{}"),
         function_error("Runtime.ExitError", re.compile(f"RequestId: {UUID} Error: Runtime exited with error: exit status 3")), FAILED),
    Case("a_time_out", invoke("late", b'{"seconds": 60}'),
         function_error("Sandbox.Timedout", re.compile(f"RequestId: {UUID} Error: Task timed out after 1.00 seconds")), FAILED),
    Case("an_unknown_function", invoke("nothing", b"{}"), not_found("nothing:$LATEST")),
    Case("what_is_not_json", invoke("f", b"{oops"),
         refused(400, "InvalidRequestContentException", re.compile("(?s)Could not parse request body into json: .+")), REJECTED),
    Case("an_unknown_invocation_type", invoke("f", b"{}", InvocationType="Later"),
         refused(400, "ValidationException", re.compile("1 validation error detected: Value 'Later' at 'invocationType' .+"), None)),
    Case("throttled", invoke("none", b"{}"),
         refused(429, "TooManyRequestsException", "Rate Exceeded.", reason="ReservedFunctionConcurrentInvocationLimitExceeded"),
         THROTTLED * ATTEMPTS),

    Case("log_tail", invoke("f", b"1", LogType="Tail"), answer(b"1", log=re.compile(
        rf"START RequestId: {UUID} Version: \$LATEST\nEND RequestId: {UUID}\nREPORT RequestId: {UUID}\tDuration: .+\t\n")), RAN),
    Case("log_tail_of_a_function_error", invoke("error", b'{"message": "ouch"}', LogType="Tail"),
         function_error("Exception", "ouch", log=re.compile(r"(?s)START .+\n\[ERROR\] Exception: ouch\n.+\nREPORT .+")), FAILED),
    Case("log_tail_of_a_program", invoke("exit", b"{}", LogType="Tail"), function_error(
        "Runtime.ExitError", re.compile(".*exit status 3"), log=re.compile(r"(?s)START .+about to fail\n.+")), FAILED),
    Case("no_log_tail", invoke("f", b"1", LogType="None"), answer(b"1"), RAN),
    Case("an_unknown_log_type", invoke("f", b"{}", LogType="Long"),
         refused(400, "ValidationException", re.compile("1 validation error detected: Value 'Long' at 'logType' .+"), None)),
    Case("client_context", invoke("context", b"{}", ClientContext={"custom": {"foo": "bär"}, "client": {"app_title": "t"},
                                                                   "env": {"a": "b"}}),
         answer({"custom": {"foo": "bär"}, "client": {"app_title": "t"}, "env": {"a": "b"}}), RAN),

    Case("qualifier_latest", invoke("f", b"1", Qualifier="$LATEST"), answer(b"1"), RAN),
    Case("qualifier_version", invoke("f", b"1", Qualifier="1"), answer(b"1", version="1"), RAN),
    Case("qualifier_alias", invoke("f", b"1", Qualifier="live"), answer(b"1", version="1"), RAN),
    Case("qualifier_unknown", invoke("f", b"1", Qualifier="other"), not_found("f:other")),
    Case("qualifier_of_a_version_unknown", invoke("f", b"1", Qualifier="7"), not_found("f:7")),
    Case("qualifier_malformed", invoke("f", b"1", Qualifier="a!"),
         refused(400, "ValidationException", re.compile("1 validation error detected: Value 'a!' at 'qualifier' .+"), None)),
    Case("qualifiers_that_differ", invoke("f:live", b"1", Qualifier="1"),
         refused(400, "InvalidParameterValueException",
                 "The derived qualifier from the function name does not match the specified qualifier.")),

    Case("name_with_an_alias", invoke("f:live", b"1"), answer(b"1", version="1"), RAN),
    Case("name_with_a_prefix", invoke("function:f", b"1"), answer(b"1"), RAN),
    Case("partial_arn", invoke("123456789012:function:f", b"1"), answer(b"1"), RAN),
    Case("partial_arn_of_a_version", invoke("123456789012:function:f:1", b"1"), answer(b"1", version="1"), RAN),
    Case("arn", invoke(ARN + "f", b"1"), answer(b"1"), RAN),
    Case("arn_of_latest", invoke(ARN + "f:$LATEST", b"1"), answer(b"1"), RAN),
    Case("arn_of_a_version", invoke(ARN + "f:1", b"1"), answer(b"1", version="1"), RAN),
    Case("arn_of_an_alias", invoke(ARN + "f:live", b"1", Qualifier="live"), answer(b"1", version="1"), RAN),
    Case("arn_of_another_region", invoke("arn:aws:lambda:eu-west-1:123456789012:function:f", b"1"),
         refused(404, "ResourceNotFoundException", "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')")),

    Case("largest_payload_both_ways", invoke("echo", text_of(SYNC_MAX)), answer(text_of(SYNC_MAX)), RAN),
    Case("a_payload_too_large", invoke("f", text_of(SYNC_MAX + 1)),
         refused(413, "RequestEntityTooLargeException",
                 f"Request must be smaller than {SYNC_MAX} bytes for the InvokeFunction operation", None)),
    Case("a_response_too_large", invoke("large", json.dumps({"bytes": SYNC_MAX + 1000}).encode()),
         function_error("Function.ResponseSizeTooLarge", re.compile("Response payload size exceeded maximum allowed payload size .*")),
         FAILED),
    Case("largest_event", event("f", text_of(EVENT_MAX)), accepted(), RAN),
    Case("an_event_too_large", event("f", text_of(EVENT_MAX + 1)),
         refused(413, "RequestEntityTooLargeException",
                 f"{EVENT_MAX + 1} byte payload is too large for the Event invocation type (limit {EVENT_MAX} bytes)", None),
         REJECTED),
    Case("largest_invoke_args", invoke_async("f", text_of(INVOKE_ARGS_MAX)), accepted(), RAN),

    Case("a_stream", invoke_stream("streaming", {"chunks": ["one ", "two ", "three"]}), answer(b"one two three"), RAN),
    Case("a_stream_of_8_megabytes", invoke_stream("streaming", {"chunks": [], "megabytes": 8}), answer(b"m" * (8 << 20)), RAN),
    Case("a_stream_that_fails_half_way", invoke_stream("streaming", {"chunks": ["half "], "error": "half-way"}),
         answer(b"half ", function_error="Broken", error_details=re.compile('.*"errorMessage": ?"half-way".*')), FAILED),
    Case("a_stream_of_a_function_that_does_not_stream", invoke_stream("f", 7), answer(b"7"), RAN),
    Case("a_stream_of_an_unknown_function", invoke_stream("nothing", 7), not_found("nothing:$LATEST")),

    Case("tried_again_after_throttles", invoke("f", b"1"), answer(b"1"), faults=(
        {"Error": "TooManyRequestsException", "Times": TRIED_AGAIN},), rows=RAN + THROTTLED * TRIED_AGAIN),
    Case("tried_again_after_errors_of_the_server", invoke("f", b"2"), answer(b"2"), faults=(
        {"Error": "ServiceException", "Times": TRIED_AGAIN},), rows=RAN + REJECTED * TRIED_AGAIN),
    Case("tried_again_after_lost_connections", invoke("f", b"3"), answer(b"3"), faults=(
        {"Error": "Drop", "Times": TRIED_AGAIN},), rows=RAN + REJECTED * TRIED_AGAIN),
    Case("tried_again_after_slow_errors", invoke("f", b"4"), answer(b"4"), faults=(
        {"Error": "ServiceException", "Times": 1, "DelayMs": 300},), rows=RAN + REJECTED),
    Case("given_up_after_errors", invoke("f", b"5"), refused(500, "ServiceException", re.compile(".*"), type=re.compile("Server|Service")),
         faults=({"Error": "ServiceException", "Times": ATTEMPTS},), rows=REJECTED * ATTEMPTS),

    Case("fifty_at_once", invoke("gated"), answer(), RAN * 50, "at_once", 50),
    Case("ten_over_one_connection", invoke("f"), answer(), RAN * 10, "in_turn", 10),
    Case("a_client_that_leaves", invoke("waiting"), answer({"count": 1}), RAN * 3, "leaves"),
    Case("a_client_that_leaves_a_handler_that_does_not_end", invoke("stuck"), answer({"count": 1}),
         RAN + FAILED + RAN, "leaves_stuck"),
)
