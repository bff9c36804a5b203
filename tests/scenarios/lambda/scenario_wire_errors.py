"""Function errors: 200, X-Amz-Function-Error: Unhandled, and the body - made by the runtime or by the platform. All with
real runtimes: the bundled Python and Node.js, and executables as `bootstrap`.

test: timeout 300
"""

import json
import os

from wire import *

PYTHON = "import os, sys, signal, time\ndef handler(event, context):\n    exec(event['do'])\n"
NODEJS = "exports.handler = async (event) => { await eval(event.do); };\n"

# Ends in the way that its only word says, as soon as it has an event.
BOOTSTRAP = """#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
curl -s -o event "$api/invocation/next"
eval "$(sed 's/^"//; s/"$//' event)"
"""

FUNCTIONS = {
    "python": invoked.python(PYTHON),
    "python-slow": invoked.python(PYTHON, Timeout=1),
    "python-raises-at-import": invoked.python("raise RuntimeError('init fails')\n"),
    "python-exits-at-import": invoked.python("import sys\nsys.exit(0)\n"),
    "python-exits-5-at-import": invoked.python("import os\nos._exit(5)\n"),
    "python-sleeps-at-import": invoked.python("import time\ntime.sleep(60)\n", Timeout=1),
    "python-set": invoked.fixture("python-unserializable"),
    "python-syntax": invoked.fixture("python-syntax-error"),
    "python-import": invoked.fixture("python-import-error"),
    "python-no-module": invoked.fixture("python-hello", Handler="nowhere.handler"),
    "python-no-handler": invoked.fixture("python-hello", Handler="app.foo"),
    "python-bad-handler": invoked.fixture("python-hello", Handler="foo"),
    "python-built-in": invoked.fixture("python-hello", Handler="sys.handler"),
    "python-wrapper": invoked.fixture("python-hello", Environment={"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/no/wrapper"}}),
    "nodejs": invoked.nodejs(NODEJS),
    "nodejs-slow": invoked.nodejs(NODEJS, Timeout=1),
    "nodejs-syntax": invoked.fixture("nodejs-syntax-error"),
    "nodejs-import": invoked.fixture("nodejs-import-error"),
    "nodejs-no-handler": invoked.fixture("nodejs-hello", Handler="index.foo"),
    "nodejs-no-function": invoked.nodejs("exports.handler = 7;\n"),
    "nodejs-bad-handler": invoked.fixture("nodejs-hello", Handler="index"),
    "nodejs-relative-handler": invoked.fixture("nodejs-hello", Handler="../x.y"),
    "nodejs-rejects": invoked.fixture("nodejs-rejection"),
    "provided": invoked.provided(BOOTSTRAP),
    "provided-slow": invoked.provided(BOOTSTRAP, Timeout=1),
    "provided-no-bootstrap": invoked.provided(BOOTSTRAP),
    "provided-not-executable": invoked.provided(BOOTSTRAP),
    "provided-bad-interpreter": invoked.provided("#!/no/such/interpreter\n"),
    "provided-bad-format": invoked.provided("\x7fELF nonsense"),
    "provided-exits-at-start": invoked.provided("#!/bin/sh\nexit 3\n"),
    "command": invoked.command("sh", "-c", "echo what a pity >&2; exit 3"),
}


def platform(error_type, message):
    return failed('{"errorType":"%s","errorMessage":"RequestId: %s Error: %s"}' % (error_type, REQUEST_ID, message))


def exits(message):
    return platform("Runtime.ExitError", message)


def timed_out(seconds):
    return platform("Sandbox.Timedout", f"Task timed out after {seconds}.00 seconds")


def entry(message):
    return platform("Runtime.InvalidEntrypoint", message)


