"""AWS Lambda's Invoke API on your own machine.

    with invoked.start(config="invoked.json", clock="manual") as server:
        server.send("orders", {"quantity": 0})
        server.drain()
        print(server.dead_letters("orders-dlq"))
"""

from .server import InvokedError, Server, binary_path, connect, start

__version__ = "VERSION"
__all__ = ["InvokedError", "Server", "binary_path", "connect", "start"]
