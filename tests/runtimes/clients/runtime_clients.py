"""AWS's runtime interface clients, unmodified: how a function runs under each of them.

To add a client: the function of the cases in its language, in a folder here, and a row in CLIENTS.
"""

import dataclasses
import os
import re
import sys
from collections.abc import Callable

FOLDER = os.path.dirname(os.path.abspath(__file__))
for _folder in (("..", "differential"), ("..", "..", "support"), ("..", "..", "clients")):
    sys.path.insert(0, os.path.join(FOLDER, *_folder))
import clients  # noqa: E402
import toolchains  # noqa: E402
from invoked import Code  # noqa: E402
from toolchains import Missing, tool  # noqa: E402

CPP = "0.2.8"
START_3 = """import { run } from '%s/dist/index.mjs';
await run(process.cwd(), process.argv[2]);
"""


class Image(Code):
    """Files whose folder is the working folder, as in an image."""


def source(*names):
    with open(os.path.join(FOLDER, *names)) as file:
        return file.read()


def image(files, entry_point, handler, **settings):
    return Image(files, {"ImageConfig": {"EntryPoint": entry_point, "Command": [handler]}, **settings})


def program(path, **settings):
    """A compiled one, as the `bootstrap` of a custom runtime."""
    return Code({"bootstrap": f'#!/bin/sh\nexec "{path}"\n'}, {"Runtime": "provided.al2023", "Handler": "any", **settings})


def had(folder, name):
    if folder is None:
        raise Missing(f"{name} can't be installed on this machine")
    return folder


def go(**settings):
    return program(toolchains.go_program(os.path.join(FOLDER, "go"), "."), **settings)


def rust(**settings):
    return program(toolchains.rust_program(os.path.join(FOLDER, "rust"), "function"), **settings)


def java(**settings):
    folder = toolchains.java_folder(os.path.join(FOLDER, "java"), "function")
    words = ["/usr/bin/env", "_HANDLER=Function", tool("java"), "-XX:TieredStopAtLevel=1", "-Xss512k",
             "-cp", f"{folder}/classes:{folder}/lib/*", "com.amazonaws.services.lambda.runtime.api.client.AWSLambda"]
    return image({}, words, "Function", **{"MemorySize": 1024, **settings})


def python(**settings):
    words = ["/usr/bin/env", "PYTHONPATH=" + had(clients.python_client(), "awslambdaric"), clients.PYTHON, "-B", "-m", "awslambdaric"]
    return image({"app.py": source("python", "app.py")}, words, "app.handler", **settings)


def nodejs_3(is_stream=False, **settings):
    package = had(clients.nodejs_client("3.3.0"), "aws-lambda-ric 3")
    files = {"index.js": source("nodejs", "index.js"), "start.mjs": START_3 % package}
    words = [tool("node"), "--require", clients.RAPID_CLIENT, "start.mjs"]
    return image(files, words, "index.stream" if is_stream else "index.handler", **settings)


def nodejs_4(is_stream=False, **settings):
    package = had(clients.nodejs_client("4.0.2"), "aws-lambda-ric 4")
    handler = "index.stream" if is_stream else "index.handler"
    words = ["/usr/bin/env", "_HANDLER=" + handler, tool("node"), "--require", clients.RAPID_CLIENT,
             os.path.join(package, "index.mjs")]
    return image({"index.js": source("nodejs", "index.js")}, words, handler, **settings)


def cpp(**settings):
    package = had(clients.nodejs_client("3.3.0"), "aws-lambda-ric 3, which has the sources of aws-lambda-cpp,")
    archive = os.path.join(package, "deps", f"aws-lambda-cpp-{CPP}.tar.gz")
    return program(toolchains.cpp_runtime_program(os.path.join(FOLDER, "cpp"), archive), **settings)


def shell(**settings):
    tool("curl"), tool("jq")
    return Code({"bootstrap": source("shell", "bootstrap")}, {"Runtime": "provided.al2023", "Handler": "any", **settings})


@dataclasses.dataclass(frozen=True)
class Client:
    name: str
    version: str
    function: Callable  # settings -> Code; Missing where its toolchain isn't there
    failed: str  # errorType of an error that the handler returns or raises
    crashed: tuple  # errorType and a pattern of errorMessage, of one that it doesn't catch
    stream: dict = None  # the settings that make it a function that streams; None where it can't
    stream_failed: str = None  # ErrorCode of an error in the middle of a stream; None: the client writes it as text

    def failed_text(self):
        return re.sub(r"\\(.)", r"\1", self.failed)

    def variables(self, **variables):
        return {"Environment": {"Variables": variables}}


EXIT = ("Runtime.ExitError", r"Runtime exited with error: .+")

CLIENTS = (
    Client("aws-lambda-go", "1.55.1", go, failed="errorString", crashed=("string", "lost"),
           stream={"MODE": "stream"}, stream_failed="errorString"),
    Client("lambda_runtime (Rust)", "1.5.0", rust,
           failed=re.escape("&alloc::boxed::Box<dyn core::error::Error + core::marker::Send + core::marker::Sync>"),
           crashed=(re.escape("&alloc::boxed::Box<dyn core::any::Any + core::marker::Send>"), "lost"),
           stream={"MODE": "stream"}),
    Client("aws-lambda-java-runtime-interface-client", "2.10.1", java, failed="java.lang.IllegalStateException",
           crashed=("java.lang.StackOverflowError", "lost")),
    Client("awslambdaric", "4.0.1", python, failed="ValueError", crashed=EXIT),
    Client("aws-lambda-ric", "3.3.0", nodejs_3, failed="RangeError", crashed=EXIT, stream={"is_stream": True}, stream_failed="Error"),
    Client("aws-lambda-ric", "4.0.2", nodejs_4, failed="RangeError", crashed=EXIT, stream={"is_stream": True}, stream_failed="Error"),
    Client("aws-lambda-cpp", CPP, cpp, failed=r"Cpp\.Failed", crashed=EXIT),
    Client("a shell script", "curl and jq", shell, failed="Shell.Failed", crashed=EXIT),
)


def class_name(client):
    return re.sub(r"\W+", "_", f"{client.name}_{client.version}").strip("_")
