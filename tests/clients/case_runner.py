"""Runs the cases of client_cases.py through one client.

A client's file defines an adapter, a subclass of Adapter, and ends with

    Cases = cases_through(MyAdapter)
    if __name__ == "__main__":
        invoked.run_tests()

Each case becomes a test: the client does the operation; what it told is compared with what the case says, member by
member, but for those that this client tells nobody (`untold`); then the server's history must hold the rows of the case.
"""

import concurrent.futures
import contextlib
import json
import os
import re
import selectors
import shutil
import socket
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from client_cases import ATTEMPTS, CASES, FUNCTIONS, REQUEST_ID, Operation  # noqa: E402
from invoked import Server, is_alive, wait_for  # noqa: E402
from toolchains import Missing  # noqa: E402

ROW_PAYLOAD_MAX = 200_000  # the history keeps no more than the beginning of larger ones
SETTLE_S = 60
GATHER_S = 150  # fifty starts of a program, on a busy machine


class Adapter:
    """A client. It tries what it thinks worth trying again ATTEMPTS times in all, but has no other setting of its own."""

    title = version = point = None  # for docs/clients.md: its name, the version, and how it is told of the server
    operations = frozenset({"Invoke", "InvokeAsync", "InvokeWithResponseStream"})  # that it has
    untold = frozenset()  # members of Outcome that it doesn't tell, or (Operation.member) not of that operation
    untried = frozenset()  # faults (client_cases.Case) after which it doesn't try again
    retry_mode = None  # one of the client's own, then with the number of attempts that is the mode's own
    attempts = ATTEMPTS
    keeps_connections = True
    spare_connections = 0  # that it may open, while an answered one is put back

    def __init__(self, endpoint, folder):
        """`folder` is for files of its own."""
        self.endpoint = endpoint
        self.folder = folder

    @classmethod
    def why_not(cls, case):
        """Why this client can't express a case; None if it can."""
        if case.operation.name not in cls.operations:
            return f"has no {case.operation.name}"
        if any(fault["Error"] in cls.untried for fault in case.faults):
            return "does not try again after a lost connection"
        return None

    def perform(self, operation):
        """Does it to the end. Called by several threads at once."""
        raise NotImplementedError

    def perform_in_turn(self, operations, endpoint):
        """One after the other, as this client would with as few connections as it can: the outcomes."""
        raise NotImplementedError

    def abandon(self, operation, is_running):
        """Goes away, with its connection, while the operation is still running and once `is_running()`."""
        raise NotImplementedError

    def close(self):
        """Ends whatever it has started."""


# ---- comparing -------------------------------------------------------------------------------------------------------


def fits(wanted, found, request_id=None):
    """Is `found` what is wanted: a pattern, an object that is contained, or the very value?"""
    if wanted is REQUEST_ID:
        return request_id in (None, found)
    if isinstance(wanted, re.Pattern):
        return isinstance(found, str) and wanted.fullmatch(found) is not None
    if isinstance(wanted, dict):
        if isinstance(found, bytes):
            found = json.loads(found)
        return isinstance(found, dict) and all(
            name in found and fits(value, found[name], request_id) for name, value in wanted.items())
    return found == wanted


def shortly(value):
    text = repr(value)
    return text if len(text) < 1000 else f"{text[:500]}… ({len(text)} characters)"


