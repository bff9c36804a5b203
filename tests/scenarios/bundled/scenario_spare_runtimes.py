"""Runtime processes that are started ahead of need (Local.SpareRuntimes): used, replaced, and seen by no handler."""

import os
import signal
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from invoked import Server, began_as_spare, is_alive, nodejs, python, wait_for  # noqa: E402

# All that a handler can learn of its process, but for what must differ: ids, ports, the log stream.
PYTHON_VIEW = """
import os, resource, signal, sys, time, locale

def handler(event, context):
    if event == "pid":
        return os.getpid()
    if event == "modules":
        import json, logging
        return [logging.getLogger().handlers != [], json.__file__]
    limits = [getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")]
    mask = os.umask(0)
    os.umask(mask)
    return {
        "environment": {k: v for k, v in os.environ.items() if k not in VARYING},
        "folder": os.getcwd(), "path": sys.path, "argv": sys.argv, "flags": list(sys.flags), "prefix": sys.prefix,
        "executable": sys.executable, "main": sys.modules["__main__"].__dict__.get("__file__"),
        "encoding": [sys.stdout.encoding, sys.getfilesystemencoding(), locale.getpreferredencoding(False)],
        "zone": time.tzname, "limits": [resource.getrlimit(limit) for limit in limits], "mask": mask,
        "leader": [os.getsid(0) == os.getpid(), os.getpgid(0) == os.getpid()],
        "descriptors": [[os.path.basename(p).split(":")[0] for p in [os.readlink("/proc/self/fd/%d" % i)]] for i in range(3)],
        "signals": [signal.getsignal(number) is None for number in range(1, 32)],
        "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
        "parent": os.getppid() == SERVER, "nice": os.nice(0), "bytecode": sys.dont_write_bytecode,
        "hash": sys.hash_info.width, "threads": len(os.listdir("/proc/self/task")),
    }

VARYING = ("AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "_X_AMZN_TRACE_ID")
SERVER = os.getppid()
"""

NODEJS_VIEW = """
const fs = require('fs');
const varying = ['AWS_LAMBDA_LOG_STREAM_NAME', 'AWS_LAMBDA_RUNTIME_API', '_X_AMZN_TRACE_ID'];

exports.handler = async (event) => {
    if (event === 'pid')
        return process.pid;
    const environment = { ...process.env };
    varying.forEach((name) => delete environment[name]);
    return {
        environment, folder: process.cwd(), argv: process.argv, execArgv: process.execArgv, exec: process.execPath,
        paths: module.paths, globalPaths: require('module').globalPaths, main: require.main === undefined,
        umask: process.umask(), locale: Intl.DateTimeFormat().resolvedOptions().locale,
        zone: [Intl.DateTimeFormat().resolvedOptions().timeZone, new Date(0).getTimezoneOffset()],
        listeners: process.eventNames().map(String).sort(), title: process.title,
        status: fs.readFileSync('/proc/self/status', 'utf8').split('\\n').filter((line) => /^Sig(Blk|Ign|Cgt)|^Groups/.test(line)),
        descriptors: [0, 1, 2].map((n) => fs.readlinkSync('/proc/self/fd/' + n).split(':')[0]),
    };
};
"""


def local(count):
    return {"Local": {"SpareRuntimes": count}}


def spares(server):
    """The processes that began as spares, and what these have forked."""
    return [pid for pid in invoked.descendants(server.pid) if began_as_spare(pid)]


