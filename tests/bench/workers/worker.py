"""The bare worker: length (4 bytes, big-endian) and JSON at descriptor 3, parsed, given to a handler, written back.

worker.py FILE FUNCTION
"""

import importlib.util
import json
import os
import sys


def read_exactly(count):
    data = os.read(3, count)
    while data and len(data) < count:
        more = os.read(3, count - len(data))
        if not more:
            return b""
        data += more
    return data


def main():
    spec = importlib.util.spec_from_file_location("app", sys.argv[1])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    handler = getattr(module, sys.argv[2])
    while True:
        prefix = read_exactly(4)
        if not prefix:
            return
        event = json.loads(read_exactly(int.from_bytes(prefix, "big")))
        answer = json.dumps(handler(event, None), separators=(",", ":")).encode()
        os.write(3, len(answer).to_bytes(4, "big") + answer)


main()
