"""Each client's own retry modes against a server that throttles, fails, is slow, and loses connections.

A mode has its own number of attempts, by the documentation of AWS's SDKs ("Retry behavior" in the SDKs and Tools
Reference Guide, and each SDK's own): 3 in standard and adaptive mode; in legacy mode 5 in botocore, which AWS CLI 1 has
in it, and 4 in Java. The server's history tells how often each has tried.
"""
# test: timeout 1800

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import invoked  # noqa: E402
from aws_cli_adapter import AwsCli  # noqa: E402
from case_runner import ClientCases  # noqa: E402
from client_cases import RAN, REJECTED, THROTTLED, Case, answer, invoke  # noqa: E402
from test_cases_aws_cli_v1 import AwsCliV1  # noqa: E402
from test_cases_boto3 import Boto3  # noqa: E402
from test_cases_boto3_newest import NewestBoto3  # noqa: E402
from test_cases_sdk_go_v2 import GoV2  # noqa: E402
from test_cases_sdk_java import Java  # noqa: E402
from test_cases_sdk_kotlin import Kotlin  # noqa: E402
from test_cases_sdk_rust import Rust  # noqa: E402
from test_cases_sdk_v3 import SdkV3  # noqa: E402

FOR_EVER = 1000
BOTOCORE = {"legacy": 5, "standard": 3, "adaptive": 3}
OTHERS = {"standard": 3, "adaptive": 3}
JAVA = {"LEGACY": 4, "STANDARD": 3, "ADAPTIVE_V2": 3}
MODES = ((Boto3, BOTOCORE), (NewestBoto3, BOTOCORE), (AwsCli, OTHERS), (AwsCliV1, BOTOCORE), (SdkV3, OTHERS), (GoV2, OTHERS),
         (Rust, OTHERS), (Java, JAVA), (Kotlin, OTHERS))


def cases(attempts):
    again = attempts - 1
    return (
        Case("survives_lost_connections", invoke("f", b"1"), answer(b"1"), RAN + REJECTED * again,
             faults=({"Error": "Drop", "Times": again},)),
        Case("survives_slow_errors", invoke("f", b"2"), answer(b"2"), RAN + REJECTED * again,
             faults=({"Error": "ServiceException", "Times": again, "DelayMs": 200},)),
        Case("gives_up_after_errors", invoke("f", b"3"), {"error": "ServiceException"}, REJECTED * attempts,
             faults=({"Error": "ServiceException", "Times": FOR_EVER},)),
        Case("gives_up_after_throttles", invoke("f", b"4"), {"error": "TooManyRequestsException"}, THROTTLED * attempts,
             faults=({"Error": "TooManyRequestsException", "Times": FOR_EVER},)),
    )


def tests_of(client, mode, attempts):
    """The class of tests of a client in one of its modes."""
    name = f"{client.__name__}_{mode.lower()}"
    tests = {f"test_{case.name}": lambda self, case=case: self.run_case(case) for case in cases(attempts)}
    adapter = type(name, (client,), {"retry_mode": mode, "attempts": attempts})
    return type(name, (ClientCases,), {"adapter_class": adapter, "__module__": "__main__", **tests})


for one, modes in MODES:
    for mode, attempts in modes.items():
        kind = tests_of(one, mode, attempts)
        globals()[kind.__name__] = kind


if __name__ == "__main__":
    invoked.run_tests()
