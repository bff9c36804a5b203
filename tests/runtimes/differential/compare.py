"""Runs rows under a bundled runtime and under the official client on one server, and compares all that can be seen.

A row is one handler with one or more events. Rows of one group share a function (`python_rows.py` and `nodejs_rows.py`
say how a group's rows become files), unless a row needs a process of its own. Each row is told apart by its name
`GROUP.NAME`. Compared are, for each event: the answer (status, function error, body or stream), the log and how it
ended; after an event that ends the process, also that the next one is served by a new process.

A row that differs on purpose names its entry in docs/parity.md (`differs`): it must go on differing.
"""

import concurrent.futures
import json
import os
import re
import shutil
import struct
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import clients  # noqa: E402
import invoked  # noqa: E402

PARITY = os.path.join(invoked.ROOT, "docs", "parity.md")
OWN, OFFICIAL = "bundled", "official"
THREADS = 4
HISTORY_SIZE = 20000
SHOWN, SHOWN_BEFORE = 600, 60


class Row:
    """
    `events` is a list of JSON values (or bytes: the payload as it is). `ends`: each of them may end its process, and
    whether the next has a new one is compared. (Elsewhere a client that asks late for its next event makes another.)
    """

    def __init__(self, name, code, events, own_process=False, ends=False, differs=None, streams=False, handler=None,
                 files=None, variables=None, settings=None, headers=None):
        self.name = name
        self.code = code
        self.events = events
        self.own_process = own_process or ends
        self.ends = ends
        self.differs = differs
        self.streams = streams
        self.handler = handler
        self.files = files
        self.variables = variables or {}
        self.settings = settings or {}
        self.headers = headers or {}
        self.function = None  # set by the language's tables
        self.number = None  # its number in a shared function


def payload(row, event):
    if isinstance(event, bytes):
        return event
    return json.dumps(event if row.number is None else {"row": row.number, "event": event}).encode()


def parse_stream(data):
    """The messages of an event stream: [(event type, payload)]."""
    found = []
    while data:
        total, head = struct.unpack(">II", data[:8])
        headers, at = {}, 12
        while at < 12 + head:
            size = data[at]
            name = data[at + 1 : at + 1 + size].decode()
            length = struct.unpack(">H", data[at + 2 + size : at + 4 + size])[0]
            at += 4 + size
            headers[name] = data[at : at + length].decode()
            at += length
        found.append((headers.get(":event-type"), data[12 + head : total - 4]))
        data = data[total:]
    return found


class Image(invoked.Code):
    """Code whose folder is the working folder, as in an image."""


