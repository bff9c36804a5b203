"""Compares our table of exceptions with the service model of the installed botocore.

usage: test_service_model.py [PRINT_API_EXCEPTIONS]

The argument is the program built from tests/support/print_api_exceptions.c (default: that of the build BUILD). An older
botocore knows fewer exceptions; each one that it knows is compared, and what it doesn't know yet is left to
tests/unit/config/names/test_api_exception.c.
"""

import os
import subprocess
import sys

import botocore
import botocore.loaders

OPERATIONS = ("Invoke", "InvokeAsync", "InvokeWithResponseStream")
PRINT_API_EXCEPTIONS = "tests/support/print_api_exceptions"
MODELLED_COUNT = 36  # in botocore 1.43


def read_rows(program):
    """The printed rows by name."""
    columns = ("name", "status", "message_key", "type", "reason", "is_modelled", "message")
    rows = {}
    for line in subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines():
        row = dict(zip(columns, line.split("\t"), strict=True))
        assert row["name"] not in rows, f"{row['name']} is printed twice"
        rows[row["name"]] = row
    return rows


def modelled_names(model):
    """What the operations that this model has may answer."""
    return sorted({error["shape"] for operation in OPERATIONS for error in model["operations"].get(operation, {}).get("errors", [])})


def differences(row, shape, reasons):
    """All in which the row is not as the shape."""
    members = shape["members"]
    found = []
    if int(row["status"]) != shape["error"]["httpStatusCode"]:
        found.append(f"status {row['status']}, the model has {shape['error']['httpStatusCode']}")
    if row["message_key"] not in members:
        found.append(f"member {row['message_key']}, the model has {sorted(members)}")
    if bool(row["type"]) != ("Type" in members):
        found.append(f"Type {row['type']!r}, the model has {sorted(members)}")
    if row["reason"] and ("Reason" not in members or row["reason"] not in reasons):
        found.append(f"Reason {row['reason']!r}, the model has {sorted(reasons)}")
    if row["type"] != ("Service" if int(row["status"]) >= 500 else "User"):
        found.append(f"Type {row['type']!r} with status {row['status']}")
    if row["is_modelled"] != "1":
        found.append("not marked as modelled")
    return found


def main():
    rows = read_rows(sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.environ["BUILD"], PRINT_API_EXCEPTIONS))
    model = botocore.loaders.Loader().load_service_model("lambda", "service-2", "2015-03-31")
    reasons = model["shapes"].get("ThrottleReason", {}).get("enum", [])
    names = modelled_names(model)
    faults = {}

    for name in names:
        faults[name] = differences(rows[name], model["shapes"][name], reasons) if name in rows else ["no row"]
    if len(names) >= MODELLED_COUNT:
        faults["rows that the model lacks"] = sorted(
            name for name, row in rows.items() if row["is_modelled"] == "1" and name not in names
        )
    for name, found in faults.items():
        if found:
            print(f"{name}: {'; '.join(found)}")

    failed = sum(1 for found in faults.values() if found)
    print(f"botocore {botocore.__version__} models {len(names)} exceptions of {', '.join(OPERATIONS)}")
    print(f"{len(faults) - failed} passed, {failed} failed")
    return 0 if failed == 0 and names else 1


if __name__ == "__main__":
    if len(sys.argv) > 2 or (len(sys.argv) == 1 and "BUILD" not in os.environ):
        sys.exit(__doc__)
    sys.exit(main())
