"""
python_cases.py - tables for test_python_runtime.py: what a handler does, and what must come of it.
"""

import os
import re
import sys

from python_worker import REQUEST_ID

# What a handler's body returns (source), the event, and the bytes that come back.
RESULTS = [
    ("return event", b'{"a":[1,2.5,null,true,"x"]}', b'{"a": [1, 2.5, null, true, "x"]}'),
    ("return event", b"", b"{}"),
    ("return event", b" [1]\n", b"[1]"),
    ("return event", b"[1] \n", b"[1]"),
    ("return event", b"null", b"null"),
    ("return event", b"0.0", b"0.0"),
    ("return event", b'"HelloWorld"', b'"HelloWorld"'),
    ("return event", b"123456789012345678901234567890", b"123456789012345678901234567890"),
    ("return event", b"[NaN, -Infinity]", b"[NaN, -Infinity]"),
    ("return event", '"\u00e9 \U0001f600"'.encode(), b'"\\u00e9 \\ud83d\\ude00"'),
    ("return event", b'"\\ud800"', b'"\\ud800"'),
    ("return event", b'{"a": 1, "a": 2}', b'{"a": 2}'),
    ("pass", b"{}", b"null"),
    ("return ''", b"{}", b'""'),
    ("return {1: (2, 3), None: True, 1.5: 'x', True: 0}", b"{}", b'{"1": 0, "null": true, "1.5": "x"}'),
    ("return b'\\xff raw \\x00'", b"{}", b"\xff raw \x00"),
    ("return {'a': b'text'}", b"{}", b'{"a": "text"}'),
    ("import decimal; D = decimal.Decimal; return [D('3.14159265358979323846'), {'n': D('1E+3')}, D('-NaN')]",
     b"{}", b'[3.14159265358979323846, {"n": 1E+3}, NaN]'),
    ("import enum; return enum.IntEnum('E', 'A B').B", b"{}", b"2"),
    ("import collections; return collections.OrderedDict(b=1, a=2)", b"{}", b'{"b": 1, "a": 2}'),
    ("return len(event)", b"[" * 500 + b"]" * 500, b"1"),
    ("print('x'); return 'after a print'", b"{}", b'"after a print"'),
    ("import sys; sys.stdout.close(); return 1", b"{}", b"1"),
    ("import sys; sys.stdout = None; del sys.stderr; return 1", b"{}", b"1"),
    ("import os; os.close(1); os.close(2); return 1", b"{}", b"1"),
    ("import os\n    try: os.write(3, b'junk')\n    except OSError: return 'closed'", b"{}", b'"closed"'),
    ("import os; os.closerange(3, 200); return open('/dev/null').fileno()", b"{}", b"3"),
    ("import threading, time; threading.Thread(target=time.sleep, args=(60,)).start(); return 1", b"{}", b"1"),
    ("import __main__; return [n for n in vars(__main__) if not n.startswith('__')]", b"{}", b"[]"),
    ("import sys; return len(sys.argv)", b"{}", b"1"),
    ("import sys, os; return sys.path[0] == os.getcwd()", b"{}", b"true"),
    ("import sys; return [p for p in sys.path if p.endswith('runtime/bundled/python')]", b"{}", b"[]"),
    ("import sys; return 'logging' in sys.modules and sys.modules['logging'].root.level", b"{}", None),
    ("import pickle; return pickle.loads(pickle.dumps(context)).aws_request_id", b"{}", b'"%s"' % REQUEST_ID.encode()),
    ("context.mine = 1; return context.mine", b"{}", b"1"),
    ("import os; return os.environ.get('_X_AMZN_TRACE_ID')", b"{}", b"null"),
]

# A handler's body, errorType and errorMessage. All of them leave the worker fit for the next event.
ERRORS = [
    ("raise Exception('Handler fails')", "Exception", "Handler fails"),
    ("raise ValueError", "ValueError", ""),
    ("raise KeyError('k')", "KeyError", "'k'"),
    ("raise Exception('\u00e9 \\x00 \"')", "Exception", '\u00e9 \x00 "'),
    ("raise ValueError('first') from KeyError('cause')", "ValueError", "first"),
    ("handler(event, context)", "RecursionError", re.compile("maximum recursion depth exceeded")),
    ("import no_such", "ModuleNotFoundError", "No module named 'no_such'"),
    ("exec('1 +')", "SyntaxError", "invalid syntax (<string>, line 1)"),
    ("return {1, 2}", "Runtime.MarshalError",
     "Unable to marshal response: Object of type set is not JSON serializable"),
    ("return [object()]", "Runtime.MarshalError",
     "Unable to marshal response: Object of type object is not JSON serializable"),
    ("return {(1, 2): 3}", "Runtime.MarshalError",
     "Unable to marshal response: keys must be str, int, float, bool or None, not tuple"),
    ("a = []; a.append(a); return a", "Runtime.MarshalError",
     "Unable to marshal response: Circular reference detected"),
    ("return [b'\\xff']", "Runtime.MarshalError", re.compile("Unable to marshal response: 'utf-8' codec can't decode")),
    ("async def later(): pass\n    c = later(); c.close(); return c", "Runtime.MarshalError",
     "Unable to marshal response: Object of type coroutine is not JSON serializable"),
]
if sys.version_info >= (3, 11) and "TEST_PYTHON" not in os.environ:
    ERRORS.append(("raise ExceptionGroup('two', [ValueError(1), KeyError(2)])", "ExceptionGroup",
                   "two (2 sub-exceptions)"))

