"""Processes that the server did not start, and that became its children all the same: it must leave them alone.

A shell that starts something and then `exec`s the server hands its children over to it. Pid 1 of a container gets every
orphan of the container. What a handler has started is ended whatever it did to hide.
"""
# test: timeout 120

import os
import shlex
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from invoked import SLOWNESS, Server, command, is_alive, python, wait_for  # noqa: E402

SWEEP_S = 1 * SLOWNESS  # longer than the server waits before it looks for what an ended process left behind
UNSHARE = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc"]

# Leaves its group and session, loses its parent, and says where it is.
LEAVES_A_DAEMON = """
import os, subprocess, time
def handler(event, context):
    if event == "die":
        os._exit(1)
    subprocess.run(["sh", "-c", "(setsid %s sh -c 'echo $$ > pid; exec sleep 300' > /dev/null 2>&1 &)"])
    while not os.path.exists("pid") or not open("pid").read():
        time.sleep(0.01)
    return int(open("pid").read())
"""


class ShellServer(Server):
    """Started by a shell: `script` runs before the server takes the shell's place."""

    def __init__(self, script, functions=None, prefix=(), **options):
        self.script = script
        self.prefix = list(prefix)
        super().__init__(functions or {"f": command("cat")}, **options)

    def start(self, ready=True):
        self.words = [*self.prefix, "bash", "-c", f"{self.script}\nexec {shlex.join(self.words)}"]
        super().start(ready)

    def number(self, name):
        """What the script has written to the file `name`."""
        path = os.path.join(self.folder, name)
        wait_for(lambda: os.path.exists(path) and open(path).read().endswith("\n"), f"the file {name}")
        return int(open(path).read())


class Foreign(unittest.TestCase):
    def serve(self, *arguments, **options):
        server = ShellServer(*arguments, **options)

        def end():
            if server.process.poll() is None:
                server.process.kill()
            server.process.wait()
            server.__exit__(AssertionError, None, None)
        self.addCleanup(end)
        return server

    def foreign(self, pid):
        self.addCleanup(lambda: is_alive(pid) and os.kill(pid, signal.SIGKILL))
        return pid

    def assert_lives_through_everything(self, server, pid):
        """Through the end of handlers and through the end of the server."""
        for _ in range(3):
            self.assertEqual(server.invoke("f", 1).json, 1)
        time.sleep(SWEEP_S)
        self.assertTrue(is_alive(pid), "killed while the server runs")
        server.signal()
        self.assertEqual(server.wait(), 0)
        self.assertTrue(is_alive(pid), "killed by the end of the server")

    def test_a_child_of_the_shell_that_became_the_server(self):
        server = self.serve("sleep 999 > /dev/null 2>&1 & echo $! > sleep.pid")
        self.assert_lives_through_everything(server, self.foreign(server.number("sleep.pid")))

    def test_a_pipeline_that_takes_the_servers_log(self):
        server = self.serve("exec 2> >(tee tee.log > /dev/null 2>&1); echo $! > tee.pid")
        tee = self.foreign(server.number("tee.pid"))
        for _ in range(3):
            self.assertEqual(server.invoke("f", 1).json, 1)
        time.sleep(SWEEP_S)
        self.assertTrue(is_alive(tee), "killed while the server runs")
        server.signal()
        self.assertEqual(server.wait(), 0)
        wait_for(lambda: not is_alive(tee), "the end of tee at the end of its input")
        with open(os.path.join(server.folder, "tee.log")) as log:
            self.assertIn("stopped", log.read())

    def test_an_orphan_of_such_a_child(self):
        server = self.serve("sh -c 'setsid sleep 999 > /dev/null 2>&1 & echo $! > orphan.pid; "
                            "while [ ! -e go ]; do sleep 0.05; done' > /dev/null 2>&1 &")
        orphan = self.foreign(server.number("orphan.pid"))
        open(os.path.join(server.folder, "go"), "w").close()
        wait_for(lambda: parent(orphan) == server.pid, "its becoming the server's child")
        self.assert_lives_through_everything(server, orphan)

    def test_pid_1_of_a_container(self):
        if subprocess.run([*UNSHARE, "true"], capture_output=True).returncode != 0:
            self.skipTest("no namespaces here")
        server = self.serve("sleep 999 > /dev/null 2>&1 &", prefix=UNSHARE)
        inner, = invoked.descendants(server.pid).keys() - set(self.named("sleep", server.pid))
        # As `docker exec` would: a shell in the namespace that leaves an orphan to pid 1.
        subprocess.run(["nsenter", "--user", "--preserve-credentials", "--pid", "--mount", f"--target={inner}", "sh", "-c",
                        "setsid sleep 888 > /dev/null 2>&1 &"], check=True)
        sleeping = wait_for(lambda: (lambda found: found if len(found) == 2 else None)(self.named("sleep", server.pid)),
                            "both processes that are not the server's")
        for _ in range(3):
            self.assertEqual(server.invoke("f", 1).json, 1)
        time.sleep(SWEEP_S)
        self.assertEqual([is_alive(pid) for pid in sleeping], [True, True])
        os.kill(inner, signal.SIGTERM)
        self.assertEqual(server.wait(), 0)

    def named(self, name, above):
        """Processes below `above` that run the program `name`."""
        found = []
        for pid in invoked.descendants(above):
            try:
                with open(f"/proc/{pid}/comm") as file:
                    if file.read().strip() == name:
                        found.append(pid)
            except OSError:
                pass
        return found


def parent(pid):
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rsplit(")", 1)[1].split()[1])


class Own(unittest.TestCase):
    """What a handler leaves behind ends with its environment, and not before."""

    # How the daemon is started: as the handler would, without an environment, with one of 100 KiB before the server's.
    WAYS = {"as it is": "", "no environment": "env -i", "a large environment": "env A=$(head -c 100000 /dev/zero | tr '\\\\0' a)"}

    def test_ends_with_the_environment(self):
        for what, way in self.WAYS.items():
            with self.subTest(what), Server({"f": python(LEAVES_A_DAEMON % way), "g": command("cat")}) as server:
                daemon = server.invoke("f", 1).json
                self.assertEqual(server.invoke("g", 1).json, 1)  # another process ends
                time.sleep(SWEEP_S)
                self.assertTrue(is_alive(daemon), "killed while its environment lives")
                server.invoke("f", "die")
                wait_for(lambda: not is_alive(daemon), "the end of what it left behind")

    def test_ends_where_the_functions_own_environment_is_large(self):
        variables = {f"LARGE_{i}": "x" * 30000 for i in range(10)}
        with Server({"f": python(LEAVES_A_DAEMON % "", Local={"InheritEnvironment": list(variables)}), "g": command("cat")},
                    environment=variables) as server:
            daemon = server.invoke("f", 1).json
            self.assertEqual(server.invoke("g", 1).json, 1)
            time.sleep(SWEEP_S)
            self.assertTrue(is_alive(daemon), "killed while its environment lives")
            server.invoke("f", "die")
            wait_for(lambda: not is_alive(daemon), "the end of what it left behind")


if __name__ == "__main__":
    invoked.run_tests()
