"""What disturbs the server beside its traffic: clients that leave, killed processes, reloads."""

import contextlib
import os
import signal
import socket
import time

from bed import NEVER_KILLED
from invoked import descendants

LINGER_RESET = b"\1\0\0\0\0\0\0\0"  # closing resets the connection


def leave(server, chance):
    """A client goes away: in its head, in its body, or before the answer; politely or not."""
    body = b'{"do": "time.sleep(0.1)"}'
    head = (b"POST /2015-03-31/functions/%s/invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
            % (chance.choice((b"python", b"api", b"cat", b"never-starts", b"mocked")), len(body)))
    sent = (head + body)[:chance.choice((10, len(head), len(head) + 7, len(head) + len(body)))]
    with server.connect() as connection:
        connection.sendall(sent)
        if chance.random() < 0.5:
            time.sleep(0.02)
        if chance.random() < 0.5:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
    return "left"


def may_be_killed(server, pid):
    """Not what has yet to become a program of its own, and not what answers are compared with."""
    with contextlib.suppress(OSError):
        if os.readlink(f"/proc/{pid}/exe") == os.readlink(f"/proc/{server.pid}/exe"):
            return False
        with open(f"/proc/{pid}/environ", "rb") as file:
            variables = dict(entry.partition(b"=")[::2] for entry in file.read().split(b"\0"))
        return variables.get(b"AWS_LAMBDA_FUNCTION_NAME", b"").decode() not in NEVER_KILLED
    return False


def kill(server, chance):
    pids = [pid for pid in descendants(server.pid) if may_be_killed(server, pid)]
    if not pids:
        return "nobody there"
    number = chance.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGKILL, signal.SIGSTOP))
    with contextlib.suppress(ProcessLookupError):
        os.kill(chance.choice(pids), number)
    return number.name


def reload(server, chance):
    what = chance.choice(("code", "code", "configuration", "configuration", "bad configuration", "SIGHUP"))
    if what == "code":
        server.reload_code()
    elif what == "configuration":
        server.reload_configuration()
    elif what == "bad configuration":
        server.spoil_configuration()
        time.sleep(0.5)
        server.reload_configuration()
    else:
        server.signal(signal.SIGHUP)
    return what


# name, what does it, seconds between two (at random, half to one and a half of it)
ROWS = (
    ("client leaves", leave, 0.05),
    ("process killed", kill, 0.4),
    ("reload", reload, 2.0),
)
