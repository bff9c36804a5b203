"""
context.py - the context object, the second argument of a handler; functions see it as awslambdaric.lambda_context.
"""

import os
import time

from .function import Fault, Function
from .json_text import parse_json
from .log import log

FACTS = {  # attributes of every context, and the variables that they come from
    "log_group_name": "AWS_LAMBDA_LOG_GROUP_NAME",
    "log_stream_name": "AWS_LAMBDA_LOG_STREAM_NAME",
    "function_name": "AWS_LAMBDA_FUNCTION_NAME",
    "memory_limit_in_mb": "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "function_version": "AWS_LAMBDA_FUNCTION_VERSION",
}
ENCODED_VARIABLES = tuple(map(os.fsencode, FACTS.values()))
PUBLIC_MODULE = "awslambdaric.lambda_context"


class Described:
    __slots__ = ()
    __module__ = PUBLIC_MODULE

    def __repr__(self):
        return representation(self, self.__slots__)


def representation(target, names):
    values = ",".join("%s=%s" % (name, getattr(target, name)) for name in names)
    return "%s([%s])" % (type(target).__name__, values)


class CognitoIdentity(Described):
    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")
    __module__ = PUBLIC_MODULE


class Client(Described):
    __slots__ = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")
    __module__ = PUBLIC_MODULE


class ClientContext(Described):
    __slots__ = ("custom", "env", "client")
    __module__ = PUBLIC_MODULE


CONTEXT_NAMES = (
    "aws_request_id",
    *FACTS,
    "invoked_function_arn",
    "client_context",
    "identity",
    "tenant_id",
)


class Facts:
    """What the variables of FACTS say: a handler may change them, but decoding each for each invocation is slow."""

    environ = None  # the object that os.environ was
    encoded = values = ()

    @classmethod
    def read(cls):
        environ = os.environ
        try:
            encoded = [environ._data.get(key) for key in ENCODED_VARIABLES]
        except AttributeError:  # a handler's own object
            return {name: environ.get(variable) for name, variable in FACTS.items()}
        if cls.environ is not environ or cls.encoded != encoded:
            cls.environ, cls.encoded = environ, encoded
            cls.values = {name: environ.get(variable) for name, variable in FACTS.items()}
        return cls.values


class LambdaContext:
    __module__ = PUBLIC_MODULE

    def __init__(
        self,
        invoke_id,
        client_context,
        cognito_identity,
        epoch_deadline_time_in_ms,
        invoked_function_arn=None,
        tenant_id=None,
    ):
        self.aws_request_id = invoke_id
        self.__dict__.update(Facts.read())
        self.invoked_function_arn = invoked_function_arn
        self.tenant_id = tenant_id
        self.client_context = None if client_context is None else filled(ClientContext(), client_context)
        if client_context is not None:
            self.client_context.client = filled(Client(), self.client_context.client)
        self.identity = identity = CognitoIdentity()
        known = cognito_identity or {}
        identity.cognito_identity_id = known.get("cognitoIdentityId")
        identity.cognito_identity_pool_id = known.get("cognitoIdentityPoolId")
        self._epoch_deadline_time_in_ms = epoch_deadline_time_in_ms

    def get_remaining_time_in_millis(self):
        return max(self._epoch_deadline_time_in_ms - int(time.time() * 1000), 0)

    def log(self, msg):
        log(str(msg))

    def __repr__(self):
        return representation(self, CONTEXT_NAMES)


def filled(target, source):
    if source is None:
        return None
    for name in target.__slots__:
        setattr(target, name, source.get(name))
    return target


def make_context(client_context, identity, deadline_ms, invoked_function_arn):
    """Of the invocation that runs; the first two as JSON, empty for none."""
    return LambdaContext(
        Function.request_id,
        parse_header(client_context, "Client Context"),
        parse_header(identity, "Cognito Identity"),
        deadline_ms,
        invoked_function_arn,
        Function.tenant_id,
    )


def parse_header(data, name):
    if not data:
        return None
    try:
        return parse_json(data)
    except Exception as error:
        message = "Unable to parse %s JSON: %s" % (name, error)
        raise Fault("Runtime.LambdaContextUnmarshalError", message)
