"""
test_python_runtime.py - the bundled Python runtime, driven through its frames.

    /usr/bin/python3 tests/runtimes/test_python_runtime.py          TEST_PYTHON=python3.8 tries another interpreter

To add a case about a result, an error or a log, add a row to a table of python_cases.py; a new behaviour of the
process is a method.
"""

import json
import os
import signal
import struct
import subprocess
import sys
import time
import unittest

from python_cases import ENDS, ERRORS, HANDLERS, INIT_ERRORS, LOG_TIME, LOGS, RESULTS, SHADOWS
from python_worker import ARN, FIXTURES, PYTHON, REQUEST_ID, Folder, Worker, init_frame

NBSP = "\u00a0"


def handler_of(body):
    return "import sys\ndef handler(event, context):\n    " + body + "\n"


class Case(unittest.TestCase):
    def assert_text(self, actual, expected):
        if hasattr(expected, "search"):
            self.assertRegex(actual, expected)
        else:
            self.assertEqual(actual, expected)

    def started(self, worker, *arguments, **details):
        worker.init(*arguments, **details)
        self.assertEqual(worker.receive(), (b"N", b""))
        return worker

    def invoke_once(self, body, payload=b"{}", variables=None, **details):
        """Answer and log of one invocation of a handler with that body."""
        with Folder({"app.py": handler_of(body)}) as folder, Worker() as worker:
            self.started(worker, folder, variables=variables)
            answer = worker.invoke(payload, **details)
            return answer, worker.log_so_far()

    def error_of(self, answer, kind=b"F"):
        self.assertEqual(answer[0], kind)
        error_type, _, body = answer[1].partition(b"\0")
        error = json.loads(body.decode("utf-8"))
        # AWS's client names the platform the types of init errors only
        self.assertEqual(error_type.decode(), "" if kind == b"F" else error["errorType"])
        return error

    def assert_ends(self, body, status, log, payload=b"{}", variables=None):
        with Folder({"app.py": handler_of(body)}) as folder, Worker() as worker:
            self.started(worker, folder, variables=variables)
            worker.event(payload)
            self.assertIsNone(worker.receive())
            self.assertEqual(worker.exit_status(), status)
            self.assertRegex(worker.log_so_far(), log)

    def invoke_fixture(self, name, payload=b"{}", variables=None, **details):
        with Worker() as worker:
            self.started(worker, os.path.join(FIXTURES, name), variables=variables)
            answer = worker.invoke(payload, **details)
            return answer, worker.log_so_far()


