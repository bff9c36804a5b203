"""
modules.py - where the function's modules come from, and those that this runtime loads late.
"""

import os
import sys
from importlib import import_module

from .function import Fault, Function

# The late ones and all that they import in turn. In AWS's runtime they are loaded before the function, so a function's
# own token.py or string.py never takes their place there; nor here.
STANDARD_NAMES = frozenset(
    """_ast_unparse _colorize _decimal _heapq _json _opcode_metadata _py_warnings _pydecimal _weakrefset annotationlib
    ast codeop collections contextlib copyreg decimal enum functools heapq json keyword linecache logging numbers
    operator re reprlib sre_compile sre_constants sre_parse string textwrap threading token tokenize traceback types
    warnings weakref""".split()
)
if sys.version_info >= (3, 14):
    STANDARD_NAMES |= frozenset("_opcode copy dataclasses dis inspect opcode".split())


class StandardLibraryFirst:
    """Finds those names in the standard library only, and makes `logging` AWS's as soon as it is loaded."""

    def __init__(self):
        library = os.path.dirname(os.__file__)
        self.path = [library, os.path.join(library, "lib-dynload")]

    def find_spec(self, name, path=None, target=None):
        if name not in STANDARD_NAMES or name in sys.builtin_module_names:
            return None
        from importlib.machinery import PathFinder

        spec = PathFinder.find_spec(name, self.path)
        if name == "logging" and spec is not None:
            configure_when_loaded(spec.loader)
        return spec


def configure_when_loaded(loader):
    def exec_module(module):
        del loader.exec_module  # the class's own again
        loader.exec_module(module)
        if Function.is_known:
            from .log_records import configure_logging

            configure_logging(module)

    loader.exec_module = exec_module


def prepare_modules():
    """
    Sets the module path. Compiled modules aren't kept: AWS's task root can't be written to, and here a file that
    changes twice in a second would go on as what it was.
    """
    if sys.pycache_prefix is None:
        sys.dont_write_bytecode = True
    added = [os.environ.get("LAMBDA_TASK_ROOT") or os.getcwd()]
    for entry in filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)):
        entry = os.path.abspath(entry)
        if entry not in sys.path and entry not in added:
            added.append(entry)
    sys.path[:0] = added


def load_handler(name):
    module_name, dot, function_name = name.rpartition(".")
    if not dot:
        message = "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % name
        raise Fault("Runtime.MalformedHandlerName", message)
    if module_name.split(".")[0] in sys.builtin_module_names:
        message = "Cannot use built-in module %s as a handler module" % module_name
        raise Fault("Runtime.BuiltInModuleConflict", message)
    try:
        module = import_module(module_name.replace("/", "."))
    except ImportError as error:
        message = "Unable to import module '%s': %s" % (module_name, error)
        raise Fault("Runtime.ImportModuleError", message)
    except SyntaxError as error:
        place = '  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)
        message = "Syntax error in module '%s': %s" % (module_name, error)
        raise Fault("Runtime.UserCodeSyntaxError", message, [place])
    try:
        return getattr(module, function_name)
    except AttributeError:
        message = "Handler '%s' missing on module '%s'" % (function_name, module_name)
        raise Fault("Runtime.HandlerNotFound", message)
