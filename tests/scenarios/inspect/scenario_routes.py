"""docs/inspect.md has every /_invoked/ endpoint with its parameters, and the server knows no other parameters."""

import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
from invoked import ROOT, Server, command, run_tests  # noqa: E402


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def routes():
    """[(method, path, [parameter])] of server/http/routes.c; parameters are None where any are taken."""
    source = read("server/http/routes.c")
    filters = re.search(r"#define HISTORY_QUERY_NAMES (.*)", read("handlers/inspect/history_query.h"))[1]
    lists = {name: re.findall(r'"(\w+)"', words.replace("HISTORY_QUERY_NAMES", filters))
             for name, words in re.findall(r"static const char \*const (\w+)\[\] = \{(.*?)\};", source, re.DOTALL)}
    found = []
    for method, before, after, taken in re.findall(r'\{"(\w+)",\s*"(/[^"]*)",\s*("[^"]*"|NULL),[^}]*?(\w+)\},', source):
        path = before if after == "NULL" else before + "{name}" + after.strip('"')
        found.append((method, path, lists.get(taken)))
    return [route for route in found if route[1].startswith(("/_invoked/", "/metrics"))]


class Routes(unittest.TestCase):
    def test_the_page_has_every_endpoint_and_no_other(self):
        named = set(re.findall(r"^(?:\| )?`((?:GET|POST|PUT|DELETE) /[^`]*)`", read("docs/inspect.md"), re.MULTILINE))
        self.assertEqual(named, {f"{method} {path}" for method, path, _ in routes()})

    def test_the_page_names_every_parameter(self):
        page = read("docs/inspect.md")
        for method, path, parameters in routes():
            row = re.search(rf"`{method} {re.escape(path)}`.*", page)[0]
            if path.endswith("/count"):
                row += page  # "the same filters"
            for name in parameters or ():
                self.assertRegex(row, rf"`{name}\b", f"{method} {path}")

    def test_every_endpoint_has_an_example_that_is_run(self):
        examples = [line for page in ("inspect", "function-urls", "http-apis") for line in read(f"docs/{page}.md").splitlines()
                    if line.startswith("$ ") and "curl" in line]
        for method, path, _ in routes():
            if path.startswith(("/_invoked/code/", "/_invoked/console")):
                continue  # for pages and clients, not for people with curl
            pattern = re.escape(path).replace(r"\{name\}", "[^/ ]+").replace(r"\.\.\.", ".*") + "(?![/a-z])"
            found = [line for line in examples if re.search(pattern, line)]
            if method not in ("GET", "ANY"):
                found = [line for line in found if f"-X {method}" in line or (method == "POST" and " -d " in line)]
            self.assertTrue(found, f"{method} {path}")

    def test_an_unknown_parameter_is_refused_everywhere(self):
        with Server({"cat": command("cat")}) as server:
            for method, path, parameters in routes():
                if parameters is None:
                    continue
                path = path.replace("{name}", "cat")
                with self.subTest(f"{method} {path}"):
                    answer = server.request(method, f"{path}?nonsense=1", b"[]")
                    self.assertEqual(answer.status, 400, answer)
                    self.assertIn("unknown parameter 'nonsense'", answer.json["error"])
                    for name in parameters:
                        wrong = name.lower() if name.lower() != name else name.upper()
                        answer = server.request(method, f"{path}?{wrong}=1", b"[]")
                        self.assertEqual((answer.status, answer.json["error"]),
                                         (400, f"unknown parameter '{wrong}'; did you mean {name}?"))

    def test_the_log_says_what_an_unknown_operation_should_be(self):
        with Server({"cat": command("cat")}) as server:
            for method, path in (("GET", "/2015-03-31/functions/cat/invocations"), ("POST", "/2015-03-31/functions/cat/invocation")):
                self.assertEqual(server.request(method, path).status, 403)
            server.wait_for_log(r"warn  GET /2015-03-31/functions/cat/invocations: no such operation; use POST\n")
            server.wait_for_log(r"warn  POST /2015-03-31/functions/cat/invocation: no such operation; "
                                r"Invoke is POST /2015-03-31/functions/NAME/invocations\n")

    def test_operations_of_aws_ignore_other_parameters(self):
        with Server({"cat": command("cat")}) as server:
            self.assertEqual(server.request("POST", "/2015-03-31/functions/cat/invocations?nonsense=1", b"1").status, 200)


if __name__ == "__main__":
    run_tests()
