"""
python_worker.py - the server's side of runtime/environments/frames.h, for tests: starts the bundled Python runtime and talks to it.
"""

import os
import select
import socket
import struct
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BOOTSTRAP = os.path.join(ROOT, "runtime", "bundled", "python", "bootstrap.py")
FIXTURES = os.path.join(ROOT, "fixtures", "functions")
PYTHON = os.environ.get("TEST_PYTHON", sys.executable)
FRAMES_DESCRIPTOR = 3
WAIT_SECONDS = 20
REQUEST_ID = "8f507cfc-0000-4000-8000-0123456789ab"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"
START_ENVIRONMENT = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LANG": "C.UTF-8"}


def fields(*values):
    return b"".join((value if isinstance(value, bytes) else value.encode()) + b"\0" for value in values)


def frame(kind, body):
    return struct.pack(">I", len(body) + 1) + kind + body


def init_frame(folder, handler="app.handler", variables=None):
    pairs = ["%s=%s" % pair for pair in (variables or {"AWS_LAMBDA_FUNCTION_NAME": "f"}).items()]
    return frame(b"I", fields(folder, handler, *pairs))


def keep_only(descriptor):
    """As the server starts it: nothing of ours is open but 0, 1, 2 and the socket."""
    os.dup2(descriptor, FRAMES_DESCRIPTOR)
    os.closerange(FRAMES_DESCRIPTOR + 1, 1024)


class Folder:
    """A function's folder with these files, for the time of a `with`."""

    def __init__(self, files):
        self.files = files

    def __enter__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="invoked-test-")
        folder = os.path.realpath(self.temporary.name)
        for name, text in self.files.items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        return folder

    def __exit__(self, *error):
        self.temporary.cleanup()


class Worker:
    """A running worker; use it with `with`, which ends and reaps it."""

    def __init__(self, variables=None, early=b""):
        """`early` is in the socket before the process begins."""
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(WAIT_SECONDS)
        self.socket.sendall(early)
        log, log_end = os.pipe()
        self.log = os.fdopen(log, "rb", buffering=0)
        environment = dict(START_ENVIRONMENT, **(variables or {}))
        self.process = subprocess.Popen(
            [PYTHON, BOOTSTRAP],
            stdin=subprocess.DEVNULL,
            stdout=log_end,
            stderr=log_end,
            env=environment,
            close_fds=False,
            start_new_session=True,
            preexec_fn=lambda: keep_only(theirs.fileno()),
        )
        os.close(log_end)
        theirs.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.socket.close()
        try:
            self.process.wait(WAIT_SECONDS)
        finally:
            try:
                os.killpg(self.process.pid, 9)  # what a handler left behind, and a worker that hangs
            except ProcessLookupError:
                pass
            self.process.wait()
            self.log.close()

    def send(self, kind, body):
        self.socket.sendall(frame(kind, body))

    def init(self, folder, handler="app.handler", variables=None):
        self.socket.sendall(init_frame(folder, handler, variables))

    def event(self, payload=b"{}", request_id=REQUEST_ID, deadline=None, trace="", client="", identity="", tenant=""):
        if deadline is None:
            deadline = int(time.time() * 1000) + 3000
        head = fields(request_id, str(deadline), ARN, trace, client, identity, tenant)
        self.send(b"E", struct.pack(">I", len(head)) + head + payload)

    def receive(self):
        """Kind and body of the next frame; None at the end of the socket."""
        head = self.receive_bytes(4)
        if head is None:
            return None
        rest = self.receive_bytes(struct.unpack(">I", head)[0])
        return None if rest is None else (rest[:1], rest[1:])

    def receive_bytes(self, count):
        data = bytearray()
        while len(data) < count:
            try:
                piece = self.socket.recv(min(count - len(data), 1 << 20))
            except ConnectionResetError:
                piece = b""
            if not piece:
                return None
            data += piece
        return bytes(data)

    def invoke(self, payload=b"{}", **details):
        """The answer's kind and body, after the N that must follow it."""
        self.event(payload, **details)
        answer = self.receive()
        if answer is not None and self.receive() != (b"N", b""):
            raise AssertionError("no N after %r" % (answer,))
        return answer

    def log_so_far(self):
        """All that is in the pipe; what a worker wrote before an answer is."""
        return self.log_until(lambda text: False, 0).decode("utf-8", "surrogateescape")

    def log_until(self, is_enough, wait_seconds=WAIT_SECONDS):
        """The log until `is_enough`, its end, or nothing more in that time."""
        text = b""
        while not is_enough(text) and select.select([self.log], [], [], wait_seconds)[0]:
            piece = self.log.read(65536)
            if not piece:
                break
            text += piece
        return text

    def exit_status(self):
        return self.process.wait(WAIT_SECONDS)
