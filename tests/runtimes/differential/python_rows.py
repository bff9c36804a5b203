"""Handlers in Python: what they return, raise, log and how they end. Each runs under both clients (compare.py).

A row is (name, body of the handler, events...). Rows of RESULTS run as python3.11 (ASCII) and as python3.12 (text as it is).
"""

from compare import Row

RESULTS = [
    # plain values
    ("none", "return None"), ("nothing", "pass"), ("true", "return True"), ("false", "return False"), ("zero", "return 0"),
    ("negative", "return -7"), ("large-int", "return 10 ** 60"), ("float", "return 1.5"), ("float-int", "return 2.0"),
    ("float-large", "return 1e300"), ("float-small", "return 5e-324"), ("nan", "return float('nan')"),
    ("infinity", "return float('inf')"), ("minus-infinity", "return [float('-inf')]"), ("minus-zero", "return -0.0"),
    ("text", "return 'text'"), ("text-empty", "return ''"), ("text-accents", "return 'é ü ✓ 😀'"),
    ("text-controls", r"return '\x00\x01\x1f\x7f\x80\n\r\t\b\f'"), ("text-quotes", "return '\"\\\\/<>&\\''"),
    ("text-separators", r"return '\u2028\u2029'"), ("list", "return [1, 'a', None, [True, {}]]"), ("list-empty", "return []"),
    ("tuple", "return (1, (2, 3), ())"), ("dict", "return {'b': 1, 'a': {'c': []}}"), ("dict-empty", "return {}"),
    ("nested-500", "a = []\nfor _ in range(500): a = [a]\nreturn a"),
    ("nested-too-deep", "a = []\nfor _ in range(100000): a = [a]\nreturn a"),
    ("dict-too-deep", "a = {}\nfor _ in range(100000): a = {'a': a}\nreturn a"),
    # keys
    ("key-int", "return {1: 1}"), ("key-float", "return {1.5: 1}"), ("key-bool", "return {True: 1, False: 0}"),
    ("key-none", "return {None: 1}"), ("key-bytes", "return {b'k': 1}"), ("key-bytes-bad", r"return {b'\xff': 1}"),
    ("key-tuple", "return {(1, 2): 3}"), ("key-decimal", "import decimal; return {decimal.Decimal('1.5'): 1}"),
    ("key-nan", "return {float('nan'): 1}"), ("key-large", "return {10 ** 30: 1}"), ("key-frozenset", "return {frozenset(): 1}"),
    ("key-enum", "import enum; E = enum.Enum('E', 'A'); return {E.A: 1}"),
    ("key-intenum", "import enum; E = enum.IntEnum('E', 'A'); return {E.A: 1}"),
    ("key-str-class", "class S(str): pass\nreturn {S('a'): 1}"), ("key-int-class", "class I(int): pass\nreturn {I(3): 1}"),
    ("key-object", "return {object: 1}"), ("key-duplicate", "return {1: 'a', '1': 'b'}"),
    # bytes
    ("bytes", r"return b'raw \xff\x00'"), ("bytes-empty", "return b''"), ("bytes-json", "return b'[1]'"),
    ("bytes-inside", "return {'a': b'text'}"), ("bytes-inside-utf8", "return ['é'.encode()]"),
    ("bytes-inside-bad", r"return [b'\xff']"), ("bytearray", "return bytearray(b'x')"), ("bytearray-inside", "return [bytearray(b'x')]"),
    ("memoryview", "return memoryview(b'x')"), ("bytes-class", "class B(bytes): pass\nreturn B(b'x')"),
    # numbers that aren't plain
    ("decimal", "import decimal; return decimal.Decimal('3.14159265358979323846')"),
    ("decimal-inside", "import decimal; D = decimal.Decimal; return [D('1E+3'), {'n': D('-0')}, D('0.10')]"),
    ("decimal-nan", "import decimal; return [decimal.Decimal('NaN'), decimal.Decimal('-NaN')]"),
    ("decimal-snan", "import decimal; return decimal.Decimal('sNaN')"),
    ("decimal-infinity", "import decimal; return [decimal.Decimal('Infinity')]"),
    ("decimal-class", "import decimal\nclass D(decimal.Decimal): pass\nreturn D('1.5')"),
    ("decimal-and-text", "import decimal; return {'a': decimal.Decimal('1.5'), 'b': '1.5'}"),
    ("fraction", "import fractions; return fractions.Fraction(1, 3)"), ("complex", "return 1j"),
    ("int-class", "class I(int):\n    def __str__(self): return 'no'\n    __repr__ = __str__\nreturn [I(7)]"),
    ("float-class", "class F(float):\n    def __repr__(self): return 'no'\nreturn [F(1.5)]"),
    ("bool-like", "class B:\n    def __bool__(self): return True\nreturn B()"),
    ("intenum", "import enum; return enum.IntEnum('E', 'A B').B"), ("enum", "import enum; return enum.Enum('E', 'A').A"),
    ("strenum", "import enum; return enum.StrEnum('E', 'A').A"), ("intflag", "import enum; return enum.IntFlag('F', 'A B')(3)"),
    ("str-enum-mixin", "import enum\nclass E(str, enum.Enum):\n    A = 'a'\nreturn [E.A]"),
    ("str-class", "class S(str):\n    def __str__(self): return 'no'\nreturn [S('yes')]"),
    # containers that aren't plain
    ("namedtuple", "import collections; return collections.namedtuple('P', 'x y')(1, 2)"),
    ("namedtuple-inside", "import collections; return [collections.namedtuple('P', 'x y')(1, [2])]"),
    ("namedtuple-nested", "import collections; P = collections.namedtuple('P', 'x y'); return P(P(1, 2), {'p': P(3, 4)})"),
    ("typing-namedtuple", "import typing\nclass P(typing.NamedTuple):\n    x: int = 1\n    y: str = 'é'\nreturn P()"),
    ("namedtuple-decimal", "import collections, decimal; return collections.namedtuple('P', 'x')(decimal.Decimal('1.0'))"),
    ("asdict-method", "class A:\n    def _asdict(self): return {'a': 1}\nreturn A()"),
    ("asdict-inside", "class A:\n    def _asdict(self): return {'a': [1]}\nreturn {'k': [A(), A()]}"),
    ("asdict-no-dict", "class A:\n    def _asdict(self): return [1]\nreturn A()"),
    ("asdict-raises", "class A:\n    def _asdict(self): raise ValueError('no')\nreturn A()"),
    ("asdict-attribute", "class A: _asdict = 5\nreturn A()"), ("asdict-class", "class A:\n    def _asdict(self): return {}\nreturn A"),
    ("asdict-list", "class A(list):\n    def _asdict(self): return {'a': 1}\nreturn A([1])"),
    ("asdict-dict", "class A(dict):\n    def _asdict(self): return {'a': 1}\nreturn A(b=2)"),
    ("asdict-str", "class A(str):\n    def _asdict(self): return {'a': 1}\nreturn A('s')"),
    ("asdict-int", "class A(int):\n    def _asdict(self): return {'a': 1}\nreturn A(4)"),
    ("asdict-itself", "class A:\n    def _asdict(self): return {'a': self}\nreturn A()"),
    ("for-json", "class A:\n    def for_json(self): return 1\nreturn A()"), ("ordereddict", "import collections; return collections.OrderedDict(b=1, a=2)"),
    ("defaultdict", "import collections; return collections.defaultdict(list, a=[1])"), ("counter", "import collections; return collections.Counter('aab')"),
    ("chainmap", "import collections; return collections.ChainMap({'a': 1})"), ("deque", "import collections; return collections.deque([1])"),
    ("userdict", "import collections; return collections.UserDict(a=1)"), ("mappingproxy", "import types; return types.MappingProxyType({})"),
    ("dict-class", "class D(dict): pass\nreturn D(a=1)"), ("list-class", "class L(list): pass\nreturn L([1])"), ("tuple-class", "class T(tuple): pass\nreturn T([1])"),
    ("dict-views", "return {'a': 1}.keys()"), ("range", "return range(3)"), ("generator", "return (i for i in [1])"), ("iterator", "return iter([1])"), ("map", "return map(str, [1])"),
    ("set", "return {1, 2}"), ("frozenset", "return frozenset([1])"), ("set-inside", "return {'a': {1}}"), ("array", "import array; return array.array('i', [1])"),
    # things that JSON has no word for
    ("object", "return object()"), ("object-inside", "return [1, object()]"), ("class", "return int"), ("function", "return handler"), ("lambda", "return lambda: 1"), ("module", "import os; return os"),
    ("exception", "return ValueError('x')"), ("datetime", "import datetime; return datetime.datetime(2026, 1, 2)"), ("date", "import datetime; return [datetime.date(2026, 1, 2)]"),
    ("timedelta", "import datetime; return datetime.timedelta(1)"), ("uuid", "import uuid; return uuid.UUID(int=1)"), ("path", "import pathlib; return pathlib.Path('/')"),
    ("dataclass", "import dataclasses\n@dataclasses.dataclass\nclass D:\n    a: int = 1\nreturn D()"), ("namespace", "import types; return types.SimpleNamespace(a=1)"),
    ("coroutine", "async def f(): return 1\nc = f(); c.close(); return c"), ("file", "import io; return io.StringIO('a')"), ("ellipsis", "return ..."), ("notimplemented", "return NotImplemented"),
    ("context", "return context"), ("circle-list", "a = []; a.append(a); return a"), ("circle-dict", "a = {}; a['a'] = a; return a"), ("circle-tuple", "a = []; a.append((1, a)); return a"), ("shared-value", "a = [1]; return [a, a, {'a': a}]"),
    ("surrogate", r"return '\ud800'"), ("surrogate-key", r"return {'\udfff': 1}"), ("surrogate-pair", r"return '\ud83d\ude00'"),
    ("response-proxy", "return {'statusCode': 200, 'headers': {'Content-Type': 'text/html'}, 'body': '<b>é</b>', 'isBase64Encoded': False}"),
    ("mixed-types", "return [1, 1.0, True, '1', None, b'1', {'1': 1}]"), ("many", "return list(range(2000))"), ("long-text", "return 'é' * 20000"),
]

