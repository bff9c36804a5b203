"""The packages, made from the binary under test where the static one hasn't been built: what a test installs."""

import os
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(FOLDER, "..", "support"))
from invoked import BINARY, ROOT  # noqa: E402

sys.path.insert(0, os.path.join(ROOT, "packages"))
import dist  # noqa: E402

STATIC = os.path.join(ROOT, "build", "static-x86_64", "invoked")
VERSION = "1.2.3"


def release():
    if os.path.exists(STATIC):
        binary = dist.stripped("x86_64")
    else:
        with open(BINARY, "rb") as file:
            binary = file.read()
    return dist.Release(VERSION, "0" * 40, 1700000000, "Ann Example <ann@debian.org>", {"x86_64": binary}, {"x86_64": []})


def write(part, folder):
    """Makes the packages of one part in `folder`; returns their paths by file name."""
    paths = {}
    for name, content in part.build(release()):
        paths[name] = os.path.join(folder, name)
        with open(paths[name], "wb") as file:
            file.write(content)
    return paths
