"""What is measured: a row for each line of the goals, with its sides and the goals that they are held to.

A side is a function that starts what it measures, measures it once for about `seconds`, and stops it; it gives a dict
with `value`, and `p50_ms`, `p99_ms` and `errors` where they mean something. The sides of a row are run in turn, again
and again, so that what else the machine does falls on all of them.

To add a row, write its sides and add it to ROWS.
"""

import contextlib
import http.client
import os
import re
import resource
import subprocess
import time

import bed
import peers
import products
from bed import INVOKE, SMALL, ask, at_once, connect, floor, invoked, of_times, request_bytes, wrk

INVOCATIONS = int(os.environ.get("INVOCATIONS", "1000000"))
BIG = {"100 KB": 100 << 10, "6 MB": 6 * 1024 * 1024 - 64}
WARM_UP_S = 1
WARM_UP_ROUNDS = 5  # 64 fresh Node.js processes on one core still compile for some rounds
QUEUE_CAPACITY = 100000000  # an accepting rate is measured, so the queue must not be full
ECHO_BOOTSTRAP = os.path.join(bed.NATIVE, "bootstrap")


def of_side(who, op, limit, field="value"):
    return {"of": who, "op": op, "limit": limit, "field": field}


def of_ratio(who, yardstick, op, limit):
    return {"of": who, "to": yardstick, "op": op, "limit": limit}


class Row:
    def __init__(self, name, unit, sides, goals=()):
        self.name, self.unit, self.sides, self.goals = name, unit, sides, list(goals)


# ---- throughput ------------------------------------------------------------------------------------------------------


def load(opened, connections, kind="RequestResponse", body=SMALL, path=INVOKE % "f"):
    """A side: the server that `opened()` gives, warmed up, under load."""

    def measure(seconds):
        with opened() as server:
            wrk(server.port, path, WARM_UP_S, connections, body, "DryRun" if kind == "DryRun" else "RequestResponse")
            return wrk(server.port, path, seconds, connections, body, kind)

    return measure


def mock():
    """What answers without running code; moto takes a request for Lambda's only where it is signed."""
    def side(opened):
        def measure(seconds):
            with opened() as server:
                words = (server.port, INVOKE % "f")
                wrk(*words, WARM_UP_S, 16, authorization=products.SIGNED % "lambda")
                return wrk(*words, seconds, 16, authorization=products.SIGNED % "lambda")
        return measure

    return Row("mock, 16", "requests/s", {"invoked": side(serve(bed.mock())), "moto": side(products.moto)},
               [of_ratio("invoked", "moto", ">=", 20)])


def serve(function, **local):
    return lambda: invoked({"f": function}, **local)


def against(*words):
    return lambda: floor(*words)


def dry_run():
    sides = {"invoked": load(serve(bed.native()), 16, "DryRun"), "bare echo": load(against("echo"), 16)}
    return Row("DryRun, 16 connections", "requests/s", sides, [of_ratio("invoked", "bare echo", ">=", 0.80)])


def warm(name, function, hop, connections, limit=0.80, rivals=()):
    sides = {"invoked": load(serve(function), connections), "bare hop": load(against(*hop(connections)), connections)}
    goals = [of_ratio("invoked", "bare hop", ">=", limit)]
    for rival, opened, path, factor in rivals:
        sides[rival] = load(opened, connections, path=path)
        goals.append(of_ratio("invoked", rival, ">=", factor))
    return Row("warm %s, %d" % (name, connections), "requests/s", sides, goals)


def free_to_move():
    """The server and its workers on all cores, beside the load."""

    def everywhere(side):
        def measure(seconds):
            with bed.all_cores():
                return side(seconds)

        return measure

    [(rival, opened, path, _)] = peers.of_nodejs()
    alone = load(serve(bed.nodejs()), 16)
    sides = {"invoked": everywhere(alone), "invoked, one core": alone, rival: everywhere(load(opened, 16, path=path))}
    return Row("warm Node.js, 16, all cores", "requests/s", sides, [of_ratio("invoked", rival, ">=", 15)])