class Results(Case):
    def test_results_are_written_as_awss_client_writes_them(self):
        for body, payload, expected in RESULTS:
            with self.subTest(body=body, payload=payload[:40]):
                (kind, answer), _ = self.invoke_once(body, payload)
                self.assertEqual(kind, b"R", answer)
                if expected is not None:
                    self.assertEqual(answer, expected)

    def test_text_stays_raw_where_the_runtime_is_3_12_or_later(self):
        for name, expected in [("3.11", b'"\\u00e9"'), ("3.12", b'"\xc3\xa9"'), ("3.14", b'"\xc3\xa9"')]:
            variables = {"AWS_EXECUTION_ENV": "AWS_Lambda_python" + name}
            answer, _ = self.invoke_once("return event", '"\u00e9"'.encode(), variables)
            self.assertEqual(answer, (b"R", expected))

    def test_a_lone_surrogate_ends_the_process_where_text_stays_raw(self):
        variables = {"AWS_EXECUTION_ENV": "AWS_Lambda_python3.12"}
        for body in ("return event", "raise OSError(event)"):
            self.assert_ends(body, 1, "UnicodeEncodeError: .*surrogates not allowed", b'"\\ud800"', variables)

    def test_six_megabytes_go_both_ways_quickly(self):
        payload = b'"' + b"a" * (6 * 1024 * 1024) + b'"'
        with Worker() as worker:
            self.started(worker, os.path.join(FIXTURES, "python-echo"))
            begin = time.monotonic()
            for _ in range(5):
                self.assertEqual(worker.invoke(payload), (b"R", payload))
            self.assertLess(time.monotonic() - begin, 10)

    def test_frames_may_come_in_pieces_and_all_sizes(self):
        with Worker() as worker:
            self.started(worker, os.path.join(FIXTURES, "python-echo"))
            for size in [0, 1, 65000, 65400, 65500, 65536, 65600, 131072, 200000]:
                payload = b'"' + b"b" * size + b'"'
                self.assertEqual(worker.invoke(payload), (b"R", payload))
            head = b"\0" * 7
            frame = b"E" + struct.pack(">I", len(head)) + head + b'"slow"'
            for byte in struct.pack(">I", len(frame)) + frame:
                worker.socket.sendall(bytes([byte]))
                time.sleep(0.001)
            self.assertEqual(worker.receive(), (b"R", b'"slow"'))

    def test_a_result_that_no_frame_holds_is_awss_error(self):
        answer, _ = self.invoke_once("return b'a' * (64 * 1024 * 1024)")
        self.assertEqual(answer[0], b"F")
        self.assertEqual(answer[1].partition(b"\0")[2], b'{"errorMessage":"Response payload size exceeded maximum '
                         b'allowed payload size (6291556 bytes).","errorType":"Function.ResponseSizeTooLarge"}')

    def test_handlers_are_found_in_folders_and_packages(self):
        for handler, path in HANDLERS:
            with self.subTest(handler=handler), Folder({path: handler_of("return 7")}) as folder, Worker() as worker:
                self.started(worker, folder, handler)
                self.assertEqual(worker.invoke(), (b"R", b"7"))

    def test_an_edited_handler_is_never_taken_from_a_cache(self):
        with Folder({"app.py": handler_of("return 1")}) as folder:
            for value in (b"1", b"2"):
                with open(os.path.join(folder, "app.py"), "w") as file:
                    file.write(handler_of("return " + value.decode()))
                os.utime(os.path.join(folder, "app.py"), (1e9, 1e9))
                with Worker() as worker:
                    self.started(worker, folder)
                    self.assertEqual(worker.invoke(), (b"R", value))
            self.assertEqual(os.listdir(folder), ["app.py"])

    def test_files_that_shadow_the_standard_library_do_no_harm(self):
        files = {name: "raise SystemExit(name)" for name in SHADOWS}
        files["app.py"] = handler_of("import logging, decimal; logging.error('e'); return decimal.Decimal(1) / event")
        for wait in (0, 0.3):
            with Folder(files) as folder, Worker() as worker:
                time.sleep(wait)  # with time, it loads logging before it has the function
                self.started(worker, folder)
                self.assertEqual(self.error_of(worker.invoke(b"0"))["errorType"], "DivisionByZero")
                self.assertRegex(worker.log_so_far(), r"\A\[ERROR\]\t.*\te\n\[ERROR\] DivisionByZero: ")
                self.assertEqual(worker.invoke(b"1"), (b"R", b"1"))


