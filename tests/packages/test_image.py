"""The container image: unpacked and run in namespaces, with a read-only root, as pid 1 and a user that isn't root."""
# test: timeout 400

import hashlib
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time
import unittest

import made
from invoked import run_tests

import oci

CONFIG = {"Functions": {"hello": {"Local": {"Mock": [{"Payload": "hi"}]}},
                        "version": {"Local": {"Command": ["/usr/bin/invoked", "--version"]}, "Timeout": 20}}}
CODE = {"python.py": "import sys\ndef handler(event, context):\n    return sys.version_info[0]\n",
        "nodejs.js": "exports.handler = async () => process.release.name;\n"}
INTERPRETED = {"Functions": {
    "python": {"Runtime": "python3.11", "Handler": "python.handler", "CodeUri": ".", "Timeout": 30},
    "nodejs": {"Runtime": "nodejs18.x", "Handler": "nodejs.handler", "CodeUri": ".", "Timeout": 30}}}
# `exec` all along, so that the server is pid 1 of the new namespace.
START = """
mount --bind "$1" "$1"
mount -t tmpfs -o mode=755,uid=65532,gid=65532 none "$1/data"
mount -t tmpfs none "$1/tmp"
mount -t proc proc "$1/proc"
mount --bind /dev "$1/dev"
mount -o remount,ro,bind "$1"
exec chroot --userspec=65532:65532 "$1" "$2" "$3" "$4"
"""