# The event, as the handler sees it: bytes are the payload as it is sent.
EVENTS = [
    b"{}", b"", b"null", b" [1, 2]\n", b"\t{}\r\n", b"1", b"-0", b"1.0", b"1e5", b"1E400", b"-1e-400", b"123456789012345678901234567890", b'"\\u00e9\\ud83d\\ude00"',
    '"é😀"'.encode(), b'"\\ud800"', b'"\\udfffx"', b'"\\/\\b\\f\\n\\r\\t"', b'{"a":1,"a":2}', b'{"":0}', b'[[[[1]]]]', b'true', b'0.1', b'12345678.123456789012345',
    b'"' + b"a" * 70000 + b'"', b'{"k":"' + "é".encode() * 40000 + b'"}', b'1.7976931348623157e309', b'[1,2,3,{"a":[null,false]}]',
]
EVENT_BODY = "import sys; return [type(event).__name__, repr(event)[:200], len(repr(event))]"

ERRORS = [
    ("exception", "raise Exception('Handler fails')"), ("value-error", "raise ValueError('x')"), ("no-text", "raise ValueError"), ("empty-text", "raise ValueError('')"),
    ("key-error", "raise KeyError('k')"), ("two-arguments", "raise ValueError(1, 'b')"), ("number", "raise ValueError(5)"), ("none-text", "raise ValueError(None)"),
    ("os-error", "open('/nowhere/at/all')"), ("zero-division", "1 / 0"), ("index", "[][1]"), ("attribute", "event.nothing"), ("attribute-none", "None.x"), ("name", "undefined_name"), ("type", "'a' + 1"),
    ("assertion", "assert event == 1, 'not one'"), ("assertion-bare", "assert False"), ("stop-iteration", "raise StopIteration('s')"), ("recursion", "def f(): f()\nf()"),
    ("unicode-decode", r"b'\xff'.decode()"), ("unicode-encode", r"'\ud800'.encode()"), ("own-class", "class Own(Exception): pass\nraise Own('o')"),
    ("own-name", "raise type('Very Odd', (Exception,), {})('x')"), ("str-method", "class E(Exception):\n    def __str__(self): return 'by method'\nraise E('x')"),
    ("cause", "try: 1 / 0\nexcept ZeroDivisionError as e: raise ValueError('second') from e"), ("context", "try: 1 / 0\nexcept ZeroDivisionError: raise ValueError('second')"),
    ("group", "raise ExceptionGroup('two', [ValueError(1), KeyError(2)])"), ("note", "e = ValueError('x'); e.add_note('a note'); raise e"), ("multiline", "raise ValueError('one\\ntwo\\n  three')"),
    ("accents", "raise ValueError('é ✓ 😀')"), ("controls", r"raise ValueError('\x00\x1f\x7f')"), ("quotes", "raise ValueError('\"\\\\')"), ("long", "raise ValueError('x' * 5000)"),
    ("deep-stack", "def f(n):\n    if n: f(n - 1)\n    raise ValueError('deep')\nf(30)"), ("lambda", "(lambda: 1 / 0)()"), ("exec", "exec('1 / 0')"), ("exec-syntax", "exec('1 +')"), ("compile-named", "exec(compile('\\n1 / 0', 'my file.py', 'exec'))"),
    ("import", "import no_such_module"), ("import-from", "from os import no_such_name"), ("generator", "def g():\n    yield 1\n    raise ValueError('in g')\nlist(g())"),
    ("comprehension", "[1 / x for x in [0]]"), ("with", "class C:\n    def __enter__(self): return self\n    def __exit__(self, *a): raise KeyError('exit')\nwith C(): pass"),
    ("finally", "try: raise ValueError('a')\nfinally: print('finally')"), ("re-raise", "try: 1 / 0\nexcept Exception as e: raise e"), ("asyncio", "import asyncio\nasync def f(): raise ValueError('async')\nasyncio.run(f())"),
    ("timeout-error", "raise TimeoutError('late')"), ("json-decode", "import json; json.loads('{')"), ("decimal", "import decimal; decimal.Decimal(1) / 0"), ("unicode-error-type", "raise type('Ünï', (Exception,), {})('x')"),
    ("marshal-set", "return {1}"), ("marshal-object-in-list", "return {'a': [object()]}"), ("caught", "try: raise ValueError('c')\nexcept ValueError: return 'caught'"),
    ("thread", "import threading\nt = threading.Thread(target=lambda: 1); t.start(); t.join(); raise ValueError('after a thread')"), ("subprocess", "import subprocess; subprocess.run(['false'], check=True)"),
    ("blank-lines", "raise ValueError('''\n\na\n''')"), ("spaces", "raise ValueError('   indented')"), ("tab", "raise ValueError('\\ttab')"), ("module-name", "import json.decoder; raise json.decoder.JSONDecodeError('m', 'doc', 0)"),
    ("str-raises", "class E(Exception):\n    def __str__(self): raise TypeError('str fails')\nraise E('x')"), ("str-no-text", "class E(Exception):\n    def __str__(self): return 5\nraise E('x')"),
    ("surrogate-text", r"raise ValueError('\ud800')"),
]