class Errors(Case):
    def test_exceptions_become_function_errors_and_the_worker_lives(self):
        for body, error_type, message in ERRORS:
            with self.subTest(body=body), Folder({"app.py": handler_of("if event == 1: return 1\n    " + body)}) as folder:
                with Worker() as worker:
                    self.started(worker, folder)
                    error = self.error_of(worker.invoke())
                    self.assertEqual(list(error), ["errorMessage", "errorType", "requestId", "stackTrace"])
                    self.assertEqual((error["errorType"], error["requestId"]), (error_type, REQUEST_ID))
                    self.assert_text(error["errorMessage"], message)
                    if error_type.startswith("Runtime."):
                        self.assertEqual(error["stackTrace"], [])
                    else:
                        self.assertTrue(error["stackTrace"][0].startswith('  File "%s/app.py", line ' % folder))
                    self.assertEqual(worker.invoke(b"1"), (b"R", b"1"))

    def test_an_error_is_the_recorded_one_to_the_byte(self):
        source = 'def handler(event, context):\n    raise Exception("Handler fails")\n'
        with Folder({"app.py": source}) as folder, Worker() as worker:
            self.started(worker, folder)
            line = '  File \\"%s/app.py\\", line 2, in handler\\n    raise Exception(\\"Handler fails\\")\\n' % folder
            body = '{"errorMessage": "Handler fails", "errorType": "Exception", "requestId": "%s", "stackTrace": ["%s"]}'
            self.assertEqual(worker.invoke(), (b"F", b"\0" + (body % (REQUEST_ID, line)).encode()))
            log = '[ERROR] Exception: Handler fails\nTraceback (most recent call last):\n%sFile "%s/app.py", line 2, in handler\n'
            log += '%sraise Exception("Handler fails")\n'
            self.assertEqual(worker.log_so_far(), log % (NBSP * 2, folder, NBSP * 4))

    def test_3_8_has_no_request_id(self):
        answer, _ = self.invoke_once("raise OSError", variables={"AWS_EXECUTION_ENV": "AWS_Lambda_python3.8"})
        self.assertEqual(list(self.error_of(answer)), ["errorMessage", "errorType", "stackTrace"])

    def test_recursion_is_folded(self):
        answer, _ = self.invoke_once("handler(event, context)")
        stack = self.error_of(answer)["stackTrace"]
        self.assertLess(len(stack), 10)
        self.assertRegex("".join(stack), r"Previous line repeated \d+ more times")

    def test_events_that_are_not_json(self):
        for payload in (b"{", b"nope", b"[1] x", b'"\xff"'):
            with self.subTest(payload=payload):
                error = self.error_of(self.invoke_once("return 1", payload)[0])
                self.assertEqual(error["errorType"], "Runtime.UnmarshalError")
                self.assertRegex(error["errorMessage"], "^Unable to unmarshal input: .")

    def test_a_client_context_that_is_not_json(self):
        error = self.error_of(self.invoke_once("return 1", client="[1")[0])
        self.assertEqual(error["errorType"], "Runtime.LambdaContextUnmarshalError")
        self.assertRegex(error["errorMessage"], "^Unable to parse Client Context JSON: .")

    def test_only_exception_is_caught(self):
        for body, status, log in ENDS:
            with self.subTest(body=body):
                self.assert_ends(body, status, log, variables={"AWS_EXECUTION_ENV": "AWS_Lambda_python3.12"})

    def test_only_exception_is_caught_at_import(self):
        for source, status in [("raise KeyboardInterrupt", -2), ("raise BaseException", 1)]:
            with Folder({"app.py": source}) as folder, Worker() as worker:
                worker.init(folder)
                self.assertIsNone(worker.receive())
                self.assertEqual(worker.exit_status(), status)
                self.assertIn("Traceback (most recent call last):", worker.log_so_far())

    def test_a_missing_module_that_aws_brings_along_is_explained(self):
        files = {"app.py": "import boto3.nothing_like_it", "boto3.py": "raise ModuleNotFoundError('gone', name='boto3')"}
        with Folder(files) as folder, Worker() as worker:
            worker.init(folder)
            self.assertEqual(self.error_of(worker.receive(), b"X")["errorType"], "Runtime.ImportModuleError")
            self.assertRegex(worker.log_so_far(), r"invoked: AWS's Python runtimes bring boto3 along; here, install it: "
                             r".* -m pip install boto3\n\Z")

    def test_init_errors(self):
        for files, handler, error_type, message, stack in INIT_ERRORS:
            with self.subTest(handler=handler, message=message), Folder(files) as folder, Worker() as worker:
                worker.init(folder, handler)
                error = self.error_of(worker.receive(), b"X")
                self.assertEqual(list(error), ["errorMessage", "errorType", "requestId", "stackTrace"])
                self.assertEqual((error["errorType"], error["requestId"]), (error_type, ""))
                self.assert_text(error["errorMessage"], message)
                self.assertIn(stack or "", "".join(error["stackTrace"]))
                self.assertEqual(bool(stack), bool(error["stackTrace"]))
                self.assertIsNone(worker.receive())
                self.assertEqual(worker.exit_status(), 1)
                text = worker.log_so_far()
                self.assertTrue(text.startswith("[WARNING]\t"))
                self.assertIn("Z\t\tLAMBDA_WARNING: Unhandled exception. The most likely", text)
                self.assertIn("runtimes-update.html\r\n[ERROR] " + error_type, text)

    def test_a_folder_that_is_not_there(self):
        with Worker() as worker:
            worker.init("/no/such/folder")
            self.assertEqual(self.error_of(worker.receive(), b"X")["errorType"], "Runtime.InvalidWorkingDir")

    def test_a_module_that_ends_with_threads_of_its_own_does_not_linger(self):
        source = "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\n1 / 0\n"
        with Folder({"app.py": source}) as folder, Worker() as worker:
            worker.init(folder)
            self.assertEqual(self.error_of(worker.receive(), b"X")["errorType"], "ZeroDivisionError")
            self.assertEqual(worker.exit_status(), 1)

    def test_exits_are_left_to_the_platform(self):
        for body, status in [("sys.exit()", 0), ("sys.exit(7)", 7), ("raise SystemExit('why')", 1),
                             ("import os; os._exit(9)", 9), ("import os; os.abort()", -signal.SIGABRT)]:
            for source in (handler_of(body), "import sys\n" + body + "\n"):
                with self.subTest(source=source), Folder({"app.py": source}) as folder, Worker() as worker:
                    worker.init(folder)
                    first = worker.receive()
                    if first is not None:
                        worker.event()
                        self.assertIsNone(worker.receive())
                    self.assertEqual(worker.exit_status(), status)


