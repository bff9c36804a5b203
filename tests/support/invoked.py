"""The server as a test sees it: started on a free port with folders of its own, spoken to, stopped, looked at.

    with Server({"hello": python("def handler(event, context): return event")}) as server:
        answer = server.invoke("hello", {"a": 1})

Leaving the block stops the server and checks what must hold after every test: exit status 0, no process left that it
started, no report of a sanitizer. A test file ends with `run_tests()`, which prints "N passed, N failed".
"""

import base64
import contextlib
import errno
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

BINARY = os.environ.get("INVOKED_BINARY", "build/release/invoked")
ROOT = os.environ.get("INVOKED_ROOT", os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
FIXTURES = os.path.join(ROOT, "fixtures", "functions")
NATIVE_ECHO = os.path.join(ROOT, "build", "config", "functions", "echo")

IS_SANITIZED = not {"sanitize", "tsan"}.isdisjoint(os.path.abspath(BINARY).split(os.sep))
SLOWNESS = 4 if IS_SANITIZED else 1  # how much more time a limit on elapsed time allows
WAIT_S = 60  # the longest that a condition is waited for: far more than it needs, since the machine may be busy

UUID = r"[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}"
READY_LINE = re.compile(rb"^invoked (\S+) listening on (http://\S+) \((\d+) functions?\)\n$")
SANITIZER_REPORT = re.compile(r"(Address|Leak|Thread)Sanitizer|UndefinedBehaviorSanitizer|runtime error:")

# ---- functions for a configuration -----------------------------------------------------------------------------------


def fixture(name, **settings):
    """A function of fixtures/functions, by the prefix of its name: python-… or nodejs-…."""
    is_python = name.startswith("python-")
    return {
        "Runtime": "python3.12" if is_python else "nodejs20.x",
        "Handler": "app.handler" if is_python else "index.handler",
        "CodeUri": os.path.join(FIXTURES, name),
        "Timeout": 20,  # a busy machine is no reason to fail
        **settings,
    }


class Code:
    """A function whose files the server's test folder gets: {name: text}; a `bootstrap` becomes executable."""

    def __init__(self, files, settings):
        self.files = files
        self.settings = settings


def python(source, **settings):
    return Code({"app.py": source}, {"Runtime": "python3.12", "Handler": "app.handler", "Timeout": 20, **settings})


def nodejs(source, **settings):
    return Code({"index.js": source}, {"Runtime": "nodejs20.x", "Handler": "index.handler", "Timeout": 20, **settings})


def provided(source, **settings):
    """A `bootstrap`: a script with its first line."""
    return Code({"bootstrap": source}, {"Runtime": "provided.al2023", "Handler": "any.thing", "Timeout": 20, **settings})


def command(*words, **settings):
    local = settings.pop("Local", {})
    return {"Local": {"Command": list(words), **local}, "Timeout": 20, **settings}


# A bootstrap that tells where its Runtime API is and leaves it to the test to speak to it. It stays for as long as it
# isn't told to go, by a line in the file `end`: the exit status.
ATTENTIVE = """#!/bin/sh
echo "$AWS_LAMBDA_RUNTIME_API" > api.$$ && mv api.$$ api
while [ ! -f end ]; do sleep 0.02; done
read status < end
exit $status
"""

# ---- what is told ----------------------------------------------------------------------------------------------------


class Answer:
    """An HTTP answer: status, headers (by lower-case name), body."""

    def __init__(self, status, headers, body):
        self.status = status
        self.header_list = headers
        self.headers = {name.lower(): value for name, value in headers}
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def request_id(self):
        return self.headers["x-amzn-requestid"]

    @property
    def function_error(self):
        return self.headers.get("x-amz-function-error")

    @property
    def tail(self):
        return base64.b64decode(self.headers["x-amz-log-result"], validate=True)

    @property
    def log(self):
        return self.tail.decode()

    def __repr__(self):
        return f"{self.status} {self.header_list} {self.body[:2000]!r}"


def request(host, port, method, path, body=None, headers=None, timeout=WAIT_S * 2):
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return Answer(response.status, response.getheaders(), response.read())
    finally:
        connection.close()


def wait_for(condition, what, timeout_s=WAIT_S):
    """What `condition()` returns once that is true. `timeout_s` is for what takes long; what must be fast is measured."""
    timeout_s = max(timeout_s, WAIT_S)
    until = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"waited {timeout_s} s for {what}")
        time.sleep(0.01)


def is_alive(pid):
    """Is there such a process, other than a zombie?"""
    return process_state(pid) not in (None, "Z")


