"""How a row about Python becomes a function of the bundled runtime, and one of awslambdaric."""

import os
import re
import textwrap

import clients
from compare import OFFICIAL, OWN, Image
from invoked import Code

CLIENT = None

DISPATCHER = """
import collections, sys

class Count:
    value = 0

def handler(event, context):
    Count.value += 1
    return globals()["row_%d" % event["row"]](event["event"], context)
"""


class Python:
    name = "awslambdaric"

    def is_available(self):
        global CLIENT
        CLIENT = clients.python_client()
        return CLIENT is not None

    def environment(self):
        return {"PATH": "/usr/bin:/bin"}

    def functions(self, rows):
        """{name: Code} for both sides of all rows."""
        found, shared = {}, {}
        for row in rows:
            group = row.name.split(".")[0]
            if row.own_process or row.files or row.handler:
                row.function = "own-" + re.sub(r"[^A-Za-z0-9]", "-", row.name)
                files = row.files or {"app.py": handler(row.code, "handler")}
                self.add(found, row.function, group, files, row)
            else:
                row.function = "shared-" + group
                shared.setdefault(group, []).append(row)
        for group, members in shared.items():
            source = DISPATCHER
            for number, row in enumerate(members):
                row.number = number
                source += handler(row.code, f"row_{number}")
            self.add(found, "shared-" + group, group, {"app.py": source}, members[0])
        return found

    def add(self, found, name, group, files, row):
        settings = {**GROUPS[group], **row.settings}
        runtime = settings.pop("Runtime")
        variables = {**settings.pop("Variables", {}), **row.variables}
        common = {"Timeout": 20, "Environment": {"Variables": variables}, **settings}
        handler_name = row.handler or "app.handler"
        found[f"{name}-{OWN}"] = Code(files, {"Runtime": runtime, "Handler": handler_name, **common})
        words = ["/usr/bin/env", "AWS_EXECUTION_ENV=AWS_Lambda_" + runtime, "PYTHONDONTWRITEBYTECODE=1",
                 "PYTHONPATH=" + os.pathsep.join(filter(None, [CLIENT, variables.get("PYTHONPATH")])),
                 clients.PYTHON, "-m", "awslambdaric"]
        found[f"{name}-{OFFICIAL}"] = Image(files, {"ImageConfig": {"EntryPoint": words, "Command": [handler_name]}, **common})

    def normal(self, text):
        return without_own_frames(text)


OWN_ENTRY = re.compile(r'"  File \\"(RUNTIME|<frozen runpy>)(?:[^"\\]|\\.)*"(, )?')
OWN_FRAME = re.compile(r'[ \xa0|]*File "(RUNTIME|<frozen runpy>)')


def without_own_frames(text):
    """Traces without the frames of the runtimes, and without Python's marks below lines; both as JSON and as text."""
    lines, is_own = [], False
    for line in OWN_ENTRY.sub("", text).replace(", ]", "]").split("\n"):
        if OWN_FRAME.match(line):
            is_own = True
        elif not (is_own and re.match(r"[ \xa0|]{4}", line)) and not re.fullmatch(r"[ |]+[~^]+", line):
            is_own = False
            lines.append(line)
    return "\n".join(lines)


def handler(code, name):
    return f"\ndef {name}(event, context):\n" + textwrap.indent(textwrap.dedent(code).strip("\n"), "    ") + "\n"


# The functions that rows of a name `GROUP.…` share, and the settings of those that have one of their own.
GROUPS = {
    "py311": {"Runtime": "python3.11"},
    "py312": {"Runtime": "python3.12"},
    "init": {"Runtime": "python3.12"},
    "exit": {"Runtime": "python3.12"},
    "text": {"Runtime": "python3.12"},
    "json": {"Runtime": "python3.12", "Variables": {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "DEBUG"}},
    "jsoninit": {"Runtime": "python3.12", "Variables": {"AWS_LAMBDA_LOG_FORMAT": "JSON"}},
    "level": {"Runtime": "python3.12", "Variables": {"AWS_LAMBDA_LOG_LEVEL": "ERROR"}},
}
