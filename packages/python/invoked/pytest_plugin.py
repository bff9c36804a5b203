"""pytest fixtures: `invoked_server`, `invoked_lambda`, `invoked_clock`, `invoked_events`.

One server serves the session, also one that pytest-xdist spreads over workers: each worker has an account of its own,
so tests that run side by side don't see each other's events. What the test before has left is gone (`reset`).

Settings in pytest.ini or pyproject.toml: `invoked_config` (file, template or folder, from the root folder; default
invoked.json, else template.yaml) and `invoked_clock` (manual, which is the default, real, or xN). Where INVOKED_ENDPOINT
is set (`invoked run -- pytest`), that server is used.
"""

from __future__ import annotations

import os
from typing import Any, Iterator

import pytest

from .server import InvokedError, Server, connect, start

_SERVER = pytest.StashKey[Server]()


class Clock:
    """The clock of the worker's account."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def now(self) -> str:
        return self._server.now()

    def advance(self, seconds: float) -> list[str]:
        """Moves a manual clock; returns the request ids of what ran."""
        return self._server.advance(seconds)


class Events:
    """The asynchronous invocations of the worker's account, and where they ended."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def send(self, name: str, payload: Any = None) -> str:
        return self._server.send(name, payload)

    def drain(self, timeout_seconds: int = 30) -> None:
        """Waits until no event is left; moves a manual clock to each next attempt."""
        self._server.drain(timeout_seconds)

    def queued(self) -> list[dict[str, Any]]:
        return self._server.events()

    def attempts(self, request_id: str) -> list[dict[str, Any]]:
        """What became of an event, attempt by attempt, the first one first."""
        return self._server.invocations(RequestId=request_id)[::-1]

    def dead_letters(self, queue: str | None = None) -> list[dict[str, Any]]:
        return self._server.dead_letters(queue)

    def destinations(self, name: str | None = None) -> list[dict[str, Any]]:
        return self._server.destinations(name)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("invoked_config", "configuration file, template or folder that invoked serves", default="")
    parser.addini("invoked_clock", "clock of the server: manual, real, or xN", default="manual")


def _server_of(config: pytest.Config) -> Server:
    if _SERVER not in config.stash:
        if os.environ.get("INVOKED_ENDPOINT"):
            config.stash[_SERVER] = connect()
        else:
            config.stash[_SERVER] = start(config.getini("invoked_config") or None, clock=config.getini("invoked_clock"),
                                          cwd=config.rootpath)
    return config.stash[_SERVER]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """pytest-xdist, in the main process: the workers get the address of the one server."""
    try:
        server = _server_of(node.config)
    except InvokedError as error:  # which concerns only tests that use a fixture
        node.workerinput["invoked"] = ("", str(error))
    else:
        node.workerinput["invoked"] = (server.endpoint, server.region)


def pytest_unconfigure(config: pytest.Config) -> None:
    if _SERVER in config.stash:
        config.stash[_SERVER].stop()


@pytest.fixture(scope="session")
def _invoked_session(request: pytest.FixtureRequest) -> Server:
    worker = getattr(request.config, "workerinput", None)
    if worker is None:
        return _server_of(request.config)
    endpoint, region = worker["invoked"]
    if not endpoint:
        raise InvokedError(region)
    return Server(endpoint, str(100000000001 + int(worker["workerid"].lstrip("gw"))), region)


@pytest.fixture
def invoked_server(_invoked_session: Server) -> Iterator[Server]:
    """The server, in the account of this worker, as if nothing had been invoked."""
    _invoked_session.reset()
    yield _invoked_session


@pytest.fixture(scope="session")
def _invoked_client(_invoked_session: Server) -> Any:
    return _invoked_session.client()


@pytest.fixture
def invoked_lambda(invoked_server: Server, _invoked_client: Any) -> Any:
    """A boto3 client of the server."""
    return _invoked_client


@pytest.fixture
def invoked_clock(invoked_server: Server) -> Clock:
    return Clock(invoked_server)


@pytest.fixture
def invoked_events(invoked_server: Server) -> Events:
    return Events(invoked_server)
