"""Compares our table of exceptions with the service model in the pinned AWS SDK for JavaScript, which npm keeps newest.

usage: test_service_model.py [PRINT_API_EXCEPTIONS]

The argument is the program built from tests/support/print_api_exceptions.c (default: that of the build BUILD). A row
that is missing on either side fails.
"""

import json
import os
import re
import subprocess
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.join(FOLDER, "node_modules", "@aws-sdk", "client-lambda")
OPERATIONS = ("Invoke", "InvokeAsync", "InvokeWithResponseStream")
PRINT_API_EXCEPTIONS = "tests/support/print_api_exceptions"
MODELLED_COUNT = 43  # in 3.1162.0

# Prints each modelled exception: its status and members; and the reasons of a throttle.
READ_MODEL = """
const client = require(process.argv[1]);
const found = {};
for (const [name, schema] of Object.entries(client)) {
    if (Array.isArray(schema) && schema[0] === -3)
        found[schema[2]] = { status: schema[3].httpError, members: schema[4] };
}
console.log(JSON.stringify({ exceptions: found, reasons: Object.values(client.ThrottleReason) }));
"""


def read_rows(program):
    """The printed rows by name."""
    columns = ("name", "status", "message_key", "type", "reason", "is_modelled", "message")
    rows = {}
    for line in subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines():
        row = dict(zip(columns, line.split("\t"), strict=True))
        assert row["name"] not in rows, f"{row['name']} is printed twice"
        rows[row["name"]] = row
    return rows


def read_model():
    """The exceptions of the SDK by name, and the reasons of a throttle."""
    done = subprocess.run(["node", "-e", READ_MODEL, PACKAGE], check=True, capture_output=True, text=True)
    model = json.loads(done.stdout)
    return model["exceptions"], model["reasons"]


def modelled_names():
    """What the operations may answer: their types say what they throw."""
    names = set()
    for operation in OPERATIONS:
        with open(os.path.join(PACKAGE, "dist-types", "commands", operation + "Command.d.ts")) as file:
            names.update(re.findall(r"@throws \{@link (\w+)\}", file.read()))
    return sorted(names - {"LambdaServiceException"})


def differences(row, shape, reasons):
    """All in which the row is not as the shape."""
    members = shape["members"]
    found = []
    if int(row["status"]) != shape["status"]:
        found.append(f"status {row['status']}, the model has {shape['status']}")
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
    exceptions, reasons = read_model()
    names = modelled_names()
    faults = {name: differences(rows[name], exceptions[name], reasons) if name in rows else ["no row"] for name in names}
    faults["rows that the model lacks"] = sorted(
        name for name, row in rows.items() if row["is_modelled"] == "1" and name not in names
    )
    if len(names) < MODELLED_COUNT:
        faults["the model"] = [f"only {len(names)} exceptions were found in it"]
    for name, found in faults.items():
        if found:
            print(f"{name}: {'; '.join(found)}")

    failed = sum(1 for found in faults.values() if found)
    print(f"the SDK models {len(names)} exceptions of {', '.join(OPERATIONS)}")
    print(f"{len(faults) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) > 2 or (len(sys.argv) == 1 and "BUILD" not in os.environ):
        sys.exit(__doc__)
    sys.exit(main())
