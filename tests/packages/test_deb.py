"""The Debian package: what dpkg and lintian say of it, and the completions in it, in the shells themselves."""

import gzip
import os
import pty
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

import made
from invoked import BINARY, run_tests

import completions
import deb


class Deb(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        [cls.path] = made.write(deb, cls.folder).values()
        cls.root = os.path.join(cls.folder, "root")
        if shutil.which("dpkg-deb"):
            subprocess.run(["dpkg-deb", "-x", cls.path, cls.root], check=True)

    def need(self, tool):
        if not shutil.which(tool):
            self.skipTest(f"{tool} is not here")

    def test_dpkg_reads_it(self):
        self.need("dpkg-deb")
        fields = subprocess.run(["dpkg-deb", "-f", self.path], stdout=subprocess.PIPE, text=True, check=True).stdout
        self.assertIn("Package: invoked\nVersion: 1.2.3\nArchitecture: amd64\n", fields)
        self.assertEqual(subprocess.run([f"{self.root}/usr/bin/invoked", "--version"], stdout=subprocess.DEVNULL).returncode, 0)
        with gzip.open(f"{self.root}/usr/share/man/man1/invoked.1.gz", "rt") as file:
            self.assertIn(".TH INVOKED 1", file.read())

    def test_the_sums_in_it_are_right(self):
        self.need("dpkg-deb")
        subprocess.run(["dpkg-deb", "-e", self.path, f"{self.folder}/control"], check=True)
        subprocess.run(["md5sum", "--quiet", "-c", f"{self.folder}/control/md5sums"], cwd=self.root, check=True)

    def test_lintian_finds_nothing(self):
        self.need("lintian")
        if not os.path.exists(made.STATIC):
            self.skipTest("`make static` has not been run")
        process = subprocess.run(["lintian", "--fail-on", "error,warning", "--tag-display-limit", "0", self.path], text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = process.stdout.replace("running with root privileges is not recommended!\n", "")
        self.assertEqual((process.returncode, said), (0, ""))

    def test_systemd_reads_the_unit(self):
        self.need("systemd-analyze")
        process = subprocess.run(["systemd-analyze", "--user", "verify", f"{self.root}/usr/lib/systemd/user/invoked.service"],
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertNotRegex(process.stdout, r"(?i)unknown|invalid")


class Completions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.commands = completions.read(os.path.abspath(BINARY))
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        with open(BINARY, "rb") as file:
            cls.files = completions.build_files(file.read())
        for name, text in cls.files.items():
            with open(os.path.join(cls.folder, os.path.basename(name)), "w") as file:
                file.write(text)

    def test_every_command_and_option_is_known(self):
        self.assertLessEqual({"serve", "run", "invoke", "check"}, set(self.commands))
        options = {option.name for option in self.commands["serve"][1]}
        self.assertLessEqual({"--port", "--clock", "--no-watch", "--help", "--data-dir"}, options)
        for option in self.commands["serve"][1]:
            self.assertTrue(option.help, option)

    def bash(self, *words):
        script = (f"source {self.folder}/invoked; COMP_WORDS=({' '.join(words)}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); "
                  "[ -n \"$EMPTY\" ] && COMP_WORDS+=('') && COMP_CWORD=$((COMP_CWORD + 1)); _invoked; echo \"${COMPREPLY[*]}\"")
        return subprocess.run(["bash", "-c", script], stdout=subprocess.PIPE, text=True, check=True).stdout.split()

    def test_bash(self):
        self.assertIn("serve", self.bash("invoked", "se"))
        self.assertEqual(self.bash("invoked", "invoke", "--ty"), ["--type"])
        self.assertEqual(self.bash("invoked", "invoke", "--type", "Ev"), ["Event"])
        self.assertEqual(self.bash("invoked", "serve", "--log-format", "j"), ["json"])
        self.assertIn("--port", self.bash("invoked", "--"))

    def zsh(self, *lines):
        """What an interactive zsh has in its line after each of the lines and the tab key."""
        out = os.path.join(self.folder, "line")
        here = os.path.join(self.folder, "here")
        os.makedirs(here, exist_ok=True)
        open(os.path.join(here, "invoked.json"), "w").close()
        start = (f"PS1=READY; cd {here}; fpath=({self.folder} $fpath); autoload -U compinit; compinit -u -D; "
                 f"tell() {{ print -r -- \"$BUFFER\" >{out}.new; mv {out}.new {out}; BUFFER= }}; zle -N tell; bindkey '^X' tell\n")
        master, slave = pty.openpty()
        process = subprocess.Popen(["zsh", "-f", "-i"], stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                                   env={**os.environ, "TERM": "dumb", "HOME": self.folder})
        os.close(slave)
        self.addCleanup(os.close, master)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        reader = threading.Thread(target=self.drain, args=(os.dup(master),), daemon=True)
        reader.start()
        os.write(master, start.encode())
        found = []
        for line in lines:
            os.write(master, f"{line}\t\x18".encode())
            deadline = time.monotonic() + 60
            while not os.path.exists(out):
                self.assertLess(time.monotonic(), deadline, line)
                time.sleep(0.01)
            with open(out) as file:
                found.append(file.read().rstrip("\n"))
            os.remove(out)
        return found

    @staticmethod
    def drain(terminal):
        try:
            while os.read(terminal, 4096):
                pass
        except OSError:
            pass
        os.close(terminal)

    def test_zsh(self):
        if not shutil.which("zsh"):
            self.skipTest("zsh is not here")
        rows = (("invoked chec", "invoked check "), ("invoked invoke --typ", "invoked invoke --type "),
                ("invoked invoke --type Ev", "invoked invoke --type Event "),
                ("invoked serve --log-format j", "invoked serve --log-format json "),
                ("invoked --no-wat", "invoked --no-watch "), ("invoked serve --no-wat", "invoked serve --no-watch "),
                ("invoked serve --env-vars invo", "invoked serve --env-vars invoked.json "),
                ("invoked serve invo", "invoked serve invoked.json "))
        self.assertEqual(self.zsh(*[typed for typed, _ in rows]), [line for _, line in rows])

    def fish(self, line):
        """{what fish offers for the line: its description}"""
        said = subprocess.run(["fish", "-c", f"source {self.folder}/invoked.fish; complete -C '{line}'"], cwd=self.folder,
                              env={**os.environ, "HOME": self.folder}, stdout=subprocess.PIPE, text=True, check=True).stdout
        return dict((row + "\t").split("\t")[:2] for row in said.splitlines())

    def test_fish(self):
        if not shutil.which("fish"):
            self.skipTest("fish is not here")
        self.assertEqual(self.fish("invoked chec"), {"check": self.commands["check"][0]})
        self.assertNotIn("check", self.fish("invoked serve chec"))
        for line, offered in (("invoked invoke --typ", "--type"), ("invoked invoke --type Ev", "Event"), ("invoked --no-wat", "--no-watch"),
                              ("invoked serve --log-format j", "json"), ("invoked serve --data-dir invoked.f", "invoked.fish"),
                              ("invoked serve invoked.f", "invoked.fish")):
            self.assertEqual(list(self.fish(line)), [offered], line)
        self.assertNotIn("--type", self.fish("invoked check --ty"))
        letters = {option.letter for option in self.commands["serve"][1] if option.letter}
        self.assertLessEqual({f"-{letter}" for letter in letters}, set(self.fish("invoked serve -")))


if __name__ == "__main__":
    run_tests()
