"""The server under valgrind's callgrind: how many instructions it needs for one request, by the parts of the server.

Instructions are counted, not estimated, so they can be compared where times can't: on a busy machine, and in CI. What
the server starts isn't counted. The C library's instructions count for who called it; the other libraries have a part
each. What is inlined counts where it is inlined.
"""

import collections
import glob
import os
import re
import shutil
import subprocess

# Large copies and zeroing by vectors: callgrind counts `rep stosb`, which is one instruction, once for each byte.
TUNABLES = "glibc.cpu.x86_rep_movsb_threshold=1000000000:glibc.cpu.x86_rep_stosb_threshold=1000000000"
IS_THERE = all(map(shutil.which, ("valgrind", "callgrind_control")))
WORDS = ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--trace-children=no", "--child-silent-after-fork=yes",
         "--dump-line=no", "-q"]

# The part of the server to which a file belongs: the longest beginning that fits.
PARTS = {
    "server/http/": "head and route",
    "server/http/routes": "head and route",
    "handlers/lambda/": "checks",
    "handlers/lambda/invoke.c": "answer",
    "handlers/lambda/trace_header": "answer",
    "handlers/url/": "URL event and answer",
    "handlers/worker/": "frames",
    "config/": "checks",
    "base/json/": "JSON",
    "runtime/dispatch/": "dispatch",
    "runtime/dispatch/history": "history",
    "runtime/dispatch/metrics": "history",
    "runtime/dispatch/lineage": "history",
    "runtime/environments/": "dispatch",
    "runtime/environments/worker_frames": "frames",
    "runtime/environments/worker_runtime_api": "frames",
    "runtime/environments/frame_channel": "frames",
    "runtime/environments/environment_log": "log, escapes",
    "runtime/environments/function_log": "log, escapes",
    "runtime/environments/platform_": "log, escapes",
    "runtime/environments/log_tail": "log, escapes",
    "server/runtime_port/": "frames",
    "third_party/llhttp/": "frames",
    "base/log": "log, escapes",
    "base/line_writer": "log, escapes",
    "base/safe_text": "log, escapes",
    "runtime/events/": "queue",
}
LIBRARIES = {"libmicrohttpd": "libmicrohttpd", "libuv": "libuv", "libsqlite3": "SQLite"}
SYSTEM = ("libc.so", "libm.so", "ld-linux", "vgpreload", "libpthread")
OTHER = "buffers, ids, clocks"


def wrapper(folder, binary):
    """A program that is `binary` under callgrind; its dumps go to that folder."""
    path = os.path.join(folder, "invoked")
    with open(path, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\nGLIBC_TUNABLES=%s exec %s --callgrind-out-file='%s/callgrind.%%p' '%s' \"$@\"\n"
                   % (TUNABLES, " ".join(WORDS), folder, os.path.abspath(binary)))
    os.chmod(path, 0o755)
    return path


def control(process_id, *words):
    subprocess.run(["callgrind_control", *words, str(process_id)], check=True, capture_output=True, timeout=60)


def count(folder, process_id, ask, requests):
    """{(part, function): instructions for one request}, while `ask()` makes `requests` requests."""
    control(process_id, "-z")
    control(process_id, "-i", "on")
    ask()
    control(process_id, "-i", "off")
    control(process_id, "-d")
    paths = sorted(glob.glob(os.path.join(folder, "callgrind.%d.*" % process_id)))
    with open(paths[-1], encoding="utf-8") as file:
        costs = read(file)
    return {key: cost / requests for key, cost in costs.items()}


def part_of(file, object_name):
    """None for what counts where it was called."""
    library = next((name for start, name in LIBRARIES.items() if os.path.basename(object_name).startswith(start)), None)
    if library:
        return library
    if os.path.basename(object_name).startswith(SYSTEM):
        return None
    name = re.sub(r"^.*?(?=(?:base|config|runtime|handlers|server|third_party)/)", "", file)
    fitting = [start for start in PARTS if name.startswith(start)]
    return PARTS[max(fitting, key=len)] if fitting else OTHER


class Names:
    """callgrind writes a name once, with a number; later the number alone."""

    def __init__(self):
        self.known = {}

    def resolve(self, text):
        number, _, name = text.partition(" ")
        if name:
            self.known[number] = name
        return self.known.get(number, text)


def read(lines):
    """{(part, function): instructions} of a dump."""
    costs = collections.Counter()
    files, objects, functions = Names(), Names(), Names()
    object_name = callee_object = file = function = ""
    is_call = False
    for line in lines:
        key, found, value = line.rstrip("\n").partition("=")
        if found and key in ("ob", "cob", "fl", "fi", "fe", "cfi", "cfl", "fn", "cfn"):
            names = objects if key in ("ob", "cob") else functions if key in ("fn", "cfn") else files
            name = names.resolve(value)
            if key == "ob":
                object_name = name
            elif key == "cob":
                callee_object = name
            elif key == "fl":
                file = name
            elif key == "fn":
                function, callee_object = name, object_name
        elif found and key == "calls":
            is_call = True
        elif line[:1].isdigit() or line[:1] in "+-*":
            cost = int(line.split()[1])
            part = part_of(file, object_name)
            if not is_call and part is not None:
                costs[part, function] += cost
            elif is_call and part is not None and part_of("", callee_object) is None:
                costs[part, function] += cost
            if is_call:
                callee_object = object_name
            is_call = False
    return costs


def by_part(costs):
    parts = collections.Counter()
    for (part, _), cost in costs.items():
        parts[part] += cost
    return parts
