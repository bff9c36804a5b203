"""
log_records.py - the standard `logging` as AWS sets it up. Loaded with `logging`, so only where that is used.
"""

import os
import time

from .function import Function
from .json_text import encode_json
from .log import log


def configure_logging(logging):
    class LambdaLoggerFilter(logging.Filter):
        def filter(self, record):
            record.aws_request_id = Function.request_id
            record.tenant_id = Function.tenant_id
            return True

    class LambdaLoggerHandler(logging.Handler):
        def emit(self, record):
            log(self.format(record))

    class JsonFormatter(logging.Formatter):
        def format(self, record):
            return encode_json(json_log_record(logging, record), False)

    text_format = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
    logging.Formatter.converter = time.gmtime
    handler = LambdaLoggerHandler()
    if Function.is_json_log:
        handler.setFormatter(JsonFormatter())
    else:
        handler.setFormatter(logging.Formatter(text_format, "%Y-%m-%dT%H:%M:%S"))
    handler.addFilter(LambdaLoggerFilter())
    root = logging.getLogger()
    root.addHandler(handler)
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper().replace("TRACE", "DEBUG")
    if isinstance(logging.getLevelName(level), int):
        root.setLevel(level)


# Attributes of a record that are not the caller's `extra`.
RECORD_NAMES = frozenset(
    """name msg args levelname levelno pathname filename module exc_info exc_text stack_info lineno funcName created
    msecs relativeCreated thread threadName processName process taskName aws_request_id tenant_id""".split()
)


def json_log_record(logging, record):
    entry = {
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
        "level": logging.getLevelName(min(50, max(0, record.levelno)) // 10 * 10),
        "message": record.getMessage(),
        "logger": record.name,
    }
    if record.exc_info and record.exc_info[0] is not None:
        import traceback

        kind, value, trace = record.exc_info
        entry["stackTrace"] = traceback.format_tb(trace)
        entry["errorType"] = kind.__name__
        entry["errorMessage"] = str(value)
    entry["requestId"] = record.aws_request_id
    if record.exc_info:
        entry["location"] = "%s:%s:%s" % (record.pathname, record.funcName, record.lineno)
    if record.tenant_id is not None:
        entry["tenantId"] = record.tenant_id
    for name, value in record.__dict__.items():
        if name not in RECORD_NAMES and name not in entry and value is not None:
            entry[name] = value
    return entry
