"""Runs the examples of README.md and docs/*.md as they are printed, and compares what comes out.

A comment before a fenced block says what it is; a block without one is not run:

    <!-- test: config NAME -->            a configuration; it is written to NAME.json
    <!-- test: file PATH -->              a file; it is written to PATH
    <!-- test: same PATH -->              a file of the repository
    <!-- test: serve NAME [OPTIONS] -->   a console session with a server of its own: NAME as above, a file, or a folder
    <!-- test: watch NAME [OPTIONS] -->   the same, with a server that reloads what changes
    <!-- test: continue -->               more of the same session
    <!-- test: shell -->                  a console session without a server
    <!-- test: log -->                    lines that the server's log has, in this order

In a session `$ ` begins a command (`> ` a further line of it), what follows is its output. Port 3001 stands for the server's.
In what is expected `…` stands for any text, and alone on its line for any lines.
The text before a block that is served must name the file that is served.
"""
# test: timeout 240

import glob
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from invoked import BINARY, ROOT, Server, wait_for  # noqa: E402

BLOCK = re.compile(r"^<!-- test: (?P<what>[^\n]*?) -->\n+```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
KINDS = {"file": None, "same": None, "config": "jsonc", "serve": "console", "watch": "console", "continue": "console", "shell": "console", "log": "text"}


def blocks(text):
    return [(text.count("\n", 0, match.start()) + 1, match["what"].split(), match["kind"], match["text"])
            for match in BLOCK.finditer(text)]


def steps(text):
    """[(command, expected output)]"""
    found = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append([line[2:], []])
        elif line.startswith("> ") and not found[-1][1]:
            found[-1][0] += "\n" + line[2:]
        else:
            found[-1][1].append(line)
    return [(command, "\n".join(output)) for command, output in found]


def pattern(expected):
    lines = [r"(?s:.*)" if line.strip() == "…" else re.escape(line).replace("…", ".*") for line in expected.split("\n")]
    return "\n".join(lines)


def aws_major():
    """Of the AWS CLI; 0 when there is none."""
    if not shutil.which("aws"):
        return 0
    version = subprocess.run(["aws", "--version"], capture_output=True, text=True)
    return int(re.search(r"aws-cli/(\d+)", version.stdout + version.stderr)[1])


AWS_MAJOR = aws_major()
PAGES = [os.path.join(ROOT, name) for name in ("README.md", "CONTRIBUTING.md")] + sorted(glob.glob(os.path.join(ROOT, "docs", "*.md")))


class Shell:
    """A bash that keeps its variables from command to command."""

    def __init__(self, folder, port):
        self.port = port
        environment = invoked.clean_environment(NO_COLOR="1", AWS_PAGER="", HOME=folder)
        environment["PATH"] = os.path.dirname(BINARY) + ":" + environment["PATH"]
        self.process = subprocess.Popen(["bash", "--norc", "--noprofile"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, cwd=folder, env=environment)

    def run(self, command):
        """What it writes, without a last line end."""
        if self.port:
            command = command.replace("3001", str(self.port))
        if AWS_MAJOR == 1:  # it needs no such option, and knows none
            command = command.replace("--cli-binary-format raw-in-base64-out ", "")
        mark = b"--- end of the command ---\n"
        self.process.stdin.write(b"{ " + command.encode() + b"\n} < /dev/null; printf '%s' '" + mark + b"'\n")
        self.process.stdin.flush()
        output = b""
        while not output.endswith(mark):
            piece = os.read(self.process.stdout.fileno(), 65536)
            assert piece, f"the shell ended: {output!r}"
            output += piece
        text = output.removesuffix(mark).decode().removesuffix("\n")
        return text.replace(str(self.port), "3001") if self.port else text

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Documents(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="invoked-docs-")
        shutil.copytree(os.path.join(ROOT, "config", "functions"), os.path.join(self.folder, "functions"))
        os.symlink(os.path.join(ROOT, "fixtures"), os.path.join(self.folder, "fixtures"))
        with open(os.path.join(self.folder, ".curlrc"), "w") as file:
            file.write("silent\nshow-error\n")  # as curl is on a terminal
        self.server = self.shell = None
        self.addCleanup(self.clean_up)

    def clean_up(self):
        self.end_session()
        shutil.rmtree(self.folder)

    def end_session(self):
        if self.shell:
            self.shell.close()
        if self.server:
            server, self.server = self.server, None
            with server:
                pass
        self.shell = None

    def config_path(self, name):
        for path in (os.path.join(self.folder, name + ".json"), os.path.join(self.folder, name), os.path.join(ROOT, name)):
            if os.path.exists(path):
                return path
        self.fail(f"there is no configuration {name}")

    def run_block(self, words, text):
        if words[0] == "config":
            with open(os.path.join(self.folder, words[1] + ".json"), "w") as file:
                file.write(text)
            return
        if words[0] == "file":
            path = os.path.join(self.folder, words[1])
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                file.write(text)
            return
        if words[0] == "same":
            with open(os.path.join(ROOT, words[1])) as file:
                self.assertEqual(text, file.read())
            return
        if words[0] == "log":
            lines = [pattern(line) for line in text.splitlines()]
            wait_for(lambda: re.search("(?s:.*)".join(lines), self.server.log()), f"{text!r} in the log {self.server.log()!r}")
            return
        if words[0] != "continue":
            self.end_session()
        if words[0] in ("serve", "watch"):
            self.server = Server(config=self.config_path(words[1]), arguments=words[2:], watches=words[0] == "watch")
        if words[0] in ("serve", "watch", "shell"):
            self.shell = Shell(self.folder, self.server.port if self.server else None)
        for command, expected in steps(text):
            output = self.shell.run(command)
            self.assertRegex(output, re.compile(r"\A" + pattern(expected) + r"\Z"),
                             f"\n$ {command}\n{output}\n--- expected:\n{expected}")

    def check(self, path):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        found = blocks(text)
        self.assertEqual(len(found), text.count("<!-- test: "), f"{path}: a comment without its block")
        for line, words, kind, content in found:
            with self.subTest(f"{os.path.relpath(path, ROOT)}:{line}"):
                self.assertIn(KINDS[words[0]], (kind, None), words)
                missing = [program for program in ("aws", "jq", "curl", "node")
                           if re.search(rf"(^\$ |[|;] ?){program} ", content, re.MULTILINE) and not shutil.which(program)]
                if missing:
                    self.skipTest(f"{', '.join(missing)} is not here")
                self.run_block(words, content)


class Pages(unittest.TestCase):
    def test_the_text_before_a_session_names_what_is_served(self):
        for page in ("README.md", "docs/inspect.md", "docs/development.md"):
            with open(os.path.join(ROOT, page), encoding="utf-8") as file:
                text = file.read()
            before = 0  # the end of the last session
            for match in BLOCK.finditer(text):
                words = match["what"].split()
                if words[0] in ("serve", "watch"):
                    name = words[1] if "." in words[1] or "-" in words[1] else words[1] + ".json"
                    with self.subTest(f"{page}: {match['what']}"):
                        self.assertIn(name, text[before:match.start()])
                if match["kind"] == "console":
                    before = match.end()

    def test_paths_of_the_architecture_exist(self):
        """A path may leave out the file's ending, and end in *."""
        with open(os.path.join(ROOT, "CONTRIBUTING.md"), encoding="utf-8") as file:
            text = file.read()
        layers = "base|config|runtime|handlers|server|fixtures|tests|docs"
        paths = set(re.findall(rf"(?<![\w/])(?:{layers})/[\w/.*]*[\w/*]", text))
        self.assertGreater(len(paths), 30)
        missing = [path for path in paths
                   if not glob.glob(os.path.join(ROOT, path)) and not glob.glob(os.path.join(ROOT, path) + ".*")]
        self.assertEqual(missing, [])

    def test_functions_of_the_request_flow_exist(self):
        with open(os.path.join(ROOT, "CONTRIBUTING.md"), encoding="utf-8") as file:
            names = set(re.findall(r"\b(\w+)\(\)", file.read()))
        sources = ""
        for path in glob.glob(os.path.join(ROOT, "*", "**", "*.c"), recursive=True):
            if "/tests/" not in path and "/build/" not in path:
                with open(path, encoding="utf-8") as file:
                    sources += file.read()
        self.assertEqual([name for name in names if not re.search(rf"^[\w *]*\b{name}\(", sources, re.MULTILINE)], [])

    def test_links_lead_to_files(self):
        for page in PAGES:
            with open(page, encoding="utf-8") as file:
                text = file.read()
            headings = {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-")
                        for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}
            for link in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)):
                with self.subTest(f"{os.path.relpath(page, ROOT)}: {link}"):
                    path, _, anchor = link.partition("#")
                    if path.startswith(("http://", "https://")):
                        continue
                    if path:
                        self.assertTrue(os.path.exists(os.path.join(os.path.dirname(page), path)))
                    elif anchor:
                        self.assertIn(anchor, headings)


class Settings(unittest.TestCase):
    def test_every_setting_is_on_the_page_of_the_configuration(self):
        with open(os.path.join(ROOT, "docs", "configuration.md"), encoding="utf-8") as file:
            prose = re.sub(r"^```.*?^```$", "", file.read(), flags=re.MULTILINE | re.DOTALL)
        words = set(re.findall(r"\w+", " ".join(re.findall(r"`[^`]+`", prose))))
        names = set()
        for source in ("config_settings.c", "function_settings.c"):
            with open(os.path.join(ROOT, "config", "settings", source), encoding="utf-8") as file:
                names.update(re.findall(r'^ +\{"(\w+)", +SETTING_', file.read(), re.MULTILINE))
        self.assertGreater(len(names), 40)
        self.assertEqual(sorted(names - words), [])


def add_tests():
    """A test for each page."""
    for path in PAGES:
        name = re.sub(r"\W+", "_", os.path.relpath(path, ROOT)).lower()
        setattr(Documents, f"test_{name}", lambda self, path=path: self.check(path))


add_tests()

if __name__ == "__main__":
    invoked.run_tests()
