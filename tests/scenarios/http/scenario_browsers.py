"""Web pages and the server: which may reach it, on every endpoint that there is (server/http/routes.c has them)."""

import http.client
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from invoked import ROOT, Answer, Server, command  # noqa: E402

LISTED, STRANGER = "https://app.example:8443", "http://evil.example"
METHODS = "GET, POST, PUT, DELETE"


def endpoints():
    """(method, path) of every route, and of some that are none."""
    with open(os.path.join(ROOT, "server", "http", "routes.c"), encoding="utf-8") as file:
        rows = re.findall(r'^ +\{"([A-Z]+)", +"([^"]+)", +(?:"([^"]+)"|NULL),', file.read(), re.MULTILINE)
    found = [(method, before + "f" + after if after else before) for method, before, after in rows]
    return [*found, ("GET", "/"), ("POST", "/unknown"), ("PUT", "/2015-03-31/functions/f/invocations")]


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server({"f": command("sh", "-c", "cat; echo >> runs")}, {"Local": {"AllowedOrigins": [LISTED]}})
        cls.runs = os.path.join(cls.server.folder, "runs")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def ask(self, method, path, **headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        if (method, path) == ("GET", "/_invoked/stream"):
            return self.begin(path, names)
        return self.server.request(method, path, headers=names)

    def begin(self, path, headers):
        """The head of an answer that has no end unless it is a refusal."""
        connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=30)
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        answer = Answer(response.status, response.getheaders(), b"" if response.status == 200 else response.read())
        connection.close()
        return answer

    def assert_refused(self, answer, why):
        self.assertEqual(answer.status, 403)
        self.assertRegex(answer.json["error"], why)
        self.assertEqual([name for name in answer.headers if name.startswith("access-control")], [])

    def test_there_are_endpoints(self):
        self.assertGreater(len(endpoints()), 25)

    def test_pages_that_are_not_listed_are_refused(self):
        for method, path in endpoints():
            for origin in (STRANGER, "null", LISTED + "0", "http://app.example:8443", f"http://127.0.0.1:{self.server.port + 1}"):
                with self.subTest(f"{method} {path} {origin}"):
                    self.assert_refused(self.ask(method, path, Origin=origin), "may not use this server")
        self.assertFalse(os.path.exists(self.runs))

    def test_what_pages_of_other_sites_embed_is_refused(self):
        for method, path in endpoints():
            for site in ("cross-site", "same-site"):
                with self.subTest(f"{method} {path} {site}"):
                    answer = self.ask(method, path, Sec_Fetch_Site=site, Sec_Fetch_Mode="no-cors", Sec_Fetch_Dest="image")
                    self.assert_refused(answer, "pages of other sites may not use this server")
        self.assertFalse(os.path.exists(self.runs))
        for headers in ({"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Dest": "document"}, {"Sec_Fetch_Site": "none"},
                        {"Sec_Fetch_Site": "same-origin"}, {"Sec_Fetch_Site": "cross-site", "Origin": LISTED}):
            self.assertEqual(self.ask("GET", "/_invoked/health", **headers).status, 200, headers)

    def test_names_that_somebody_else_may_point_here_are_refused(self):
        for method, path in endpoints():
            for host in ("evil.example", f"evil.example:{self.server.port}", "localhost.evil.example", "127.0.0.1.evil.example"):
                with self.subTest(f"{method} {path} {host}"):
                    self.assert_refused(self.ask(method, path, Host=host), "is not this server")
        self.assertFalse(os.path.exists(self.runs))

    def test_preflights_of_strangers_are_refused(self):
        for _, path in endpoints():
            with self.subTest(path):
                self.assert_refused(self.ask("OPTIONS", path, Origin=STRANGER, Access_Control_Request_Method="POST"),
                                    "may not use this server")

    def test_a_listed_page_may_ask_first(self):
        for _, path in endpoints():
            with self.subTest(path):
                answer = self.ask("OPTIONS", path, Origin=LISTED, Access_Control_Request_Method="POST",
                                  Access_Control_Request_Headers="x-amz-invocation-type,authorization")
                self.assertEqual(answer.status, 204)
                self.assertEqual(answer.headers["access-control-allow-origin"], LISTED)
                self.assertEqual(answer.headers["access-control-allow-methods"], METHODS)
                self.assertEqual(answer.headers["access-control-allow-headers"], "x-amz-invocation-type,authorization")
                self.assertEqual(answer.headers["vary"], "Origin")

    def test_a_listed_page_may_read_every_answer(self):
        for method, path in endpoints():
            if path.startswith("/2015") or path.startswith("/2014") or path.startswith("/2021"):
                continue  # below, with a body
            with self.subTest(f"{method} {path}"):
                answer = self.ask(method, path, Origin=LISTED)
                self.assertEqual(answer.headers["access-control-allow-origin"], LISTED)
                self.assertNotIn(b"may not use this server", answer.body)  # AWS's 403 of unknown paths is another

    def test_a_listed_page_invokes_and_sees_the_headers(self):
        for path, status in (("/2015-03-31/functions/f/invocations", 200), ("/2014-11-13/functions/f/invoke-async", 202),
                             ("/2015-03-31/functions/none/invocations", 404),
                             ("/2021-11-15/functions/f/response-streaming-invocations", 200)):
            with self.subTest(path):
                answer = self.server.request("POST", path, b'{"a":1}', {"Origin": LISTED})
                self.assertEqual(answer.status, status)
                self.assertEqual(answer.headers["access-control-allow-origin"], LISTED)
                for name in ("x-amzn-RequestId", "X-Amz-Function-Error", "X-Amz-Log-Result"):
                    self.assertIn(name, answer.headers["access-control-expose-headers"])
        self.server.request("POST", "/_invoked/drain")
        os.unlink(self.runs)

    def test_its_own_address_and_requests_without_an_origin_are_no_strangers(self):
        for headers in ({}, {"Origin": self.server.endpoint}, {"Host": "localhost"}, {"Host": f"[::1]:{self.server.port}"}):
            with self.subTest(headers):
                self.assertEqual(self.server.request("GET", "/_invoked/health", headers=headers).status, 200)


if __name__ == "__main__":
    invoked.run_tests()
