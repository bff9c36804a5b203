"""
function.py - what the runtime knows of its function.
"""

import os

# Where AWS's client leaves text outside ASCII as it is.
RAW_TEXT_ENVIRONMENTS = frozenset("AWS_Lambda_python3.%d" % minor for minor in range(12, 16))
# Its version for 3.8 puts no requestId into error bodies [recorded].
NO_REQUEST_ID_ENVIRONMENTS = frozenset(["AWS_Lambda_python3.8"])


class Fault(Exception):
    """An error that the runtime itself finds, with the type and text that AWS gives it."""

    def __init__(self, error_type, message, stack=(), hint=None):
        Exception.__init__(self, message)
        self.error_type = error_type
        self.message = message
        self.stack = list(stack)
        self.hint = hint  # a line of our own for the log


class Known:
    def __init__(self):
        self.is_known = False
        self.is_ascii = True
        self.is_json_log = False
        self.has_request_id_in_errors = True
        self.request_id = ""
        self.tenant_id = None


# Of the function since its init frame, and of the invocation that runs. An object, since each change of a class makes
# Python forget what it has learned of all that use it: 21,000 of 85,000 instructions of an invocation.
Function = Known()


def learn_function():
    get = os.environ.get
    execution_environment = get("AWS_EXECUTION_ENV")
    Function.is_ascii = execution_environment not in RAW_TEXT_ENVIRONMENTS
    Function.has_request_id_in_errors = execution_environment not in NO_REQUEST_ID_ENVIRONMENTS
    Function.is_json_log = get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
    Function.is_known = True
