"""
context.py - the context object, the second argument of a handler.
"""

import time

from .function import Fault, Function
from .json_text import parse_json
from .log import log


class Described:
    __slots__ = ()

    def __repr__(self):
        return representation(self, self.__slots__)


def representation(target, names):
    values = ",".join("%s=%s" % (name, getattr(target, name, None)) for name in names)
    return "%s([%s])" % (type(target).__name__, values)


class CognitoIdentity(Described):
    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")

    def __init__(self):
        self.cognito_identity_id = None
        self.cognito_identity_pool_id = None


class Client(Described):
    __slots__ = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")


class ClientContext(Described):
    __slots__ = ("custom", "env", "client")


CONTEXT_NAMES = (
    "aws_request_id",
    "log_group_name",
    "log_stream_name",
    "function_name",
    "memory_limit_in_mb",
    "function_version",
    "invoked_function_arn",
    "client_context",
    "identity",
    "tenant_id",
)


class LambdaContext:
    def __init__(self, deadline_ms, invoked_function_arn):
        self.__dict__.update(Function.facts)
        self.aws_request_id = Function.request_id
        self.invoked_function_arn = invoked_function_arn
        self.tenant_id = Function.tenant_id
        self.client_context = None
        self.identity = CognitoIdentity()
        self._epoch_deadline_time_in_ms = deadline_ms

    def get_remaining_time_in_millis(self):
        return max(self._epoch_deadline_time_in_ms - int(time.time() * 1000), 0)

    def log(self, msg):
        log(str(msg))

    def __repr__(self):
        return representation(self, CONTEXT_NAMES)


def add_client_context(context, data):
    source = parse_object(data, "Client Context")
    if source is None:
        return
    context.client_context = filled(ClientContext(), source)
    if isinstance(source.get("client"), dict):
        context.client_context.client = filled(Client(), source["client"])


def add_identity(context, data):
    source = parse_object(data, "Cognito Identity") or {}
    context.identity.cognito_identity_id = source.get("cognitoIdentityId")
    context.identity.cognito_identity_pool_id = source.get("cognitoIdentityPoolId")


def filled(target, source):
    for name in target.__slots__:
        setattr(target, name, source.get(name))
    return target


def parse_object(data, name):
    try:
        value = parse_json(data)
        if value is not None and not isinstance(value, dict):
            raise ValueError("not an object")
    except Exception as error:
        message = "Unable to parse %s JSON: %s" % (name, error)
        raise Fault("Runtime.LambdaContextUnmarshalError", message)
    return value
