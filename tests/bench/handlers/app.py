import time


def echo(event, context):
    return event


def sleep(event, context):
    time.sleep(0.1)
    return event
