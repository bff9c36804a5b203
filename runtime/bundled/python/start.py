"""
start.py - the init frame: the process becomes the function's.
"""

import os
import sys
import time

from .frames import FRAMES_DESCRIPTOR, INIT
from .function import Fault, learn_function
from .log import quit_by_fault
from .modules import configure_loaded_logging, prepare_modules

# PYTHON… variables that need no new start: two that were settled, one that prepare_modules heeds, and some that are
# read when they are used.
LATE_NAMES = frozenset(
    "PYTHONASYNCIODEBUG PYTHONBREAKPOINT PYTHONPATH PYTHONSTARTUP PYTHONUNBUFFERED".split()
)
AGAIN = "--started-again-for"


def become_function(frames):
    """
    Takes the init frame: environment, folder, module path. Gives the handler's name. A frame without any variable
    leaves the environment that the process began with, to which a wrapper script may have added its own.
    """
    if is_started_again():  # environment and folder are right
        handler = sys.argv.pop()
        sys.argv.pop()
        learn_function()
        configure_loaded_logging()
        prepare_modules()
        return handler
    kind, body = frames.receive()
    fields = bytes(body).split(b"\0")
    if kind != INIT or len(fields) < 3 or fields[-1]:
        quit_by_fault("the first frame is no init frame")
    directory, handler = os.fsdecode(fields[0]), fields[1].decode("utf-8", "replace")
    changed = replace_environment(fields[2:-1]) if len(fields) > 3 else set()
    learn_function()
    configure_loaded_logging()
    try:
        os.chdir(directory)
    except OSError as error:
        raise Fault("Runtime.InvalidWorkingDir", str(error))
    if any(map(is_read_at_start, changed)):
        start_again(frames, handler)
    time.tzset()
    if not changed.isdisjoint(("LANG", "LC_ALL", "LC_CTYPE")):
        set_locale()
    prepare_modules()
    return handler


def replace_environment(fields):
    """Gives the names whose values differ from those that this process began with."""
    before = dict(os.environb)
    os.environ.clear()
    changed = set()
    for field in fields:
        name, equals, value = field.partition(b"=")
        if not name or not equals:
            continue
        os.environb[name] = value
        if before.get(name) != value:
            changed.add(os.fsdecode(name))
    return changed


def is_read_at_start(name):
    """A variable that the interpreter, the loader or the C library heeds only while a process begins."""
    if name in LATE_NAMES:
        return False
    return name.startswith(("PYTHON", "LD_", "MALLOC_")) or name == "GLIBC_TUNABLES"


def start_again(frames, handler):
    """The same process from its beginning, with the function's environment; the handler is its argument."""
    path = os.path.join(os.path.dirname(__file__), "bootstrap.py")
    command = getattr(sys, "orig_argv", [sys.executable, path])  # with what a debugger put before it
    try:
        os.dup2(frames.descriptor, FRAMES_DESCRIPTOR)
        os.execv(sys.executable, command + [AGAIN, handler])
    except (OSError, ValueError):
        os.close(FRAMES_DESCRIPTOR)  # then without those variables' effect


def is_started_again():
    return sys.argv[-2:-1] == [AGAIN]


def set_locale():
    """As Python does at its start."""
    try:
        import _locale

        _locale.setlocale(_locale.LC_CTYPE, "")
    except Exception:
        pass  # not installed here; Python goes on in UTF-8
