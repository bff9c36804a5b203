"""What one request costs the server, in instructions by callgrind, held to the table in docs/performance.md.

    scenario_instructions.py --table     measures, and prints that table
    scenario_instructions.py --functions [KIND]   what costs most, by function

test: timeout 300
"""

import contextlib
import http.client
import os
import platform
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import callgrind  # noqa: E402
import invoked  # noqa: E402
from invoked import BINARY, IS_SANITIZED, NATIVE_ECHO, ROOT, nodejs, python  # noqa: E402

PERFORMANCE = os.path.join(ROOT, "docs", "performance.md")
TABLE_BEGINS = "| instructions for one request | "
ALLOWED = 0.03  # of the whole budget of its kind, up and down
NOT_HELD = {"Event": ["SQLite", "libuv"]}  # how many commits there are is a matter of time
PARTS = ["libmicrohttpd", "libuv", "head and route", "checks", "JSON", "URL event and answer", "dispatch", "frames",
         "log, escapes", "history", "answer", "queue", "SQLite", callgrind.OTHER]
REQUESTS, WARM_UP = 400, 30
BODY = b'{"name":"bench","list":[1,2,3],"flag":true}'

NATIVE = {"Runtime": "provided.al2023", "CodeUri": NATIVE_ECHO, "Timeout": 60, "FunctionUrlConfig": {"AuthType": "NONE"}}
FUNCTIONS = {
    "native": NATIVE,
    "node": nodejs("exports.handler = async (event) => event;"),
    "python": python("def handler(event, context): return event"),
    "mock": {"Local": {"Mock": [{"Payload": {"status": "ok"}}]}},
}
INVOKE = "/2015-03-31/functions/%s/invocations"
KINDS = {  # method, target, invocation type
    "DryRun": ("POST", INVOKE % "native", "DryRun"),
    "native": ("POST", INVOKE % "native", "RequestResponse"),
    "Node.js": ("POST", INVOKE % "node", "RequestResponse"),
    "Python": ("POST", INVOKE % "python", "RequestResponse"),
    "URL GET": ("GET", "/_invoked/url/native/a?b=c", None),
    "Event": ("POST", INVOKE % "mock", "Event"),
}


def is_counted_here():
    """The table holds for the compiler and the libraries of Debian 12 on x86-64."""
    with contextlib.suppress(OSError), open("/etc/os-release", encoding="utf-8") as file:
        lines = file.read().splitlines()
        return platform.machine() == "x86_64" and "ID=debian" in lines and 'VERSION_ID="12"' in lines
    return False


class Load:
    """Requests on one connection, one after the other."""

    def __init__(self, server, kind):
        self.server = server
        self.method, self.target, invocation_type = KINDS[kind]
        self.headers = {"Content-Type": "application/json"}
        if invocation_type:
            self.headers["X-Amz-Invocation-Type"] = invocation_type
        self.is_event = invocation_type == "Event"
        self.connection = http.client.HTTPConnection(server.host, server.port, timeout=invoked.WAIT_S)

    def ask(self, requests):
        for _ in range(requests):
            self.connection.request(self.method, self.target, BODY if self.method == "POST" else None, self.headers)
            answer = self.connection.getresponse()
            answer.read()
            assert 200 <= answer.status < 300, answer.status

    def settle(self):
        if self.is_event:
            self.server.request("POST", "/_invoked/drain?TimeoutSeconds=60", timeout=90)


def measure(kinds):
    """{kind: {(part, function): instructions}}"""
    found = {}
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        server = stack.enter_context(invoked.Server(FUNCTIONS, binary=callgrind.wrapper(folder, BINARY)))
        for kind in kinds:
            load = Load(server, kind)
            load.ask(WARM_UP)
            load.settle()

            def ask(load=load):
                load.ask(REQUESTS)
                load.settle()

            found[kind] = callgrind.count(folder, server.process.pid, ask, REQUESTS)
            load.connection.close()
    return found


def table(found):
    totals = {kind: callgrind.by_part(costs) for kind, costs in found.items()}
    lines = [TABLE_BEGINS + " | ".join(totals) + " |", "| --- |" + " ---: |" * len(totals)]
    for part in [*PARTS, "all"]:
        costs = [sum(parts.values()) if part == "all" else parts[part] for parts in totals.values()]
        lines.append("| %s | %s |" % (part, " | ".join("{:,.0f}".format(cost) for cost in costs)))
    return "\n".join(lines)


def budgets():
    """{kind: {part: instructions}} of the documentation."""
    with open(PERFORMANCE, encoding="utf-8") as file:
        text = file.read()
    rows = [[cell.strip() for cell in line.strip("|").split("|")]
            for line in text[text.index(TABLE_BEGINS) :].split("\n\n")[0].splitlines()]
    kinds = rows[0][1:]
    return {kind: {row[0]: int(row[at + 1].replace(",", "")) for row in rows[2:]} for at, kind in enumerate(kinds)}


@unittest.skipIf(IS_SANITIZED, "a sanitizer's build doesn't run under valgrind")
@unittest.skipUnless(callgrind.IS_THERE, "valgrind is missing")
@unittest.skipUnless(is_counted_here(), "other libraries need other instructions: the table is of Debian 12, x86-64")
class Instructions(unittest.TestCase):
    def test_each_kind_keeps_its_budget(self):
        expected = budgets()
        self.assertEqual(list(expected), list(KINDS))
        for kind, costs in measure(KINDS).items():
            parts = callgrind.by_part(costs)
            held = [part for part in PARTS if part not in NOT_HELD.get(kind, ())]
            total = sum(expected[kind][part] for part in held)
            for part in held:
                with self.subTest(kind, part=part):
                    self.assertAlmostEqual(parts[part], expected[kind][part], delta=total * ALLOWED)
            with self.subTest(kind, part="all that is held"):
                self.assertAlmostEqual(sum(parts[part] for part in held), total, delta=total * ALLOWED)


def show_functions(kinds):
    for kind, costs in measure(kinds).items():
        print("%s: %.0f" % (kind, sum(costs.values())))
        for (part, function), cost in sorted(costs.items(), key=lambda item: -item[1])[:60]:
            print("%8.0f  %-15s %s" % (cost, part, function))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--table"]:
        print(table(measure(KINDS)))
    elif sys.argv[1:2] == ["--functions"]:
        show_functions(sys.argv[2:] or list(KINDS))
    else:
        invoked.run_tests()
