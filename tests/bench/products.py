"""AWS's own Runtime Interface Emulator (a Go module) and moto's server (PyPI), as peers: built once, into build/clients.

Where Go, pip or a registry isn't there, their sides are skipped, and the table says so.
"""

import base64
import contextlib
import http.client
import io
import json
import os
import subprocess
import sys
import time
import zipfile

import bed
import peers

sys.path.insert(0, os.path.join(bed.ROOT, "tests", "clients"))
import toolchains  # noqa: E402

EMULATOR = "github.com/aws/aws-lambda-runtime-interface-emulator/cmd/aws-lambda-rie@v0.0.0-20261030222936-bef5c4ba774d"
MOTO = "moto[server]==5.2.5"
SIGNED = "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/%s/aws4_request, SignedHeaders=host, Signature=0"
EMULATOR_PATH = bed.INVOKE % "function"


def had(get, *words):
    try:
        return get(*words)
    except toolchains.Missing as missing:
        raise peers.Missing(str(missing)) from missing


def emulator_program():
    go = toolchains.tool("go")

    def make(folder):
        toolchains.fetch(go, "install", "-trimpath", EMULATOR, folder=folder, GOBIN=folder, CGO_ENABLED="0")

    return os.path.join(toolchains.made("go-rie", make, text=EMULATOR), "aws-lambda-rie")


def ask(port, method, path, body, service="lambda", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=bed.ANSWER_S)
    with contextlib.closing(connection):
        connection.request(method, path, body, {"Authorization": SIGNED % service, **headers})
        answer = connection.getresponse()
        return answer.status, answer.read()


@contextlib.contextmanager
def started(command, path, port, ready):
    """The process, once `ready()` doesn't fail any more."""
    log = os.path.join(path, "log")
    with open(log, "wb") as output:
        process = bed.popen(command, cwd=path, stdout=output, stderr=subprocess.STDOUT, env={"PATH": bed.PATH, "HOME": path})
    try:
        end = time.monotonic() + bed.START_S
        while True:
            try:
                ready()
                break
            except (OSError, http.client.HTTPException) as error:
                if time.monotonic() > end or process.poll() is not None:
                    with open(log, errors="replace") as file:
                        raise RuntimeError("does not start: %s" % file.read()[-300:]) from error
                time.sleep(0.05)
        yield peers.Running(port)
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def emulator():
    """It serves one function, one invocation at a time."""
    program = had(emulator_program)
    port, runtime_port = peers.free_ports(2)
    words = [program, "--runtime-interface-emulator-address", "127.0.0.1:%d" % port, "--runtime-api-address",
             "127.0.0.1:%d" % runtime_port, "--log-level", "error", os.path.join(bed.NATIVE, "bootstrap")]
    with bed.folder() as path, started(words, path, port, lambda: ask(port, "POST", EMULATOR_PATH, "{}")) as server:
        yield server


@contextlib.contextmanager
def moto():
    """Without Docker it runs no code: it answers the same to every invocation, as a mock does."""
    python = had(toolchains.python_packages, "moto", MOTO)
    [port] = peers.free_ports(1)
    words = [python, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with bed.folder() as path, started(words, path, port, lambda: ask(port, "GET", "/moto-api/", None)) as server:
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("app.py", "")
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        role = "arn:aws:iam::123456789012:role/bench"
        function = {"FunctionName": "f", "Runtime": "python3.11", "Role": role, "Handler": "app.handler",
                    "Code": {"ZipFile": base64.b64encode(code.getvalue()).decode()}}
        for method, target, body, service, headers, status in (
                ("POST", "/moto-api/config", json.dumps({"lambda": {"use_docker": False}}), "lambda", {}, 201),
                ("POST", "/", "Action=CreateRole&Version=2010-05-08&RoleName=bench&AssumeRolePolicyDocument=%7B%7D", "iam", form, 200),
                ("POST", "/2015-03-31/functions", json.dumps(function), "lambda", {}, 201)):
            answer = ask(port, method, target, body, service, **headers)
            if answer[0] != status:
                raise RuntimeError("%s: %d %s" % (target, answer[0], answer[1][:300]))
        yield server


def of_native():
    return [("AWS's emulator", emulator, EMULATOR_PATH, 2)]