# These end the process: nothing but Exception is caught.
EXITS = [
    ("keyboard-interrupt", "raise KeyboardInterrupt"), ("keyboard-interrupt-text", "raise KeyboardInterrupt('stop')"), ("generator-exit", "raise GeneratorExit('g')"), ("cancelled", "import asyncio; raise asyncio.CancelledError()"),
    ("cancelled-inside", "import asyncio\nasync def f():\n    t = asyncio.current_task(); t.cancel(); await asyncio.sleep(1)\nasyncio.run(f())"), ("own-base", "raise type('Own', (BaseException,), {})('own')"),
    ("base-group", "raise BaseExceptionGroup('g', [KeyboardInterrupt()])"), ("base", "raise BaseException('b')"), ("system-exit", "raise SystemExit"), ("system-exit-0", "import sys; sys.exit(0)"), ("system-exit-3", "import sys; sys.exit(3)"),
    ("system-exit-text", "import sys; sys.exit('a text')"), ("system-exit-object", "import sys; sys.exit([1])"), ("os-exit", "import os; os._exit(4)"), ("os-exit-0", "import os; os._exit(0)"), ("abort", "import os; os.abort()"), ("kill-self", "import os; os.kill(os.getpid(), 9)"),
    ("term-self", "import os, time; os.kill(os.getpid(), 15); time.sleep(5)"), ("segfault", "import ctypes; ctypes.string_at(0)"), ("print-then-exit", "print('last', end=''); import os; os._exit(1)"), ("atexit", "import atexit, sys; atexit.register(print, 'at exit'); sys.exit(5)"),
    ("base-in-str", "class E(Exception):\n    def __str__(self): raise KeyboardInterrupt\nraise E()"), ("base-in-result", "class A:\n    def _asdict(self): raise GeneratorExit('in result')\nreturn A()"), ("exit-with-thread", "import threading, sys\nthreading.Thread(target=print, args=('thread',)).start(); sys.exit(6)"),
]