def url(connections):
    """A GET through a function URL: the event is ten times the body of the hop, and so is the answer."""

    def measure(seconds):
        with serve(bed.native(FunctionUrlConfig={"AuthType": "NONE"}))() as server:
            wrk(server.port, "/_invoked/url/f/a?b=c", WARM_UP_S, connections, method="GET")
            return wrk(server.port, "/_invoked/url/f/a?b=c", seconds, connections, method="GET")

    sides = {"invoked": measure, "bare hop": load(against(*native_hop(connections)), connections)}
    return Row("GET through a URL, native, %d" % connections, "requests/s", sides,
               [of_ratio("invoked", "bare hop", ">=", 0.75)])


def native_hop(connections):
    return ["http", str(connections), ECHO_BOOTSTRAP]


def python_hop(connections):
    return ["pipe", str(connections), *bed.python_worker()]


def nodejs_hop(connections):
    return ["pipe", str(connections), *bed.nodejs_worker()]


def big(name):
    body = b'"' + b"x" * (BIG[name] - 2) + b'"'
    connections = 16 if BIG[name] < 1 << 20 else 1
    sides = {
        "invoked": load(serve(bed.native()), connections, body=body),
        "bare hop": load(against(*native_hop(connections)), connections, body=body),
    }
    return Row("echo %s, %d" % (name, connections), "requests/s", sides, [of_ratio("invoked", "bare hop", ">=", 0.70)])


def event():
    def durable(durability):
        return load(serve(bed.mock(), Durability=durability, QueueCapacity=QUEUE_CAPACITY), 64, "Event")

    sides = {who: durable(who) for who in ("process", "memory", "power")}
    sides["bare echo"] = load(against("echo"), 64)
    goals = [
        of_ratio("process", "bare echo", ">=", 0.50),
        of_ratio("process", "memory", ">=", 0.80),
        of_ratio("power", "process", ">=", 0.50),
    ]
    return Row("Event, 64 connections", "requests/s", sides, goals)


# Accepted, committed, run, finished and gone: the time counts until the queue is empty again.
EVENT_WORKERS = 16
BATCH = 64  # as many events as there are connections can share a commit


