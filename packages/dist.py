"""Makes what is published, in a folder, from the static binaries in build/static-ARCH (`make dist` builds those first).

The same commit gives the same bytes: times are the commit's, and archives.py fixes the rest. To add a package, add a
module with a `build(release)` that returns a list of `(file name, bytes)`, and name it in PARTS.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
from typing import NamedTuple

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "packages"))

import deb  # noqa: E402
import npm  # noqa: E402
import oci  # noqa: E402
import sbom  # noqa: E402
import tarball  # noqa: E402
import wheel  # noqa: E402

PARTS = (tarball, deb, npm, wheel, oci, sbom)


class Release(NamedTuple):
    version: str
    commit: str  # empty where Git doesn't know it
    epoch: int  # of the commit, in seconds
    maintainer: str  # "Name <address>", of the Debian package
    binaries: dict  # {architecture: bytes}
    libraries: dict  # {architecture: [(name, version, licence, Debian package, how)]}

    def path(self, *names):
        """A file of the source tree."""
        return os.path.join(ROOT, *names)


def git(*words):
    process = subprocess.run(["git", "-c", "safe.directory=*", *words], cwd=ROOT, text=True, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL)
    return process.stdout.strip() if process.returncode == 0 else ""


def stripped(architecture):
    """The static binary, without symbols."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "invoked")
        subprocess.run([f"{architecture}-linux-gnu-strip", "-o", path,
                        os.path.join(ROOT, "build", f"static-{architecture}", "invoked")], check=True)
        with open(path, "rb") as file:
            return file.read()


def libraries_of(architecture):
    with open(os.path.join(ROOT, "build", "static-libraries", architecture, "versions")) as file:
        return [tuple(line.split()) for line in file]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--version", required=True)
    parser.add_argument("--architectures", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--maintainer", help="of the Debian package; default: who made the commit")
    options = parser.parse_args()

    os.makedirs(options.out, exist_ok=True)
    for name in os.listdir(options.out):
        os.remove(os.path.join(options.out, name))
    architectures = options.architectures.split()
    release = Release(options.version, git("rev-parse", "HEAD"), int(git("log", "-1", "--format=%ct") or 0),
                      options.maintainer or git("log", "-1", "--format=%an <%ae>"),
                      {name: stripped(name) for name in architectures},
                      {name: libraries_of(name) for name in architectures})
    if git("status", "--porcelain", "--untracked-files=no"):
        print("dist: there are changes that are not committed, so the commit doesn't say what is in this", file=sys.stderr)
    sums = []
    for part in PARTS:
        for name, content in part.build(release):
            with open(os.path.join(options.out, name), "wb") as file:
                file.write(content)
            sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
            print(f"  DIST {name} ({len(content) / 1e6:.1f} MB)")
    with open(os.path.join(options.out, "SHA256SUMS"), "w") as file:
        file.writelines(sorted(sums, key=lambda line: line.split()[1]))


if __name__ == "__main__":
    main()