LOGS = [
    ("print", "print('a'); print('b', 'c', sep='-')"), ("print-end", "print('no end', end='')"), ("print-unicode", "print('é ✓ 😀')"), ("print-lines", "print('1\\n2\\n\\n3')"), ("stderr", "import sys; print('err', file=sys.stderr)"), ("warning", "import logging; logging.warning('w')"),
    ("info-hidden", "import logging; logging.info('i'); logging.debug('d')"), ("error-args", "import logging; logging.error('%s and %d', 'é', 3)"), ("critical", "import logging; logging.critical('c')"), ("named", "import logging; logging.getLogger('shop.cart').warning('n')"),
    ("exception", "import logging\ntry: 1 / 0\nexcept Exception: logging.exception('failed')"), ("exc-info", "import logging\ntry: 1 / 0\nexcept Exception: logging.warning('w', exc_info=True)"), ("exc-info-none", "import logging; logging.warning('w', exc_info=True)"), ("exc-info-error", "import logging; logging.warning('w', exc_info=ValueError('given'))"),
    ("stack-info", "import logging; logging.warning('s', stack_info=True)"), ("extra", "import logging; logging.warning('e', extra={'a': 1, 'b': [2, {'c': None}]})"), ("extra-none", "import logging; logging.warning('e', extra={'a': None})"), ("extra-known", "import logging; logging.warning('e', extra={'level': 'mine', 'timestamp': 'mine', 'requestId': 'mine'})"),
    ("extra-location", "import logging; logging.warning('e', extra={'location': 'mine', 'errorType': 'mine', 'stackTrace': 'x', 'errorMessage': 5})"), ("extra-decimal", "import logging, decimal; logging.warning('paid', extra={'amount': decimal.Decimal('1.50')})"), ("extra-bytes", "import logging; logging.warning('raw', extra={'body': b'x'})"),
    ("extra-date", "import logging, datetime; logging.warning('at', extra={'when': datetime.datetime(2026, 1, 1)})"), ("extra-namedtuple", "import logging, collections; logging.warning('p', extra={'p': collections.namedtuple('P', 'x y')(1, 2)})"), ("extra-tuple-key", "import logging; logging.warning('k', extra={'d': {(1, 2): 3}})"), ("extra-circle", "import logging; a = []; a.append(a); logging.warning('k', extra={'d': a})"),
    ("extra-nan", "import logging; logging.warning('n', extra={'n': float('nan')})"), ("extra-accents", "import logging; logging.warning('é', extra={'ü': '😀'})"), ("extra-surrogate", "import logging; logging.warning('s', extra={'s': 'x\\u2028'})"), ("extra-bool-key", "import logging; logging.warning('s', extra={'d': {True: 1, None: 2, 1.5: 3}})"),
    ("task", "import asyncio, logging\nasync def f(): logging.warning('in a task')\nasyncio.run(f())"), ("level-25", "import logging; logging.log(35, 'between')"), ("level-55", "import logging; logging.log(55, 'above')"), ("level-own", "import logging; logging.addLevelName(33, 'NOTICE'); logging.log(33, 'own level')"),
    ("message-object", "import logging; logging.warning({'a': 1})"), ("message-none", "import logging; logging.warning(None)"), ("message-args-dict", "import logging; logging.warning('%(a)s', {'a': 5})"), ("message-newline", "import logging; logging.warning('one\\ntwo')"), ("message-empty", "import logging; logging.warning('')"), ("message-bytes", "import logging; logging.warning(b'x')"),
    ("args-wrong", "import logging; logging.warning('%d', 'x'); return 'went on'"), ("args-too-many", "import logging; logging.warning('a', 1); return 'went on'"), ("own-handler", "import logging, sys; l = logging.getLogger('h1'); l.propagate = False; h = logging.StreamHandler(sys.stdout); l.addHandler(h); l.warning('own handler'); l.removeHandler(h)"),
    ("own-formatter", "import logging; h = logging.getLogger().handlers[0]; f = h.formatter; h.setFormatter(logging.Formatter('%(levelname)s:%(message)s')); logging.warning('formatted'); h.setFormatter(f)"), ("filter", "import logging; f = lambda r: False; l = logging.getLogger('f1'); l.addFilter(f); l.warning('hidden'); l.removeFilter(f)"),
    ("handlers", "import logging; return [type(h).__name__ for h in logging.getLogger().handlers]"), ("root-level", "import logging; return logging.getLogger().level"), ("basic-config", "import logging; logging.basicConfig(level='DEBUG'); return logging.getLogger().level"), ("logger-level", "import logging; l = logging.getLogger('deb'); l.setLevel('DEBUG'); l.debug('d'); l.info('i')"),
    ("last-resort", "import logging; return repr(logging.lastResort)"), ("request-id-attribute", "import logging\nclass F(logging.Filter):\n    def filter(self, r): print(hasattr(r, 'aws_request_id')); return True\nf = F(); h = logging.getLogger().handlers[0]; h.addFilter(f); logging.warning('x'); h.removeFilter(f)"), ("converter", "import logging; return logging.Formatter.converter.__name__"),
    ("context-log", "context.log('a'); context.log(5)"), ("context-log-newline", "context.log('with\\n'); context.log('x\\n')"), ("warnings", "import warnings; warnings.warn('careful'); return 1"), ("capture-warnings", "import logging, warnings; logging.captureWarnings(True); warnings.warn('captured'); logging.captureWarnings(False)"), ("write", "import sys; sys.stdout.write('w\\n'); return sys.stdout.write('four')"), ("writelines", "import sys; sys.stdout.writelines(['1\\n', '2\\n'])"),
    ("buffer", "import sys; sys.stdout.buffer.write(b'raw\\n'); sys.stdout.buffer.flush()"), ("os-write", "import os; os.write(1, b'direct\\n')"), ("subprocess", "import subprocess; subprocess.run(['echo', 'child'])"), ("subprocess-order", "import subprocess; print('1'); subprocess.run(['echo', '2']); print('3')"), ("isatty", "import sys; return [sys.stdout.isatty(), sys.stdout.encoding.lower(), sys.stdin.read()]"), ("long-line", "print('x' * 70000)"), ("faulthandler", "import faulthandler; return faulthandler.is_enabled()"),
    ("print-flush", "print('a', flush=True)"), ("redirect", "import io, contextlib\nb = io.StringIO()\nwith contextlib.redirect_stdout(b): print('inside')\nreturn b.getvalue()"), ("raised-logged", "import logging; logging.warning('before'); raise ValueError('after')"), ("log-in-str", "import logging\nclass E(Exception):\n    def __str__(self): logging.warning('str'); return 's'\nraise E()"),
]