class Python:
    """The body of an error that the Python runtime reports: members in order, with its blanks; frames as in a traceback."""

    def __init__(self, message, error_type, frames, has_id=True):
        self.message, self.type, self.frames, self.has_id = message, error_type, frames, has_id

    def __call__(self, received):
        told = json.loads(received.body)
        if json.dumps(told).encode() != received.body and json.dumps(told, ensure_ascii=False).encode() != received.body:
            return "not written as Python writes JSON"
        if list(told) != ["errorMessage", "errorType", "requestId", "stackTrace"]:
            return f"members {list(told)}"
        request_id = received.header("x-amzn-RequestId") if self.has_id else ""
        if (told["errorType"], told["requestId"]) != (self.type, request_id):
            return f"type {told['errorType']!r}, id {told['requestId']!r}"
        if not fits(told["errorMessage"], self.message):
            return f"message {told['errorMessage']!r}"
        if not all(re.fullmatch(f, t) for f, t in zip(self.frames, told["stackTrace"])) or len(self.frames) != len(told["stackTrace"]):
            return f"trace {told['stackTrace']!r}"
        return None


class Nodejs:
    """The body of an error that the Node.js runtime reports: compact, the trace begins with the error."""

    def __init__(self, error_type, message, has_trace=True):
        self.type, self.message, self.has_trace = error_type, message, has_trace

    def __call__(self, received):
        told = json.loads(received.body)
        if json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode() != received.body:
            return "not compact"
        if list(told)[:2] != ["errorType", "errorMessage"] or list(told)[-1] != "trace":
            return f"members {list(told)}"
        if told["errorType"] != self.type or not fits(told["errorMessage"], self.message):
            return f"type {told['errorType']!r}, message {told['errorMessage']!r}"
        if bool(told["trace"]) != self.has_trace:
            return f"trace {told['trace']!r}"
        return None


def frame(line, name, code):
    return rf'  File "[^"]*/app\.py", line {line}, in {re.escape(name)}\n    {re.escape(code)}\n'


HANDLER = [frame(3, "handler", "exec(event['do'])"), r'  File "<string>", line 1, in <module>\n']

# name of the case, how it is known, function, code, answer
CAUSED = [
    ("python-exception", RECORDED, "python", "raise Exception('Handler fails')",
     failed(Python("Handler fails", "Exception", HANDLER))),
    ("python-no-text", RECORDED, "python", "raise ValueError()", failed(Python("", "ValueError", HANDLER))),
    ("python-exit-0", RECORDED, "python", "sys.exit(0)", exits("Runtime exited without providing a reason")),
    ("python-exit-1", CAPTURED, "python", "os._exit(1)", exits("Runtime exited with error: exit status 1")),
    ("python-killed", CAPTURED, "python", "os.kill(os.getpid(), signal.SIGKILL)", exits("Runtime exited with error: signal: killed")),
    ("python-segmentation-fault", CAPTURED, "python", "os.kill(os.getpid(), signal.SIGSEGV)",
     failed(re.compile(rb'\{"errorType":"Runtime\.ExitError","errorMessage":"RequestId: [0-9a-f-]{36} Error: Runtime exited '
                       rb'with error: signal: segmentation fault( \(core dumped\))?"\}'))),
    ("python-terminated", INFERRED, "python", "os.kill(os.getpid(), signal.SIGTERM)",
     exits("Runtime exited with error: signal: terminated")),
    ("python-timeout", RECORDED, "python-slow", "time.sleep(60)", timed_out(1)),
    ("nodejs-timeout", RECORDED, "nodejs-slow", "new Promise((r) => setTimeout(r, 60000))", timed_out(1)),
    ("nodejs-busy-timeout", RECORDED, "nodejs-slow", "(() => { for (;;); })()", timed_out(1)),
    ("nodejs-error", RECORDED, "nodejs", "Promise.reject(new Error('Error: some_error_msg'))",
     failed(Nodejs("Error", "Error: some_error_msg"))),
    ("nodejs-type-error", RECORDED, "nodejs", "null.x", failed(Nodejs("TypeError", re.compile("Cannot read properties of null.*")))),
    ("nodejs-rejects-a-string", DOCUMENTED, "nodejs", "Promise.reject('some text')", failed(Nodejs("string", "some text", False))),
    ("nodejs-exit-0", RECORDED, "nodejs", "process.exit(0)", exits("Runtime exited without providing a reason")),
    ("nodejs-exit-3", CAPTURED, "nodejs", "process.exit(3)", exits("Runtime exited with error: exit status 3")),
    ("nodejs-aborted", CAPTURED, "nodejs", "process.abort()",
     failed(re.compile(rb'\{"errorType":"Runtime\.ExitError","errorMessage":"RequestId: [0-9a-f-]{36} Error: Runtime exited '
                       rb'with error: signal: aborted( \(core dumped\))?"\}'))),
    ("provided-exit-0", RECORDED, "provided", "exit 0", exits("Runtime exited without providing a reason")),
    ("provided-exit-127", RECORDED, "provided", "exit 127", exits("Runtime exited with error: exit status 127")),
    ("provided-killed", CAPTURED, "provided", "kill -9 $$", exits("Runtime exited with error: signal: killed")),
    ("provided-timeout", RECORDED, "provided-slow", "sleep 60", timed_out(1)),
]

