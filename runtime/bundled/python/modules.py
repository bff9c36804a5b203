"""
modules.py - where the function's modules come from, and those that this runtime loads late.
"""

import os
import sys
from importlib import import_module

from .function import Fault, Function

# Modules of the same names that AWS's runtimes bring along, made by files of this folder.
BROUGHT_ALONG = {
    "awslambdaric": "awslambdaric.py",
    "awslambdaric.lambda_context": "lambda_context.py",
    "snapshot_restore_py": "snapshot_restore_py.py",
}
# Others that they bring along, and what installs them.
INSTALLED_BY = {
    "boto3": "boto3", "botocore": "boto3", "s3transfer": "boto3", "jmespath": "boto3", "dateutil": "boto3",
    "six": "boto3", "urllib3": "boto3", "simplejson": "simplejson",
}

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
    """
    Finds those names in the standard library only, and makes `logging` AWS's as soon as it is loaded. Finds AWS's own
    client here: there it is loaded before the function, too.
    """

    def __init__(self):
        library = os.path.dirname(os.__file__)
        self.path = [library, os.path.join(library, "lib-dynload")]

    def find_spec(self, name, path=None, target=None):
        if name.startswith("awslambdaric"):
            return brought_along(name)
        if name not in STANDARD_NAMES or name in sys.builtin_module_names:
            return None
        from importlib.machinery import PathFinder

        spec = PathFinder.find_spec(name, self.path)
        if name == "logging" and spec is not None:
            configure_when_loaded(spec.loader)
        return spec


class BroughtAlong:
    """Comes last: a function's own copy of such a module is found before."""

    def find_spec(self, name, path=None, target=None):
        return brought_along(name)


def brought_along(name):
    file = BROUGHT_ALONG.get(name)
    if file is None:
        return None
    from importlib.util import spec_from_file_location

    path = os.path.join(os.path.dirname(__file__), file)
    return spec_from_file_location(name, path, submodule_search_locations=[] if name == "awslambdaric" else None)


def configure_when_loaded(loader):
    def exec_module(module):
        del loader.exec_module  # the class's own again
        loader.exec_module(module)
        if Function.is_known:
            configure_loaded_logging()

    loader.exec_module = exec_module


def configure_loaded_logging():
    """Makes `logging` AWS's if it has been loaded; it is then configured for the function that is known."""
    if "logging" in sys.modules:
        from .log_records import configure_logging

        configure_logging(sys.modules["logging"])


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
        module = hidden_module(module_name.replace("/", "."), error)
        if module is None:
            refuse_import(module_name, error)
    except SyntaxError as error:
        place = '  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)
        message = "Syntax error in module '%s': %s" % (module_name, error)
        raise Fault("Runtime.UserCodeSyntaxError", message, [place])
    try:
        return getattr(module, function_name)
    except AttributeError:
        message = "Handler '%s' missing on module '%s'" % (function_name, module_name)
        raise Fault("Runtime.HandlerNotFound", message)


def refuse_import(module_name, error):
    message = "Unable to import module '%s': %s" % (module_name, error)
    raise Fault("Runtime.ImportModuleError", message, hint=hint_of(error))


def hidden_module(name, error):
    """
    The module in a folder that one of Python's own modules hides, such as code/app.py; None for any other. On AWS that
    is an error, which the log says; but with a template's folder as the code such names are the usual ones.
    """
    path = os.path.join(sys.path[0], name.replace(".", "/") + ".py")
    if getattr(error, "name", None) != name or "is not a package" not in str(error) or not os.path.isfile(path):
        return None
    from importlib.util import module_from_spec, spec_from_file_location

    folder = name.partition(".")[0]
    sys.stderr.write(
        "invoked: Python's own module %s hides the folder %s; on AWS this handler can't be imported: rename the folder\n"
        % (folder, folder)
    )
    spec = spec_from_file_location(name, path)
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def hint_of(error):
    """What to do about a module that is missing here only."""
    name = (error.name or "").partition(".")[0]
    package = INSTALLED_BY.get(name)
    if package is None or not isinstance(error, ModuleNotFoundError):
        return None
    return "invoked: AWS's Python runtimes bring %s along; here, install it: %s -m pip install %s" % (
        name,
        sys.executable,
        package,
    )
