"""Where the server listens, and what it says when it can't."""

import os
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from events import SUCCEEDS, mock  # noqa: E402
from invoked import Server  # noqa: E402
from pressed import PressedServer, limits  # noqa: E402

HOSTS = "127.0.0.1 localhost\n127.0.0.2 localhost\n203.0.113.1 localhost\n"
WITH_HOSTS = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"']


def may_change_hosts():
    return subprocess.run([*WITH_HOSTS, "/etc/hosts", "true"], capture_output=True).returncode == 0


class Listening(unittest.TestCase):
    @unittest.skipUnless(may_change_hosts(), "needs a mount namespace")
    def test_every_address_of_a_name_is_served(self):
        with tempfile.NamedTemporaryFile("w") as hosts:
            hosts.write(HOSTS)
            hosts.flush()
            with PressedServer({"m": mock(SUCCEEDS)}, prefix=[*WITH_HOSTS, hosts.name],
                               arguments=("--host", "localhost")) as server:
                self.assertEqual(server.endpoint, f"http://localhost:{server.port}")
                for address in ("127.0.0.1", "127.0.0.2"):
                    answer = invoked.request(address, server.port, "GET", "/_invoked/health", headers={"Host": "localhost"})
                    self.assertEqual(answer.status, 200)
                with self.assertRaises(ConnectionRefusedError):
                    socket.create_connection(("127.0.0.3", server.port))

    def test_a_port_that_is_taken_is_named(self):
        with Server({"m": mock(SUCCEEDS)}) as server, tempfile.TemporaryDirectory() as folder:
            done = invoked.run_binary("serve", "--port", str(server.port), "--data-dir", folder, server.config_path)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"port {server.port} of 127.0.0.1 is taken: ", done.stderr)

    def test_a_lack_of_descriptors_is_no_lack_of_memory(self):
        with Server({"m": mock(SUCCEEDS)}) as server:
            faults = 0
            for descriptors in range(6, 24):
                with tempfile.TemporaryDirectory() as folder:
                    words = [*limits(nofile=descriptors), "timeout", "10", invoked.BINARY, "serve", "--port", "0", "--no-watch",
                             "--data-dir", folder, server.config_path]
                    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                               env=invoked.clean_environment())
                    ready = process.stdout.readline()
                    process.terminate()
                    _, text = process.communicate(timeout=invoked.WAIT_S)
                if ready == "":
                    faults += 1
                    self.assertIn("Too many open files", text)
            self.assertGreater(faults, 3)


if __name__ == "__main__":
    invoked.run_tests()
