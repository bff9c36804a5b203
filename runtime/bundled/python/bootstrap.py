#!/usr/bin/env python3
"""
bootstrap.py - starts the bundled Python runtime; the server runs it as `python3 bootstrap.py`, the frames' socket at
descriptor 3, the log at 1 and 2. Python 3.8 to 3.14, standard library only.

    bootstrap   (this)     the parts below as a package that hides from the function
    worker                 init, then one invocation after the other
    start, modules         the init frame; where modules come from
    frames, log            the socket; the log
    function, context      what the function and the handler get to know
    json_text, json_values, errors   results, events and errors as text
    log_records            the standard `logging` as AWS sets it up
    awslambdaric, lambda_context, snapshot_restore_py   modules that AWS's runtimes bring along

What handlers see follows AWS's own runtime interface client. Cold start is the point of most oddities: bare Python
takes 10 ms, `json` 8 more, `logging` 7. So those are loaded when something needs them, or while a process that was
started ahead of need waits for its function. This file is compiled at each start, the others only once: keep it short.
"""

import os
import sys


def main():
    folder = os.path.dirname(os.path.abspath(__file__))
    if sys.path and os.path.realpath(sys.path[0]) == os.path.realpath(folder):
        del sys.path[0]  # the function's folder takes its place
    module = type(sys)
    package = module("invoked_runtime")
    package.__path__ = [folder]
    sys.modules["invoked_runtime"] = package
    own, sys.modules["__main__"] = sys.modules["__main__"], module("__main__")
    sys.modules["__main__"].__builtins__ = __builtins__
    package.bootstrap = own  # its globals live as long as this function

    from invoked_runtime.worker import work

    work()


if __name__ == "__main__":
    main()