# A handler's body that ends the process: its status (as subprocess has it), and what the log holds then. Only
# Exception is caught.
ENDS = [
    ("raise KeyboardInterrupt('stop')", -2, "KeyboardInterrupt: stop\n"),
    ("raise GeneratorExit", 1, "GeneratorExit\n"),
    ("import asyncio; raise asyncio.CancelledError", 1, "CancelledError\n"),
    ("raise type('Own', (BaseException,), {})('own')", 1, "Own: own\n"),
    ("raise type('Mute', (Exception,), {'__str__': lambda s: 1 / 0})()", 1, "ZeroDivisionError: division by zero\n"),
    ("raise type('Odd', (Exception,), {'__str__': lambda s: 5})()", 1, "TypeError: __str__ returned non-string"),
    ("raise Exception('\\ud800')", 1, "UnicodeEncodeError: .*surrogates not allowed\n"),
    ("import os; os.kill(os.getpid(), 2)\n    import time; time.sleep(5)", -2, "KeyboardInterrupt\n"),
]

# Files of a function, its handler, then the errorType and errorMessage of init and (a part of) the stack.
INIT_ERRORS = [
    ({"app.py": "import no_such_module"}, "app.handler", "Runtime.ImportModuleError",
     "Unable to import module 'app': No module named 'no_such_module'", None),
    ({}, "app.handler", "Runtime.ImportModuleError", "Unable to import module 'app': No module named 'app'", None),
    ({"app.py": ""}, "app.foo", "Runtime.HandlerNotFound", "Handler 'foo' missing on module 'app'", None),
    ({"app.py": ""}, "foo", "Runtime.MalformedHandlerName",
     "Bad handler 'foo': not enough values to unpack (expected 2, got 1)", None),
    ({"app.py": "a = 1\n\nb = = 2\n"}, "app.handler", "Runtime.UserCodeSyntaxError",
     re.compile(r"Syntax error in module 'app': invalid syntax \(app.py, line 3\)"), "app.py\" Line 3\n    b = = 2\n"),
    ({}, "sys.handler", "Runtime.BuiltInModuleConflict", "Cannot use built-in module sys as a handler module", None),
    ({}, "nowhere/app.handler", "Runtime.ImportModuleError",
     "Unable to import module 'nowhere/app': No module named 'nowhere'", None),
    ({"app.py": "raise RuntimeError('init fails')"}, "app.handler", "RuntimeError", "init fails",
     "app.py\", line 1, in <module>\n    raise RuntimeError('init fails')\n"),
]

# Handler, and where it lies.
HANDLERS = [
    ("app.handler", "app.py"),
    ("folder/app.handler", "folder/app.py"),
    ("package.sub.app.handler", "package/sub/app.py"),
    ("my-app.handler", "my-app.py"),
]

# A file that a function may have without harm, though the runtime loads one of that name later.
SHADOWS = ["traceback.py", "linecache.py", "logging.py", "token.py", "string.py", "json.py", "decimal.py", "log.py"]

LOG_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
LOGS = [  # a handler's body; what the log holds then
    ("print('a'); print('b', end='')", "a\nb"),
    ("import os, sys; print('1', end=''); print('2', file=sys.stderr, end=''); os.write(1, b'3'); print('4')", "1234\n"),
    ("import subprocess; print('1'); subprocess.call(['echo', '2']); print('3')", "1\n2\n3\n"),
    ("import sys; sys.stdout.buffer.write(b'1'); print('2')", "12\n"),
    ("import sys; sys.stdout = open(1, 'w', closefd=False); print('held back')", "held back\n"),
    ("context.log('a'); context.log('b\\n')", "a\nb\n"),
    ("print('\u00e9\\udc80')", "\u00e9\udc80\n"),
    ("import logging; logging.warning('w %d', 1); logging.info('i')",
     re.compile(r"\A\[WARNING\]\t%s\t%s\tw 1\n\Z" % (LOG_TIME, REQUEST_ID))),
    ("import logging; logging.getLogger().setLevel('INFO'); logging.getLogger('x').info('i')",
     re.compile(r"\A\[INFO\]\t%s\t%s\ti\n\Z" % (LOG_TIME, REQUEST_ID))),
    ("import logging; R = {'created': 0.007, 'msecs': 7, 'levelno': 20, 'levelname': 'INFO', 'msg': 'm'}\n"
     "    logging.getLogger().handle(logging.makeLogRecord(R))",
     "[INFO]\t1970-01-01T00:00:00.007Z\t%s\tm\n" % REQUEST_ID),
    ("import logging, sys; sys.stdout = None\n    logging.error('e')", re.compile(r"\A\[ERROR\]\t.*\te\n\Z")),
    ("import logging, io, contextlib\n    with contextlib.redirect_stdout(io.StringIO()): logging.error('e')",
     re.compile(r"\A\[ERROR\]\t.*\te\n\Z")),
]
