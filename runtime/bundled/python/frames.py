"""
frames.py - the worker's end of the socket to the server; ../frames.h is the agreement.
"""

import os
from importlib import import_module

from .log import move_high, quit_by_fault

FRAMES_DESCRIPTOR = 3
INIT, EVENT = b"I"[0], b"E"[0]
NEXT, RESPONSE, ERROR, INIT_ERROR = b"N", b"R", b"F", b"X"
NEXT_FRAME = b"\0\0\0\1N"
FRAME_HEAD_BYTES = 5
FRAME_MAX_BYTES = 64 * 1024 * 1024
READ_BYTES = 16 * 1024  # the rest of a longer frame is read to where it stays
JOIN_MAX_BYTES = 64 * 1024  # up to here one copy is cheaper than a gathering write

LIKELY_MODULES = (
    "json",
    "logging",
    "traceback",
    "invoked_runtime.errors",
    "invoked_runtime.log_records",
)


class Frames:
    """The socket. Its end is the end of the process: nobody would take an answer."""

    def __init__(self):
        self.descriptor = move_high(FRAMES_DESCRIPTOR, 211)
        os.close(FRAMES_DESCRIPTOR)
        self.pending = b""
        self.is_forked = False
        os.register_at_fork(after_in_child=self.forget)

    def forget(self):
        """A fork of the handler's must neither answer nor hold the socket open."""
        self.is_forked = True
        try:
            os.close(self.descriptor)
        except OSError:
            pass
        self.descriptor = -1

    def read(self):
        try:
            data = os.read(self.descriptor, READ_BYTES)
        except BlockingIOError:
            raise  # for wait_idle
        except OSError:
            data = b""
        if not data:
            os._exit(0)
        return data

    def wait_idle(self):
        """Uses the time before the first frame, if there is any, to load what the function is likely to want."""
        os.set_blocking(self.descriptor, False)
        try:
            self.pending = self.read()
        except BlockingIOError:
            for name in LIKELY_MODULES:
                import_module(name)
        os.set_blocking(self.descriptor, True)

    def receive(self):
        """The next frame: kind, and its body as bytes or, when that is long, as a view of them."""
        data = self.pending or self.read()
        while len(data) < FRAME_HEAD_BYTES:
            data += self.read()
        length = int.from_bytes(data[:4], "big")
        if not 1 <= length <= FRAME_MAX_BYTES:
            quit_by_fault("a frame of %d bytes" % length)
        end = 4 + length
        if len(data) >= end:
            self.pending = data[end:]
            return data[4], data[FRAME_HEAD_BYTES:end]
        self.pending = b""
        return data[4], memoryview(self.complete(data, end))[FRAME_HEAD_BYTES:]

    def complete(self, data, size):
        """`data` and what is missing of `size` bytes, read to where it stays."""
        whole = bytearray(size)
        whole[: len(data)] = data
        rest = memoryview(whole)[len(data) :]
        while rest:
            try:
                count = os.readv(self.descriptor, [rest])
            except OSError:
                count = 0
            if count == 0:
                os._exit(0)
            rest = rest[count:]
        return whole

    def send(self, kind, body, then=b""):
        """One frame, and bytes that follow it, in one system call when it is small."""
        head = (len(body) + 1).to_bytes(4, "big") + kind
        try:
            if len(body) <= JOIN_MAX_BYTES:
                whole = head + body + then
                count = os.write(self.descriptor, whole)
                if count < len(whole):
                    self.write_all([whole[count:]])
            else:
                self.write_all([head, body, then])
        except OSError:
            os._exit(0)

    def write_all(self, pieces):
        views = [memoryview(piece) for piece in pieces if piece]
        while views:
            count = os.writev(self.descriptor, views)
            while views and count >= len(views[0]):
                count -= len(views.pop(0))
            if count:
                views[0] = views[0][count:]
