"""Servers and load for the measurements: the server on one core, the load and this script on another.

Every server is started for one measurement and stopped after it, so that nothing is left over from the one before.
"""

import contextlib
import json
import os
import resource
import selectors
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time

ROOT = os.environ.get("INVOKED_ROOT") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD") or os.path.join(ROOT, "build", "release")
BINARY = os.environ.get("INVOKED_BINARY") or os.path.join(BUILD, "invoked")
BENCH = os.path.join(ROOT, "tests", "bench")
PROGRAMS = os.path.join(BUILD, "tests", "bench")
RESULTS = os.path.join(ROOT, "build", "bench")
NATIVE = os.path.join(ROOT, "build", "config", "functions", "echo")
HANDLERS = os.path.join(BENCH, "handlers")

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORES, LOAD_CORE = {CORES[0]}, CORES[-1]
# The same interpreters for the server and for what it is compared with; no shims of version managers.
PATH = "/usr/local/bin:/usr/bin:/bin"
PYTHON, NODE = shutil.which("python3", path=PATH), shutil.which("node", path=PATH)
START_S, ANSWER_S, STOP_S = 60, 60, 15

SMALL = b'{"name":"bench","list":[1,2,3],"flag":true}'
INVOKE = "/2015-03-31/functions/%s/invocations"


def raise_descriptor_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


# ---- processes -------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def all_cores():
    """What is started meanwhile may move; it shares the last core with the load."""
    global SERVER_CORES
    before, SERVER_CORES = SERVER_CORES, set(CORES)
    try:
        yield
    finally:
        SERVER_CORES = before


def popen(command, **options):
    """As subprocess.Popen, on the server's core."""
    os.sched_setaffinity(0, SERVER_CORES)
    try:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, **options)
    finally:
        os.sched_setaffinity(0, {LOAD_CORE})


class Server:
    """A process that prints a line that ends in its port (and what follows in brackets) once it can serve."""

    def __init__(self, command, log):
        self.began = time.monotonic()
        self.log = open(log, "wb")
        environment = {"PATH": PATH, "HOME": os.environ.get("HOME", "/"), "TMPDIR": tempfile.gettempdir()}
        self.process = popen(command, stdout=subprocess.PIPE, stderr=self.log, env=environment)
        line = self.process.stdout.readline().decode()
        if not line:
            self.process.wait()
            with open(log, errors="replace") as file:
                raise RuntimeError("%s does not start: %s" % (command[0], file.read()[-500:]))
        self.port = int(line.split(" (")[0].replace("/", " ").replace(":", " ").split()[-1])
        self.usage = None

    @property
    def id(self):
        return self.process.pid

    def memory_kb(self):
        with open("/proc/%d/status" % self.id) as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    def stop(self):
        """Leaves the processor time of the server and of all that it has waited for in `usage`."""
        if self.process.returncode is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        end = time.monotonic() + STOP_S
        while True:
            done, status, usage = os.wait4(self.id, os.WNOHANG)
            if done:
                self.process.returncode = os.waitstatus_to_exitcode(status)
                self.usage = usage.ru_utime + usage.ru_stime
                break
            if time.monotonic() > end:
                self.process.kill()
            time.sleep(0.002)
        self.process.stdout.close()
        self.log.close()


@contextlib.contextmanager
def folder():
    """On the disk of the build, not in a /tmp that may be memory."""
    os.makedirs(RESULTS, exist_ok=True)
    path = tempfile.mkdtemp(prefix="work-", dir=RESULTS)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def invoked(functions, **local):
    """The server with default settings and these functions; `local` goes under Local."""
    with folder() as path:
        config = os.path.join(path, "invoked.json")
        with open(config, "w") as file:
            json.dump({"Functions": functions, **({"Local": local} if local else {})}, file)
        command = [BINARY, "serve", "--port", "0", "--data-dir", os.path.join(path, "data"), config]
        server = Server(command, os.path.join(path, "log"))
        try:
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def floor(*words):
    with folder() as path:
        server = Server([os.path.join(PROGRAMS, "floor"), *words], os.path.join(path, "log"))
        try:
            yield server
        finally:
            server.stop()


# ---- functions -------------------------------------------------------------------------------------------------------


def native(**settings):
    return {"Runtime": "provided.al2023", "CodeUri": NATIVE, "Timeout": 30, **settings}


def python(handler="echo", **settings):
    return {"Runtime": "python3.12", "Handler": "app." + handler, "CodeUri": HANDLERS, "Timeout": 30, **settings}


def nodejs(handler="echo", **settings):
    return {"Runtime": "nodejs20.x", "Handler": "index." + handler, "CodeUri": HANDLERS, "Timeout": 30, **settings}