class Context(Case):
    VARIABLES = {
        "AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f",
        "AWS_LAMBDA_LOG_STREAM_NAME": "2025/01/02/[$LATEST]0123",
    }

    def test_every_attribute(self):
        identity = '{"cognitoIdentityId": "id", "cognitoIdentityPoolId": "pool"}'
        (kind, body), _ = self.invoke_fixture("python-context", b"{}", self.VARIABLES, identity=identity, tenant="blue")
        fields = json.loads(body)
        remaining = fields.pop("remaining_time_in_millis")
        self.assertTrue(0 < remaining <= 3000, remaining)
        self.assertEqual(fields, {
            "function_name": "f", "function_version": "$LATEST", "invoked_function_arn": ARN,
            "memory_limit_in_mb": "128", "aws_request_id": REQUEST_ID, "log_group_name": "/aws/lambda/f",
            "log_stream_name": "2025/01/02/[$LATEST]0123", "tenant_id": "blue", "cognito_identity_id": "id",
            "cognito_identity_pool_id": "pool", "has_client_context": False})

    def test_what_is_not_given_is_none_and_a_past_deadline_leaves_0(self):
        (kind, body), _ = self.invoke_fixture("python-context", deadline=1)
        fields = json.loads(body)
        for name in ("tenant_id", "cognito_identity_id", "cognito_identity_pool_id", "function_version"):
            self.assertIsNone(fields[name])
        self.assertEqual(fields["remaining_time_in_millis"], 0)

    def test_client_context(self):
        given = '{"client": {"installation_id": "i", "app_title": "\u00e9"}, "custom": {"a": [1]}, "env": {"x": "y"}}'
        (kind, body), _ = self.invoke_fixture("python-client-context", client=given)
        client = dict.fromkeys("app_version_name app_version_code app_package_name".split())
        self.assertEqual(json.loads(body), {"client": dict(client, installation_id="i", app_title="\u00e9"),
                                            "custom": {"a": [1]}, "env": {"x": "y"}})
        (kind, body), _ = self.invoke_fixture("python-client-context", client='{"custom": {}}')
        self.assertEqual(json.loads(body), {"client": None, "custom": {}, "env": None})

    def test_representation(self):
        (kind, body), _ = self.invoke_once("return repr(context)", variables=self.VARIABLES)
        self.assertEqual(json.loads(body), (
            "LambdaContext([aws_request_id=%s,log_group_name=/aws/lambda/f,log_stream_name=2025/01/02/[$LATEST]0123,"
            "function_name=f,memory_limit_in_mb=128,function_version=$LATEST,invoked_function_arn=%s,"
            "client_context=None,identity=CognitoIdentity([cognito_identity_id=None,cognito_identity_pool_id=None]),"
            "tenant_id=None])") % (REQUEST_ID, ARN))

    def test_the_trace_id_is_that_of_the_invocation(self):
        with Worker() as worker:
            self.started(worker, os.path.join(FIXTURES, "python-environment"))
            for trace in ("Root=1-a", "Root=1-b", "", "Root=1-c"):
                seen = json.loads(worker.invoke(trace=trace)[1]).get("_X_AMZN_TRACE_ID", "")
                self.assertEqual(seen, trace)


