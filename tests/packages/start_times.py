"""What the packages cost in time: prints the table of docs/performance.md. Run by hand, after `make static`.

A start's figure is the difference between the least times of two commands that take turns, so that other work on the
machine counts little. A test's is the median of the times that its runner itself gives for seven tests alike; the slowest,
the first, pays for what the runner loads.
"""

import glob
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

import made
from invoked import ROOT

import npm
import wheel

sys.path.insert(0, os.path.join(ROOT, "tests", "clients"))
import toolchains  # noqa: E402

RUNS = 15
MOCK = {"Mock": [{"When": {"quantity": 0}, "FunctionError": "Unhandled", "Payload": {"errorMessage": "none"}}, {"Payload": "ok"}]}
LETTERS = {"TargetArn": "arn:aws:sqs:us-east-1:123456789012:orders-dlq"}
CONFIGS = {
    "a mock": {"Local": MOCK},
    "python3.12": {"Runtime": "python3.12", "Handler": "app.handler", "CodeUri": "code", "Timeout": 20},
    "nodejs20.x": {"Runtime": "nodejs20.x", "Handler": "index.handler", "CodeUri": "code", "Timeout": 20}}
FILES = {
    "package.json": '{"name": "bed", "version": "1.0.0", "private": true}',
    "code/app.py": "def handler(event, context):\n    return 1 / event['quantity']\n",
    "code/index.js": "exports.handler = async (event) => { if (event.quantity < 1) throw new Error('none'); };",
    "test_bare.py": "def test_nothing():\n    pass\n",
    "test_start.py": "def test_nothing(invoked_server):\n    pass\n",
    "test_orders.py": """
import pytest

@pytest.mark.parametrize("number", range(7))
def test_three_tries_then_the_dead_letter(invoked_lambda, invoked_events, number):
    invoked_lambda.invoke(FunctionName="orders", InvocationType="Event", Payload='{"quantity": 0}')
    invoked_events.drain()
    assert len(invoked_events.dead_letters("orders-dlq")) == 1
""",
    "orders.test.mjs": """
import { expect, test } from 'vitest';
import { server } from 'invoked/vitest';
for (let number = 0; number < 7; number++) {
  test(`three tries, then the dead letter ${number}`, async () => {
    await server.send('orders', { quantity: 0 });
    await server.drain();
    expect(await server.deadLetters('orders-dlq')).toHaveLength(1);
  });
}
""",
    "vitest.config.mjs": "export default { test: { globalSetup: 'invoked/vitest-setup' } };",
}


def milliseconds(action):
    start = time.monotonic()
    action()
    return (time.monotonic() - start) * 1000


def difference(one, other):
    """The least times of two actions that take turns."""
    pairs = [(milliseconds(one), milliseconds(other)) for _ in range(RUNS)]
    return [min(column) for column in zip(*pairs, strict=True)]