CONTEXT = [
    ("type", "return type(context).__name__"), ("names", "return sorted(n for n in dir(context) if not n.startswith('__'))"), ("vars", "return sorted(vars(context))"), ("function", "return [context.function_version, context.memory_limit_in_mb, context.log_group_name.startswith('/aws/lambda/'), context.invoked_function_arn.split(':')[:6]]"),
    ("remaining", "r = context.get_remaining_time_in_millis(); return [type(r).__name__, 15000 < r <= 20000]"), ("identity", "return [repr(context.identity), context.client_context, context.tenant_id]"), ("repr", "return repr(context).replace(context.function_name, 'F')"), ("setattr", "context.mine = 1; return context.mine"), ("modules", "return [context.__module__, type(context.identity).__module__]"),
    ("pickle", "import pickle; return pickle.loads(pickle.dumps(context)).aws_request_id == context.aws_request_id"), ("copy", "import copy; return copy.copy(context).function_version"), ("trace", "import os; return os.environ.get('_X_AMZN_TRACE_ID', '').split('=')[0]"), ("import", "from awslambdaric.lambda_context import LambdaContext; return isinstance(context, LambdaContext)"),
    ("import-client", "from awslambdaric.lambda_context import ClientContext, Client, CognitoIdentity; return isinstance(context.identity, CognitoIdentity)"), ("build", "from awslambdaric.lambda_context import LambdaContext; c = LambdaContext('id', {'custom': {'a': 1}, 'client': {'app_title': 't'}, 'env': {}}, {'cognitoIdentityId': 'i'}, 5, 'arn', 'tenant'); return repr(c).replace(context.function_name, 'F').replace(context.log_stream_name, 'S')"),
    ("build-plain", "from awslambdaric.lambda_context import LambdaContext; c = LambdaContext('id', None, None, 99999999999999); return [c.client_context, c.tenant_id, c.get_remaining_time_in_millis() > 5]"), ("version", "import awslambdaric; return type(awslambdaric.__version__).__name__"), ("snapshot", "from snapshot_restore_py import register_before_snapshot, register_after_restore; f = register_before_snapshot(print, 1, a=2); return f is print"), ("snapshot-decorator", "import snapshot_restore_py\n@snapshot_restore_py.register_after_restore\ndef f(): pass\nreturn f"),
    ("snapshot-get", "import snapshot_restore_py as s\ns.register_before_snapshot(len, 'x', k=1)\nreturn [list(s.get_before_snapshot())[-1][0] is len, list(s.get_before_snapshot())[-1][1:]]"),
    ("argv", "import sys; return type(sys.argv).__name__"), ("main", "import __main__; return __name__"), ("path", "import sys, os; return os.getcwd() in sys.path"), ("cwd", "import os; return os.listdir('.') != []"), ("env-lambda", "import os; return sorted(n for n in os.environ if n.startswith('AWS_LAMBDA') and n != 'AWS_LAMBDA_RUNTIME_API')"),
    ("locale", "import locale, time; return [time.tzname[0], locale.getpreferredencoding()]"), ("signals", "import signal; return [signal.getsignal(signal.SIGINT).__name__, str(signal.getsignal(signal.SIGTERM))]"), ("threads", "import threading; return threading.current_thread() is threading.main_thread()"),
]