def mock(**settings):
    return {"Local": {"Mock": [{"Payload": {"status": "ok"}}]}, **settings}


def command(*words, **settings):
    return {"Local": {"Command": list(words)}, "Timeout": 30, **settings}


def python_worker(handler="echo"):
    return [PYTHON, os.path.join(BENCH, "workers", "worker.py"), os.path.join(HANDLERS, "app.py"), handler]


def nodejs_worker(handler="echo"):
    return [NODE, os.path.join(BENCH, "workers", "worker.cjs"), os.path.join(HANDLERS, "index.js"), handler]


# ---- load ------------------------------------------------------------------------------------------------------------

SCRIPT = """
local file = io.open(os.getenv("BENCH_BODY"), "rb")
wrk.method = os.getenv("BENCH_METHOD")
if wrk.method == "POST" then
  wrk.body = file:read("*a")
  wrk.headers["Content-Type"] = "application/json"
end
file:close()
wrk.headers["X-Amz-Invocation-Type"] = os.getenv("BENCH_TYPE")
wrk.headers["Authorization"] = os.getenv("BENCH_AUTHORIZATION")
if os.getenv("BENCH_PAUSE") ~= "" then
  function delay() return tonumber(os.getenv("BENCH_PAUSE")) end
end
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %f %f\\n", summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50), latency:percentile(99)))
end
"""


def wrk(port, path, seconds, connections, body=SMALL, kind="RequestResponse", pause_ms="", method="POST", authorization=None):
    """One run of wrk: requests a second, p50 and p99 in ms, number of errors."""
    with tempfile.TemporaryDirectory() as scratch:
        script, file = os.path.join(scratch, "script.lua"), os.path.join(scratch, "body")
        with open(script, "w") as text:
            text.write(SCRIPT)
        with open(file, "wb") as data:
            data.write(body)
        environment = {"PATH": PATH, "BENCH_BODY": file, "BENCH_TYPE": kind, "BENCH_PAUSE": str(pause_ms),
                       "BENCH_METHOD": method}
        if authorization:
            environment["BENCH_AUTHORIZATION"] = authorization
        words = ["wrk", "-t1", "-c%d" % connections, "-d%ds" % max(1, round(seconds)), "--timeout", "20s", "-s", script]
        words.append("http://127.0.0.1:%d%s" % (port, path))
        output = subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout
    words = next(line for line in output.splitlines() if line.startswith("RESULT")).split()[1:]
    requests, duration_us, errors, p50_us, p99_us = [float(word) for word in words]
    if requests == 0 or errors > requests / 10:
        raise RuntimeError("%d of %d requests failed" % (errors, requests))
    return {
        "value": requests * 1e6 / duration_us,
        "p50_ms": p50_us / 1000,
        "p99_ms": p99_us / 1000,
        "requests": int(requests),
        "errors": int(errors),
    }


def request_bytes(path, body=SMALL, kind="RequestResponse"):
    head = "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Amz-Invocation-Type: %s\r\nContent-Length: %d\r\n\r\n"
    return (head % (path, kind, len(body))).encode() + body


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=ANSWER_S)


def is_whole(answer):
    head, found, body = answer.partition(b"\r\n\r\n")
    if not found:
        return False
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(body) >= int(line.split(b":")[1])
    return True


def at_once(connections, request):
    """Sends `request` on all of them, and gives the ms until the last has its answer, and the answers' statuses."""
    answers = {connection: b"" for connection in connections}
    began = time.monotonic()
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            connection.sendall(request)
            selector.register(connection, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(ANSWER_S)
            if not ready:
                raise RuntimeError("no answer on %d connections" % len(selector.get_map()))
            for key, _ in ready:
                data = key.fileobj.recv(1 << 20)
                answers[key.fileobj] += data
                if not data or is_whole(answers[key.fileobj]):
                    selector.unregister(key.fileobj)
    took_ms = (time.monotonic() - began) * 1000
    return took_ms, [int(answer.split()[1]) if answer else 0 for answer in answers.values()]


def ask(connection, path, body=SMALL, kind="RequestResponse"):
    """One request and its answer: ms. Fails on any status but a good one."""
    took_ms, statuses = at_once([connection], request_bytes(path, body, kind))
    if not 200 <= statuses[0] < 300:
        raise RuntimeError("%s answered %d" % (path, statuses[0]))
    return took_ms


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def of_times(times_ms):
    return {
        "value": statistics.median(times_ms),
        "p50_ms": percentile(times_ms, 0.5),
        "p99_ms": percentile(times_ms, 0.99),
        "requests": len(times_ms),
        "errors": 0,
    }