IMPORT_REQUIRE = re.compile(r"Error: Cannot find module 'a-package-that-is-not-there'\nRequire stack:\n- .*", re.DOTALL)

# name of the case, how it is known, function, answer to {}
ALWAYS = [
    ("python-raises-at-import", RECORDED, failed(lambda received: Python("init fails", "RuntimeError", [], False)(
        trimmed_trace(received)))),
    ("python-exits-at-import", RECORDED, exits("Runtime exited without providing a reason")),
    ("python-exits-5-at-import", CAPTURED, exits("Runtime exited with error: exit status 5")),
    ("python-set", DOCUMENTED, failed(Python("Unable to marshal response: Object of type set is not JSON serializable",
                                             "Runtime.MarshalError", []))),
    ("python-syntax", DOCUMENTED, failed(Python("Syntax error in module 'app': invalid syntax (app.py, line 2)",
                                                "Runtime.UserCodeSyntaxError", [r'  File "[^"]*/app\.py" Line 2\n\s+return 1 \+\n'], False))),
    ("python-import", DOCUMENTED, failed(Python("Unable to import module 'app': No module named 'no_such_module'",
                                                "Runtime.ImportModuleError", [], False))),
    ("python-no-module", DOCUMENTED, failed(Python("Unable to import module 'nowhere': No module named 'nowhere'",
                                                   "Runtime.ImportModuleError", [], False))),
    ("python-no-handler", DOCUMENTED, failed(Python("Handler 'foo' missing on module 'app'", "Runtime.HandlerNotFound", [], False))),
    ("python-bad-handler", DOCUMENTED, failed(Python("Bad handler 'foo': not enough values to unpack (expected 2, got 1)",
                                                     "Runtime.MalformedHandlerName", [], False))),
    ("python-built-in", DOCUMENTED, failed(Python("Cannot use built-in module sys as a handler module",
                                                  "Runtime.BuiltInModuleConflict", [], False))),
    ("python-wrapper", RECORDED, exits("Runtime exited with error: exit status 127")),
    ("nodejs-syntax", DOCUMENTED, failed(Nodejs("Runtime.UserCodeSyntaxError", "SyntaxError: Unexpected end of input"))),
    ("nodejs-import", DOCUMENTED, failed(Nodejs("Runtime.ImportModuleError", IMPORT_REQUIRE))),
    ("nodejs-no-handler", DOCUMENTED, failed(Nodejs("Runtime.HandlerNotFound", "index.foo is undefined or not exported"))),
    ("nodejs-no-function", DOCUMENTED, failed(Nodejs("Runtime.HandlerNotFound", "index.handler is not a function"))),
    ("nodejs-bad-handler", DOCUMENTED, failed(Nodejs("Runtime.MalformedHandlerName", "Bad handler"))),
    ("nodejs-relative-handler", DOCUMENTED, failed(Nodejs(
        "Runtime.MalformedHandlerName",
        "'../x.y' is not a valid handler name. Use absolute paths when specifying root directories in handler names."))),
    ("nodejs-rejects", DOCUMENTED, failed(Nodejs("Runtime.UnhandledPromiseRejection", "Error: nobody handles this"))),
    ("provided-no-bootstrap", CAPTURED, entry("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]")),
    ("provided-not-executable", CAPTURED, entry("fork/exec /var/task/bootstrap: permission denied")),
    ("provided-bad-interpreter", CAPTURED, entry("fork/exec /var/task/bootstrap: no such file or directory")),
    ("provided-bad-format", CAPTURED, entry("fork/exec /var/task/bootstrap: exec format error")),
    ("provided-exits-at-start", RECORDED, exits("Runtime exited with error: exit status 3")),
    ("command", OWN, exits("Runtime exited with error: exit status 3")),
]


