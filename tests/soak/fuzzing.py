"""The fuzzing that goes on beside the load: every target for its time, at a low priority."""

import glob
import math
import os
import re
import signal
import subprocess

from invoked import ROOT


class Fuzzing:
    """So many targets at once that all are done when the load is."""

    def __init__(self, seconds, load_seconds, log_path):
        targets = len(glob.glob(os.path.join(ROOT, "tests", "fuzz", "fuzz_*.c")))
        self.log_path = log_path
        self.jobs = max(1, math.ceil(targets * seconds / load_seconds))
        self.process = None
        if seconds > 0 and targets > 0:
            environment = {**os.environ, "FUZZ_SECONDS": str(seconds), "JOBS": str(self.jobs), "TESTS": ""}
            with open(log_path, "wb") as log:
                self.process = subprocess.Popen(["nice", "-n", "15", os.path.join(ROOT, "tests", "run"), build_for_results(),
                                                 "fuzz"], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log,
                                                stderr=subprocess.STDOUT, start_new_session=True)
        self.patience_s = seconds + 120

    def ended(self):
        """(whether nothing was found, lines for the report)"""
        if self.process is None:
            return True, ["not asked for"]
        try:
            status = self.process.wait(self.patience_s)
        except subprocess.TimeoutExpired:
            self.stop()
            status = None
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            text = file.read()
        lines = re.findall(r"^(?:ok|FAIL) +fuzz/.*$", text, re.MULTILINE)
        if status != 0:
            lines += ["ended with " + ("nothing: it was stopped" if status is None else f"status {status}"),
                      f"see {self.log_path}; findings are in build/fuzz/findings"]
        return status == 0, lines

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def build_for_results():
    """Where tests/run keeps its results: the folder of the soak, lest those of a `make test` be lost."""
    folder = os.path.join(ROOT, "build", "soak")
    os.makedirs(folder, exist_ok=True)
    return folder
