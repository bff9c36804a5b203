"""The function of runtime_cases.py, under awslambdaric."""

import os
import time

count = 0

if os.environ.get("MODE") == "init-error":
    print("can't begin", flush=True)
    os._exit(4)


def wait_for(file):
    while not os.path.exists(file):
        time.sleep(0.01)


def handler(event, context):
    global count
    count += 1
    match event["do"]:
        case "echo":
            return event["value"]
        case "context":
            return {"id": context.aws_request_id, "arn": context.invoked_function_arn,
                    "remaining": context.get_remaining_time_in_millis()}
        case "fail":
            raise ValueError("ouch")
        case "crash":
            os.abort()
        case "exit":
            os._exit(3)
        case "sleep":
            time.sleep(60)
        case "large":
            return "m" * (event["bytes"] - 2)
        case "meet":
            print("waits", flush=True)
            wait_for(event["file"])
            return {"pid": os.getpid(), "count": count}
    raise ValueError(f"unknown: {event['do']}")