class Environment(Case):
    def test_the_environment_is_replaced(self):
        variables = {"A": "1=2", "EMPTY": "", "TEXT": "\u00e9\nx", "LAMBDA_TASK_ROOT": FIXTURES}
        with Worker({"ONLY_AT_START": "1"}) as worker:
            self.started(worker, os.path.join(FIXTURES, "python-environment"), "python-environment/app.handler", variables)
            self.assertEqual(json.loads(worker.invoke()[1]), variables)

    def test_no_variables_keep_the_environment_of_the_start(self):
        with Worker({"EXPORTED": "by a wrapper"}) as worker:
            worker.send(b"I", os.path.join(FIXTURES, "python-environment").encode() + b"\0app.handler\0")
            self.assertEqual(worker.receive(), (b"N", b""))
            self.assertEqual(json.loads(worker.invoke()[1])["EXPORTED"], "by a wrapper")

    def test_the_time_zone_and_folder_are_the_functions(self):
        body = "import time, os; return [time.strftime('%H', time.gmtime(0)), time.strftime('%H', time.localtime(0))]"
        self.assertEqual(self.invoke_once(body, variables={"TZ": "TST-5"})[0], (b"R", b'["00", "05"]'))
        self.assertEqual(self.invoke_once(body, variables={"TZ": ":UTC"})[0], (b"R", b'["00", "00"]'))

    def test_pythonpath_comes_after_the_task_root(self):
        files = {"app.py": "import both, other\ndef handler(event, context): return [both.x, other.x]\n",
                 "both.py": "x = 'root'", "lib/both.py": "x = 'lib'", "lib/other.py": "x = 'lib'"}
        with Folder(files) as folder, Worker() as worker:
            self.started(worker, folder, variables={"PYTHONPATH": ":" + folder + "/lib:" + folder + "/lib"})
            self.assertEqual(worker.invoke(), (b"R", b'["root", "lib"]'))

    def test_variables_that_count_at_start_only_have_their_effect(self):
        body = "import os; return [hash('a'), sys.flags.dev_mode, __debug__, len(sys.argv), os.environ['LD_X'], os.getcwd()]"
        variables = {"PYTHONHASHSEED": "1", "PYTHONDEVMODE": "1", "PYTHONOPTIMIZE": "1", "LD_X": "1"}
        with Folder({"app.py": handler_of(body)}) as folder:
            answers = []
            for _ in range(2):
                with Worker() as worker:
                    self.started(worker, folder, variables=variables)
                    answers.append(json.loads(worker.invoke()[1]))
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(answers[0][1:], [True, False, 1, "1", folder])


