"""The official runtime interface clients, at pinned versions, kept in build/clients.

A client that can't be installed (no PyPI, no npm registry, no `venv` module) is None: its rows are skipped.
"""

import fcntl
import os
import shutil
import subprocess
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
ROOT = os.environ.get("INVOKED_ROOT", os.path.dirname(os.path.dirname(os.path.dirname(FOLDER))))
CACHE = os.path.join(ROOT, "build", "clients")
RAPID_CLIENT = os.path.join(ROOT, "tests", "clients", "rapid_client.cjs")

PYTHON = "/usr/bin/python3"
PYTHON_PACKAGES = ("awslambdaric==4.0.1", "simplejson==4.3.0", "snapshot-restore-py==1.0.0")
INSTALL_TIMEOUT_S = 100


def installed(name, install):
    """The folder build/clients/NAME, made by `install` once; None if that fails."""
    os.makedirs(CACHE, exist_ok=True)
    folder = os.path.join(CACHE, name)
    with open(folder + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.isdir(folder):
            try:
                install(folder + ".new")
                os.rename(folder + ".new", folder)
            except (OSError, subprocess.SubprocessError) as error:
                print(f"{name} can't be installed: {error}", file=sys.stderr)
                shutil.rmtree(folder + ".new", ignore_errors=True)
                return None
    return folder


def run(*words):
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=INSTALL_TIMEOUT_S)


def python_client():
    """The folder to put in PYTHONPATH."""

    def install(folder):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(folder + ".venv", ignore_errors=True)
        run(PYTHON, "-m", "venv", folder + ".venv")
        try:
            run(os.path.join(folder + ".venv", "bin", "pip"), "install", "--quiet", "--disable-pip-version-check",
                "--only-binary", "awslambdaric", "--target", folder, *PYTHON_PACKAGES)
        finally:
            shutil.rmtree(folder + ".venv", ignore_errors=True)

    return installed(PYTHON_PACKAGES[0].replace("==", "-"), install)


def nodejs_client(version):
    """The folder of the package; its native part is replaced by tests/clients/rapid_client.cjs."""

    def install(folder):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        run("npm", "pack", "--silent", "--pack-destination", folder, "aws-lambda-ric@" + version)
        run("tar", "-xzf", os.path.join(folder, f"aws-lambda-ric-{version}.tgz"), "-C", folder, "--strip-components=1")

    return installed("aws-lambda-ric-" + version, install)
