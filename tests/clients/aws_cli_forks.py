"""Runs the AWS CLI many times and loads it once, which is most of what a start of it costs.

    aws_cli_forks.py PROGRAM SOCKET        PROGRAM is the `aws` of the system's package: Python that imports awscli

It listens on the Unix socket, prints a line once it does, and ends with its standard input. A connection is one run of
PROGRAM, in a process of its own: {"arguments": […], "stdout": FILE, "stderr": FILE} is read, {"pid": …} is written when
it begins, {"status": …} when it has ended by itself.
"""

import json
import os
import runpy
import select
import signal
import socket
import sys

import awscli.clidriver  # noqa: F401  these two are what makes it slow to start
import awscli.handlers  # noqa: F401


def run(program, connection):
    with connection, connection.makefile("rw") as lines:
        wanted = json.loads(lines.readline())
        lines.write(json.dumps({"pid": os.getpid()}) + "\n")
        lines.flush()
        for number, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(os.open(wanted[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
        sys.argv = [program, *wanted["arguments"]]
        try:
            runpy.run_path(program, run_name="__main__")
            status = 0
        except SystemExit as end:
            status = end.code or 0
        sys.stdout.flush()
        sys.stderr.flush()
        lines.write(json.dumps({"status": status}) + "\n")


def main(program, path):
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the processes
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(128)
    print("listening", flush=True)
    while listener in select.select([listener, sys.stdin], [], [])[0]:
        connection = listener.accept()[0]
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listener.close()
            run(program, connection)
            os._exit(0)
        connection.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
