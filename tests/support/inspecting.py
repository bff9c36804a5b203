"""A server as it is asked through /_invoked/: requests of an account, rows of its history, refusals."""

import threading
import time
import unittest
from urllib.parse import urlencode

from invoked import Server


def signed(account):
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential={account}/20260101/us-east-1/lambda/aws4_request"}


class Case(unittest.TestCase):
    """A test of one server, which is stopped and checked when the test ends."""

    def serve(self, functions, config=None, arguments=()):
        self.server = self.enterContext(Server(functions, config, arguments))

    def get(self, path, account=None, timeout=60, **parameters):
        query = f"?{urlencode(parameters)}" if parameters else ""
        return self.server.request("GET", path + query, headers=signed(account) if account else None, timeout=timeout)

    def rows(self, account=None, **parameters):
        answer = self.get("/_invoked/invocations", account, **parameters)
        self.assertEqual(200, answer.status, answer)
        self.assertEqual("application/json", answer.headers["content-type"])
        return answer.json

    def count(self, account=None, **parameters):
        answer = self.get("/_invoked/invocations/count", account, **parameters)
        self.assertEqual(200, answer.status, answer)
        return answer.json

    def refused(self, answer, status, *words):
        self.assertEqual(status, answer.status, answer)
        self.assertEqual(["error"], list(answer.json))
        for word in words:
            self.assertIn(word, answer.json["error"])

    def in_background(self, *arguments, **options):
        thread = threading.Thread(target=self.server.invoke, args=arguments, kwargs=options)
        thread.start()
        self.addCleanup(thread.join)
        return thread

    def counting(self, **parameters):
        """A count that waits, in the background: a list that gets the answer and the seconds that it took."""
        found = []

        def ask():
            began = time.monotonic()
            answer = self.get("/_invoked/invocations/count", **parameters)
            found.append((answer, time.monotonic() - began))

        thread = threading.Thread(target=ask)
        thread.start()
        self.addCleanup(thread.join)
        return found
