"""The load: clients that send what traffic.py lists, and what trouble.py does beside them, in rounds."""

import collections
import contextlib
import random
import threading
import time
import traceback

import traffic
import trouble
import vitals
from ledger import Ledger

CLIENTS = 10
EXAMPLES_MAX = 20


class Load:
    def __init__(self, server, seed):
        self.server = server
        self.seed = seed
        self.ledger = Ledger()
        self.lock = threading.Lock()
        self.outcomes = collections.defaultdict(collections.Counter)  # {name of a row: {outcome: count}}
        self.slowest_s = collections.defaultdict(float)  # {name of a row: seconds}
        self.examples = []  # of faults, in words
        self.fault_count = 0
        self.requests = 0
        self.peak_kb = 0
        self.peak_processes = 0

    def fault(self, text):
        with self.lock:
            self.fault_count += 1
            if len(self.examples) < EXAMPLES_MAX:
                self.examples.append(text)

    def count(self, name, outcome, seconds=0.0):
        with self.lock:
            self.outcomes[name][outcome] += 1
            self.slowest_s[name] = max(self.slowest_s[name], seconds)
            self.requests += 1

    def client(self, number, until):
        chance = random.Random(self.seed * 1000 + number)
        client = traffic.Client(self.server, self.ledger, chance)
        weights = [row.weight for row in traffic.ROWS]
        while time.monotonic() < until and self.server.process.poll() is None:
            row = chance.choices(traffic.ROWS, weights)[0]
            began = time.monotonic()
            try:
                outcome = row.act(client)
            except Exception as error:
                client.close()
                outcome = f"wrong: {error!r}"
                if not isinstance(error, OSError):
                    outcome += traceback.format_exc(limit=-2)
            if outcome != row.expected and outcome not in row.also:
                self.fault(f"{row.name}: {outcome}")
                outcome = "wrong" if outcome.startswith("wrong") else outcome
            self.count(row.name, outcome, time.monotonic() - began)
        client.close()

    def disturb(self, number, row, until):
        chance = random.Random(self.seed * 1000 + 500 + number)
        name, act, pause_s = row
        while time.monotonic() < until and self.server.process.poll() is None:
            try:
                self.count(name, act(self.server, chance))
            except OSError as error:
                self.fault(f"{name}: {error!r}")
            time.sleep(pause_s * chance.uniform(0.5, 1.5))

    def round(self, seconds):
        """Load for so long; what was accepted is then given time to end."""
        until = time.monotonic() + seconds
        self.seed += 1
        self.peak_kb = self.peak_processes = 0
        threads = [threading.Thread(target=self.client, args=(n, until)) for n in range(CLIENTS)]
        threads += [threading.Thread(target=self.disturb, args=(n, row, until)) for n, row in enumerate(trouble.ROWS)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads) and self.server.process.poll() is None:
            with contextlib.suppress(OSError, KeyError):  # it may end between two looks
                self.peak_kb = max(self.peak_kb, vitals.memory(self.server.pid).resident)
                self.peak_processes = max(self.peak_processes, sum(vitals.processes(self.server.pid).values()))
            time.sleep(0.5)
        for thread in threads:
            thread.join()

    def settle(self):
        """The queue empties, and every accepted event must have left its record."""
        self.server.reload_configuration()  # a good one, whatever the round ended with
        answer = self.server.drain(120)
        if answer.status != 200:
            self.fault(f"the queue doesn't empty: {answer}")
        for text in self.ledger.settle(self.server):
            self.fault(text)
        for headers in (None, traffic.authorization(traffic.OTHER_ACCOUNT)):
            answer = self.server.request("POST", "/_invoked/reset", headers=headers)
            if answer.status != 200:
                self.fault(f"reset: {answer}")