INIT = [  # name, source of app.py, handler
    ("raises", "raise RuntimeError('no config')", None), ("raises-empty", "raise RuntimeError", None), ("raises-in-function", "def f():\n    1 / 0\nf()\n", None), ("raises-own", "class Own(Exception): pass\nraise Own('x')", None), ("raises-multiline", "raise ValueError('a\\nb')", None), ("raises-accents", "raise ValueError('é')", None),
    ("import-missing", "import no_such_module", None), ("import-name-missing", "from os import nothing_here", None), ("import-error-own", "raise ImportError('mine', name='n')", None), ("syntax", "a = = 1\n", None), ("syntax-indent", "def f():\nreturn 1\n", None), ("syntax-tab", "if 1:\n\tx = 1\n        y = 2\n", None), ("syntax-nul", "a = 1\x00", None), ("syntax-unclosed", "a = (1,\n", None),
    ("no-handler", "x = 1", None), ("handler-none", "handler = None", None), ("handler-text", "handler = 'x'", None), ("handler-class", "class handler:\n    def __init__(self, e, c): pass", None), ("bad-name", "", "handler"), ("built-in", "", "sys.exit"), ("missing-module", "", "other.handler"), ("missing-package", "", "a/b/c.handler"), ("dotted", "", "app.sub.handler"), ("attribute-raises", "def __getattr__(n): raise ValueError(n)", None),
    ("keyboard-interrupt", "raise KeyboardInterrupt('at import')", None), ("base", "raise BaseException('b')", None), ("exit-0", "import sys; sys.exit(0)", None), ("exit-2", "import sys; sys.exit(2)", None), ("exit-text", "import sys; sys.exit('bye')", None), ("os-exit", "import os; os._exit(9)", None), ("cancelled", "import asyncio; raise asyncio.CancelledError()", None), ("abort", "import os; os.abort()", None), ("kill", "import os; os.kill(os.getpid(), 9)", None),
    ("prints", "print('loading')\nraise ValueError('x')", None), ("logs", "import logging\nlogging.warning('loading')\nraise ValueError('x')", None), ("logs-and-works", "import logging\nlogging.warning('loading')\ndef handler(e, c): return 1", None), ("prints-and-works", "print('loading')\ndef handler(e, c): return 1", None), ("str-fails", "class E(Exception):\n    def __str__(self): raise ValueError('s')\nraise E", None),
    ("callable-object", "class H:\n    def __call__(self, e, c): return 'called'\nhandler = H()", None), ("method", "class A:\n    def handler(self, e, c): return 'm'\nhandler = A().handler", None), ("lambda", "handler = lambda e, c: 'l'", None), ("async-handler", "async def handler(e, c): return 1", None), ("generator-handler", "def handler(e, c): yield 1", None), ("one-parameter", "def handler(e): return 1", None), ("star", "def handler(*a): return len(a)", None), ("keyword-only", "def handler(event, *, context): return 1", None), ("partial", "import functools\nhandler = functools.partial(lambda x, e, c: x, 7)", None), ("module-getattr", "def __getattr__(n):\n    if n == 'handler': return lambda e, c: 'made'\n    raise AttributeError(n)", None),
    ("warns", "import warnings\nwarnings.warn('at import')\ndef handler(e, c): return 1", None), ("recursion", "def f(): f()\nf()", None), ("group", "raise ExceptionGroup('g', [ValueError(1)])", None), ("cause", "try: 1 / 0\nexcept Exception as e: raise ValueError('v') from e", None), ("surrogate", "raise ValueError('\\ud800')", None), ("thread", "import threading, time\nthreading.Thread(target=time.sleep, args=(30,), daemon=True).start()\nraise ValueError('with a thread')", None),
]

