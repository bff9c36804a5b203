"""
lambda_context.py - awslambdaric.lambda_context, which functions import for the type of their context.
"""

from invoked_runtime.context import Client, ClientContext, CognitoIdentity, LambdaContext

__all__ = ["Client", "ClientContext", "CognitoIdentity", "LambdaContext"]
