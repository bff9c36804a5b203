"""The static binary: it needs nothing of the machine, works as the other one, and is reproducible.

`make static` needs packages from Debian's mirror, so what needs the binary is skipped where it hasn't been built.
"""
# test: timeout 900

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(FOLDER, "..", "support"))
from invoked import ROOT, run_tests  # noqa: E402

sys.path.insert(0, os.path.join(ROOT, "packages"))
import archives  # noqa: E402

STATIC = os.path.join(ROOT, "build", "static-x86_64", "invoked")
AARCH64 = os.path.join(ROOT, "build", "static-aarch64", "invoked")


def table():
    with open(os.path.join(ROOT, "packages", "static", "libraries")) as file:
        rows = [line.split("#")[0].split() for line in file]
    return [row for row in rows if row]


class Libraries(unittest.TestCase):
    def test_every_library_of_the_build_is_in_the_table(self):
        with open(os.path.join(ROOT, "Makefile")) as file:
            libraries = re.search(r"^LIBRARIES = (.*)$", file.read(), re.M)[1].split()
        self.assertEqual(sorted(libraries), sorted(row[0] for row in table()))

    def test_every_line_says_how_its_archive_is_had(self):
        for row in table():
            self.assertEqual(len(row), 5, row)
            self.assertIn(row[1], ("debian", "source"))
            self.assertRegex(row[3], r"^lib\w+\.a$")

    def test_the_licences_name_every_library(self):
        with open(os.path.join(ROOT, "packages", "static", "LICENSES.md")) as file:
            text = file.read().lower()
        for name in ("libmicrohttpd", "libuv", "cjson", "sqlite", "libyaml", "nettle", "minizip", "zlib", "llhttp", "glibc"):
            self.assertIn(name, text)


class Archives(unittest.TestCase):
    FILES = [archives.text("b/two", "2"), archives.text("a/one", "1", True)]

    def test_the_same_content_gives_the_same_bytes(self):
        for make in (archives.tar, archives.zip_file):
            self.assertEqual(make(self.FILES, 1700000000), make(list(self.FILES), 1700000000))
        self.assertEqual(archives.tar(self.FILES, 7), archives.tar(self.FILES[::-1], 7))
        self.assertEqual(archives.gz(b"x"), archives.gz(b"x"))

    def test_other_programs_read_them(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.tar.gz")
            with open(path, "wb") as file:
                file.write(archives.gz(archives.tar(self.FILES, 1700000000, with_folders=True, links=[("c", "a/one")])))
            listing = subprocess.run(["tar", "-tvzf", path], stdout=subprocess.PIPE, text=True, check=True).stdout
            self.assertRegex(listing, r"(?m)^-rwxr-xr-x root/root +1 2023-11-14 \S+ a/one$")
            self.assertIn("c -> a/one", listing)
            path = os.path.join(folder, "x.a")
            with open(path, "wb") as file:
                file.write(archives.ar([("one", b"1"), ("two", b"22")], 1700000000))
            self.assertEqual(subprocess.run(["ar", "p", path, "two"], stdout=subprocess.PIPE, check=True).stdout, b"22")


@unittest.skipUnless(os.path.exists(STATIC), "`make static` has not been run")
class Binary(unittest.TestCase):
    def run_static(self, *words, **options):
        return subprocess.run([STATIC, *words], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, **options)

    def test_it_needs_no_library(self):
        with open(STATIC, "rb") as file:
            content = file.read()
        self.assertNotIn(b"/lib64/ld-linux", content)
        self.assertNotIn(ROOT.encode(), content)

    def test_it_tells_its_version(self):
        self.assertRegex(self.run_static("--version").stdout, r"^invoked \d+\.\d+\.\d+( \([0-9a-f]{12}\))?\n$")

    def test_it_serves_and_finds_localhost(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "invoked.json"), "w") as file:
                json.dump({"Functions": {"hello": {"Local": {"Mock": [{"Payload": "hi"}]}},
                                         "upper": {"Local": {"Command": ["tr", "a-z", "A-Z"]}}}}, file)
            command = ('"$0" invoke hello && "$0" invoke upper \'"abc"\' && "$0" invoke '
                       '--endpoint "http://localhost:${INVOKED_ENDPOINT##*:}" hello')
            process = self.run_static("run", "--", "sh", "-c", command, STATIC, cwd=folder)
            self.assertEqual((process.returncode, process.stdout), (0, '"hi""ABC""hi"'), process.stderr)