class Bed:
    def __init__(self, folder):
        self.folder = folder
        for name, text in FILES.items():
            os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
            with open(os.path.join(folder, name), "w") as file:
                file.write(text)
        self.configure("a mock")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(("INVOKED_", "PYTHON"))}
        for tarball, path in made.write(npm, folder).items():
            if "arm64" not in tarball:
                place = "invoked" if re.match(r"invoked-\d", tarball) else "@invoked/linux-x64"
                os.makedirs(os.path.join(folder, "node_modules", place))
                subprocess.run(["tar", "-xzf", path, "-C", os.path.join(folder, "node_modules", place), "--strip-components=1"], check=True)
        os.makedirs(os.path.join(folder, "node_modules", ".bin"), exist_ok=True)
        os.symlink("../invoked/bin/invoked.cjs", os.path.join(folder, "node_modules", ".bin", "invoked"))
        self.binary = os.path.join(folder, "node_modules", "@invoked", "linux-x64", "bin", "invoked")

    def configure(self, kind):
        with open(os.path.join(self.folder, "invoked.json"), "w") as file:
            json.dump({"Functions": {"orders": {**CONFIGS[kind], "DeadLetterConfig": LETTERS}}}, file)

    def run(self, *words, **variables):
        done = subprocess.run(words, cwd=self.folder, env={**self.environment, **variables}, text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
        if done.returncode != 0:
            sys.exit(f"{words}: {done.stdout[-3000:]}")
        return done.stdout

    def first_answer(self, *words):
        """From the start of the command to the answer to the first invocation."""
        server = subprocess.Popen([*words, "serve", "--port", "0"], cwd=self.folder, env=self.environment, text=True,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True)
        with server:
            endpoint = re.search(r"http://\S+", server.stdout.readline())[0]
            host, port = endpoint.removeprefix("http://").split(":")
            made_of = f"POST /2015-03-31/functions/orders/invocations HTTP/1.0\r\nHost: {host}\r\nContent-Length: 2\r\n\r\n{{}}"
            with socket.create_connection((host, int(port))) as client:
                client.sendall(made_of.encode())
                assert client.recv(100).startswith(b"HTTP/1.1 200")
            os.killpg(server.pid, signal.SIGINT)  # as a terminal does: npx passes SIGTERM on to nobody


def starts(bed):
    bare, script = difference(lambda: bed.first_answer(bed.binary), lambda: bed.first_answer("node_modules/.bin/invoked"))
    yield "`node_modules/.bin/invoked serve` to the first answer, over the bare binary", script - bare, f"bare {bare:.0f} ms"
    bare, npx = difference(lambda: bed.first_answer(bed.binary), lambda: bed.first_answer("npx", "--no-install", "invoked"))
    node, npm_itself = difference(lambda: bed.run("node", "-e", "0"), lambda: bed.run("npx", "--no-install", "--", "node", "-e", "0"))
    yield "the same by `npx invoked serve`", npx - bare, f"of which {npm_itself - node:.0f} ms are npx's own, with any command"


def python_times(bed):
    venv = os.path.join(bed.folder, "venv")
    subprocess.run(["/usr/bin/python3", "-m", "venv", venv], check=True)
    pip = [os.path.join(venv, "bin", "pip"), "install", "-q"]
    [path] = [path for name, path in made.write(wheel, bed.folder).items() if "x86_64" in name]
    subprocess.run([*pip, "--no-index", path], check=True)
    subprocess.run([*pip, "pytest==9.2.0", "boto3==1.44.8"], check=True)
    pytest = [os.path.join(venv, "bin", "pytest"), "-q", "-p", "no:cacheprovider"]
    bed.run(*pytest, "test_start.py")
    without, with_server = difference(lambda: bed.run(*pytest, "-p", "no:invoked", "test_bare.py"),
                                      lambda: bed.run(*pytest, "test_start.py"))
    yield "pytest: a session with `invoked_server`, over one without the plugin", with_server - without, "start, reset and stop"
    for kind in ("a mock", "python3.12"):
        bed.configure(kind)
        times = [float(found) * 1000 for found in re.findall(r"([\d.]+)s call", bed.run(*pytest, "-vv", "--durations=0", "test_orders.py"))]
        yield f"three tries, then the dead letter: pytest and boto3, {kind}", statistics.median(times), f"the first {max(times):.0f} ms"


def node_times(bed):
    prefix = tempfile.mkdtemp(dir=bed.folder)
    toolchains.fetch("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", prefix, "vitest@2", folder=prefix)
    for name in os.listdir(os.path.join(prefix, "node_modules")):
        if name not in ("invoked", "@invoked", ".bin"):
            shutil.move(os.path.join(prefix, "node_modules", name), os.path.join(bed.folder, "node_modules", name))
    for kind in ("a mock", "nodejs20.x"):
        bed.configure(kind)
        bed.run("node", "node_modules/vitest/vitest.mjs", "run", "--reporter=json", "--outputFile=out.json")
        with open(os.path.join(bed.folder, "out.json")) as file:
            times = [test["duration"] for suite in json.load(file)["testResults"] for test in suite["assertionResults"]]
        yield f"three tries, then the dead letter: Vitest, {kind}", statistics.median(times), f"the first {max(times):.0f} ms"


def example(bed, name):
    folder = os.path.join(bed.folder, name)
    shutil.copytree(os.path.join(ROOT, "docs", "examples", name), folder, ignore=shutil.ignore_patterns("target"))
    return folder


def go_times(bed):
    folder = example(bed, "go")
    said = subprocess.run(["go", "test", "-vet=off", "-json", "-count=7", "./..."], cwd=folder, text=True, check=True, stdout=subprocess.PIPE,
                          env={**bed.environment, "PATH": f"{os.path.dirname(bed.binary)}:{os.environ['PATH']}"}).stdout
    rows = [json.loads(line) for line in said.splitlines()]
    times = [row["Elapsed"] * 1000 for row in rows if row["Action"] == "pass" and "Test" in row]
    yield "three tries, then the dead letter: Go, a mock", statistics.median(times), f"the first {max(times):.0f} ms; Go tells whole 10 ms"


def java_times(bed):
    folder = example(bed, "java")
    path = os.path.join(folder, "src", "test", "java", "example", "OrdersTest.java")
    with open(path) as file:
        text = file.read()
    with open(path, "w") as file:
        file.write(text.replace("@Test\n", "@org.junit.jupiter.api.RepeatedTest(7)\n").replace("import org.junit.jupiter.api.Test;\n", ""))
    subprocess.run(["mvn", "-q", "-B", "test"], cwd=folder, check=True, stdin=subprocess.DEVNULL,
                   env={**bed.environment, "PATH": f"{os.path.dirname(bed.binary)}:{os.environ['PATH']}"})
    [report] = glob.glob(os.path.join(folder, "target", "surefire-reports", "TEST-*.xml"))
    times = [float(case.get("time")) * 1000 for case in xml.etree.ElementTree.parse(report).iter("testcase")]
    yield "three tries, then the dead letter: JUnit 5, a mock", statistics.median(times), f"the first {max(times):.0f} ms, with the start"


def main():
    if not os.path.exists(made.STATIC):
        sys.exit("start_times: run `make static` first")
    with tempfile.TemporaryDirectory() as folder:
        bed = Bed(folder)
        for part in (starts, python_times, node_times, go_times, java_times):
            for what, found, more in part(bed):
                print(f"| {what} | {found:.0f} ms | {more} |", flush=True)


if __name__ == "__main__":
    main()
