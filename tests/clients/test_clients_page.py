"""docs/clients.md says what the tests show."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import clients_page  # noqa: E402
import invoked  # noqa: E402  clients_page's modules know where it is


class ClientsPage(unittest.TestCase):
    maxDiff = None

    def test_the_page_is_that_of_the_adapters(self):
        with open(clients_page.PAGE) as file:
            text = file.read()
        self.assertEqual(text, clients_page.page(text), "run tests/clients/clients_page.py")


if __name__ == "__main__":
    invoked.run_tests()
