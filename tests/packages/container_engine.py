"""What Testcontainers asks of a Docker engine, answered for one image: the one of packages/oci.py, from its own description.

A "container" is a process of the image's program, with the image's entry point, command and environment, unless the
request for it says something else. Paths below a mounted folder are the folder's own, for there is no root of its own here.
"""

import http.server
import json
import os
import re
import subprocess
import tempfile
import threading
import urllib.parse


class Container:
    """One that has been asked for. `wanted` is the body of the engine's `POST /containers/create`."""

    def __init__(self, name, config, wanted, program):
        self.name, self.config, self.wanted, self.program = name, config["config"], wanted, program
        self.process = self.port = None
        self.data = tempfile.TemporaryDirectory()

    def outside(self, word):
        """A word of the command, with the mounted folder's place on this machine."""
        for bind in self.wanted["HostConfig"].get("Binds") or []:
            source, inside = bind.split(":")[:2]
            word = re.sub(rf"^{re.escape(inside)}(?=/|$)", source, word)
        return self.program if word == self.config["Entrypoint"][0] else word

    def start(self):
        words = [*(self.wanted.get("Entrypoint") or self.config["Entrypoint"]), *(self.wanted.get("Cmd") or self.config["Cmd"])]
        given = dict(line.split("=", 1) for line in [*self.config["Env"], *(self.wanted.get("Env") or [])])
        self.process = subprocess.Popen([self.outside(word) for word in words], text=True, stdout=subprocess.PIPE,
                                        env={**given, "PATH": os.environ["PATH"], "INVOKED_DATA_DIR": self.data.name,
                                             "INVOKED_HOST": "127.0.0.1", "INVOKED_PORT": "0"})
        self.port = re.search(r"listening on http://\S+:(\d+)", self.process.stdout.readline())[1]

    def description(self):
        [port] = self.config["ExposedPorts"]
        asked = self.wanted["HostConfig"].get("PortBindings") or {}
        ports = {name: [{"HostIp": "127.0.0.1", "HostPort": self.port}] for name in asked if name == port and self.port}
        return {"Id": self.name, "Name": f"/{self.name}", "Image": "sha256:0", "Created": "2026-01-01T00:00:00Z", "Path": "",
                "State": {"Status": "running" if self.process else "created", "Running": bool(self.process)},
                "Config": {"Image": self.wanted["Image"], "Labels": self.wanted.get("Labels") or {}},
                "HostConfig": self.wanted["HostConfig"], "NetworkSettings": {"Ports": ports, "Networks": {}}}

    def remove(self):
        if self.process:
            self.process.terminate()
            self.process.wait(30)
            self.process.stdout.close()
            self.process = None
        self.data.cleanup()


class Engine(http.server.ThreadingHTTPServer):
    """Listens from when it is made; `reference` is the image's name and `config` its OCI configuration."""

    daemon_threads = True

    def __init__(self, reference, config, program):
        super().__init__(("127.0.0.1", 0), Handler)
        self.reference, self.config, self.program = reference, config, program
        self.containers = {}
        self.refused = []  # requests that nothing here answers
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self):
        for container in self.containers.values():
            container.remove()
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def reply(self, status, body=None):
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = re.sub(r"^/v[\d.]+(?=/)", "", urllib.parse.unquote(self.path.split("?")[0]))
        for method, pattern, answer in ROUTES:
            match = re.fullmatch(pattern, path)
            if match and method == self.command:
                return answer(self, body, *match.groups())
        self.server.refused.append(f"{self.command} {self.path}")
        return self.reply(404, {"message": "no such thing"})

    do_GET = do_POST = do_DELETE = do_HEAD = handle_any

    def version(self, _body):
        self.reply(200, {"ApiVersion": "1.44", "MinAPIVersion": "1.24", "Version": "0"})

    def image(self, _body, name):
        if name != self.server.reference:
            return self.reply(404, {"message": f"No such image: {name}"})
        return self.reply(200, {"Id": "sha256:0", "RepoTags": [name], "Os": self.server.config["os"],
                                "Architecture": self.server.config["architecture"], "Config": self.server.config["config"]})

    def create(self, body):
        wanted = json.loads(body)
        if wanted["Image"] != self.server.reference:
            return self.reply(404, {"message": f"No such image: {wanted['Image']}"})
        name = f"{len(self.server.containers):064x}"
        self.server.containers[name] = Container(name, self.server.config, wanted, self.server.program)
        return self.reply(201, {"Id": name, "Warnings": []})

    def start(self, _body, name):
        self.server.containers[name].start()
        self.reply(204)

    def ids(self, _body):
        self.reply(200, [{"Id": name, "Names": [f"/{name}"], "Image": each.wanted["Image"], "State": "running", "HostConfig": {"NetworkMode": "bridge"},
                          "Ports": [{"PrivatePort": int(port.split("/")[0]), "PublicPort": int(bound[0]["HostPort"]), "Type": "tcp"}
                                    for port, bound in each.description()["NetworkSettings"]["Ports"].items()]}
                         for name, each in self.server.containers.items()])

    def describe(self, _body, name):
        self.reply(200, self.server.containers[name].description())

    def remove(self, _body, name):
        self.server.containers.pop(name).remove()
        self.reply(204)


ROUTES = (("GET", "/version", Handler.version), ("GET", "/images/(.+)/json", Handler.image),
          ("POST", "/containers/create", Handler.create),
          ("GET", "/containers/json", Handler.ids), ("POST", r"/containers/(\w+)/start", Handler.start), ("GET", r"/containers/(\w+)/json", Handler.describe),
          ("DELETE", r"/containers/(\w+)", Handler.remove))