class Logs(Case):
    def test_what_a_handler_writes_is_in_the_log_in_order(self):
        for body, expected in LOGS:
            for wait in (0, 0.2):
                with self.subTest(body=body, wait=wait), Folder({"app.py": handler_of(body)}) as folder, Worker() as worker:
                    time.sleep(wait)
                    self.started(worker, folder, variables={"TZ": "TST-5"})
                    self.assertEqual(worker.invoke(), (b"R", b"null"))
                    self.assert_text(worker.log_so_far(), expected)

    def test_logging_at_import_has_no_request_id(self):
        with Folder({"app.py": "import logging\nlogging.error('early')\ndef handler(e, c): pass\n"}) as folder:
            with Worker() as worker:
                self.started(worker, folder)
                self.assertRegex(worker.log_so_far(), r"\A\[ERROR\]\t%s\t\tearly\n\Z" % LOG_TIME)

    def test_json_logs(self):
        variables = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"}
        body = "import logging\n    try: 1 / 0\n    except Exception: logging.exception('m', extra={'x': 1})\n    logging.info('i')"
        _, log = self.invoke_once(body + "\n    raise OSError('o')", variables=variables, tenant="blue")
        first, second, third = map(json.loads, log.splitlines())
        self.assertEqual(list(first), ["timestamp", "level", "message", "logger", "stackTrace", "errorType",
                                       "errorMessage", "requestId", "location", "tenantId", "x"])
        self.assertEqual((first["errorType"], first["x"], first["requestId"]), ("ZeroDivisionError", 1, REQUEST_ID))
        self.assertEqual((second["level"], second["message"], second["logger"]), ("INFO", "i", "root"))
        self.assertEqual(list(third), ["timestamp", "log_level", "errorMessage", "errorType", "requestId", "stackTrace"])

    def test_nothing_is_loaded_at_start_that_only_some_functions_need(self):
        source = "import sys\nloaded = {'json', 're', 'logging', 'traceback', 'decimal', 'socket'} & set(sys.modules)\n"
        files = {"app.py": source + "def handler(event, context): return sorted(loaded)\n"}
        with Folder(files) as folder, Worker({"PYTHONNOUSERSITE": "1"}, early=init_frame(folder)) as worker:
            self.assertEqual(worker.receive(), (b"N", b""))
            loaded = json.loads(worker.invoke()[1])
            bare = subprocess.check_output([PYTHON, "-c", "import sys; print(*sys.modules)"]).decode().split()
            self.assertEqual(set(loaded) - set(bare), set())

    def test_a_log_pipe_that_a_program_made_non_blocking_loses_nothing(self):
        body = "import os, logging; os.set_blocking(1, False); print('x' * 200000); logging.error('y' * 200000)"
        with Folder({"app.py": handler_of(body)}) as folder, Worker() as worker:
            self.started(worker, folder)
            worker.event()
            time.sleep(0.3)  # until the pipe is full
            text = worker.log_until(lambda text: text.count(b"\n") == 2)
            self.assertEqual((text.count(b"x"), text.count(b"y")), (200000, 200000))
            self.assertEqual(worker.receive(), (b"R", b"null"))