@unittest.skipUnless(os.path.exists(AARCH64), "`make static ARCHITECTURES=aarch64` has not been run")
@unittest.skipUnless(shutil.which("qemu-aarch64-static"), "qemu-aarch64-static is not here")
class Aarch64(unittest.TestCase):
    """The binary for aarch64, under QEMU."""

    def test_it_tells_its_version(self):
        said = subprocess.run(["qemu-aarch64-static", AARCH64, "--version"], stdout=subprocess.PIPE, text=True, timeout=60).stdout
        self.assertRegex(said, r"^invoked \d+\.\d+\.\d+")

    def test_it_checks_a_configuration(self):
        process = subprocess.run(["qemu-aarch64-static", AARCH64, "check", os.path.join(ROOT, "docs", "examples", "go", "invoked.json")],
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        self.assertEqual(process.returncode, 0, process.stdout)

    def test_it_serves(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "invoked.json"), "w") as file:
                json.dump({"Functions": {"hello": {"Local": {"Mock": [{"Payload": "hi"}]}}}}, file)
            server = subprocess.Popen(["qemu-aarch64-static", AARCH64, "serve", "--port", "0", "--clock", "manual"], cwd=folder,
                                      text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            with server:
                try:
                    endpoint = server.stdout.readline().split()[4]
                    functions = f"{endpoint}/2015-03-31/functions/hello/invocations"
                    self.assertEqual(self.post(functions), '"hi"')
                    self.post(functions, "-H", "X-Amz-Invocation-Type: Event")
                    self.assertEqual(self.post(f"{endpoint}/_invoked/drain"), "{}")
                finally:
                    server.terminate()
                self.assertEqual(server.wait(60), 0)

    def post(self, url, *words):
        return subprocess.run(["curl", "-sf", "--max-time", "60", "-d", "{}", *words, url], stdout=subprocess.PIPE, text=True,
                              check=True).stdout.strip()


@unittest.skipUnless(os.path.exists(STATIC), "`make static` has not been run")
class Dist(unittest.TestCase):
    def test_two_builds_in_different_folders_give_the_same_bytes(self):
        """A copy of the sources is built in a folder of another name, and everything is made from both."""
        with tempfile.TemporaryDirectory() as folder:
            copy = os.path.join(folder, "elsewhere", "invoked")
            os.makedirs(os.path.join(copy, "build"))
            listed = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z"], cwd=ROOT, stdout=subprocess.PIPE)
            if listed.returncode != 0:
                self.skipTest("no Git here")
            for name in listed.stdout.decode().split("\0"):
                if name and name.split("/")[0] not in ("tests", "fixtures") and os.path.isfile(os.path.join(ROOT, name)):
                    os.makedirs(os.path.dirname(os.path.join(copy, name)), exist_ok=True)
                    shutil.copy2(os.path.join(ROOT, name), os.path.join(copy, name))
            shutil.copytree(os.path.join(ROOT, "build", "static-libraries"), os.path.join(copy, "build", "static-libraries"))
            for root in (ROOT, copy):
                subprocess.run(["make", "-j2", "static", "ARCHITECTURES=x86_64", "COMMIT=0123456789ab"], cwd=root, check=True,
                               env={**os.environ, "CCACHE_DISABLE": "1"},
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            sums = [hashlib.sha256(self.stripped(root)).hexdigest() for root in (ROOT, copy)]
            self.assertEqual(sums[0], sums[1])

    def stripped(self, root):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "invoked")
            subprocess.run(["strip", "-o", path, os.path.join(root, "build", "static-x86_64", "invoked")], check=True)
            with open(path, "rb") as file:
                return file.read()

    def test_what_is_made_is_complete(self):
        with tempfile.TemporaryDirectory() as folder:
            results = []
            for name in ("one", "two"):
                out = os.path.join(folder, name)
                subprocess.run([sys.executable, "-B", os.path.join(ROOT, "packages", "dist.py"), "--version", "1.2.3",
                                "--architectures", "x86_64", "--out", out], check=True, stdout=subprocess.DEVNULL)
                results.append({path: open(os.path.join(out, path), "rb").read() for path in os.listdir(out)})
                subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=out, check=True)
            self.assertEqual(*results)
            subprocess.run(["tar", "-xzf", "one/invoked-1.2.3-linux-x86_64.tar.gz"], cwd=folder, check=True)
            unpacked = os.path.join(folder, "invoked-1.2.3-linux-x86_64")
            self.assertIn("invoked ", subprocess.run([f"{unpacked}/bin/invoked", "-V"], stdout=subprocess.PIPE, text=True).stdout)
            bill = json.loads(results[0]["invoked-1.2.3.cdx.json"])
            self.assertEqual(bill["bomFormat"], "CycloneDX")
            self.assertLessEqual({row[0] for row in table()}, {entry["name"] for entry in bill["components"]})
            self.assertTrue(all(entry["version"] for entry in bill["components"]))
            self.assertEqual(len(results[0]["SHA256SUMS"].splitlines()), len(results[0]) - 1)


if __name__ == "__main__":
    run_tests()
