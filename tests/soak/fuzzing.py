"""The fuzzing that goes on beside the load, at a low priority: every target of tests/fuzz, and a whole server."""

import glob
import math
import os
import re
import signal
import subprocess

from invoked import ROOT

WHOLE_SERVER = os.path.join(ROOT, "tests", "scenarios", "http", "scenario_wild_requests.py")  # malformed requests at both ports
FOLDER = os.path.join(ROOT, "build", "soak")


class Job:
    """A program that runs beside the load, and its log."""

    def __init__(self, name, words, patience_s, **variables):
        self.name = name
        self.patience_s = patience_s
        self.log_path = os.path.join(FOLDER, name + ".log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(["nice", "-n", "15", *words], cwd=ROOT, env={**os.environ, **variables},
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                            start_new_session=True)

    def ended(self):
        """(whether it found nothing, lines for the report)"""
        try:
            status = f"ended with status {self.process.wait(self.patience_s)}"
        except subprocess.TimeoutExpired:
            self.stop()
            status = f"was stopped, {self.patience_s} s after the load"
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            lines = re.findall(r"^(?:ok|FAIL) +fuzz/.*$|^\d+ passed, .*$", file.read(), re.MULTILINE)
        if self.process.returncode != 0:
            lines.append(f"{self.name} {status}; see {self.log_path}, and build/fuzz/findings")
        return self.process.returncode == 0, lines

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Fuzzing:
    """So many targets at once that all are done when the load is."""

    def __init__(self, seconds, load_seconds):
        self.jobs = []
        if seconds == 0:
            return
        os.makedirs(FOLDER, exist_ok=True)
        targets = len(glob.glob(os.path.join(ROOT, "tests", "fuzz", "fuzz_*.c")))
        at_once = max(1, math.ceil(targets * seconds / load_seconds))
        # tests/run keeps its results below the folder that it is given: not those of `make test`.
        self.jobs.append(Job("fuzz", [os.path.join(ROOT, "tests", "run"), FOLDER, "fuzz"], seconds + 120,
                             FUZZ_SECONDS=str(seconds), JOBS=str(at_once), TESTS=""))
        self.jobs.append(Job("wild-requests", ["/usr/bin/python3", "-B", WHOLE_SERVER], 180, WILD_SECONDS=str(seconds)))

    def ended(self):
        """(whether nothing was found, lines for the report)"""
        results = [job.ended() for job in self.jobs]
        return all(has_passed for has_passed, _ in results), [line for _, lines in results for line in lines] or ["not asked for"]

    def stop(self):
        for job in self.jobs:
            job.stop()
