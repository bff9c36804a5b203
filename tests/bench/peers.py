"""The servers of others that are measured alongside, from npm. One that isn't there is skipped, and the table says so.

Both are plug-ins of the Serverless Framework, 3: a service with the same handlers as everybody else's here.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time

import bed

MODULES = os.path.join(bed.BENCH, "node_modules")
PYTHON_RUNTIME = "python3.11"  # of those that both know; they run python3 whatever it says


class Missing(Exception):
    """Why a side can't be measured here."""


class Peer:
    def __init__(self, name, command, settings, function, ready):
        self.name, self.command, self.settings = name, command, settings
        self.function, self.ready = function, ready  # the name in the path; what it prints once it can serve


OFFLINE = Peer(
    "serverless-offline",
    ["offline", "start"],
    lambda ports: {"httpPort": ports[1], "websocketPort": ports[2], "lambdaPort": ports[0]},
    "bench-dev-f",
    "Server ready",
)
AWS_LAMBDA = Peer("serverless-aws-lambda", ["aws-lambda"], lambda ports: {"port": ports[0]}, "f", "is listening on")


class Running:
    def __init__(self, port):
        self.port = port


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in sockets]


def service(peer, function, ports):
    return {
        "service": "bench",
        "frameworkVersion": "3",
        "provider": {"name": "aws", "runtime": "nodejs20.x"},
        "plugins": [peer.name],
        "custom": {peer.name: peer.settings(ports)},
        "package": {"individually": True},
        "functions": {"f": {**function, "events": [{"httpApi": "POST /f"}]}},
    }


def wait_for(text, path, process):
    end = time.monotonic() + bed.START_S
    while time.monotonic() < end and process.poll() is None:
        with open(path, errors="replace") as file:
            if text in file.read():
                return
        time.sleep(0.05)
    with open(path, errors="replace") as file:
        raise RuntimeError("does not start: %s" % file.read()[-300:])


@contextlib.contextmanager
def running(peer, function):
    if not os.path.isdir(os.path.join(MODULES, peer.name)):
        raise Missing("not installed: npm ci in tests/bench")
    with bed.folder() as path:
        ports = free_ports(3)
        os.symlink(MODULES, os.path.join(path, "node_modules"))
        for name in ("app.py", "index.js"):
            shutil.copy(os.path.join(bed.HANDLERS, name), path)
        with open(os.path.join(path, "serverless.yml"), "w") as file:
            json.dump(service(peer, function, ports), file)  # JSON is YAML
        environment = {
            "PATH": bed.PATH,
            "HOME": path,
            "SLS_TELEMETRY_DISABLED": "1",
            "SLS_NOTIFICATIONS_MODE": "off",
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
        }
        log = os.path.join(path, "log")
        command = [bed.NODE, os.path.join(MODULES, "serverless", "bin", "serverless.js"), *peer.command]
        with open(log, "wb") as output:
            process = bed.popen(command, cwd=path, stdout=output, stderr=subprocess.STDOUT, env=environment)
        try:
            wait_for(peer.ready, log, process)
            yield Running(ports[0])
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def rival(peer, function, factor):
    """As rows.warm() takes it: name, what opens it, its path, and how many times its rate is asked for."""
    return peer.name, lambda: running(peer, function), bed.INVOKE % peer.function, factor


def of_nodejs():
    return [rival(OFFLINE, {"handler": "index.echo"}, 15)]


def of_python():
    function = {"handler": "app.echo", "runtime": PYTHON_RUNTIME}
    return [rival(OFFLINE, function, 6), rival(AWS_LAMBDA, function, 6)]
