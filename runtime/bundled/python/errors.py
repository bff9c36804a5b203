"""
errors.py - an exception as the error that AWS answers and logs. Loaded at the first one.
"""

import os
import time

from .function import Fault, Function
from .json_text import encode_json
from .log import log

OWN_FOLDER = os.path.dirname(__file__)
NAME_OF_CLASS = type.__dict__["__name__"].__get__  # a metaclass can't get in its way
NO_BREAK_SPACE = "\u00a0"


def describe(exception, request_id):
    """Logs the error; gives the body of its frame."""
    error = error_of(exception, request_id)
    log_error(error)
    error_type = error["errorType"].replace("\0", "").encode("utf-8", "backslashreplace")
    return error_type + b"\0" + encode_error(error)


def error_of(exception, request_id):
    """The error's JSON as an object, keys in AWS's order."""
    if isinstance(exception, Fault):
        message, name, stack = exception.message, exception.error_type, exception.stack
    else:
        name, stack = NAME_OF_CLASS(type(exception)), stack_of(exception)
        message = message_of(exception, name)
    error = {"errorMessage": message, "errorType": name, "requestId": request_id, "stackTrace": stack}
    if not Function.has_request_id_in_errors:
        del error["requestId"]
    return error


def message_of(exception, name):
    try:
        return str(exception)
    except BaseException:
        return "<unprintable %s object>" % name


def stack_of(exception):
    """Lines as traceback gives them, beginning after the runtime's own frames."""
    trace = exception.__traceback__
    while trace is not None and is_own(trace.tb_frame.f_code):
        trace = trace.tb_next
    try:
        import traceback

        frames = traceback.extract_tb(trace)
        return traceback.format_list([(f.filename, f.lineno, f.name, f.line) for f in frames])
    except Exception:
        return []  # a handler may have put something in the place of traceback or linecache


def is_own(code):
    return os.path.dirname(code.co_filename) == OWN_FOLDER


def encode_error(error):
    try:
        return encode_json(error, Function.is_ascii).encode("utf-8")
    except UnicodeEncodeError:  # a lone surrogate, which only an escape can carry
        return encode_json(error, True).encode("ascii")


def log_error(error):
    if Function.is_json_log:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        log(encode_error(dict({"timestamp": now, "level": "ERROR"}, **error)).decode("utf-8"))
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
