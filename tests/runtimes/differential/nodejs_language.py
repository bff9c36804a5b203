"""How a row about Node.js becomes a function of the bundled runtime, and one of aws-lambda-ric.

Rows of `nodejs20.x` are compared with its 3.3.0, rows of `nodejs24.x` with its 4.0.2; the local Node.js runs both.
"""

import os
import re
import subprocess

import clients
from compare import OFFICIAL, OWN, Image
from invoked import Code

VERSIONS = {"nodejs20.x": "3.3.0", "nodejs22.x": "3.3.0", "nodejs24.x": "4.0.2"}
PACKAGES = {}

START_3 = """import { run } from '%s/dist/index.mjs';
await run(process.cwd(), process.argv[2]);
"""

DISPATCHERS = {
    "callback": "exports.handler = (event, context, callback) => rows[event.row](event.event, context, callback);\n",
    "plain": "exports.handler = (event, context) => rows[event.row](event.event, context);\n",
    "stream": "exports.handler = awslambda.streamifyResponse("
              "(event, stream, context) => rows[event.row](event.event, stream, context));\n",
}


class Nodejs:
    name = "aws-lambda-ric"

    def is_available(self):
        if node_major() < 20:  # what it prints differs from release to release; the rows are written for 20
            return False
        for version in sorted(set(VERSIONS.values())):
            PACKAGES[version] = clients.nodejs_client(version)
        return all(PACKAGES.values())

    def environment(self):
        return {"PATH": "/usr/local/bin:/usr/bin:/bin"}

    def functions(self, rows):
        """{name: Code} for both sides of all rows."""
        found, shared = {}, {}
        for row in rows:
            group = row.name.split(".")[0]
            if row.own_process or row.files or row.handler:
                row.function = "own-" + re.sub(r"[^A-Za-z0-9]", "-", row.name)
                self.add(found, row.function, group, row.files or {"index.js": f"exports.handler = {row.code};\n"}, row)
            else:
                row.function = "shared-" + group
                shared.setdefault(group, []).append(row)
        for group, members in shared.items():
            source = "'use strict';\nconst rows = [];\n"
            for number, row in enumerate(members):
                row.number = number
                source += f"rows[{number}] = {row.code};\n"
            source += DISPATCHERS[GROUPS[group].get("dispatcher", "callback")]
            self.add(found, "shared-" + group, group, {"index.js": source}, members[0])
        return found

    def add(self, found, name, group, files, row):
        settings = {**GROUPS[group], **row.settings}
        settings.pop("dispatcher", None)
        runtime = settings.pop("Runtime")
        variables = {"AWS_LAMBDA_NODEJS_DISABLE_CALLBACK_WARNING": "1", **settings.pop("Variables", {}), **row.variables}
        common = {"Timeout": 3, "MemorySize": 512, "Environment": {"Variables": variables}, **settings}
        handler_name = row.handler or "index.handler"
        found[f"{name}-{OWN}"] = Code(files, {"Runtime": runtime, "Handler": handler_name, **common})
        found[f"{name}-{OFFICIAL}"] = Image(files, {
            "ImageConfig": {"EntryPoint": self.entry_point(runtime, handler_name), "Command": [handler_name]}, **common})

    def entry_point(self, runtime, handler_name):
        package = PACKAGES[VERSIONS[runtime]]
        words = ["/usr/bin/env", "AWS_EXECUTION_ENV=AWS_Lambda_" + runtime, "_HANDLER=" + handler_name, "NODE_PATH=.", "node", *FLAGS[runtime],
                 "--require", clients.RAPID_CLIENT]
        if VERSIONS[runtime].startswith("4."):
            return [*words, os.path.join(package, "index.mjs")]
        start = os.path.join(package, "start.mjs")
        if not os.path.exists(start):
            with open(start, "w") as file:
                file.write(START_3 % package)
        return [*words, start]

    def normal(self, text):
        text = re.sub(r"\(node:\d+\)", "(node:PID)", text)
        text = re.sub(r"RUNTIME/[A-Za-z0-9./_-]*\.[cm]js", "RUNTIME", text)
        frame = r"\\*\s+at [^\"\\\n]*(?:RUNTIME|node:|rapid_client)[^\"\\\n]*"
        text = re.sub(r'\\?"' + frame + r'\\?",?', "", text)  # in a list
        text = re.sub(r"\\n" + frame, "", text)  # in a JSON text
        text = re.sub(r"\n" + frame, "", text)
        text = re.sub(r"(?s)----- Native stack trace -----.*?(?=\nRequestId|\Z)", "STACK", text)
        # what Node.js says at its end comes before or after the end of the invocation, by chance
        text = re.sub(r"(?s)(?:^|\n)node:internal/process/promises:.*?(?=\nREPORT|\Z)", "", text)
        text = re.sub(r"^(?:file://)?RUNTIME:\d+\n.*\n +\^\n", "", text, flags=re.MULTILINE)  # where Node.js saw its end
        text = re.sub(r"\b\w+ \[(Runtime\.\w+)\]:", r"\1:", text)
        text = re.sub(r"(?:\n|\\+n) *\.\.\. \d+ lines matching cause stack trace \.\.\.", "", text)
        return re.sub(r',(\\?\])', r"\1", text)



def node_major():
    words = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout
    return int(re.match(r"v(\d+)|", words)[1] or 0)


def known(*flags):
    """Those that the local Node.js takes: version 18 has nothing to switch off."""
    return [flag for flag in flags if subprocess.run(["node", flag, "-e", "0"], capture_output=True).returncode == 0]


# What a Node.js of that version is started with on AWS.
FLAGS = {"nodejs20.x": known("--no-experimental-require-module"),
         "nodejs22.x": known("--no-experimental-require-module", "--no-experimental-detect-module"), "nodejs24.x": []}

# The functions that rows of a name `GROUP.…` share, and the settings of those that have one of their own.
GROUPS = {
    "plain": {"Runtime": "nodejs20.x"},
    "text": {"Runtime": "nodejs20.x"},
    "json": {"Runtime": "nodejs20.x", "Variables": {"AWS_LAMBDA_LOG_FORMAT": "JSON"}},
    "level": {"Runtime": "nodejs20.x", "Variables": {"AWS_LAMBDA_LOG_LEVEL": "WARN", "AWS_LAMBDA_LOG_FORMAT": "JSON"}},
    "stream": {"Runtime": "nodejs20.x", "dispatcher": "stream"},
    "init": {"Runtime": "nodejs20.x"},
    "exit": {"Runtime": "nodejs20.x"},
    "n22init": {"Runtime": "nodejs22.x"},
    "n24": {"Runtime": "nodejs24.x", "dispatcher": "plain"},
    "n24json": {"Runtime": "nodejs24.x", "dispatcher": "plain", "Variables": {"AWS_LAMBDA_LOG_FORMAT": "JSON"}},
    "n24stream": {"Runtime": "nodejs24.x", "dispatcher": "stream"},
    "n24init": {"Runtime": "nodejs24.x"},
    "n24exit": {"Runtime": "nodejs24.x"},
}
