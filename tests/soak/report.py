"""The report of a soak, and its verdict."""

from trouble import ROWS as TROUBLE
from traffic import ROWS as TRAFFIC
from vitals import MIB, difference

HEAD = ("   time   requests    /s   RSS peak     RSS     PSS    anon. MiB   in use (SQLite)   free MiB   descriptors"
        "   processes (peak)   data MiB")


def round_line(began, round_, vitals):
    return "%6ds  %9d %5d   %8.1f  %6.1f  %6.1f   %6.1f      %6.1f  (%6.1f)   %8.1f   %11d   %9d  (%4d)   %8.1f" % (
        vitals.at - began, round_.requests, round_.rate, round_.peak_kb / MIB, *(kb / MIB for kb in vitals.memory),
        vitals.parts.heap_used / MIB, vitals.parts.database / MIB, vitals.parts.heap_free / MIB, vitals.descriptor_count,
        vitals.process_count, round_.peak_processes, vitals.data_bytes / MIB ** 2)


def outcome_lines(load):
    """A line for each row: how often, and how it was answered."""
    lines = ["  %-30s %9s %10s   %s" % ("", "sent", "slowest", "answered")]
    for name in [row.name for row in TRAFFIC] + [name for name, _, _ in TROUBLE]:
        counts = load.outcomes.get(name, {})
        text = ", ".join(f"{outcome} {count}" for outcome, count in sorted(counts.items(), key=lambda pair: -pair[1]))
        lines.append("  %-30s %9d %8.1f s   %s" % (name, sum(counts.values()), load.slowest_s[name], text))
    return lines


def weak_rows(load):
    """Rows that were hardly ever answered as expected: a server that only fails would pass otherwise."""
    weak = []
    for row in TRAFFIC:
        counts = load.outcomes.get(row.name, {})
        total, wanted = sum(counts.values()), counts.get(row.expected, 0)
        if total >= 20 and wanted < total / 10:
            weak.append(f"{row.name}: only {wanted} of {total} were answered with {row.expected}")
    return weak


def memory_allowed_kb(before_kb, sanitized):
    """What the heap may have kept: pieces in use lie among free ones, and a sanitizer keeps what was freed."""
    # SQLite's cache grows to 16 MB with the pages of the queue, and one round doesn't fill it.
    share, least = (0.5, 64 * 1024) if sanitized else (0.2, 20 * 1024)
    return before_kb + max(least, before_kb * share)


def comparisons(began, readings, sanitized):
    """
    (what, from, to, whether that is acceptable): descriptors and processes as at the start, memory as after the warm-up. How much of
    its free heap the C library has given back is different at each rest, by megabytes, but what leaks is never given back:
    so the lowest of the second half counts.
    """
    base, last = readings[0], readings[-1]
    lowest = [min(values) for values in zip(*(reading.memory for reading in readings[len(readings) // 2:]))]
    rows = [(what, str(sum(before.values())), "%d (%s)" % (sum(after.values()), difference(before, after)), before == after)
            for what, before, after in (("descriptors", began.descriptors, last.descriptors),
                                        ("child processes", began.processes, last.processes))]
    for what, before, after in zip(("memory, RSS", "memory, PSS", "memory, anonymous"), base.memory, lowest):
        allowed = memory_allowed_kb(before, sanitized)
        rows.append((what, "%.1f MiB" % (before / MIB), "%.1f MiB (%.1f allowed)" % (after / MIB, allowed / MIB),
                     after <= allowed))
    return rows