class CountingForwarder:
    """Stands between a client and the server, and counts the connections that the client opens."""

    def __init__(self, host, port):
        self.target = (host, port)
        self.count = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.threads = [threading.Thread(target=self.accept)]
        self.threads[0].start()

    def accept(self):
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self.listener.accept()
                self.count += 1
                self.threads.append(threading.Thread(target=self.forward, args=(client, socket.create_connection(self.target))))
                self.threads[-1].start()

    @staticmethod
    def forward(client, server):
        with client, server, selectors.DefaultSelector() as selector, contextlib.suppress(OSError):
            selector.register(client, selectors.EVENT_READ, server)
            selector.register(server, selectors.EVENT_READ, client)
            while True:
                for key, _ in selector.select():
                    data = key.fileobj.recv(65536)
                    if not data:
                        return
                    key.data.sendall(data)

    def close(self):
        """Of the connections the clients must have closed theirs, or the server does when it stops."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.threads[0].join()


# ---- running ---------------------------------------------------------------------------------------------------------


class ClientCases(unittest.TestCase):
    adapter_class = None
    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="client-")
        cls.server = Server(FUNCTIONS)
        try:
            cls.adapter = cls.adapter_class(cls.server.endpoint, cls.folder)
        except Missing as missing:
            cls.server.__exit__(None, None, None)
            shutil.rmtree(cls.folder, ignore_errors=True)
            raise unittest.SkipTest(str(missing)) from missing

    @classmethod
    def tearDownClass(cls):
        cls.adapter.close()
        cls.server.__exit__(None, None, None)
        shutil.rmtree(cls.folder, ignore_errors=True)

    def run_case(self, case):
        self.operation = case.operation.name
        if why := self.adapter.why_not(case):
            self.skipTest(why)
        self.assertEqual(self.server.request("DELETE", "/_invoked/invocations").status, 200)
        self.put_faults(case)
        getattr(self, "run_" + case.how)(case)
        self.assertEqual(self.server.request("POST", f"/_invoked/drain?TimeoutSeconds={SETTLE_S}").status, 200)
        rows = self.rows()
        self.assertEqual(tuple(row["Status"] for row in rows), case.rows, "rows of the history, newest first")
        for row in rows:
            self.assert_row(row, case)

    def put_faults(self, case):
        if case.faults:
            name = case.operation.members["FunctionName"]
            answer = self.server.request("PUT", f"/_invoked/functions/{name}/faults", json.dumps(case.faults))
            self.assertEqual(answer.status, 200, answer)

    def rows(self):
        return self.server.request("GET", "/_invoked/invocations").json

    def assert_row(self, row, case):
        """The server has understood what the client was told to say."""
        members = case.operation.members
        self.assertIn(f":{row['FunctionName']}:", f":{members['FunctionName']}:")
        if "Qualifier" in members:
            self.assertEqual(row["Qualifier"], members["Qualifier"])
        kind = "Event" if case.operation.name == "InvokeAsync" else members.get("InvocationType", "RequestResponse")
        self.assertEqual(row["InvocationType"], kind)
        body = case.operation.body
        if body is not None and len(body) < ROW_PAYLOAD_MAX and row["Status"] != "rejected":
            self.assertEqual(row["Payload"], json.loads(body))

    def assert_told(self, told, wanted):
        for member, value in wanted.items():
            found = getattr(told, member)
            if self.adapter.untold & {member, f"{self.operation}.{member}"}:
                self.assertIsNone(found, f"{member} is said not to be told")
            elif not fits(value, found, told.request_id):
                self.fail(f"{member} is {shortly(found)}, not {shortly(value)}; all that was told: {shortly(told)}")
        if told.log is not None and told.request_id is not None:
            self.assertTrue(told.log.startswith(f"START RequestId: {told.request_id} "), told.log)

    @staticmethod
    def with_payload(operation, value):
        return Operation(operation.name, {**operation.members, "Payload": json.dumps(value).encode()})

    # -- how: one method for each

    def run_once(self, case):
        self.assert_told(self.adapter.perform(case.operation), case.outcome)

    def run_at_once(self, case):
        """None of them ends before all of them run."""
        operations = [self.with_payload(case.operation, n) for n in range(case.count)]
        gate = os.path.join(self.server.folder, "gate")
        os.mkfifo(gate)
        with concurrent.futures.ThreadPoolExecutor(case.count) as pool:
            told = [pool.submit(self.adapter.perform, operation) for operation in operations]
            try:
                wait_for(lambda: self.running_count() == case.count or any(future.done() for future in told),
                         f"{case.count} that run", GATHER_S)
                self.assertEqual(self.running_count(), case.count, [future.result() for future in told if future.done()])
            finally:
                # Handlers that wait for the other end of the gate go on; those that come later do not wait.
                opened = os.open(gate, os.O_RDWR)
                outcomes = [future.result() for future in told]
                os.close(opened)
                os.remove(gate)
        for n, outcome in enumerate(outcomes):
            self.assert_told(outcome, {**case.outcome, "payload": b"%d" % n})

    def running_count(self):
        return sum(row["Status"] == "running" for row in self.rows())

    def run_in_turn(self, case):
        forwarder = CountingForwarder(self.server.host, self.server.port)
        try:
            told = self.adapter.perform_in_turn([self.with_payload(case.operation, n) for n in range(case.count)],
                                                forwarder.endpoint)
        finally:
            forwarder.close()
        self.assertEqual(len(told), case.count)
        for n, outcome in enumerate(told):
            self.assert_told(outcome, {**case.outcome, "payload": b"%d" % n})
        fewest = 1 if self.adapter.keeps_connections else case.count
        self.assertIn(forwarder.count, range(fewest, fewest + self.adapter.spare_connections + 1), "connections")

    def run_leaves(self, case):
        """The handler ends later; its environment takes the next invocation, in the same process."""
        first, file, before = self.wait_and_leave(case)
        with open(file, "w"):
            pass
        self.assert_as_before(before)
        last = json.loads(self.adapter.perform(self.with_payload(case.operation, {"file": file})).payload)
        self.assertEqual(last, {"pid": first["pid"], "count": 3})

    def run_leaves_stuck(self, case):
        """The handler never ends by itself; its time-out still holds, and a new process takes the next invocation."""
        first, file, before = self.wait_and_leave(case)
        wait_for(lambda: not is_alive(first["pid"]), "the end of the handler")
        [abandoned] = [row for row in self.rows() if row["Status"] != "succeeded"]
        self.assertEqual(abandoned["ResponsePayload"]["errorType"], "Sandbox.Timedout")
        with open(file, "w"):
            pass
        last = json.loads(self.adapter.perform(self.with_payload(case.operation, {"file": file})).payload)
        self.assertNotEqual(last["pid"], first["pid"])
        self.assertEqual(last["count"], 1)
        self.assert_as_before(before)

    def wait_and_leave(self, case):
        """Warms an environment up, then leaves it running. Returns what it told, the file it waits for, what there was."""
        there = self.adapter.perform(self.with_payload(case.operation, {"file": "/"}))
        self.assert_told(there, case.outcome)
        before = self.settled_counts()
        file = os.path.join(self.server.folder, case.name)
        self.adapter.abandon(self.with_payload(case.operation, {"file": file}), lambda: self.running_count() == 1)
        return json.loads(there.payload), file, before

    def counts(self):
        return self.server.descriptor_count(), len(self.server.children())

    def settled_counts(self):
        """Descriptors and processes, once they stay as they are (a spare runtime may be starting)."""
        seen = [self.counts()]

        def stay():
            seen.append(self.counts())
            return len(seen) > 100 and len(set(seen[-100:])) == 1  # for a second, as the machine may be busy

        wait_for(stay, "descriptors and processes that stay")
        return seen[-1]

    def assert_as_before(self, before):
        """Idle connections of the client may have been closed meanwhile: less is no leak."""
        descriptors, children = before
        wait_for(lambda: self.running_count() == 0 and self.counts()[0] <= descriptors and self.counts()[1] == children,
                 f"{descriptors} descriptors and {children} processes of the server, as before")


def cases_through(adapter_class):
    """The class of tests: one for each case."""
    tests = {f"test_{case.name}": lambda self, case=case: self.run_case(case) for case in CASES}
    assert len(tests) == len(CASES), "two cases have the same name"
    return type("Cases", (ClientCases,), {"adapter_class": adapter_class, "__module__": "__main__", **tests})