def trimmed_trace(received):
    """Of an error at import the trace is that of importlib; it must end in the file."""
    told = json.loads(received.body)
    if not told["stackTrace"] or "app.py" not in told["stackTrace"][-1]:
        return received
    told["stackTrace"] = []
    return Received(received.status_line, received.headers, json.dumps(told).encode())


TOO_LARGE_RESPONSE = failed('{"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes).",'
                            '"errorType":"Function.ResponseSizeTooLarge"}')

CASES = [
    *[Case(f"errors.{name}", fact, invoke(function, json.dumps({"do": code}).encode() if function != "provided" and
                                          function != "provided-slow" else json.dumps(code).encode()), expected)
      for name, fact, function, code, expected in CAUSED],
    *[Case(f"errors.{name}", fact, invoke(name, b"{}"), expected) for name, fact, expected in ALWAYS],
]


# Cases whose order matters: Steps sends them.
STEPS = [
    Case("errors.too-large", RECORDED, invoke("large", b'{"bytes":7340032}'), TOO_LARGE_RESPONSE),
    Case("errors.too-large.by-one", RECORDED, invoke("large", b'{"bytes":6291557}'), TOO_LARGE_RESPONSE),
    Case("errors.too-large.not-quite", RECORDED, invoke("large", b'{"bytes":6291556}'), ok(b'"' + b"a" * 6291554 + b'"')),
    Case("errors.environment-stays-after-an-error", RECORDED, invoke("counter", b'{"fail":true}'),
         failed(Python("2", "Exception", [r"(?s).*"]))),
    Case("errors.environment-stays-after-an-error.next", RECORDED, invoke("counter", b"{}"), ok("3")),
    Case("errors.environment-ends-with-a-timeout", RECORDED, invoke("counter", b'{"sleep":60}'), timed_out(1)),
    Case("errors.environment-ends-with-a-timeout.next", RECORDED, invoke("counter", b"{}"), ok("1")),
    Case("errors.init-never-ends", RECORDED, invoke("python-sleeps-at-import", b"{}"), timed_out(1)),
]

COUNTER = """import time
count = 0
def handler(event, context):
    global count
    count += 1
    time.sleep(event.get("sleep", 0))
    if event.get("fail"):
        raise Exception(str(count))
    return count
"""

FUNCTIONS |= {"large": invoked.fixture("python-large"), "counter": invoked.python(COUNTER, Timeout=1)}


def prepare(server):
    """What a configuration that is good when it is read can't say."""
    os.remove(os.path.join(server.code_folder("provided-no-bootstrap"), "bootstrap"))
    os.chmod(os.path.join(server.code_folder("provided-not-executable"), "bootstrap"), 0o644)


class Steps(WireTest):
    """What an error leaves behind for the next invocation."""

    table = globals()

    def steps(self, *names):
        for case in STEPS:
            if case.name.startswith(names):
                with self.subTest(case.name):
                    self.check(case)

    def test_a_response_that_is_too_large_leaves_the_environment(self):
        self.steps("errors.too-large")

    def test_an_environment_after_errors(self):
        with self.server.connect() as connection:
            connection.sendall(invoke("counter", b"{}"))
            self.assertEqual(Reader(connection).answer().body, b"1")
        self.steps("errors.environment")

    def test_an_initialisation_that_never_ends(self):
        self.steps("errors.init")


main(globals())
