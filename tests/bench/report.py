"""What was measured, as a table and as JSON."""

import json
import os
import platform
import statistics
import time

from bed import RESULTS, ROOT

OPERATORS = {">=": lambda value, limit: value >= limit, "<=": lambda value, limit: value <= limit}
HEADS = ("row", "who", "median", "unit", "spread", "p50 ms", "p99 ms", "errors")


def number(value):
    if value is None:
        return "-"
    return "%.0f" % value if abs(value) >= 1000 else "%.3g" % value


def summary(runs):
    """Median of the runs, and the spread: what lies between the least and the most, in parts of the median."""
    values = [run["value"] for run in runs]
    median = statistics.median(values)
    told = {"median": median, "spread": (max(values) - min(values)) / median if median else 0.0, "runs": runs}
    for name in ("p50_ms", "p99_ms"):
        times = [run[name] for run in runs if run.get(name) is not None]
        told[name] = statistics.median(times) if times else None
    told["errors"] = sum(run.get("errors", 0) for run in runs)
    return told


def judge(goal, sides):
    """A goal's value and whether it is met: of a side, or of the ratio of two, run by run."""
    who, yardstick = goal["of"], goal.get("to")
    if who not in sides or (yardstick is not None and yardstick not in sides):
        return {**goal, "value": None, "is_met": None}
    field = goal.get("field", "value")
    values = [run[field] for run in sides[who]["runs"]]
    if yardstick is not None:
        values = [a / b["value"] for a, b in zip(values, sides[yardstick]["runs"]) if b["value"]]
    if not values:
        return {**goal, "value": None, "is_met": None}
    value = statistics.median(values)
    return {**goal, "value": value, "is_met": OPERATORS[goal["op"]](value, goal["limit"])}


def lay_out(lines):
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(word.ljust(width) for word, width in zip(line, widths)).rstrip() for line in lines)


def table(results):
    lines = [HEADS]
    for row in results:
        for who, side in row["sides"].items():
            spread = "%.0f%%" % (side["spread"] * 100)
            times = number(side["p50_ms"]), number(side["p99_ms"])
            lines.append((row["name"], who, number(side["median"]), row["unit"], spread, *times, str(side["errors"])))
        for who, why in row["skipped"].items():
            lines.append((row["name"], who, "skipped", why, "", "", "", ""))
    goals = [("row", "what", "is", "goal", "")]
    for row in results:
        for goal in row["goals"]:
            what = goal["of"] + (" / " + goal["to"] if "to" in goal else "")
            what += " p99" if goal.get("field") == "p99_ms" else ""
            verdict = {True: "met", False: "NOT MET", None: "skipped"}[goal["is_met"]]
            goals.append((row["name"], what, number(goal["value"]), goal["op"] + " " + number(goal["limit"]), verdict))
    return lay_out(lines) + "\n\n" + lay_out(goals)


def machine():
    with open("/proc/cpuinfo") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "load_at_start": os.getloadavg()[0],
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def write(results, about):
    os.makedirs(RESULTS, exist_ok=True)
    path = os.path.join(RESULTS, "results.json")
    with open(path + ".new", "w") as file:
        json.dump({**about, "rows": results}, file, indent=1)
        file.write("\n")
    os.replace(path + ".new", path)
    return os.path.relpath(path, ROOT)
