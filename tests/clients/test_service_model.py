"""Compares our table of exceptions with the service model in the pinned AWS SDK for JavaScript, and in the pinned botocore.

Both are the newest that npm and PyPI had when they were pinned. Without PyPI the second is skipped.

usage: test_service_model.py [PRINT_API_EXCEPTIONS]

The argument is the program built from tests/support/print_api_exceptions.c (default: that of the build BUILD). A row
that is missing on either side fails.
"""

import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile

FOLDER = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.join(FOLDER, "node_modules", "@aws-sdk", "client-lambda")
OPERATIONS = ("Invoke", "InvokeAsync", "InvokeWithResponseStream")
PRINT_API_EXCEPTIONS = "tests/support/print_api_exceptions"
MODELLED_COUNT = 43  # in 3.1164.0
BOTOCORE = "1.44.8"
ROOT = os.environ.get("INVOKED_ROOT", os.path.dirname(os.path.dirname(FOLDER)))
CACHE = os.path.join(ROOT, "build", "clients")
DOWNLOAD_TIMEOUT_S = 100

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


def botocore_model():
    """The service model of the pinned botocore, from PyPI; None where that can't be had."""
    os.makedirs(CACHE, exist_ok=True)
    wheel = os.path.join(CACHE, f"botocore-{BOTOCORE}-py3-none-any.whl")
    if not os.path.exists(wheel):
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            try:
                subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                                "--only-binary", ":all:", "--dest", folder, "botocore==" + BOTOCORE],
                               check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=DOWNLOAD_TIMEOUT_S)
                os.replace(os.path.join(folder, os.path.basename(wheel)), wheel)
            except (OSError, subprocess.SubprocessError) as error:
                print(f"botocore {BOTOCORE} can't be had: {error}", file=sys.stderr)
                return None
    with zipfile.ZipFile(wheel) as archive:
        return json.loads(gzip.decompress(archive.read("botocore/data/lambda/2015-03-31/service-2.json.gz")))


def read_botocore(model):
    """The same three as of the SDK, and what the operations may answer."""
    shapes = model["shapes"]
    names = {error["shape"] for operation in OPERATIONS for error in model["operations"][operation]["errors"]}
    exceptions = {name: {"status": shapes[name]["error"]["httpStatusCode"],
                         "members": list(shapes[name]["members"])} for name in names}
    return exceptions, shapes["ThrottleReason"]["enum"], sorted(names)


def faults_of(rows, exceptions, reasons, names):
    """All that differs, by the name of the row."""
    faults = {name: differences(rows[name], exceptions[name], reasons) if name in rows else ["no row"] for name in names}
    if len(names) < MODELLED_COUNT:
        faults["the model"] = [f"only {len(names)} exceptions were found in it"]
    return faults


def check(title, rows, exceptions, reasons, names):
    """How many rows passed, and how many failed."""
    faults = faults_of(rows, exceptions, reasons, names)
    for name, found in faults.items():
        if found:
            print(f"{title}: {name}: {'; '.join(found)}")
    failed = sum(1 for found in faults.values() if found)
    print(f"{title} models {len(names)} exceptions of {', '.join(OPERATIONS)}")
    return len(faults) - failed, failed


def check_surplus(rows, names):
    """The models are of different days: a row must be in one of them."""
    surplus = sorted(name for name, row in rows.items() if row["is_modelled"] == "1" and name not in names)
    if surplus:
        print(f"rows that no model has: {', '.join(surplus)}")
    return 1 - bool(surplus), int(bool(surplus))


def main():
    rows = read_rows(sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.environ["BUILD"], PRINT_API_EXCEPTIONS))
    names = modelled_names()
    counts = [check("the SDK", rows, *read_model(), names)]
    model = botocore_model()
    if model is None:
        print(f"skipped: botocore {BOTOCORE}, and whether there are rows that no model has")
    else:
        exceptions, reasons, newer = read_botocore(model)
        counts += [check("botocore", rows, exceptions, reasons, newer), check_surplus(rows, {*names, *newer})]
    passed, failed = map(sum, zip(*counts, strict=True))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) > 2 or (len(sys.argv) == 1 and "BUILD" not in os.environ):
        sys.exit(__doc__)
    sys.exit(main())
