"""`invoked invoke`: one invocation from a command line."""
# test: timeout 300

import base64
import contextlib
import json
import os
import pty
import select
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
from invoked import (BINARY, NATIVE_ECHO, SANITIZER_REPORT, UUID, WAIT_S, Server, clean_environment,  # noqa: E402
                     command, python, run_tests)

# Answers what it is asked for by "do".
HANDLER = """
import base64, json
def handler(event, context):
    if not isinstance(event, dict):
        return event
    if event.get("do") == "fail":
        print("about to fail")
        raise ValueError("bad \\x1b[31mamount")
    if event.get("do") == "context":
        return context.client_context and context.client_context.custom
    if event.get("do") == "print":
        print("hello \\x1b[31mred\\x07")
    return event
"""


class Result:
    def __init__(self, done):
        self.status = done.returncode
        self.payload = done.stdout
        self.said = done.stderr.decode()

    def __repr__(self):
        return f"{self.status} {self.payload[:500]!r} {self.said}"


def invoke(*words, endpoint=None, stdin=b"", environment=None, folder=None):
    settings = {"INVOKED_ENDPOINT": endpoint} if endpoint else {}
    done = subprocess.run([BINARY, "invoke", *words], input=stdin, capture_output=True, timeout=WAIT_S * 2,
                          env=clean_environment(**(settings | (environment or {}))), cwd=folder)
    result = Result(done)
    assert not SANITIZER_REPORT.search(result.said), result
    return result