def process_state(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None


def descendants(pid):
    """The processes that `pid` has started, and theirs: {pid: state}."""
    parents = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        with contextlib.suppress(OSError, IndexError):
            with open(f"/proc/{name}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            parents[int(name)] = (int(fields[1]), fields[0])
    found = {}
    level = {pid}
    while level:
        level = {child for child, (parent, _) in parents.items() if parent in level}
        found.update({child: parents[child][1] for child in level})
    return found


def began_as_spare(pid):
    """Was it started ahead of need, by the environment of its beginning, or forked from such a process?"""
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/environ", "rb") as file:
            return re.search(rb"AWS_LAMBDA_LOG_STREAM_NAME=[0-9a-f]{32}\0", file.read()) is not None
    return False


def is_spare(pid):
    """Is it a runtime process that waits for a function? (A function's is in the function's folder.)"""
    with contextlib.suppress(OSError):
        return os.readlink(f"/proc/{pid}/cwd") == "/" and began_as_spare(pid)
    return False


def processes_with(text):
    """Processes in whose environment `text` is found."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                with open(f"/proc/{name}/environ", "rb") as file:
                    if text.encode() in file.read():
                        found.append(int(name))
    return found


def clean_environment(**more):
    """The environment of a server: nothing that would change how it behaves."""
    kept = ("PATH", "HOME", "TMPDIR", "LC_ALL", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS")
    return {name: os.environ[name] for name in kept if name in os.environ} | more


# ---- the server ------------------------------------------------------------------------------------------------------


class Server:
    """`functions`: {name: settings, or Code}. `config`: the other keys of the configuration, or the path of one."""

    def __init__(self, functions=None, config=None, arguments=(), environment=None, binary=BINARY, ready=True,
                 watches=False):
        self.folder = tempfile.mkdtemp(prefix="invoked-")
        self.config_path = config if isinstance(config, str) else os.path.join(self.folder, "invoked.json")
        self.data_folder = os.path.join(self.folder, "data")
        self.ready_file = os.path.join(self.folder, "ready.json")
        self.log_path = os.path.join(self.folder, "log")
        self.process = None
        self.endpoint = None
        if not isinstance(config, str):
            self.configure(functions or {}, config)
        self.words = [binary, "serve", "--port", "0", "--data-dir", self.data_folder, "--ready-file", self.ready_file,
                      *([] if watches else ["--no-watch"]), *arguments, self.config_path]
        self.environment = clean_environment(**(environment or {}))
        if environment and environment.get("PATH") is None and "PATH" in environment:
            del self.environment["PATH"]
        self.start(ready)

    def configure(self, functions, config=None):
        """Writes the configuration, and the code of functions that bring it."""
        settings = {name: self.place(name, function) for name, function in functions.items()}
        with open(self.config_path + ".new", "w") as file:
            json.dump({"Functions": settings, **(config or {})}, file, indent=2)
        os.replace(self.config_path + ".new", self.config_path)

    def place(self, name, function):
        if not isinstance(function, Code):
            return function
        folder = self.code_folder(name)
        os.makedirs(folder, exist_ok=True)
        for file_name, text in function.files.items():
            path = os.path.join(folder, file_name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path + ".new", "w") as file:
                file.write(text)
            if file_name == "bootstrap":
                os.chmod(path + ".new", 0o755)
            os.replace(path + ".new", path)  # a running program's file can't be written
        return {**function.settings, "CodeUri": folder}

    def code_folder(self, name):
        return os.path.join(self.folder, "code", name)

    def start(self, ready=True):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                                            env=self.environment, cwd=self.folder)
        if ready:
            self.ready_line = self.process.stdout.readline()
            match = READY_LINE.match(self.ready_line)
            if match is None:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"no ready line but {self.ready_line!r}; log:\n{self.log()}")
            self.endpoint = match[2].decode()
            self.host, port = self.endpoint.removeprefix("http://").rsplit(":", 1)
            self.port = int(port)

    @property
    def pid(self):
        return self.process.pid

    # -- speaking to it

    def request(self, method, path, body=None, headers=None, timeout=WAIT_S * 2):
        return request(self.host, self.port, method, path, body, headers, timeout)

    def invoke(self, name, event=None, qualifier=None, tail=False, headers=None, body=None, timeout=WAIT_S * 2):
        """A synchronous invocation over plain HTTP. `event` is sent as JSON; `body` as it is."""
        path = f"/2015-03-31/functions/{name}/invocations"
        if qualifier is not None:
            path += f"?Qualifier={qualifier}"
        headers = dict(headers or {})
        if tail:
            headers["X-Amz-Log-Type"] = "Tail"
        if body is None and event is not None:
            body = json.dumps(event).encode()
        return self.request("POST", path, body, headers, timeout)

    def connect(self):
        return socket.create_connection((self.host, self.port), timeout=WAIT_S)

    def client(self, **config):
        """boto3's client of Lambda; it tries nothing twice."""
        import boto3
        from botocore.config import Config

        return boto3.client("lambda", endpoint_url=self.endpoint, region_name="us-east-1",
                            aws_access_key_id="local", aws_secret_access_key="local",
                            config=Config(**{"retries": {"max_attempts": 0}, "read_timeout": 60, **config}))

    # -- looking at it

    def log(self):
        with open(self.log_path, errors="surrogateescape") as file:
            return file.read()

    def wait_for_log(self, pattern, timeout_s=WAIT_S):
        return wait_for(lambda: re.search(pattern, self.log(), re.MULTILINE), f"{pattern!r} in the log", timeout_s)

    def children(self):
        """{pid: state} of the processes that run functions, and of what these have started."""
        return {pid: state for pid, state in descendants(self.pid).items() if not is_spare(pid)}

    def descriptor_count(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    # -- its end

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self, timeout_s=WAIT_S):
        try:
            status = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the server didn't end within {timeout_s} s; log:\n{self.log()}") from None
        self.rest_of_output = self.process.stdout.read()
        self.process.stdout.close()
        return status

    def stop(self):
        """Asks it to stop; then all that must hold after every test is checked."""
        self.signal()
        return self.ended()

    def ended(self, expected_status=0):
        started = descendants(self.pid)
        status = self.wait()
        log = self.log()
        assert status == expected_status, f"the server ended with {status}; log:\n{log}"
        assert not SANITIZER_REPORT.search(log), f"a sanitizer reports:\n{log}"
        assert self.rest_of_output == b"", f"more than one line on stdout: {self.rest_of_output!r}"
        left = [pid for pid in started if is_alive(pid)] + processes_with(f"AWS_ENDPOINT_URL_LAMBDA={self.endpoint}\0")
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert not left, f"{len(left)} processes are left; log:\n{log}"
        return status

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        try:
            if self.process.poll() is None:
                if kind is None:
                    self.stop()
                else:
                    self.process.terminate()
                    self.process.terminate()
                    self.wait()
                    log = self.log()
                    print(f"--- the server's log (its end):\n{log[-6000:]}---", file=sys.stderr)
            elif not self.process.stdout.closed:
                assert kind is not None, f"the server ended by itself; log:\n{self.log()}"
                print(f"--- the server has ended with {self.process.returncode}:\n{self.log()[-6000:]}---", file=sys.stderr)
                self.process.stdout.close()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


def run_binary(*arguments, environment=None, folder=None, timeout_s=WAIT_S):
    """Runs the program to its end."""
    return subprocess.run([BINARY, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          env=clean_environment(**(environment or {})), cwd=folder, timeout=timeout_s)


# ---- the Runtime API -------------------------------------------------------------------------------------------------


class RuntimeApi:
    """One connection to a Runtime API, kept open."""

    def __init__(self, address):
        self.address = address.strip()
        host, port = self.address.rsplit(":", 1)
        self.connection = http.client.HTTPConnection(host, int(port), timeout=WAIT_S)

    def request(self, method, path, body=None, headers=None):
        self.connection.request(method, "/2018-06-01/runtime/" + path, body, headers or {})
        return self.read()

    def read(self):
        response = self.connection.getresponse()
        return Answer(response.status, response.getheaders(), response.read())

    def send_next(self):
        """Asks without reading the answer: `read()` does."""
        self.connection.request("GET", "/2018-06-01/runtime/invocation/next")

    def next(self):
        return self.request("GET", "invocation/next")

    def respond(self, request_id, body, headers=None):
        return self.request("POST", f"invocation/{request_id}/response", body, headers)

    def fail(self, request_id, body, headers=None):
        return self.request("POST", f"invocation/{request_id}/error", body, headers)

    def fail_init(self, body, headers=None):
        return self.request("POST", "init/error", body, headers)

    def raw(self, data):
        """Sends bytes over a connection of their own, reads to its end. The server may refuse them half-way."""
        host, port = self.address.rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=WAIT_S) as connection:
            try:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
            except OSError as error:
                if error.errno not in (errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN):
                    raise
            return read_all(connection)

    def another(self):
        return RuntimeApi(self.address)

    def close(self):
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def read_all(connection):
    pieces = []
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)


# ---- the end of a test file ------------------------------------------------------------------------------------------


class CountingResult(unittest.TextTestResult):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


def run_tests():
    """Runs the tests of the main module; arguments choose some by name."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # tests/run's time-out: servers are still stopped
    runner = unittest.TextTestRunner(resultclass=CountingResult, verbosity=2, stream=sys.stdout)
    program = unittest.main(module="__main__", exit=False, testRunner=runner)
    result = program.result
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    line = f"{result.passed} passed, {failed} failed"
    if result.skipped:
        line += f", {len(result.skipped)} skipped"
    print(line)
    sys.exit(1 if failed else 0)
