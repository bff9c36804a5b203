"""Messages and documents don't use the words that docs/glossary.md replaces."""

import glob
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
from invoked import ROOT, run_tests  # noqa: E402

LAYERS = ("base", "config", "runtime", "handlers", "server")
# A string literal, and comments and characters to skip.
TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|\'(?:\\.|[^\'\\])*\'|"((?:\\.|[^"\\\n])*)"', re.DOTALL)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def words_to_avoid():
    """{phrase: what to write}"""
    table = read("docs/glossary.md").split("## Words to avoid")[1]
    rows = re.findall(r"^\| (?!---|not \|)(.+?) \| (.+?) \|$", table, re.MULTILINE)
    return {phrase: instead for phrases, instead in rows for phrase in phrases.split(", ")}


def messages(path):
    """[(line, text)]: the string literals of a source file, adjacent ones as one."""
    text = read(path)
    found, end = [], None
    for match in TOKEN.finditer(text):
        if match[1] is None:
            continue
        if end is not None and text[end:match.start()].strip() == "":
            found[-1][1] += match[1]
        else:
            found.append([text.count("\n", 0, match.start()) + 1, match[1]])
        end = match.end()
    return found


def sources():
    for layer in LAYERS:
        for ending in ("c", "h", "py", "mjs", "cjs"):
            yield from glob.glob(f"{layer}/**/*.{ending}", root_dir=ROOT, recursive=True)


def documents():
    yield from ("README.md", "CONTRIBUTING.md", "docs/invoked.1")
    yield from glob.glob("docs/*.md", root_dir=ROOT)
    yield from glob.glob("docs/examples/**/*.md", root_dir=ROOT, recursive=True)
    for layer in LAYERS:
        yield from glob.glob(f"{layer}/**/README.md", root_dir=ROOT, recursive=True)


class Words(unittest.TestCase):
    def setUp(self):
        self.avoid = words_to_avoid()
        phrases = "|".join(re.sub(r"\\? ", r"\\s+", re.escape(phrase)) for phrase in self.avoid)
        self.pattern = re.compile(rf"\b(?:{phrases})\b", re.IGNORECASE)

    def found(self, path, line, text):
        return [f"{path}:{line + text.count(chr(10), 0, match.start())}: {match[0]!r}: "
                f"{self.avoid[' '.join(match[0].lower().split())]}" for match in self.pattern.finditer(text)]

    def test_the_table_is_read(self):
        self.assertGreater(len(self.avoid), 10)
        self.assertEqual(len(self.found("x", 1, "a\nShort  of\nmemory.")), 1)

    def test_no_message_uses_them(self):
        paths = list(sources())
        self.assertGreater(len(paths), 200)
        found = [line for path in paths for number, text in messages(path) for line in self.found(path, number, text)]
        self.assertEqual(found, [], "\n".join(found))

    def test_no_document_uses_them(self):
        found = []
        for path in documents():
            text = read(path)
            if path == "docs/glossary.md":
                text = text.split("## Words to avoid")[0]
            found += self.found(path, 1, text)
        self.assertEqual(found, [], "\n".join(found))


if __name__ == "__main__":
    run_tests()