def drain(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
    with contextlib.closing(connection):
        connection.request("POST", "/_invoked/drain?TimeoutSeconds=280")
        answer = connection.getresponse()
        if answer.status != 200:
            raise RuntimeError("the queue did not drain: %d" % answer.status)
        answer.read()


def events_to_the_end(durability):
    function = bed.native(ReservedConcurrentExecutions=EVENT_WORKERS)

    def measure(seconds):
        with invoked({"f": function}, Durability=durability, QueueCapacity=QUEUE_CAPACITY) as server:
            wrk(server.port, INVOKE % "f", WARM_UP_S, EVENT_WORKERS)
            began = time.monotonic()
            result = wrk(server.port, INVOKE % "f", seconds, BATCH, kind="Event")
            drain(server)
            return {"value": result["requests"] / (time.monotonic() - began), "errors": result["errors"]}

    return measure


def bare_commit(synchronous):
    def measure(seconds):
        with bed.folder() as path:
            words = [os.path.join(bed.PROGRAMS, "bare_commit"), str(seconds), os.path.join(path, "events"), synchronous]
            process = bed.popen([*words, str(BATCH)], stdout=subprocess.PIPE)
            return {"value": float(process.communicate()[0])}

    return measure


def sum_of_floors(synchronous):
    """One event costs an echo, its share of two commits, and a hop; on one core they come one after the other."""
    parts = [
        load(against("echo"), BATCH),
        bare_commit(synchronous),
        load(against(*native_hop(EVENT_WORKERS)), EVENT_WORKERS),
    ]

    def measure(seconds):
        return {"value": 1 / sum(1 / part(seconds / len(parts))["value"] for part in parts)}

    return measure


def event_to_the_end():
    sides = {
        "process": events_to_the_end("process"),
        "echo, commit, hop": sum_of_floors("NORMAL"),
        "power": events_to_the_end("power"),
        "echo, power commit, hop": sum_of_floors("FULL"),
    }
    goals = [of_ratio("process", "echo, commit, hop", ">=", 0.75), of_ratio("power", "echo, power commit, hop", ">=", 0.6)]
    return Row("Event to its end", "events/s", sides, goals)


def accepting(seconds):
    """The one place of the function is taken for as long as this lasts, so nothing runs."""
    function = {"Local": {"Mock": [{"Payload": 1, "DelayMs": 300000}]}, "Timeout": 600, "ReservedConcurrentExecutions": 1}
    with invoked({"f": function}, QueueCapacity=QUEUE_CAPACITY) as server, connect(server.port) as connection:
        ask(connection, INVOKE % "f", kind="Event")
        wrk(server.port, INVOKE % "f", WARM_UP_S, BATCH, kind="Event")
        return wrk(server.port, INVOKE % "f", seconds, BATCH, kind="Event")


def event_accepted():
    sides = {"invoked": accepting, "bare echo": load(against("echo"), BATCH)}
    return Row("Event accepted alone, 64 connections", "requests/s", sides, [of_ratio("invoked", "bare echo", ">=", 0.6)])


def history():
    sides = {
        "%s, %d kept" % (who, size): load(serve(function, HistorySize=size), 16)
        for who, function in (("native", bed.native()), ("mock", bed.mock()))
        for size in (10000, 0)
    }
    return Row("history on and off, 16", "requests/s", sides)


def half_rate(seconds):
    """wrk can only pause between the requests of a connection, so the rate is set by the number of connections."""
    with invoked({"f": bed.native()}) as server:
        top = wrk(server.port, INVOKE % "f", WARM_UP_S, 16, kind="DryRun")["value"]
        connections = max(1, round(top / 2 / 900))  # a connection with a pause of 1 ms makes some 900 a second
        return wrk(server.port, INVOKE % "f", seconds, connections, kind="DryRun", pause_ms=1)


# ---- pauses ----------------------------------------------------------------------------------------------------------

WATCHED_FILES, WATCHED_FOLDERS = 10000, 100
PACE_S = 0.0005  # between two requests
LIMITS_MS = (1, 2, 5, 10, 20, 50, 100)


def busy_ms(process_id):
    """How long the process's first thread, the event loop, has had a core."""
    with open("/proc/%d/schedstat" % process_id) as file:
        return int(file.read().split()[0]) / 1e6


def make_watched_files(path):
    for folder in range(WATCHED_FOLDERS):
        os.makedirs(os.path.join(path, "folder%d" % folder))
        for file in range(WATCHED_FILES // WATCHED_FOLDERS):
            with open(os.path.join(path, "folder%d" % folder, "file%d.js" % file), "w") as text:
                text.write("// one of many\n")


def pauses(seconds):
    """
    The longest for which the loop was busy from one answer to the next, with 10,000 files watched and a full history of
    INVOCATIONS rows. Latencies would tell of whatever else the machine does; the loop never blocks, so a pause is work.
    """
    with bed.folder() as code:
        with open(os.path.join(code, "index.js"), "w") as file:
            file.write("exports.echo = async (event) => event;\n")
        make_watched_files(code)
        functions = {"f": bed.mock(), "watched": {**bed.nodejs(), "CodeUri": code}}
        with invoked(functions, HistorySize=min(INVOCATIONS, 1000000)) as server, connect(server.port) as connection:
            ask(connection, INVOKE % "watched")
            done = 0
            while done < INVOCATIONS:
                done += wrk(server.port, INVOKE % "f", 5, 64)["requests"]
            return paced(server, connection, seconds)


def paced(server, connection, seconds):
    busy, times = [], []
    end = time.monotonic() + seconds
    last = busy_ms(server.id)
    while time.monotonic() < end:
        time.sleep(PACE_S)
        times.append(ask(connection, INVOKE % "f"))
        now = busy_ms(server.id)
        busy.append(now - last)
        last = now
    histogram = {"above %d ms" % limit: sum(one > limit for one in busy) for limit in LIMITS_MS}
    return {**of_times(times), "value": max(busy), "histogram": histogram}


def longest_pause():
    return Row("longest pause at half the rate", "ms", {"invoked": pauses}, [of_side("invoked", "<=", 5)])


# ---- commands --------------------------------------------------------------------------------------------------------

UPPER_CASE = ("/usr/bin/tr", "a-z", "A-Z")


def one_shot(is_laden):
    def measure(seconds):
        functions = {"f": bed.command(*UPPER_CASE), "held": {"Local": {"Mock": [{"Payload": 1, "DelayMs": 300000}]}, "Timeout": 600}}
        with contextlib.ExitStack() as stack:
            server = stack.enter_context(invoked(functions))
            if is_laden:
                body = b'"' + b"x" * (BIG["6 MB"] - 2) + b'"'
                for _ in range(84):
                    connection = stack.enter_context(connect(server.port))
                    connection.sendall(request_bytes(INVOKE % "held", body))
                while server.memory_kb() < 500 << 10:
                    time.sleep(0.01)
            return wrk(server.port, INVOKE % "f", seconds, 1)

    return measure


def environment_of_a_handler():
    """Of whoever is compared, too: with LANG set, a program looks for its locale, and tr takes a tenth longer."""
    with invoked({"f": bed.command("/usr/bin/env", "-0")}) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=bed.ANSWER_S)
        with contextlib.closing(connection):
            connection.request("POST", INVOKE % "f")
            answer = connection.getresponse().read()
    return dict(variable.split(b"=", 1) for variable in answer.split(b"\0") if variable)


def bare_spawn(seconds):
    command = [os.path.join(bed.PROGRAMS, "bare_spawn"), str(seconds), *UPPER_CASE]
    process = bed.popen(command, stdout=subprocess.PIPE, env=environment_of_a_handler())
    return {"value": float(process.communicate()[0])}


def local_command():
    sides = {"invoked": one_shot(False), "invoked with 500 MB": one_shot(True), "bare posix_spawn": bare_spawn}
    goals = [of_ratio(who, "bare posix_spawn", ">=", 0.80) for who in list(sides)[:2]]
    return Row("Local.Command", "runs/s", sides, goals)


# ---- cold starts -----------------------------------------------------------------------------------------------------

COLD_STARTS = 12
COLD_PAUSE_S = 0.25  # for the next spare runtime to be ready


def cold(function):
    def measure(seconds):
        functions = {"f%d" % i: function for i in range(COLD_STARTS)}
        times = []
        with invoked(functions) as server, connect(server.port) as connection:
            for name in functions:
                time.sleep(COLD_PAUSE_S)
                times.append(ask(connection, INVOKE % name))
        return of_times(times)

    return measure


def cold_floor(seconds):
    """With the same pauses: a core that was just busy with the same program starts it a third faster."""
    times = []
    with floor("cold", ECHO_BOOTSTRAP) as server, connect(server.port) as connection:
        for _ in range(COLD_STARTS):
            time.sleep(COLD_PAUSE_S)
            times.append(ask(connection, "/"))
    return of_times(times)


def fresh(*command):
    """A bare interpreter, from fork to exit."""

    def measure(seconds):
        times = []
        for _ in range(COLD_STARTS):
            began = time.monotonic()
            bed.popen(list(command), env={"PATH": bed.PATH}).wait()
            times.append((time.monotonic() - began) * 1000)
        return of_times(times)

    return measure


def cold_native():
    sides = {"invoked": cold(bed.native()), "fork, exec, first request": cold_floor}
    return Row("cold start, native", "ms", sides, [of_ratio("invoked", "fork, exec, first request", "<=", 1.3)])


def cold_nodejs():
    sides = {"invoked": cold(bed.nodejs()), "a fresh node": fresh(bed.NODE, "-e", "0")}
    return Row("cold start, Node.js", "ms", sides, [of_side("invoked", "<=", 15)])


def cold_python():
    sides = {"invoked": cold(bed.python()), "a fresh python3": fresh(bed.PYTHON, "-I", "-c", "0")}
    return Row("cold start, Python", "ms", sides, [of_side("invoked", "<=", 10)])


def many_cold(seconds):
    with invoked({"f": bed.nodejs("sleep")}) as server, contextlib.ExitStack() as stack:
        connections = [stack.enter_context(connect(server.port)) for _ in range(64)]
        at_once(connections, request_bytes(INVOKE % "f"))
    return {"value": server.usage}


def many_bare(seconds):
    before = os.times()
    processes = [bed.popen([bed.NODE, "-e", "0"], env={"PATH": bed.PATH}) for _ in range(64)]
    for process in processes:
        process.wait()
    after = os.times()
    used = after.children_user - before.children_user + after.children_system - before.children_system
    return {"value": used}


def many_cold_nodejs():
    sides = {"invoked": many_cold, "bare node": many_bare}
    return Row("64 cold Node.js at once", "s of processor", sides, [of_ratio("invoked", "bare node", "<=", 1.2)])


# ---- many at once ----------------------------------------------------------------------------------------------------


def sleepers(opened):
    """The time until all of 64 are answered, the environments being warm."""

    def measure(seconds):
        with opened() as server, contextlib.ExitStack() as stack:
            connections = [stack.enter_context(connect(server.port)) for _ in range(64)]
            request = request_bytes(INVOKE % "f")
            for _ in range(WARM_UP_ROUNDS):
                at_once(connections, request)
            return of_times([at_once(connections, request)[0] for _ in range(max(3, round(seconds)))])

    return measure


def sixty_four_sleepers():
    sides = {
        "invoked": sleepers(serve(bed.nodejs("sleep"))),
        "bare hop": sleepers(against("pipe", "64", *bed.nodejs_worker("sleep"))),
    }
    return Row("64 at once, asleep for 100 ms", "ms", sides, [of_side("invoked", "<=", 120)])


def thousand_busy(seconds):
    function = bed.command("/bin/sh", "-c", "cat; sleep 1")
    with invoked({"f": function}) as server, contextlib.ExitStack() as stack:
        connections = [stack.enter_context(connect(server.port)) for _ in range(1000)]
        _, statuses = at_once(connections, request_bytes(INVOKE % "f"))
        return {"value": statuses.count(200), "errors": 1000 - statuses.count(200)}


# ---- start and memory ------------------------------------------------------------------------------------------------


def first_answer(opened):
    def measure(seconds):
        times = []
        for _ in range(10):
            with opened() as server, connect(server.port) as connection:
                ask(connection, INVOKE % "f", kind="DryRun")
                times.append((time.monotonic() - server.began) * 1000)
        return of_times(times)

    return measure


def start():
    sides = {"invoked": first_answer(serve(bed.native())), "bare echo": first_answer(against("echo"))}
    return Row("start to first answer", "ms", sides, [of_side("invoked", "<=", 15)])


def ten_thousand_functions(seconds):
    functions = {"f%d" % i: bed.native() for i in range(9999)}
    return first_answer(lambda: invoked({"f": bed.native(), **functions}))(seconds)


def idle_memory(seconds):
    with invoked({"f": bed.native()}) as server, connect(server.port) as connection:
        ask(connection, INVOKE % "f", kind="DryRun")
        return {"value": server.memory_kb() / 1024}


def growth(seconds):
    """From the 10,000th invocation on; INVOCATIONS says how many there are."""
    with invoked({"f": bed.native()}) as server:
        done, early = 0, None
        while done < INVOCATIONS:
            done += wrk(server.port, INVOKE % "f", 1, 16)["requests"]
            if early is None and done >= 10000:
                early = server.memory_kb()
        return {"value": (server.memory_kb() - early) / 1024, "requests": done, "after_mb": server.memory_kb() / 1024}


def environment_share(seconds):
    """What the server itself holds for one more warm environment, its connection already there."""
    with invoked({"f": bed.python("sleep")}) as server, contextlib.ExitStack() as stack:
        connections = [stack.enter_context(connect(server.port)) for _ in range(64)]
        at_once(connections, request_bytes(INVOKE % "f", kind="DryRun"))
        ask(connections[0], INVOKE % "f")
        before = server.memory_kb()
        at_once(connections, request_bytes(INVOKE % "f"))
        return {"value": (server.memory_kb() - before) / 63}


def idle_connections(has_asked):
    def measure(seconds):
        # The server gives half of its descriptors to connections, and two are kept for others here.
        count = min(10000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2 - 2)
        with invoked({"f": bed.native()}) as server, connect(server.port) as other, contextlib.ExitStack() as stack:
            ask(other, INVOKE % "f", kind="DryRun")
            before = server.memory_kb()
            connections = [stack.enter_context(connect(server.port)) for _ in range(count)]
            for i in range(0, count if has_asked else 0, 500):
                at_once(connections[i : i + 500], request_bytes(INVOKE % "f", kind="DryRun"))
            ask(other, INVOKE % "f", kind="DryRun")  # by now all have been taken
            return {"value": (server.memory_kb() - before) / count, "connections": count}

    return measure


def ten_thousand_idle():
    sides = {"fresh": idle_connections(False), "asked once, kept": idle_connections(True)}
    return Row("10,000 idle connections, each", "KB", sides, [of_side(who, "<=", 4) for who in sides])


def json_text(kind):
    def measure(seconds):
        process = bed.popen([os.path.join(bed.PROGRAMS, "json_text")], stdout=subprocess.PIPE)
        return {"value": float(re.search(r"\b%s +(\d+)" % kind, process.communicate()[0].decode()).group(1))}

    return measure


ROWS = [
    dry_run(),
    warm("native", bed.native(), native_hop, 1, rivals=products.of_native()),
    warm("native", bed.native(), native_hop, 16),
    mock(),
    *(warm("Node.js", bed.nodejs(), nodejs_hop, n, rivals=peers.of_nodejs()) for n in (1, 16)),
    *(warm("Python", bed.python(), python_hop, n, rivals=peers.of_python()) for n in (1, 16)),
    free_to_move(),
    *(url(n) for n in (1, 16)),
    event(),
    event_to_the_end(),
    event_accepted(),
    local_command(),
    cold_native(),
    cold_nodejs(),
    cold_python(),
    many_cold_nodejs(),
    big("100 KB"),
    big("6 MB"),
    sixty_four_sleepers(),
    start(),
    Row("memory when idle", "MB", {"invoked": idle_memory}, [of_side("invoked", "<=", 8)]),
    Row("growth after the 10,000th", "MB", {"invoked": growth}, [of_side("invoked", "<=", 0.5)]),
    Row("a warm environment's share", "KB", {"invoked": environment_share}, [of_side("invoked", "<=", 32)]),
    Row("10,000 functions, first answer", "ms", {"invoked": ten_thousand_functions}, [of_side("invoked", "<=", 100)]),
    ten_thousand_idle(),
    Row("1,000 busy at once", "answered", {"invoked": thousand_busy}, [of_side("invoked", ">=", 1000)]),
    Row("DryRun at half the top rate", "requests/s", {"invoked": half_rate}, [of_side("invoked", "<=", 1, "p99_ms")]),
    history(),
    longest_pause(),
    Row("JSON check", "MB/s", {kind: json_text(kind) for kind in ("records", "text", "numbers", "escapes")}),
]
