"""Debian's boto3 where a program goes on from what test_cases_boto3.py shows."""

import json
import os
import sys
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import invoked  # noqa: E402
from invoked import SLOWNESS, Server, command, fixture, python  # noqa: E402


class Boto3(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server({
            "f": command("cat"), "sleep": fixture("python-sleep", Timeout=60),
            "caller": python("import boto3\ndef handler(event, context):\n"
                             "    answer = boto3.client('lambda', endpoint_url=__import__('os').environ['AWS_ENDPOINT_URL_LAMBDA'])"
                             ".invoke(FunctionName='f', Payload=b'[1]')\n    return answer['Payload'].read().decode()\n",
                             Environment={"Variables": {"PATH": "/usr/bin:/bin"}}),
        })
        cls.client = cls.server.client(max_pool_connections=64)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.server.__exit__(None, None, None)

    def test_64_at_once_that_sleep_100_ms(self):
        def run(_):
            return self.client.invoke(FunctionName="sleep", Payload=b'{"seconds": 0.1}')["StatusCode"]

        with ThreadPoolExecutor(64) as pool:
            self.assertEqual(set(pool.map(run, range(64))), {200})
            took = []
            for _ in range(2):
                began = time.monotonic()
                self.assertEqual(set(pool.map(run, range(64))), {200})
                took.append(time.monotonic() - began)
        self.assertLess(min(took), 2 * SLOWNESS)  # 6.4 s one after the other; most of it is boto3's own

    def test_a_handler_that_calls_another_by_boto3(self):
        answer = self.client.invoke(FunctionName="caller")
        self.assertEqual(json.load(answer["Payload"]), "[1]")


if __name__ == "__main__":
    invoked.run_tests()
