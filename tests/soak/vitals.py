"""What must return to where it began: descriptors, memory and processes of the server."""

import collections
import contextlib
import os
import re
import time

from invoked import descendants

MIB = 1024.0

Memory = collections.namedtuple("Memory", "resident proportional anonymous")
Parts = collections.namedtuple("Parts", "heap_used heap_free database")  # in kB; the last is a part of the first


class Vitals:
    """One reading. Descriptors and processes are counted by what they are."""

    def __init__(self, server):
        self.at = time.monotonic()
        self.memory = memory(server.pid)
        self.parts = parts(server)
        self.descriptors = descriptors(server.pid)
        self.processes = processes(server.pid)
        self.data_bytes = sum(os.path.getsize(os.path.join(folder, name))
                              for folder, _, names in os.walk(server.data_folder) for name in names)

    @property
    def descriptor_count(self):
        return sum(self.descriptors.values())

    @property
    def process_count(self):
        return sum(self.processes.values())

    def tenants(self):
        """What stays the same while nothing happens."""
        return self.descriptors, self.processes


def memory(pid):
    """In kB. `anonymous`, swapped out or not, is the server's own: the kernel may take back pages of files at any time."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        sizes = {name: int(kb) for name, kb in re.findall(r"^(\w+): +(\d+) kB$", file.read(), re.MULTILINE)}
    return Memory(sizes["Rss"], sizes["Pss"], sizes["Anonymous"] + sizes["Swap"])


def parts(server):
    """What the server says of its memory; zeros for the heap of a sanitizer."""
    text = server.request("GET", "/metrics").body.decode()
    return Parts(*(int(float(re.search(rf"^invoked_{name}_bytes (\S+)$", text, re.MULTILINE)[1])) / 1024
                   for name in Parts._fields))


def descriptors(pid):
    """{kind: count}: a socket and a pipe by that word, a file by its name."""
    found = collections.Counter()
    folder = f"/proc/{pid}/fd"
    for name in os.listdir(folder):
        with contextlib.suppress(OSError):
            found[os.readlink(os.path.join(folder, name)).split(":[")[0]] += 1
    return found


def processes(pid):
    """{program: count} of all that the server has started, zombies too."""
    found = collections.Counter()
    for child, state in descendants(pid).items():
        if state == "Z":
            found["zombie"] += 1
            continue
        with contextlib.suppress(OSError):
            found[os.path.basename(os.readlink(f"/proc/{child}/exe"))] += 1
    return found


def at_rest(server, is_back, patience_s):
    """A reading once nothing changes any more and `is_back(reading)` holds; the last one when that never comes."""
    until = time.monotonic() + patience_s
    before = None
    while True:
        now = Vitals(server)
        is_steady = before is not None and now.tenants() == before.tenants()
        if (is_steady and is_back(now)) or now.at > until:
            return now
        before = now
        time.sleep(1)


def difference(before, after):
    """What two counts of the same have not in common, for a person."""
    changes = {kind: after[kind] - before[kind] for kind in {*before, *after} if after[kind] != before[kind]}
    return ", ".join(f"{count:+d} {kind}" for kind, count in sorted(changes.items())) or "the same"