CLIENT_CONTEXT = [
    {"custom": {"foo": "bar"}, "client": {"app_title": "t", "installation_id": "i"}, "env": {"locale": "de"}}, {}, {"custom": None}, {"client": {}}, {"custom": {"é": "ü"}}, {"unknown": 1}, {"client": None}, {"env": {"a": [1]}},
]


# Rows that differ: the name of their entry in docs/parity.md. Those that end the official client's process have one of
# their own.
DIFFERS = {
    "text.error-controls": "python.delete-character", "text.error-recursion": "python.recursion-depth", "init.recursion": "python.recursion-depth",
    "text.log-context-log": "python.log-lines", "json.log-context-log": "python.log-lines", "text.log-log-in-str": "python.str-twice", "json.log-log-in-str": "python.str-twice",
    "text.log-write": "python.stdout", "json.log-write": "python.stdout", "init.async-handler": "python.warning-place", "init.raises-accents": "python.init-error-text",
    "json.error-controls": "python.delete-character",
}
OWN_PROCESS = ("error-controls", "error-str-raises", "error-str-no-text", "error-surrogate-text", "result-surrogate", "result-surrogate-key", "result-surrogate-pair", "log-exc-info-none")


def rows():
    found = make_rows()
    for row in found:
        row.differs = DIFFERS.get(row.name)
        row.own_process = row.own_process or row.name.split(".")[1] in OWN_PROCESS
    return found


