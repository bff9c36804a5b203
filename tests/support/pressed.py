"""A server that is short of something, or whose clocks jump: `PressedServer` adds that to events.EventServer.

    with PressedServer(functions, prefix=limits(nofile=64)) as server:      # 64 descriptors, not more
    with PressedServer(functions, shifts=True) as server:
        server.shift(monotonic_s=130)                                       # two minutes later, at once
"""

import os
import re
import struct
import subprocess
import tempfile

import invoked
from events import EventServer


def limits(**limits):
    """A command that starts another one under limits: prlimit's names and values."""
    return ["prlimit", *(f"--{name}={value}" for name, value in limits.items()), "--"]


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def open_connections(server):
    """How many the server has at its port, by the kernel's table: established, or left by the client only."""
    with open("/proc/net/tcp") as file:
        rows = [line.split() for line in file.readlines()[1:]]
    return sum(int(row[1].split(":")[1], 16) == server.port and row[3] in ("01", "08") for row in rows)


class PressedServer(EventServer):
    """Its clock is real by default. `prefix`: the command that starts it; `shifts`: shift() moves its clocks."""

    def __init__(self, functions=None, config=None, prefix=(), shifts=False, clock="real", environment=None, **options):
        self.prefix = list(prefix)
        self.shift_file = None
        if shifts:
            environment = {**(environment or {}), **self.preload()}
        super().__init__(functions, config, clock=clock, environment=environment, **options)

    def start(self, ready=True):
        self.words = self.prefix + self.words
        self.prefix = []
        super().start(ready)

    def preload(self):
        folder = tempfile.mkdtemp(prefix="invoked-shift-")
        library = os.path.join(folder, "shifted_clock.so")
        source = os.path.join(invoked.ROOT, "tests", "support", "shifted_clock.c")
        subprocess.run(["cc", "-std=c11", "-D_GNU_SOURCE", "-O1", "-shared", "-fPIC", source, "-o", library], check=True)
        self.shift_file = os.path.join(folder, "shifts")
        self.shifted = [0, 0]
        self.shift()
        # A sanitizer's library wants to be the first; it does without.
        asan = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0")))
        return {"LD_PRELOAD": library, "SHIFTED_CLOCK": self.shift_file, "ASAN_OPTIONS": asan}

    def shift(self, real_s=0.0, monotonic_s=0.0):
        """Moves its clocks, on from where they are. It notices at the next request."""
        self.shifted[0] += round(real_s * 1e9)
        self.shifted[1] += round(monotonic_s * 1e9)
        with open(self.shift_file, "r+b" if os.path.exists(self.shift_file) else "wb") as file:
            file.write(struct.pack("=qq", *self.shifted))

    def resident_kb(self):
        with open(f"/proc/{self.pid}/status") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])

    def __exit__(self, *reason):
        try:
            return super().__exit__(*reason)
        finally:
            if self.shift_file is not None:
                invoked.shutil.rmtree(os.path.dirname(self.shift_file), ignore_errors=True)
