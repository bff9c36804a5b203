"""The ledger of events: what was accepted, and whether each has left its record."""

import collections
import json
import threading

from bed import EVENT_RECORDS
from traffic import how


class Ledger:
    def __init__(self):
        self.lock = threading.Lock()
        self.accepted = collections.defaultdict(set)
        self.total = 0

    def post(self, client, name, event, headers=None):
        answer = client.invoke(name, event, {"X-Amz-Invocation-Type": "Event", **(headers or {})})
        if answer.status != 202:
            return how(answer)
        with self.lock:
            self.accepted[name].add(answer.request_id)
            self.total += 1
        return "accepted"

    def settle(self, server):
        """Once the queue is empty: faults, in words. Then the ledger begins anew."""
        faults = []
        for name in sorted(self.accepted):
            recorded = collections.Counter(json.loads(line)["requestContext"]["requestId"]
                                           for line in server.record_lines(name))
            lost = self.accepted[name] - recorded.keys()
            if lost:
                faults.append(f"{name}: {len(lost)} of {len(self.accepted[name])} accepted events have left no record: "
                              + " ".join(sorted(lost)[:3]))
            if unknown := recorded.keys() - self.accepted[name]:
                faults.append(f"{name}: {len(unknown)} records of events that nobody sent")
            again = [id for id, count in recorded.items() if count > 1]
            if again and name in EVENT_RECORDS:
                faults.append(f"{name}: {len(again)} events have more than one record")
        self.accepted.clear()
        return faults
