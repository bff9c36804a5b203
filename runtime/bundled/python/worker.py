"""
worker.py - the life of the process: init, then one invocation after the other.
"""

import os
import sys

from .context import make_context
from .frames import ERROR, EVENT, FRAME_MAX_BYTES, INIT_ERROR, NEXT, NEXT_FRAME, RESPONSE, Frames
from .function import Fault, Function
from .json_text import encode_json, parse_json
from .log import flush, open_log, quit_by_fault
from .modules import BroughtAlong, StandardLibraryFirst, load_handler
from .start import become_function, is_started_again

EVENT_FIELD_COUNT = 7

TOO_LARGE = (
    b"Function.ResponseSizeTooLarge\0"
    b'{"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes).",'
    b'"errorType":"Function.ResponseSizeTooLarge"}'
)


def work():
    frames = Frames()
    open_log()
    sys.meta_path.insert(0, StandardLibraryFirst())
    sys.meta_path.append(BroughtAlong())
    if not is_started_again():
        frames.wait_idle()
    try:
        handler = load_handler(become_function(frames))
    except Exception as error:  # all others end the process with Python's own traceback, as on AWS
        from .errors import error_of

        failure, hint = error_of(error, ""), getattr(error, "hint", None)
    else:
        failure = None
    if failure is not None:
        fail_init(frames, failure, hint)
    if frames.is_forked:
        end_fork(0)
    frames.send(NEXT, b"")
    while True:
        serve_invocation(frames, handler)


def fail_init(frames, failure, hint):
    from .errors import report_init

    body = report_init(failure, hint)
    flush()
    if not frames.is_forked:
        frames.send(INIT_ERROR, body)
    os._exit(1)  # whatever threads were begun


def serve_invocation(frames, handler):
    kind, body = frames.receive()
    if kind != EVENT:
        quit_by_fault("a frame of kind %d instead of an event" % kind)
    kind, answer = invoke(handler, body)
    flush()
    if frames.is_forked:
        end_fork(0 if kind == RESPONSE else 1)
    frames.send(kind, answer, NEXT_FRAME)


def end_fork(status):
    """A fork of the handler's came back here instead of exiting. Nobody waits for its answer."""
    os._exit(status)


def invoke(handler, body):
    """Runs the handler on an event frame's body; gives the kind and body of the answer."""
    size = int.from_bytes(body[:4], "big")
    fields = bytes(body[4 : 4 + size]).split(b"\0")
    if len(fields) != EVENT_FIELD_COUNT + 1 or fields.pop():
        quit_by_fault("an event frame of %d fields" % len(fields))
    try:
        context = begin_invocation(*fields)
        answer = marshal(handler(unmarshal(body[4 + size :]), context))
        failure = None
    except Exception as error:
        from .errors import error_of

        failure = error_of(error, Function.request_id)
    if failure is not None:
        from .errors import report

        return ERROR, report(failure)
    answer = answer if isinstance(answer, bytes) else answer.encode("utf-8")  # a lone surrogate ends the process
    if len(answer) >= FRAME_MAX_BYTES:  # ten times what AWS takes, so in its words
        return ERROR, TOO_LARGE
    return RESPONSE, answer


def begin_invocation(request_id, deadline, arn, trace_id, client_context, identity, tenant_id):
    """Gives the context. Each argument is a field of the event frame."""
    Function.request_id = request_id.decode("utf-8", "replace")
    Function.tenant_id = tenant_id.decode("utf-8", "replace") or None
    if trace_id:
        os.environb[b"_X_AMZN_TRACE_ID"] = trace_id
    else:
        os.environb.pop(b"_X_AMZN_TRACE_ID", None)
    return make_context(client_context, identity, int(deadline or 0), arn.decode("utf-8", "replace"))


def unmarshal(payload):
    try:
        return parse_json(payload) if payload else {}  # no payload is an empty event
    except Exception as error:
        raise Fault("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % error)


def marshal(result):
    if isinstance(result, bytes):
        return result  # AWS passes them on as they are
    try:
        return encode_json(result, Function.is_ascii)
    except Exception as error:
        raise Fault("Runtime.MarshalError", "Unable to marshal response: %s" % error)