class Invoking(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server({
            "py": python(HANDLER),
            "echo": {"Runtime": "provided.al2023", "CodeUri": NATIVE_ECHO, "Timeout": 20,
                     "Versions": {"1": {}}, "Aliases": {"live": {"FunctionVersion": "1"}}},
            "raw": command("sh", "-c", "cat >/dev/null; printf '\"a\\\\u0000b\"\\n\\n'"),
            "shut": command("cat", Local={"AllowedAccessKeyIds": ["111111111111"]}),
        }))

    def invoke(self, *words, **settings):
        return invoke(*words, endpoint=self.server.endpoint, **settings)

    # -- what comes back

    def test_the_payload_goes_to_stdout_and_the_status_to_stderr(self):
        result = self.invoke("echo", '{"a": [1,  2]}')
        self.assertEqual((result.status, result.payload), (0, b'{"a": [1,  2]}'), result)
        self.assertRegex(result.said, rf"^StatusCode: 200, ExecutedVersion: \$LATEST, RequestId: {UUID}\n$")

    def test_the_payload_is_unchanged_to_the_byte(self):
        self.assertEqual(self.invoke("raw", "{}").payload, self.server.invoke("raw", {}).body)

    def test_a_large_payload_comes_whole(self):
        payload = json.dumps("x" * 5_000_000).encode()
        self.assertEqual(self.invoke("echo", "-", stdin=payload).payload, payload)

    def test_a_function_error_is_1_and_is_explained(self):
        result = self.invoke("py", '{"do": "fail"}')
        self.assertEqual(result.status, 1, result)
        self.assertEqual(json.loads(result.payload)["errorType"], "ValueError")
        self.assertIn("StatusCode: 200, FunctionError: Unhandled, ExecutedVersion: $LATEST", result.said)
        self.assertIn("invoked: py failed: ValueError: bad \\x1b[31mamount\n", result.said)
        self.assertIn('app.py", line 8, in handler\n', result.said)
        self.assertIn("--tail", result.said)

    def test_tail_shows_the_log(self):
        result = self.invoke("py", '{"do": "print"}', "--tail")
        self.assertEqual(result.status, 0)
        self.assertRegex(result.said, rf"\nSTART RequestId: {UUID} Version: \$LATEST\nhello \\x1b\[31mred\\x07\n"
                                      rf"END RequestId: {UUID}\nREPORT RequestId: ")
        failed = self.invoke("py", '{"do": "fail"}', "--tail")
        self.assertIn("\nabout to fail\n", failed.said)
        self.assertNotIn("--tail", failed.said)
        self.assertNotIn("START", self.invoke("py", '{"do": "print"}').said)

    # -- what is sent

    def test_a_payload_comes_from_a_file_or_from_standard_input(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write('{"ü": 1}'.encode())
            file.flush()
            self.assertEqual(self.invoke("echo", "@" + file.name).payload.decode(), '{"ü": 1}')
        self.assertEqual(self.invoke("echo", "-", stdin=b"[1]").payload, b"[1]")
        self.assertEqual(self.invoke("echo").payload, self.server.invoke("echo").body)

    def test_marks_and_utf_16_of_windows_become_utf_8(self):
        text = '{"ü": "€😀"}'
        for held in (text.encode("utf-8-sig"), text.encode("utf-16"), b"\xfe\xff" + text.encode("utf-16-be"),
                     text.encode("utf-16-le")):
            with tempfile.NamedTemporaryFile() as file:
                file.write(held)
                file.flush()
                self.assertEqual(self.invoke("echo", "@" + file.name).payload.decode(), text)
            self.assertEqual(self.invoke("echo", "-", stdin=held).payload.decode(), text)
        result = self.invoke("echo", "-", stdin=b"\xff\xfe{")
        self.assertEqual((result.status, result.payload), (2, b""), result)
        self.assertIn("standard input begins like UTF-16, and isn't", result.said)

    def test_a_file_that_cannot_be_read_is_bad_usage(self):
        for name, reason in (("/nonexistent/event.json", "No such file or directory"), ("/", "Is a directory")):
            result = self.invoke("echo", "@" + name)
            self.assertEqual((result.status, result.payload), (2, b""))
            self.assertEqual(result.said, f"invoked: can't read the payload from {name}: {reason}\n")

    def test_the_client_context_arrives(self):
        context = json.dumps({"custom": {"tenant": "ä"}})
        result = self.invoke("py", '{"do": "context"}', "--client-context", context)
        self.assertEqual(json.loads(result.payload), {"tenant": "ä"}, result)
        self.assertEqual(self.invoke("py", "{}", "--client-context", "{").status, 3)

    def test_a_qualifier_chooses_a_version(self):
        for words, version in ((["echo", "--qualifier", "1"], "1"), (["echo", "--qualifier", "live"], "1"),
                               (["echo:live"], "1"), (["echo", "--qualifier", "$LATEST"], "$LATEST"),
                               (["arn:aws:lambda:us-east-1:123456789012:function:echo:1"], "1")):
            result = self.invoke(*words)
            self.assertEqual(result.status, 0, result)
            self.assertIn(f"ExecutedVersion: {version},", result.said)

    def test_a_dry_run_runs_nothing(self):
        result = self.invoke("py", '{"do": "fail"}', "--type", "DryRun")
        self.assertEqual((result.status, result.payload), (0, b""))
        self.assertRegex(result.said, rf"^StatusCode: 204, (ExecutedVersion: \S+, )?RequestId: {UUID}\n$")

    def test_the_access_key_id_chooses_the_account(self):
        self.assertEqual(self.invoke("shut", "{}", environment={"AWS_ACCESS_KEY_ID": "111111111111"}).status, 0)
        for environment in ({}, {"AWS_ACCESS_KEY_ID": "222222222222"}, {"AWS_ACCESS_KEY_ID": "1\r\nX: y"}):
            result = self.invoke("shut", "{}", environment=environment)
            self.assertEqual(result.status, 3, result)
            self.assertIn("AccessDeniedException (403)", result.said)

    # -- refusals

    def test_a_refusal_is_3_and_names_the_exception(self):
        for words, expected in (
                (["echo", "not json"], "invoked: refused: InvalidRequestContentException (400): Could not parse request "
                                       "body into json: "),
                (["he llo"], "invoked: refused: ValidationException (400): 1 validation error detected: "),
                (["a/b?c#d"], "invoked: refused: "),
                (["echo", "--qualifier", "no pe"], "invoked: refused: ValidationException (400): "),
        ):
            result = self.invoke(*words)
            self.assertEqual((result.status, result.payload), (3, b""), result)
            self.assertTrue(result.said.startswith(expected), result)

    def test_an_unknown_function_is_3(self):
        result = self.invoke("ecko", "{}")
        self.assertEqual((result.status, result.payload), (3, b""))
        self.assertIn("invoked: refused: ResourceNotFoundException (404): Function not found: "
                      "arn:aws:lambda:us-east-1:123456789012:function:ecko", result.said)
        self.assertIn("\nthe server has: echo, py, raw, shut\ndid you mean echo?\n", result.said)
        self.assertIn("\necho has: $LATEST, 1, live\n", self.invoke("echo:nope").said)
        self.assertIn("\necho has: $LATEST, 1, live\n", self.invoke("echo", "--qualifier", "nope").said)

    def test_a_payload_that_is_too_large_is_3(self):
        result = self.invoke("echo", "-", stdin=b" " * 6_291_457)
        self.assertEqual(result.status, 3, result)
        self.assertIn("RequestEntityTooLargeException (413)", result.said)

    def test_a_refusal_ends_in_a_hint_at_its_cause(self):
        for words, hint in (
                (["echo", "hello world"], "PAYLOAD must be JSON, such as '{\"a\": 1}', or '\"hello world\"' for a string\n"),
                (["my echo"], "my echo is not a function name (letters, digits, - and _)\nthe server has: echo, py, raw, shut\n"),
                (["ec ho"], "\ndid you mean echo?\n"),
                (["arn:aws:lambda:eu-west-1:123456789012:function:echo"], "Region in the configuration sets the server's region\n"),
                (["arn:aws:lambda:us-east-1:999999999999:function:echo"], "the account of this request is 123456789012; "
                                                                          "AccountId in the configuration sets it\n"),
        ):
            result = self.invoke(*words)
            self.assertEqual(result.status, 3, result)
            self.assertTrue(result.said.endswith(hint), result)
            self.assertNotIn("\\n", result.said)

    def test_null_is_explained(self):
        result = self.invoke("py", "null")
        self.assertEqual((result.status, result.payload), (0, b"null"))
        self.assertIn("\npy returned null; what a handler prints goes to its log (--tail shows it)\n", result.said)

    # -- where

    def test_the_endpoint_comes_from_option_and_environment(self):
        right, wrong = self.server.endpoint, "http://127.0.0.1:1"
        for words, environment in (
                (["--endpoint", right], {"INVOKED_ENDPOINT": wrong}),
                ([], {"INVOKED_ENDPOINT": right, "AWS_ENDPOINT_URL_LAMBDA": wrong}),
                ([], {"AWS_ENDPOINT_URL_LAMBDA": right}),
                (["--endpoint", right.replace("127.0.0.1", "localhost") + "/"], {}),
        ):
            self.assertEqual(invoke("echo", "1", *words, environment=environment).payload, b"1", (words, environment))

    def test_a_bad_endpoint_is_bad_usage(self):
        for url in ("https://127.0.0.1:3001", "127.0.0.1:3001", "http://", "http://a:b", "http://a:1/?x", "http://a b"):
            for result in (invoke("echo", "--endpoint", url), invoke("echo", environment={"INVOKED_ENDPOINT": url})):
                self.assertEqual((result.status, result.payload), (2, b""), url)
                self.assertIn("must be http://HOST:PORT", result.said)
        self.assertIn("https", invoke("echo", "--endpoint", "https://a:1").said)

    # -- a terminal

    def on_terminal(self, *words):
        """What a terminal shows of standard output."""
        ours, theirs = pty.openpty()
        done = subprocess.run([BINARY, "invoke", *words], stdin=subprocess.DEVNULL, stdout=theirs,
                              stderr=subprocess.DEVNULL, timeout=WAIT_S,
                              env=clean_environment(INVOKED_ENDPOINT=self.server.endpoint))
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):
            while select.select([ours], [], [], 0)[0] and (piece := os.read(ours, 65536)):
                shown += piece
        os.close(ours)
        return done.returncode, shown

    def test_a_terminal_gets_a_line_end(self):
        self.assertEqual(self.on_terminal("echo", "[1]"), (0, b"[1]\r\n"))
        self.assertEqual(self.on_terminal("echo", "[1]\n"), (0, b"[1]\r\n"))
        self.assertEqual(self.on_terminal("echo", "--type", "DryRun"), (0, b""))

    def test_output_that_cannot_be_written_is_no_success(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([BINARY, "invoke", "echo", "[1]"], stdout=full, stderr=subprocess.PIPE, timeout=WAIT_S,
                                  env=clean_environment(INVOKED_ENDPOINT=self.server.endpoint))
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"No space left on device", done.stderr)