class TwoSidedServer(invoked.Server):
    def remove(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def place(self, name, function):
        settings = super().place(name, function)
        if isinstance(function, Image):
            settings["ImageConfig"]["WorkingDirectory"] = settings.pop("CodeUri")
        return settings


class Seen:
    """What one invocation showed."""

    def __init__(self, server, function, row, event):
        path = f"/2015-03-31/functions/{function}/invocations"
        if row.streams:
            path = f"/2021-11-15/functions/{function}/response-streaming-invocations"
        answer = server.request("POST", path, payload(row, event), row.headers)
        self.status = answer.status
        self.function_error = answer.function_error
        self.content_type = answer.headers.get("content-type")
        self.body = answer.body
        if row.streams and answer.status == 200:
            messages = parse_stream(answer.body)
            self.body = b"".join(data for kind, data in messages if kind == "PayloadChunk")
            self.function_error = b"".join(data for kind, data in messages if kind == "InvokeComplete").decode()
            self.content_type = answer.headers.get("x-amz-response-stream-content-type", self.content_type)
        found = server.request("GET", "/_invoked/invocations?RequestId=" + answer.request_id).json
        self.log = found[0]["Log"] or ""
        self.request_id = answer.request_id
        self.is_cold = found[0]["ColdStart"]


class Normal:
    """Makes what may differ between any two runs the same: ids, times, places of the runtimes' own code."""

    def __init__(self, server, language):
        self.server = server
        self.language = language

    def text(self, text, request_id):
        if request_id is not None:
            text = text.replace(request_id, "ID")
        text = re.sub(r"[0-9a-f]{32}", "HEX32", text)
        text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME", text)
        text = re.sub(re.escape(self.server.folder) + r"/code/[A-Za-z0-9-]+", "/code", text)
        text = re.sub(r"((?:own|shared)-[A-Za-z0-9-]+)-(?:%s|%s)\b" % (OWN, OFFICIAL), r"\1", text)
        text = re.sub(r"0x[0-9a-f]{8,}", "0xADDRESS", text)
        text = text.replace(os.path.join(self.server.data_folder, "runtimes"), "RUNTIME").replace(clients.CACHE, "RUNTIME")
        return self.language.normal(text)

    def log(self, log, request_id):
        lines = []
        for line in log.replace("\r", "\n").split("\n"):
            line = re.sub(r"(START|END) RequestId: [-0-9a-f]*( Version: \S+)?$", "", line)
            if line.startswith("REPORT RequestId"):
                line = "REPORT " + " ".join(re.findall(r"(?:Status|Error Type): \S+", line))
            if line:
                lines.append(line)
        return self.text("\n".join(lines), request_id)

    def seen(self, seen, row):
        return {
            "status": seen.status,
            "function error": self.text(str(seen.function_error), seen.request_id),
            "content type": seen.content_type,
            "body": self.text(seen.body.decode("utf-8", "surrogateescape"), seen.request_id),
            "log": self.log(seen.log, seen.request_id),
            "cold": seen.is_cold if row.ends else None,
        }

    def init_log(self, function):
        """What the processes of `function` logged outside of invocations."""
        lines = re.findall(r"^\S+ \[%s\] (.*)$" % re.escape(function), self.server.log(), re.MULTILINE)
        text = self.log("\n".join(lines).replace("\\r", "\n"), None)
        return "\n".join(dict.fromkeys(text.split("\n")))  # how often a process was started is chance


def run_function(normal, side, rows):
    """All rows of one function on one side: {row name: [what each event showed]}."""
    found = {}
    function = f"{rows[0].function}-{side}"
    for row in rows:
        try:
            found[row.name] = []
            for event in row.events:
                found[row.name].append(normal.seen(Seen(normal.server, function, row, event), row))
        except Exception as error:  # noqa: BLE001 - told at the row
            found[row.name].append({"failed": f"{type(error).__name__}: {error}"})
    return found


def run_all(server, language, rows):
    """{side: {row name: [...]}}"""
    functions = {}
    for row in rows:
        functions.setdefault(row.function, []).append(row)
    found = {OWN: {}, OFFICIAL: {}}
    normal = Normal(server, language)
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        jobs = {(side, name): pool.submit(run_function, normal, side, group)
                for name, group in functions.items() for side in (OWN, OFFICIAL)}
        for (side, _), job in jobs.items():
            found[side].update(job.result())
    server.signal()
    server.process.wait(invoked.WAIT_S)  # all is in its log then
    for name, group in functions.items():
        for side in (OWN, OFFICIAL) if group[0].number is None else ():
            found[side][group[0].name].append({"init log": normal.init_log(f"{name}-{side}")})
    return found


def difference(own, official):
    """Text about what differs, or None."""
    lines = []
    for number, (here, there) in enumerate(zip(own, official)):
        for key in there if set(there) == set(here) else {**here, **there}:
            if here.get(key) != there.get(key):
                own_text, official_text = repr(here.get(key)), repr(there.get(key))
                at = max(0, len(os.path.commonprefix([own_text, official_text])) - SHOWN_BEFORE)
                lines.append(f"  event {number}, {key}, from {at}:\n    bundled:  {own_text[at:at + SHOWN]}\n"
                             f"    official: {official_text[at:at + SHOWN]}")
    return "\n".join(lines) or None


def parity_entries():
    """The names of docs/parity.md's entries about differences of the bundled runtimes."""
    with open(PARITY) as file:
        return set(re.findall(r"^\| `runtime\.([a-z0-9.-]+)` ", file.read(), re.MULTILINE))


def make_case(language, rows):
    """A TestCase with a method for each row."""

    class Differential(unittest.TestCase):
        maxDiff = None

        @classmethod
        def setUpClass(cls):
            cls.found = None
            if language.is_available():
                functions = language.functions(rows)
                server = TwoSidedServer(functions, {"Local": {"HistorySize": HISTORY_SIZE}}, environment=language.environment())
                try:
                    cls.found = run_all(server, language, rows)
                    server.ended()
                finally:
                    server.remove()

        def check(self, row):
            if self.found is None:
                self.skipTest(language.name + " is not installed, or doesn't run here")
            found = difference(self.found[OWN][row.name], self.found[OFFICIAL][row.name])
            if row.differs is None:
                self.assertIsNone(found, f"\n{row.name}: {row.code}\n{found}")
            else:
                self.assertIsNotNone(found, f"{row.name} doesn't differ any more: take it out of the row and docs/parity.md")

        def test_each_difference_is_explained(self):
            names = {row.differs for row in rows if row.differs}
            self.assertEqual(names - parity_entries(), set(), "not in docs/parity.md")

    names = set()
    for row in rows:
        assert row.name not in names, row.name
        names.add(row.name)

        def test(self, row=row):
            self.check(row)

        setattr(Differential, "test_" + row.name, test)
    return Differential
