"""An event that fails is tried three times, a minute and two apart, and ends in the dead-letter queue.

    invoked run --clock manual -- pytest

Under the manual clock `drain` moves the time to each next try, so the three minutes take milliseconds.
"""

import json
import os
import urllib.request

import boto3
import pytest

ENDPOINT = os.environ["INVOKED_ENDPOINT"]


def ask(method, path):
    request = urllib.request.Request(f"{ENDPOINT}/_invoked/{path}", method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


@pytest.fixture
def client():
    ask("POST", "reset")  # no test sees what another has left
    return boto3.client("lambda", endpoint_url=ENDPOINT)


def send(client, order):
    answer = client.invoke(FunctionName="orders", InvocationType="Event", Payload=json.dumps(order))
    assert answer["StatusCode"] == 202
    ask("POST", "drain")
    return answer["ResponseMetadata"]["RequestId"]


def test_a_good_order_is_tried_once(client):
    request_id = send(client, {"order": 1, "quantity": 2})
    assert [row["Status"] for row in ask("GET", f"invocations?RequestId={request_id}")] == ["succeeded"]
    assert ask("GET", "dead-letters?Queue=orders-dlq") == []


def test_a_bad_order_is_tried_three_times_and_ends_in_a_dead_letter(client):
    request_id = send(client, {"order": 2, "quantity": 0})
    assert [row["Attempt"] for row in ask("GET", f"invocations?RequestId={request_id}&Status=failed")] == [3, 2, 1]

    [letter] = ask("GET", "dead-letters?Queue=orders-dlq")
    assert json.loads(letter["Body"]) == {"order": 2, "quantity": 0}
    assert letter["MessageAttributes"]["RequestID"]["StringValue"] == request_id
    assert letter["MessageAttributes"]["ErrorMessage"]["StringValue"] == "order 2 asks for 0"