def make_rows():
    found = []
    for group in ("py311", "py312"):
        found += [Row(f"{group}.result-{name}", body, [None]) for name, body in RESULTS]
    found += [Row(f"py312.event-{number}", EVENT_BODY, [event], own_process=False) for number, event in enumerate([None])]
    found += [Row(f"text.error-{name}", body, [1]) for name, body in ERRORS]
    found += [Row(f"exit.{name}", body, [1, 1], ends=True) for name, body in EXITS]
    found += [Row(f"text.log-{name}", body, [1]) for name, body in LOGS]
    found += [Row(f"json.log-{name}", body, [1]) for name, body in LOGS]
    found += [Row(f"json.error-{name}", body, [1]) for name, body in ERRORS[::5]]
    found += [Row(f"level.log-{name}", body, [1]) for name, body in LOGS[5:12]]
    found += [Row(f"py312.context-{name}", body, [1]) for name, body in CONTEXT]
    found += [Row(f"init.{name}", source, [1, 1], files={"app.py": source}, handler=handler or "app.handler") for name, source, handler in INIT]
    found += [Row(f"jsoninit.{name}", source, [1], files={"app.py": source}, handler=handler or "app.handler") for name, source, handler in INIT[:12:3]]
    source = "def handler(event, context):\n    " + EVENT_BODY
    found.append(Row("py312.events", source, EVENTS, files={"app.py": source}))
    return found
