"""
errors.py - an exception as the error that AWS answers and logs. Loaded at the first one.

What goes wrong in here (a `__str__` that raises, text that UTF-8 has no bytes for) ends the process, as on AWS.
"""

import os
import time
import traceback

from .function import Fault, Function
from .json_text import encode_json
from .log import log

OWN_FOLDER = os.path.dirname(__file__)
NAME_OF_CLASS = type.__dict__["__name__"].__get__  # a metaclass can't get in its way
NO_BREAK_SPACE = "\u00a0"

UNHANDLED_AT_INIT = (
    "LAMBDA_WARNING: Unhandled exception. The most likely cause is an issue in the function code. However, in rare "
    "cases, a Lambda runtime update can cause unexpected function behavior. For functions using managed runtimes, "
    "runtime updates can be triggered by a function change, or can be applied automatically. To determine if the "
    "runtime has been updated, check the runtime version in the INIT_START log entry. If this error correlates with a "
    "change in the runtime version, you may be able to mitigate this error by temporarily rolling back to the previous "
    "runtime version. For more information, see "
    "https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html\r"
)


def report(error):
    """Logs the error of an invocation; gives the body of its frame. AWS's client names no type for the platform."""
    log_error(error)
    return b"\0" + encode_error(error)


def report_init(error, hint):
    """The same for an error of init, with AWS's warning in front of it and, behind it, our hint if there is one."""
    import logging

    logging.warning(UNHANDLED_AT_INIT)
    log_error(error)
    if isinstance(hint, str):
        log(hint)
    return error["errorType"].replace("\0", "").encode("utf-8") + b"\0" + encode_error(error)


def error_of(exception, request_id):
    """The error's JSON as an object, keys in AWS's order."""
    if isinstance(exception, Fault):
        message, name, stack = exception.message, exception.error_type, exception.stack
    else:
        name, stack = NAME_OF_CLASS(type(exception)), stack_of(exception)
        message = str(exception)
    error = {"errorMessage": message, "errorType": name, "requestId": request_id, "stackTrace": stack}
    if not Function.has_request_id_in_errors:
        del error["requestId"]
    return error


def stack_of(exception):
    """Lines as traceback gives them, beginning after the runtime's own frames where there are others."""
    frames = [(f.filename, f.lineno, f.name, f.line) for f in traceback.extract_tb(exception.__traceback__)]
    for number, frame in enumerate(frames):
        if os.path.dirname(frame[0]) != OWN_FOLDER:
            return traceback.format_list(frames[number:])
    return traceback.format_list(frames)


def encode_error(error):
    return encode_json(error, Function.is_ascii).encode("utf-8")


def log_error(error):
    if Function.is_json_log:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        log(encode_error(dict({"timestamp": now, "log_level": "ERROR"}, **error)).decode("utf-8"))
        return
    head = "[ERROR] " + error["errorType"]
    if error["errorMessage"]:
        head += ": " + error["errorMessage"]
    lines = [head, "Traceback (most recent call last):"]
    for entry in error["stackTrace"]:
        for line in entry.splitlines():
            text = line.lstrip(" ")
            lines.append(NO_BREAK_SPACE * (len(line) - len(text)) + text)
    log("\n".join(lines))