class Spares(unittest.TestCase):
    def wait_for_spares(self, server, count):
        return wait_for(lambda: len(spares(server)) == count and spares(server), f"{count} spare processes")

    def test_a_cold_start_takes_it_and_the_next_one_is_started(self):
        for function in (python(PYTHON_VIEW), nodejs(NODEJS_VIEW)):
            with Server({"a": function, "b": function}) as server:
                first = self.wait_for_spares(server, 1)
                self.assertEqual(server.invoke("a", "pid").json, first[0])
                second = set(self.wait_for_spares(server, 2)) - set(first)
                self.assertEqual({server.invoke("b", "pid").json}, second)
                self.assertEqual(server.invoke("a", "pid").json, first[0])  # warm: it stays what it is

    def test_one_for_each_language(self):
        with Server({"a": python(PYTHON_VIEW), "b": nodejs(NODEJS_VIEW), "c": python(PYTHON_VIEW)}) as server:
            both = self.wait_for_spares(server, 2)
            self.assertEqual({server.invoke(name, "pid").json for name in "ab"}, set(both))

    def test_as_many_as_are_asked_for_and_none_at_0(self):
        with Server({"a": python(PYTHON_VIEW)}, config=local(3)) as server:
            self.wait_for_spares(server, 3)
        with Server({"a": python(PYTHON_VIEW)}, config=local(0)) as server:
            server.invoke("a", "pid")
            time.sleep(0.3)  # none may come
            self.assertEqual(spares(server), [])

    def test_none_for_what_needs_none(self):
        functions = {"a": {"Local": {"Mock": [{"Payload": 1}]}}, "b": invoked.command("cat")}
        with Server(functions) as server:
            self.assertEqual(server.invoke("a").json, 1)
            time.sleep(0.3)
            self.assertEqual(invoked.descendants(server.pid), {})

    def test_a_killed_one_is_missed_by_nobody(self):
        with Server({"a": python(PYTHON_VIEW), "b": python(PYTHON_VIEW)}) as server:
            (spare,) = self.wait_for_spares(server, 1)
            os.kill(spare, signal.SIGKILL)
            wait_for(lambda: not is_alive(spare), "its end")
            self.assertIsNone(server.invoke("a", "pid").function_error)
            self.wait_for_spares(server, 1)
            self.assertIsNone(server.invoke("b", "pid").function_error)

    def test_reloading_ends_those_that_are_not_wanted_any_more(self):
        with Server({"a": python(PYTHON_VIEW)}, config=local(2)) as server:
            self.wait_for_spares(server, 2)
            server.configure({"a": python(PYTHON_VIEW)}, local(0))
            server.signal(signal.SIGHUP)
            wait_for(lambda: not spares(server), "the end of the spare processes")
            self.assertIsNone(server.invoke("a", "pid").function_error)

    def test_what_a_handler_detaches_ends_with_its_environment(self):
        source = """
import os, time
def handler(event, context):
    if event == "die":
        os._exit(1)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(600)
        os._exit(0)
    os.wait()
    return os.getpid()
"""
        with Server({"a": python(source)}) as server:
            (spare,) = self.wait_for_spares(server, 1)
            self.assertEqual(server.invoke("a", 1).json, spare)
            self.wait_for_spares(server, 3)  # the environment, what it has detached, the next spare
            time.sleep(0.5)  # beyond the sweep for what is left behind: it must not be taken for that
            self.assertEqual(len(spares(server)), 3)
            server.invoke("a", "die")
            self.wait_for_spares(server, 1)


class View(unittest.TestCase):
    """With and without a spare process, a handler sees the same."""

    maxDiff = None

    def views(self, function):
        seen = []
        for count in (0, 1):
            with Server({"a": function}, config=local(count), arguments=["--port", "0"]) as server:
                if count:
                    (spare,) = wait_for(lambda: spares(server), "a spare process")
                    wait_for(lambda: len(os.listdir(f"/proc/{spare}/fd")) >= 4, "its start")
                    time.sleep(0.2)  # now it has loaded what it loads ahead of need
                view = server.invoke("a", {}).json
                if count:
                    self.assertEqual(server.invoke("a", "pid").json, spare)
                text = repr(view).replace(server.folder, "FOLDER").replace(server.endpoint, "ENDPOINT")
                seen.append(text.split(", "))
        return seen

    def test_python(self):
        without, with_spare = self.views(python(PYTHON_VIEW))
        self.assertEqual(with_spare, without)

    def test_python_with_variables_of_its_own(self):
        variables = {"GREETING": "hei", "PATH_INFO": "x=y", "TZ": "Europe/Oslo"}
        without, with_spare = self.views(python(PYTHON_VIEW, Environment={"Variables": variables}))
        self.assertEqual(with_spare, without)
        self.assertIn("'TZ': 'Europe/Oslo'", with_spare)

    def test_nodejs(self):
        without, with_spare = self.views(nodejs(NODEJS_VIEW))
        self.assertEqual(with_spare, without)

    def test_nodejs_with_variables_of_its_own(self):
        variables = {"NODE_ENV": "production", "GREETING": "hei", "TZ": "Asia/Kolkata"}
        without, with_spare = self.views(nodejs(NODEJS_VIEW, Environment={"Variables": variables}))
        self.assertEqual(with_spare, without)
        self.assertIn("'zone': ['Asia/Calcutta'", with_spare)

    def test_variables_that_are_read_at_the_start_have_their_effect(self):
        source = "import sys\ndef handler(event, context): return [sys.flags.optimize, sys.flags.hash_randomization]"
        variables = {"PYTHONOPTIMIZE": "2", "PYTHONHASHSEED": "0"}
        with Server({"a": python(source, Environment={"Variables": variables}), "b": python(source)}) as server:
            wait_for(lambda: spares(server), "a spare process")
            self.assertEqual(server.invoke("a", {}).json, [2, 0])
            self.assertEqual(server.invoke("b", {}).json, [0, 1])


if __name__ == "__main__":
    invoked.run_tests()
