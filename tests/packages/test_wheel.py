"""The Python wheel, installed by pip into a fresh environment: the command, `invoked.start()`, and the pytest plugin.

pytest, boto3, pytest-xdist and mypy come from PyPI; where it can't be reached, what needs them is skipped.
"""
# test: timeout 600

import glob
import json
import os
import shutil
import subprocess
import tempfile
import unittest
import zipfile

import made
from invoked import run_tests

import wheel

CONFIG = {"Functions": {
    "orders": {"Runtime": "python3.12", "Handler": "app.handler", "CodeUri": "orders", "Timeout": 20,
               "DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:123456789012:orders-dlq"}},
    "hello": {"Local": {"Mock": [{"Payload": "hi"}]}}}}
FILES = {
    "invoked.json": json.dumps(CONFIG),
    "orders/app.py": "def handler(event, context):\n    return 1 / event['quantity']\n",
    "started.py": """
import invoked
with invoked.start(%r, clock="manual") as server:
    assert server.invoke("hello") == "hi"
    server.mock("hello", [{"Payload": "other"}])
    assert server.invoke("hello") == "other"
    assert server.for_account("111111111111").invoke("hello") == "hi"
    request_id = server.send("orders", {"quantity": 0})
    server.drain()
    assert [row["Attempt"] for row in server.invocations(RequestId=request_id)] == [3, 2, 1]
    before = server.now()
    server.advance(60)
    assert server.now() > before
    server.reset()
    assert server.dead_letters() == []
    try:
        server.invoke("nothing")
    except invoked.InvokedError as error:
        assert "ResourceNotFoundException" in str(error)
try:
    invoked.start("not-there.json")
except invoked.InvokedError as error:
    print("all good")
""" % CONFIG,
    "test_orders.py": """
import json

def test_three_tries_then_the_dead_letter(invoked_lambda, invoked_events):
    invoked_lambda.invoke(FunctionName="orders", InvocationType="Event", Payload=json.dumps({"quantity": 0}))
    invoked_events.drain()
    assert len(invoked_events.dead_letters("orders-dlq")) == 1

def test_the_next_test_sees_nothing_of_it(invoked_server, invoked_events):
    assert invoked_server.invocations() == [] and invoked_events.dead_letters() == []

def test_the_clock(invoked_clock, invoked_events):
    request_id = invoked_events.send("orders", {"quantity": 0})
    invoked_clock.advance(0)
    invoked_events._server.ask("GET", f"invocations/count?RequestId={request_id}&AtLeast=1")
    assert [row["Attempt"] for row in invoked_events.attempts(request_id)] == [1]
    assert invoked_clock.advance(60) == [request_id]
    assert [row["Attempt"] for row in invoked_events.attempts(request_id)] == [1, 2]
    assert invoked_events.queued()[0]["Attempt"] == 3
""",
    "test_workers.py": """
import os

import pytest

@pytest.mark.parametrize("number", range(20))
def test_nobody_else_is_here(invoked_server, number):
    for _ in range(5):
        invoked_server.invoke("hello", number)
    assert [row["Payload"] for row in invoked_server.invocations()] == [number] * 5
    with open(f"endpoint-{os.getpid()}", "w") as file:
        file.write(f"{invoked_server.endpoint} {invoked_server.account}")
""",
    "typed.py": """
import invoked
server: invoked.Server = invoked.start("invoked.json")
ran: list[str] = server.advance(60)
""",
}


class Contents(unittest.TestCase):
    def test_the_wheel_says_where_it_runs(self):
        [(name, _)] = wheel.build(made.release())
        self.assertEqual(name, "invoked-1.2.3-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64.whl")

    def test_the_command_is_executable(self):
        with tempfile.TemporaryDirectory() as folder:
            [path] = made.write(wheel, folder).values()
            with zipfile.ZipFile(path) as archive:
                self.assertIsNone(archive.testzip())
                entry = archive.getinfo("invoked-1.2.3.data/scripts/invoked")
                self.assertEqual(entry.external_attr >> 16 & 0o777, 0o755)
                self.assertIn("invoked/py.typed", archive.namelist())


class Wheel(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.bin = os.path.join(cls.folder, "venv", "bin")
        process = subprocess.run(["/usr/bin/python3", "-m", "venv", os.path.join(cls.folder, "venv")], stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True)
        if process.returncode != 0:
            raise unittest.SkipTest(f"no environment can be made: {process.stdout.strip()}")
        [cls.wheel] = made.write(wheel, cls.folder).values()
        subprocess.run([f"{cls.bin}/pip", "install", "-q", "--no-index", cls.wheel], check=True)
        process = subprocess.run([f"{cls.bin}/pip", "install", "-q", "--retries", "1", "pytest", "pytest-xdist", "boto3", "mypy"],
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        cls.missing = process.stdout.strip()[-200:] if process.returncode != 0 else None

    def setUp(self):
        self.project = tempfile.mkdtemp(dir=self.folder)
        for name, text in FILES.items():
            path = os.path.join(self.project, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                file.write(text)

    def run_there(self, *words):
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("INVOKED_", "PYTHON"))}
        environment.pop("PYTEST_ADDOPTS", None)
        return subprocess.run([f"{self.bin}/{words[0]}", *words[1:]], cwd=self.project, env=environment, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=240)

    def check(self, *words, said=""):
        process = self.run_there(*words)
        self.assertEqual(process.returncode, 0, process.stdout)
        self.assertRegex(process.stdout, said)

    def need_pypi(self):
        if self.missing:
            self.skipTest(f"pip can't install pytest: {self.missing}")

    def test_the_command(self):
        self.check("invoked", "--version", said=r"^invoked \d")
        self.check("python", "-m", "invoked", "--version", said=r"^invoked \d")

    def test_start(self):
        self.check("python", "started.py", said="all good")

    def test_the_plugin(self):
        self.need_pypi()
        self.check("pytest", "-p", "no:cacheprovider", "test_orders.py", said="3 passed")

    def test_workers_share_a_server_and_have_an_account_each(self):
        self.need_pypi()
        self.check("pytest", "-n", "2", said="23 passed")
        seen = {open(path).read() for path in glob.glob(os.path.join(self.project, "endpoint-*"))}
        self.assertEqual((len({line.split()[0] for line in seen}), len({line.split()[1] for line in seen})), (1, 2), seen)

    def test_the_server_of_invoked_run_is_used(self):
        self.need_pypi()
        self.check("invoked", "run", "--clock", "manual", "--", f"{self.bin}/pytest", "test_orders.py", said="3 passed")

    def test_the_configuration_of_the_project(self):
        self.need_pypi()
        os.rename(os.path.join(self.project, "invoked.json"), os.path.join(self.project, "other.json"))
        with open(os.path.join(self.project, "pytest.ini"), "w") as file:
            file.write("[pytest]\ninvoked_config = other.json\n")
        self.check("pytest", "test_orders.py", said="3 passed")

    def test_a_session_without_the_fixtures_starts_no_server(self):
        self.need_pypi()
        os.remove(os.path.join(self.project, "invoked.json"))
        with open(os.path.join(self.project, "test_other.py"), "w") as file:
            file.write("def test_other():\n    assert True\n")
        self.check("pytest", "test_other.py", said="1 passed")
        self.check("pytest", "-n", "2", "test_other.py", said="1 passed")

    def test_types(self):
        self.need_pypi()
        self.check("mypy", "--strict", "typed.py", said="Success")


if __name__ == "__main__":
    run_tests()
