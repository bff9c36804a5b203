"""
log_records.py - the standard `logging` as AWS sets it up. Loaded with `logging`, so only where that is used.
"""

import os
import time

from .function import Function
from .log import log

TIME_FORMAT = "%Y-%m-%dT%H:%M:%S"

# Attributes of a record that are not the caller's `extra`.
RECORD_NAMES = frozenset(
    """name msg args levelname levelno pathname filename module exc_info exc_text stack_info lineno funcName created
    msecs relativeCreated thread threadName processName process aws_request_id tenant_id""".split()
)


def configure_logging(logging):
    class LambdaLoggerFilter(logging.Filter):
        def filter(self, record):
            record.aws_request_id = Function.request_id
            record.tenant_id = Function.tenant_id
            return True

    class LambdaLoggerHandler(logging.Handler):
        def emit(self, record):
            log(self.format(record))

    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper().replace("TRACE", "DEBUG")
    if Function.is_json_log or level:  # its name on AWS, where such lines go out with their level
        LambdaLoggerHandler.__name__ = "LambdaLoggerHandlerWithFrameType"
    logging.Formatter.converter = time.gmtime
    handler = LambdaLoggerHandler()
    if Function.is_json_log:
        handler.setFormatter(json_formatter(logging))
    else:
        text_format = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
        handler.setFormatter(logging.Formatter(text_format, TIME_FORMAT))
    handler.addFilter(LambdaLoggerFilter())
    root = logging.getLogger()
    root.addHandler(handler)
    if isinstance(logging.getLevelName(level), int):
        root.setLevel(level)


def json_formatter(logging):
    """Lines are written by plain json, which knows fewer types than the encoder for results."""
    import json

    encode = json.JSONEncoder(ensure_ascii=False).encode

    class JsonFormatter(logging.Formatter):
        def format(self, record):
            record.levelno = min(50, max(0, record.levelno)) // 10 * 10
            record.levelname = logging.getLevelName(record.levelno)
            entry = json_log_record(record, self.formatTime(record, self.datefmt))
            return encode({name: value for name, value in entry.items() if value is not None})

    return JsonFormatter(datefmt=TIME_FORMAT + "Z")


def json_log_record(record, timestamp):
    stack = error_type = message = location = None
    if record.exc_info:
        import traceback

        kind, value, trace = record.exc_info
        stack, error_type, message = traceback.format_tb(trace), kind.__name__, str(value)
        location = "%s:%s:%s" % (record.pathname, record.funcName, record.lineno)
    entry = {
        "timestamp": timestamp,
        "level": record.levelname,
        "message": record.getMessage(),
        "logger": record.name,
        "stackTrace": stack,
        "errorType": error_type,
        "errorMessage": message,
        "requestId": record.aws_request_id,
        "location": location,
    }
    if record.tenant_id is not None:
        entry["tenantId"] = record.tenant_id
    for name, value in record.__dict__.items():
        if name not in RECORD_NAMES and name not in entry:
            entry[name] = value
    return entry
