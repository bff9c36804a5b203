"""Starting a server and steering it."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
import sysconfig
import tempfile
import urllib.parse
from typing import Any, Mapping, Sequence


class InvokedError(Exception):
    """The server couldn't be started, or refused what was asked for."""


def binary_path() -> str:
    """The program: INVOKED_BINARY, else the one that was installed with this package, else the one in PATH."""
    schemes = (sysconfig.get_path("scripts"), sysconfig.get_path("scripts", f"{os.name}_user"),
               os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bin"))  # pip install --target
    installed = (os.path.join(folder, "invoked") for folder in schemes)
    path = os.environ.get("INVOKED_BINARY") or next(filter(os.path.exists, installed), None) or shutil.which("invoked")
    if not path:
        raise InvokedError("the program invoked is not here: this package has it for Linux on x86_64 and aarch64; elsewhere "
                           "set INVOKED_BINARY to one that you have built")
    return path


class Server:
    """A running server, seen from one account (12 digits; None: the configuration's AccountId)."""

    def __init__(self, endpoint: str, account: str | None = None, region: str = "us-east-1",
                 process: subprocess.Popen[str] | None = None, folder: str | None = None) -> None:
        self.endpoint = endpoint
        self.account = account
        self.region = region
        self._process = process
        self._folder = folder

    def for_account(self, account: str) -> Server:
        """The same server from another account: its own history, queue, dead letters, mocks, faults and clock."""
        return Server(self.endpoint, account, self.region)

    def client(self, service: str = "lambda", **options: Any) -> Any:
        """A boto3 client."""
        import boto3

        return boto3.client(service, endpoint_url=self.endpoint, region_name=self.region,
                            aws_access_key_id=self.account or "local", aws_secret_access_key="local", **options)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Asks an endpoint below /_invoked/ and returns the JSON of its response."""
        status, headers, text = self._request(method, f"/_invoked/{path}", body, {})
        if status != 200:
            raise InvokedError(f"{method} /_invoked/{path}: {status} {text}")
        return json.loads(text)

    def invoke(self, name: str, payload: Any = None) -> Any:
        """Invokes a function and returns its result; a function error is an InvokedError."""
        _, headers, text = self._invoke(name, payload, "RequestResponse")
        if "x-amz-function-error" in headers:
            raise InvokedError(f"{name}: {text}")
        return json.loads(text) if text else None

    def send(self, name: str, payload: Any = None) -> str:
        """Sends an event, and returns its request id."""
        return self._invoke(name, payload, "Event")[1]["x-amzn-requestid"]

    def invocations(self, **filters: str) -> list[dict[str, Any]]:
        """The history, newest first, filtered by FunctionName, RequestId, InvocationType, Status, Limit."""
        return self.ask("GET", "invocations?" + urllib.parse.urlencode(filters))

    def events(self) -> list[dict[str, Any]]:
        return self.ask("GET", "events")

    def dead_letters(self, queue: str | None = None) -> list[dict[str, Any]]:
        return self.ask("GET", "dead-letters" + (f"?{urllib.parse.urlencode({'Queue': queue})}" if queue else ""))

    def destinations(self, name: str | None = None) -> list[dict[str, Any]]:
        return self.ask("GET", "destinations" + (f"?{urllib.parse.urlencode({'Name': name})}" if name else ""))

    def mock(self, name: str, responses: Sequence[Mapping[str, Any]]) -> None:
        self.ask("PUT", f"functions/{urllib.parse.quote(name, safe='')}/mock", responses)

    def faults(self, name: str, faults: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
        self.ask("PUT", f"functions/{urllib.parse.quote(name, safe='')}/faults", faults)

    def now(self) -> str:
        return self.ask("GET", "clock")["now"]

    def advance(self, seconds: float) -> list[str]:
        """Moves a manual clock; returns the request ids of what ran."""
        return self.ask("POST", "clock", {"AdvanceSeconds": seconds})["ran"]

    def drain(self, timeout_seconds: int = 30) -> None:
        """Waits until no event is left; moves a manual clock to each next attempt."""
        self.ask("POST", f"drain?TimeoutSeconds={timeout_seconds}")

    def reset(self) -> None:
        """Forgets what this account has done: history, queue, dead letters, destinations, mocks, faults, clock."""
        self.ask("POST", "reset")

    def stop(self) -> None:
        """Ends the server, if this object started it."""
        if self._process is not None:
            self._process.communicate()  # closes its standard input, which is what it waits for
            self._process = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *why: object) -> None:
        self.stop()

    def _invoke(self, name: str, payload: Any, kind: str) -> tuple[int, dict[str, str], str]:
        path = f"/2015-03-31/functions/{urllib.parse.quote(name, safe='')}/invocations"
        status, headers, text = self._request("POST", path, payload, {"X-Amz-Invocation-Type": kind})
        if status >= 300:
            raise InvokedError(f"{name}: {status} {headers.get('x-amzn-errortype')}: {text}")
        return status, headers, text

    def _request(self, method: str, path: str, body: Any, headers: dict[str, str]) -> tuple[int, dict[str, str], str]:
        if self.account:  # an access key id of 12 digits is the account that a request acts in
            headers["Authorization"] = (f"AWS4-HMAC-SHA256 Credential={self.account}/20260101/{self.region}/lambda/"
                                        "aws4_request, SignedHeaders=host, Signature=0")
        address = urllib.parse.urlsplit(self.endpoint)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=900)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read().decode()
        finally:
            connection.close()


def start(config: str | os.PathLike[str] | Mapping[str, Any] | None = None, *, clock: str | None = None,
          account: str | None = None, cwd: str | os.PathLike[str] | None = None, args: Sequence[str] = (),
          env: Mapping[str, str] | None = None, binary: str | None = None) -> Server:
    """Starts a server on a free port, with data of its own. It ends with this process, however that ends.

    `config` is a file, a template, a folder, or a configuration itself (whose relative paths start from `cwd`).
    `clock` is real, manual, or xN. `args` are more options of `invoked run`. The log goes to standard error.
    """
    folder = None
    if isinstance(config, Mapping):
        folder = tempfile.mkdtemp(prefix="invoked-config-")
        path = os.path.join(folder, "invoked.json")
        with open(path, "w") as file:
            json.dump(_with_absolute_paths(config, os.path.abspath(cwd or ".")), file)
        config = path
    words = [binary or binary_path(), "run", *(["--clock", clock] if clock else []), *args,
             *([os.fspath(config)] if config is not None else [])]
    # `run` serves for as long as its command runs, and the command ends when this process closes the pipe.
    words += ["--", "sh", "-c", 'echo "$INVOKED_ENDPOINT $AWS_REGION"; exec cat >/dev/null']
    try:
        process = subprocess.Popen(words, cwd=cwd, env={**os.environ, **(env or {})}, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)
    except OSError as error:
        shutil.rmtree(folder or "", ignore_errors=True)
        raise InvokedError(f"can't start {words[0]}: {error}") from error
    assert process.stdout is not None
    line = process.stdout.readline().split()
    if len(line) != 2:
        process.communicate()
        shutil.rmtree(folder or "", ignore_errors=True)
        raise InvokedError(f"invoked ended with status {process.returncode}; the log above says why")
    return Server(line[0], account, line[1], process, folder)


def connect(endpoint: str | None = None, account: str | None = None) -> Server:
    """A server that was started elsewhere (default: INVOKED_ENDPOINT)."""
    endpoint = endpoint or os.environ.get("INVOKED_ENDPOINT")
    if not endpoint:
        raise InvokedError("no server: INVOKED_ENDPOINT is not set")
    return Server(endpoint, account, os.environ.get("AWS_REGION", "us-east-1"))


def _with_absolute_paths(config: Mapping[str, Any], cwd: str) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(config))
    for settings in copy.get("Functions", {}).values():
        for one in (settings, *settings.get("Versions", {}).values()):
            if "CodeUri" in one:
                one["CodeUri"] = os.path.join(cwd, one["CodeUri"])
            if "ImageConfig" in one:
                one["ImageConfig"]["WorkingDirectory"] = os.path.join(cwd, one["ImageConfig"].get("WorkingDirectory", "."))
    return copy