class Image(unittest.TestCase):
    name = "invoked"

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        path = os.path.join(cls.folder, "image.tar")
        with open(path, "wb") as file:
            file.write(oci.image(made.release(), cls.name, cls.lower())[1])
        cls.size = os.path.getsize(path)
        with tarfile.open(path) as archive:
            cls.files = {entry.name: archive.extractfile(entry).read() for entry in archive if entry.isfile()}

    @classmethod
    def lower(cls):
        return {"x86_64": []}

    def blob(self, descriptor):
        content = self.files["blobs/sha256/" + descriptor["digest"].removeprefix("sha256:")]
        self.assertEqual(len(content), descriptor["size"])
        self.assertEqual("sha256:" + hashlib.sha256(content).hexdigest(), descriptor["digest"])
        return content

    def image(self):
        """The configuration, and the descriptors of the layers."""
        self.assertEqual(json.loads(self.files["oci-layout"]), {"imageLayoutVersion": "1.0.0"})
        [top] = json.loads(self.files["index.json"])["manifests"]
        manifest = json.loads(self.blob(top))
        return json.loads(self.blob(manifest["config"])), manifest["layers"]

    def unpack(self):
        root = tempfile.mkdtemp(dir=self.folder)
        os.chmod(root, 0o755)
        for layer in self.image()[1]:
            path = os.path.join(self.folder, "layer.tar.gz")
            with open(path, "wb") as file:
                file.write(self.blob(layer))
            subprocess.run(["tar", "-xpzf", path, "-C", root, "--keep-directory-symlink"], check=True)
        return root

    def test_the_layout_is_whole(self):
        config, layers = self.image()
        self.assertEqual(len(config["rootfs"]["diff_ids"]), len(layers))
        self.assertEqual(config["config"]["User"], "65532:65532")
        self.assertEqual(config["config"]["Entrypoint"], ["/usr/bin/invoked"])
        if not layers[1:]:
            self.assertLess(self.size, 15e6)

    def test_the_folders_are_whose_they_must_be(self):
        if os.geteuid() != 0:
            self.skipTest("only root can unpack files of other users")
        root = self.unpack()
        self.assertEqual(os.stat(f"{root}/data").st_uid, 65532)
        self.assertEqual(os.stat(f"{root}/tmp").st_mode & 0o7777, 0o1777)
        self.assertEqual(os.stat(f"{root}/usr/bin/invoked").st_uid, 0)

    def serve(self, functions=None):
        """Starts the image; returns the process outside, the pid of the server, and its port."""
        if not os.path.exists(made.STATIC):
            self.skipTest("`make static` has not been run")
        if os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"],
                                               stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("no namespaces can be made here")
        config, _ = self.image()
        root = self.unpack()
        for name in ("proc", "dev"):  # which a container's runtime provides
            os.makedirs(f"{root}/{name}", exist_ok=True)
        with open(f"{root}/functions/invoked.json", "w") as file:
            json.dump(functions or CONFIG, file)
        for name, text in CODE.items():
            with open(f"{root}/functions/{name}", "w") as file:
                file.write(text)
        environment = dict(line.split("=", 1) for line in config["config"]["Env"]) | {"INVOKED_PORT": "0"}
        words = [*config["config"]["Entrypoint"], *config["config"]["Cmd"]]
        self.assertEqual(len(words), 3)
        outside = subprocess.Popen(["/usr/bin/unshare", "--mount", "--pid", "--fork", "--kill-child", "/bin/sh", "-ec", START, "sh",
                                    root, words[0], words[1], f"{words[2]}/invoked.json"], env={**environment, "PATH": os.environ["PATH"]},
                                   text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(outside.stdout.close)
        self.addCleanup(outside.wait)
        self.addCleanup(outside.kill)
        match = re.search(r"listening on http://\S+:(\d+)", outside.stdout.readline())
        self.assertTrue(match)
        with open(f"/proc/{outside.pid}/task/{outside.pid}/children") as file:
            server = int(file.read().split()[0])
        return outside, server, int(match[1])

    def ask(self, port, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request(method, path, body)
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def test_it_serves_as_pid_1_without_root_and_on_a_read_only_root(self):
        outside, server, port = self.serve()
        with open(f"/proc/{server}/status") as file:
            status = file.read()
        self.assertRegex(status, r"(?m)^Uid:\t65532\t65532")
        self.assertRegex(status, r"(?m)^NSpid:\t\d+\t1$")
        invocations = "/2015-03-31/functions/{}/invocations"
        self.assertEqual(self.ask(port, "POST", invocations.format("hello"), "{}"), '"hi"')
        self.assertIn("invoked", self.ask(port, "POST", invocations.format("version"), "{}"))
        with open(f"/proc/{server}/mounts") as file:
            self.assertRegex(file.read(), r"(?m)^\S+ / \S+ ro[, ]")

    def test_a_signal_ends_it_cleanly(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            outside, server, _ = self.serve()
            os.kill(server, number)
            self.assertEqual(outside.wait(30), 0)

    def test_no_zombie_stays(self):
        _, server, port = self.serve()
        for _ in range(5):
            self.ask(port, "POST", "/2015-03-31/functions/version/invocations", "{}")
        deadline = time.monotonic() + 10
        while True:
            with open(f"/proc/{server}/task/{server}/children") as file:
                children = file.read().split()
            zombies = [pid for pid in children if os.path.exists(f"/proc/{pid}/stat") and
                       open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] == "Z"]
            if not zombies:
                break
            self.assertLess(time.monotonic(), deadline, zombies)
            time.sleep(0.05)


class WithInterpreters(Image):
    """The second image: all of the above, and functions in Python and Node.js."""

    name = "invoked-interpreters"

    @classmethod
    def lower(cls):
        folder = os.path.join(made.ROOT, "build", "interpreters", "x86_64")
        if not os.path.exists(f"{folder}.versions"):
            raise unittest.SkipTest("`packages/interpreters/prepare x86_64` has not been run")
        return {"x86_64": [oci.folder_layer(folder, 1700000000)]}

    def test_functions_run_in_python_and_nodejs(self):
        _, _, port = self.serve(INTERPRETED)
        invocations = "/2015-03-31/functions/{}/invocations"
        self.assertEqual(self.ask(port, "POST", invocations.format("python"), "{}"), "3")
        self.assertEqual(self.ask(port, "POST", invocations.format("nodejs"), "{}"), '"node"')


if __name__ == "__main__":
    run_tests()
