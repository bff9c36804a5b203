"""
log.py - the log: what a handler prints, and the runtime's own lines, in the order in which they were written.
"""

import io
import os
import sys


def move_high(descriptor, lowest):
    """
    Copies `descriptor` far from those that a handler closes, copies or writes by number. Programs that the handler
    starts don't get the copy.
    """
    try:
        return os.dup2(descriptor, free_descriptor(lowest), inheritable=False)
    except OSError:
        return os.dup(descriptor)  # a low RLIMIT_NOFILE


def free_descriptor(lowest):
    for candidate in range(lowest, lowest + 64):
        try:
            os.fstat(candidate)
        except OSError:
            return candidate
    raise OSError("no free descriptor")


class Log:
    """Where `logging` and the runtime write, whatever the handler does to sys.stdout and descriptor 1."""

    descriptor = -1
    streams = {}  # the runtime's own, by name: they hold nothing back


def log(text):
    """Text that UTF-8 has no bytes for raises, as on AWS."""
    if not text.endswith("\n"):
        text += "\n"
    data = text.encode("utf-8")
    try:
        write_all(Log.descriptor, data)
    except OSError:
        pass  # nobody reads the log any more


def write_all(descriptor, data):
    rest = memoryview(data).cast("B")
    while rest:
        try:
            rest = rest[os.write(descriptor, rest) :]
        except BlockingIOError:  # a program of the handler's that shares the pipe, node for one, switched that on
            os.set_blocking(descriptor, True)


def quit_by_fault(reason):
    """The server broke the agreement: nothing that follows could be trusted."""
    log("invoked: the Python runtime ends: " + reason)
    os._exit(70)


class LogFile(io.FileIO):
    """Writes all or raises; a plain one may write a part, which text streams don't notice."""

    def write(self, data):
        write_all(self.fileno(), data)
        return len(data)


def open_log():
    try:
        Log.descriptor = move_high(1, 251)
    except OSError:
        pass  # started without a log
    sys.stdout = sys.__stdout__ = open_stream(1, "<stdout>", "surrogateescape")
    sys.stderr = sys.__stderr__ = open_stream(2, "<stderr>", "backslashreplace")
    Log.streams = {"stdout": sys.stdout, "stderr": sys.stderr}


def open_stream(descriptor, name, errors):
    """
    Text straight to the descriptor. AWS flushes after each write too; so the order against subprocesses, os.write and
    the other stream holds, and nothing is lost when a handler is killed.
    """
    try:
        raw = LogFile(descriptor, "w", closefd=False)
    except OSError:
        return None
    raw.name = name
    return io.TextIOWrapper(raw, encoding="utf-8", errors=errors, newline="\n", write_through=True)


def flush():
    """What a handler put in the place of the streams may hold something back."""
    for name in ("stdout", "stderr"):
        try:
            stream = getattr(sys, name)
            if stream is not Log.streams[name] or not stream.write_through:
                stream.flush()
        except Exception:
            pass  # closed, None, or not a stream at all