class Process(Case):
    def test_the_sockets_end_ends_the_worker_quietly(self):
        for stage in range(3):
            with Worker() as worker:
                if stage:
                    self.started(worker, os.path.join(FIXTURES, "python-sleep"))
                if stage == 2:
                    worker.event(b'{"seconds": 0.1}')
                worker.socket.close()
                self.assertEqual(worker.exit_status(), 0)
                self.assertEqual(worker.log_so_far(), "")

    def test_threads_do_not_keep_a_worker_that_is_no_longer_wanted(self):
        body = "import threading, time; threading.Thread(target=time.sleep, args=(60,)).start()"
        with Folder({"app.py": handler_of(body)}) as folder, Worker() as worker:
            self.started(worker, folder)
            worker.invoke()
            begin = time.monotonic()
            worker.socket.close()
            self.assertEqual(worker.exit_status(), 0)
            self.assertLess(time.monotonic() - begin, 5)

    def test_sigterm_ends_it(self):
        with Worker() as worker:
            self.started(worker, os.path.join(FIXTURES, "python-echo"))
            worker.process.terminate()
            self.assertEqual(worker.exit_status(), -signal.SIGTERM)

    def test_frames_that_break_the_agreement_end_it(self):
        head = b"\0" * 7
        good = struct.pack(">I", len(head)) + head + b"{}"
        bad = [b"\0\0\0\0E", b"\xff\xff\xff\xffE", b"\0\0\0\1Q", b"\0\0\0\1I", b"\0\0\0\5E\0\0\0\7"]
        for data in bad + [struct.pack(">I", len(good)) + b"E" + good[:3] + b"\6" + good[4:]]:
            with self.subTest(data=data), Worker() as worker:
                self.started(worker, os.path.join(FIXTURES, "python-echo"))
                worker.socket.sendall(data)
                self.assertIsNone(worker.receive())
                self.assertEqual(worker.exit_status(), 70)
                self.assertIn("invoked: the Python runtime ends: ", worker.log_so_far())
        with Worker() as worker:
            worker.event()
            self.assertEqual(worker.exit_status(), 70)

    def test_programs_of_the_handler_do_not_get_the_socket(self):
        (kind, body), log = self.invoke_fixture("python-subprocess")
        self.assertEqual(log, "before\nfrom a subprocess\nafter\n")
        self.assertEqual(json.loads(body), ["0", "1", "2", "3"])  # 3 is the folder that ls reads

    def test_forks_neither_answer_nor_hold_the_socket(self):
        for payload, status in [(b"{}", 3), (b'{"return": true}', 0)]:
            answer, _ = self.invoke_fixture("python-fork", payload)
            self.assertEqual(answer, (b"R", b'{"status": %d}' % status))
        body = "import os, time\n    if os.fork() == 0:\n        time.sleep(60)\n    os._exit(4)"
        with Folder({"app.py": handler_of(body)}) as folder, Worker() as worker:
            self.started(worker, folder)
            worker.event()
            begin = time.monotonic()
            self.assertIsNone(worker.receive())
            self.assertLess(time.monotonic() - begin, 10)

    def test_multiprocessing_works_by_fork_and_by_spawn(self):
        source = ("import multiprocessing\ndef double(x): return 2 * x\ndef handler(event, context):\n"
                  "    with multiprocessing.get_context(event).Pool(2) as pool: return pool.map(double, [1, 2])\n")
        for method in (b'"fork"', b'"spawn"'):
            with Folder({"app.py": source}) as folder, Worker() as worker:
                self.started(worker, folder, variables={"PATH": "/usr/bin:/bin"})
                self.assertEqual(worker.invoke(method), (b"R", b"[2, 4]"), method)

    def test_state_is_kept_between_invocations(self):
        with Worker() as worker:
            self.started(worker, os.path.join(FIXTURES, "python-counter"))
            self.assertEqual([worker.invoke()[1] for _ in range(3)], [b"1", b"2", b"3"])


class Fixtures(Case):
    def test_each_fixture_does_what_its_name_says(self):
        rows = [
            ("python-hello", b'{"name": "NAME"}', b"R", b'{"message": "Hello, NAME"}'),
            ("python-error", b"{}", b"F", "Handler fails"),
            ("python-print", b'{"lines": ["a", "b"]}', b"R", b"2"),
            ("python-logging", b"{}", b"R", b"null"),
            ("python-unserializable", b"{}", b"F", "Unable to marshal response: Object of type set is not JSON serializable"),
            ("python-large", b'{"bytes": 6291458}', b"R", b'"' + b"a" * 6291456 + b'"'),
        ]
        for name, payload, kind, expected in rows:
            with self.subTest(name=name):
                answer, _ = self.invoke_fixture(name, payload)
                if kind == b"F":
                    self.assertEqual(self.error_of(answer)["errorMessage"], expected)
                else:
                    self.assertEqual(answer, (kind, expected))

    def test_fixtures_that_fail_at_init(self):
        rows = [("python-import-error", "Runtime.ImportModuleError"), ("python-init-error", "RuntimeError"),
                ("python-syntax-error", "Runtime.UserCodeSyntaxError")]
        for name, error_type in rows:
            with self.subTest(name=name), Worker() as worker:
                worker.init(os.path.join(FIXTURES, name))
                self.assertEqual(self.error_of(worker.receive(), b"X")["errorType"], error_type)
        with Worker() as worker:
            worker.init(os.path.join(FIXTURES, "python-init-exit"))
            self.assertIsNone(worker.receive())
            self.assertEqual(worker.exit_status(), 0)


if __name__ == "__main__":
    outcome = unittest.TextTestRunner(stream=sys.stderr).run(unittest.defaultTestLoader.loadTestsFromName("__main__"))
    failed = len({str(test).split(" (")[0] for test, _ in outcome.failures + outcome.errors})
    print("%d passed, %d failed" % (outcome.testsRun - failed, failed))
    sys.exit(1 if failed else 0)
