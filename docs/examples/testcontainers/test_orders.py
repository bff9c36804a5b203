"""The server in a container of the test session, by Testcontainers (`pip install testcontainers pytest`)."""

import json
import pathlib
import urllib.request

import pytest
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HttpWaitStrategy

FOLDER = pathlib.Path(__file__).parent


@pytest.fixture(scope="session")
def endpoint():
    """For boto3: `boto3.client("lambda", endpoint_url=endpoint, …)`."""
    container = (DockerContainer("invoked:0.1.0").with_command("serve --clock manual /functions/invoked.json")
                 .with_volume_mapping(FOLDER, "/functions").with_exposed_ports(3001)
                 .waiting_for(HttpWaitStrategy(3001, "/_invoked/health").for_status_code(200)))
    with container:
        yield f"http://{container.get_container_host_ip()}:{container.get_exposed_port(3001)}"


@pytest.fixture
def ask(endpoint):
    def ask(path, body=None, **headers):
        request = urllib.request.Request(endpoint + path, body and json.dumps(body).encode(),
                                         {name.replace("_", "-"): value for name, value in headers.items()})
        with urllib.request.urlopen(request) as response:
            return json.loads(response.read() or "null")

    ask("/_invoked/reset", {})
    return ask


def test_three_tries_then_the_dead_letter(ask):
    ask("/2015-03-31/functions/orders/invocations", {"quantity": 0}, X_Amz_Invocation_Type="Event")
    ask("/_invoked/drain", {})
    assert [row["Attempt"] for row in ask("/_invoked/invocations")] == [3, 2, 1]
    assert len(ask("/_invoked/dead-letters?Queue=orders-dlq")) == 1


def test_the_next_test_sees_nothing_of_it(ask):
    assert ask("/_invoked/invocations") == []
