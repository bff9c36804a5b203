"""boto3 behind the lines of JSON of line_adapter.py."""

import base64
import concurrent.futures
import json
import os
import sys
import threading

import boto3
import botocore.exceptions
from botocore.config import Config

BLOBS = ("Payload", "InvokeArgs")
METHODS = {"Invoke": "invoke", "InvokeAsync": "invoke_async", "InvokeWithResponseStream": "invoke_with_response_stream"}
lock = threading.Lock()


def client_of(endpoint):
    mode = os.environ["RETRY_MODE"]
    retries = {"mode": mode} if mode else {"mode": "standard", "total_max_attempts": int(os.environ["ATTEMPTS"])}
    return boto3.client("lambda", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="local",
                        aws_secret_access_key="local",
                        config=Config(max_pool_connections=64, retries=retries))


def read_members(members):
    read = {name: base64.b64decode(value) if name in BLOBS else value for name, value in members.items()}
    if "ClientContext" in read:
        read["ClientContext"] = base64.b64encode(json.dumps(read["ClientContext"]).encode()).decode()
    return read


def text(blob):
    return base64.b64encode(blob).decode()


def log_of(told):
    return base64.b64decode(told["LogResult"]).decode() if "LogResult" in told else None


def outcome_of_stream(answer):
    payload, end = b"", {}
    for event in answer["EventStream"]:
        payload += event.get("PayloadChunk", {}).get("Payload", b"")
        end = event.get("InvokeComplete", end)
    return {"payload": text(payload), "function_error": end.get("ErrorCode"), "error_details": end.get("ErrorDetails"),
            "log": log_of(end)}


def perform(client, name, members):
    try:
        answer = getattr(client, METHODS[name])(**read_members(members))
    except botocore.exceptions.ClientError as error:
        told = error.response
        assert type(error) is getattr(client.exceptions, told["Error"]["Code"], botocore.exceptions.ClientError), error
        return {"error": told["Error"]["Code"], "message": told["Error"]["Message"], "type": told.get("Type"),
                "reason": told.get("Reason"), "error_status": told["ResponseMetadata"]["HTTPStatusCode"],
                "request_id": told["ResponseMetadata"]["RequestId"]}
    outcome = {"status": answer.get("StatusCode", answer.get("Status")), "version": answer.get("ExecutedVersion"),
               "function_error": answer.get("FunctionError"), "log": log_of(answer),
               "request_id": answer["ResponseMetadata"]["RequestId"]}
    if name == "InvokeWithResponseStream":
        return {**outcome, **outcome_of_stream(answer)}
    return {**outcome, "payload": text(answer["Payload"].read() if name == "Invoke" else b"")}


def run(client, request):
    try:
        outcome = perform(client, request["name"], request["members"])
    except Exception as error:
        outcome = {"error": f"unexpected {error!r}"}
    with lock:
        print(json.dumps({"id": request["id"], "outcome": outcome}), flush=True)


def main():
    clients = {}
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        for line in sys.stdin:
            request = json.loads(line)
            if request["endpoint"] not in clients:
                clients[request["endpoint"]] = client_of(request["endpoint"])
            pool.submit(run, clients[request["endpoint"]], request)


main()