class StandIn:
    """A server that gives one answer, as bytes, and keeps what it was asked."""

    def __init__(self, answer, host="127.0.0.1", family=socket.AF_INET):
        self.answer = answer
        self.socket = socket.create_server((host, 0), family=family)
        self.endpoint = f"http://{f'[{host}]' if ':' in host else host}:{self.socket.getsockname()[1]}"
        self.asked = []
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                asked = b""
                while b"\r\n\r\n" not in asked:
                    asked += connection.recv(65536)
                head, _, body = asked.partition(b"\r\n\r\n")
                length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if b"Content-Length" in line), 0)
                while len(body) < length:
                    body += connection.recv(65536)
                self.asked.append((head.decode(), body))
                answer = self.answer(head.decode()) if callable(self.answer) else self.answer
                for piece in answer if isinstance(answer, list) else [answer]:
                    connection.sendall(piece)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()


HEAD = b"HTTP/1.1 200 OK\r\nx-amzn-RequestId: 1\r\n"


class OtherServers(unittest.TestCase):
    def test_without_a_server_it_says_how_to_start_one(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            endpoint = f"http://127.0.0.1:{free.getsockname()[1]}"
        result = invoke("echo", "{}", endpoint=endpoint)
        self.assertEqual((result.status, result.payload), (4, b""))
        self.assertEqual(result.said, f"invoked: no server at {endpoint} (Connection refused)\n"
                                      "start one with `invoked CONFIG`, or name another with --endpoint or INVOKED_ENDPOINT\n")

    def test_an_unknown_host_is_4(self):
        result = invoke("echo", "{}", endpoint="http://nonexistent.invalid:3001")
        self.assertEqual(result.status, 4)
        self.assertIn("invoked: no server at http://nonexistent.invalid:3001 (nonexistent.invalid: ", result.said)

    def test_the_request_is_the_same_as_an_sdks(self):
        with StandIn(HEAD + b"Content-Length: 0\r\n\r\n") as server:
            result = invoke("arn:aws:lambda:us-east-1:123456789012:function:a", "[1]", "--qualifier", "$LATEST", "--tail",
                            "--type", "Event", "--client-context", '{"a": 1}', endpoint=server.endpoint + "/base/",
                            environment={"AWS_ACCESS_KEY_ID": "111111111111"})
        self.assertEqual(result.status, 0, result)
        (head, body), = server.asked
        lines = head.split("\r\n")
        self.assertEqual(lines[0], "POST /base/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3A"
                                   "function%3Aa/invocations?Qualifier=%24LATEST HTTP/1.1")
        headers = dict(line.split(": ", 1) for line in lines[1:])
        self.assertEqual(headers["Host"], server.endpoint.removeprefix("http://"))
        self.assertEqual(headers["Content-Length"], "3")
        self.assertEqual(headers["X-Amz-Invocation-Type"], "Event")
        self.assertEqual(headers["X-Amz-Log-Type"], "Tail")
        self.assertEqual(base64.b64decode(headers["X-Amz-Client-Context"]), b'{"a": 1}')
        self.assertRegex(headers["Authorization"], r"^AWS4-HMAC-SHA256 Credential=111111111111/\d{8}/us-east-1/lambda/")
        self.assertEqual(body, b"[1]")

    def test_chunks_and_open_ends_are_read(self):
        chunked = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
        for answer, payload in (
                ([chunked, b"2\r\n[1\r\n", b"1;x\r\n]\r\n0\r\n\r\n"], b"[1]"),
                (HEAD + b"\r\n[1]", b"[1]"),
                (b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b"Content-Length: 3\r\n\r\n[1]rest", b"[1]"),
        ):
            with StandIn(answer) as server:
                result = invoke("a", "{}", endpoint=server.endpoint)
            self.assertEqual((result.status, result.payload), (0, payload), result)

    def test_a_truncated_response_is_4_and_prints_nothing(self):
        for answer in (b"", b"HTT", HEAD + b"Content-Length: 5\r\n\r\n[1]",
                       HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\n[1]\r\n"):
            with StandIn(answer) as server:
                result = invoke("a", "{}", endpoint=server.endpoint)
            self.assertEqual((result.status, result.payload), (4, b""), result)
            self.assertEqual(result.said, f"invoked: no response from {server.endpoint}: connection closed before the "
                                          "response was complete\n")

    def test_another_kind_of_server_is_4(self):
        for answer, said in ((b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nhi", "is not a Lambda API (status 404)"),
                             (b"SSH-2.0-OpenSSH_9.2\r\n", "the response is not HTTP")):
            with StandIn(answer) as server:
                result = invoke("a", "{}", endpoint=server.endpoint)
            self.assertEqual((result.status, result.payload), (4, b""), result)
            self.assertIn(said, result.said)

    def test_ipv6_is_reached(self):
        try:
            server = StandIn(HEAD + b"Content-Length: 1\r\n\r\n1", "::1", socket.AF_INET6)
        except OSError:
            self.skipTest("there is no IPv6 here")
        with server:
            self.assertEqual(invoke("a", endpoint=server.endpoint).payload, b"1")

    def unknown(self, names, function="ecko"):
        """What is said of an unknown function where /_invoked/functions answers `names`."""
        refused = json.dumps({"Type": "User", "Message": "Function not found: x"}).encode()

        def answer(head):
            if head.startswith("GET /_invoked/functions "):
                return names
            return (b"HTTP/1.1 404 Not Found\r\nx-amzn-RequestId: 1\r\nx-amzn-ErrorType: ResourceNotFoundException:http://a/\r\n"
                    b"Content-Length: %d\r\n\r\n" % len(refused) + refused)

        with StandIn(answer) as server:
            result = invoke(function, "{}", endpoint=server.endpoint)
        self.assertEqual(result.status, 3)
        first, _, rest = result.said.partition("\n")
        self.assertEqual(first, "invoked: refused: ResourceNotFoundException (404): Function not found: x")
        return rest

    def listed(self, *names):
        body = json.dumps([{"FunctionName": name, "Timeout": 3} for name in names]).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    def test_an_unknown_function_lists_the_functions(self):
        self.assertEqual(self.unknown(self.listed("echo", "hello")), "the server has: echo, hello\ndid you mean echo?\n")
        self.assertEqual(self.unknown(self.listed("hello")), "the server has: hello\n")
        self.assertEqual(self.unknown(self.listed()), "the server has no functions\n")
        self.assertEqual(self.unknown(self.listed("echo"), "arn:aws:lambda:us-east-1:123456789012:function:ecko:live"),
                         "the server has: echo\ndid you mean echo?\n")
        self.assertEqual(self.unknown(self.listed("\x1b[31m")), "the server has: \\x1b[31m\n")
        many = self.unknown(self.listed(*[f"name-{number}" for number in range(100)]))
        self.assertIn(" and 60 more\n", many)
        self.assertNotIn("name-41", many)

    def test_a_listing_without_versions_gives_no_hint(self):
        self.assertEqual(self.unknown(self.listed("echo", "hello"), "echo:nope"), "")

    def test_a_server_without_a_list_gives_no_hint(self):
        for names in (b"", b"HTTP/1.1 404 Not Found\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n{", b"HTTP/1.1 200 OK\r\n\r\n{}"):
            self.assertEqual(self.unknown(names), "")
        self.assertEqual(self.unknown(b"HTTP/1.1 200 OK\r\n\r\n[1, {}, {\"FunctionName\": 2}]"), "")


if __name__ == "__main__":
    run_tests()
