"""Local.MountTask: the process sees its code as /var/task and its layers as /opt, and all else is as without."""
# test: timeout 180

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from invoked import Server, is_alive, process_state, run_binary, run_tests, wait_for  # noqa: E402

PYTHON = {"Runtime": "python3.12", "Handler": "app.handler", "Timeout": 20}
LOOK = """
import os, subprocess, sys
def handler(event, context):
    child = subprocess.Popen(["sleep", "600"], start_new_session=True).pid if event.get("child") else None
    if event.get("fail"):
        raise ValueError("failed")
    return {"cwd": os.getcwd(), "root": os.environ["LAMBDA_TASK_ROOT"], "file": __file__, "path": sys.path[0],
            "opt": sorted(os.listdir("/opt")), "user": [os.getuid(), os.getgid()], "pid": os.getpid(), "child": child,
            "can_mount": subprocess.run(["mount", "-t", "tmpfs", "x", "/mnt"], capture_output=True).returncode == 0}
"""
USER = 61234

# A server of another user; and one that may make no namespaces, whoever starts it.
AS_USER = """#!/bin/sh
cp "%(binary)s" ./invoked && chown -R %(user)d:%(user)d . && chmod 755 . || exit
exec setpriv --reuid=%(user)d --regid=%(user)d --clear-groups env HOME="$PWD" PATH=/usr/bin:/bin ./invoked "$@"
"""
WITHOUT = """#!/bin/sh
[ -n "$INNER" ] || exec unshare -Ur env INNER=1 "$0" "$@"
echo 0 > /proc/sys/user/max_user_namespaces || exit
exec setpriv --bounding-set=-sys_admin --inh-caps=-all %(binary)s "$@"
"""


def succeeds(*words):
    return shutil.which(words[0]) is not None and subprocess.run(words, capture_output=True).returncode == 0


HAS_MOUNTS = succeeds("unshare", "-m", "true") or succeeds("unshare", "-Urm", "true")
HAS_USERS = succeeds("unshare", "-Ur", "true")


class MountTask(unittest.TestCase):
    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="mount-"))
        self.addCleanup(shutil.rmtree, self.folder)
        os.chmod(self.folder, 0o755)
        self.write("code/app.py", LOOK)
        self.write("low/python/mine.py", "NAME = 'low'\n")
        self.write("low/bin/tool", "#!/bin/sh\necho low\n", 0o755)
        self.write("high, with: odd\\name/python/mine.py", "NAME = 'high'\n")
        self.low, self.high = (os.path.join(self.folder, name) for name in ("low", "high, with: odd\\name"))

    def write(self, name, text, mode=0o644):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".new", "w") as file:
            file.write(text)
        os.chmod(path + ".new", mode)
        os.replace(path + ".new", path)

    def function(self, mount=None, layers=(), code="code", **more):
        local = {**more.pop("Local", {}), **({"MountTask": mount} if mount else {})}
        return {**PYTHON, "CodeUri": os.path.join(self.folder, code), "Layers": list(layers), "Local": local, **more}

    def script(self, text):
        self.write("start", text % {"binary": invoked.BINARY, "user": USER}, 0o755)
        return os.path.join(self.folder, "start")

    def answer(self, server, name, event=None):
        answer = server.invoke(name, event or {})
        self.assertEqual((answer.status, answer.function_error), (200, None), answer)
        return answer.json


@unittest.skipUnless(HAS_MOUNTS, "mount namespaces are not allowed here")
class Mounted(MountTask):
    def check_places(self, server, user, can_mount):
        said = self.answer(server, "layers")
        self.assertEqual((said["cwd"], said["root"], said["path"], said["file"]),
                         ("/var/task", "/var/task", "/var/task", "/var/task/app.py"))
        self.assertEqual((said["opt"], said["user"], said["can_mount"]), (["bin", "python"], [user, user], can_mount))
        self.assertEqual(self.answer(server, "on")["cwd"], "/var/task")
        for name in ("plain", "off"):
            self.assertEqual(self.answer(server, name)["root"], os.path.join(self.folder, "code"), name)
        self.assertNotIn("not at /opt", server.log())

    def functions(self):
        return {"layers": self.function(layers=[self.low]), "on": self.function("on"), "plain": self.function(),
                "off": self.function("off", layers=[self.low])}

    def test_where_things_are(self):
        with Server(self.functions()) as server:
            self.check_places(server, os.getuid(), os.getuid() == 0 and succeeds("unshare", "-m", "true"))
            failed = server.invoke("layers", {"fail": True}).json
            self.assertIn('File "/var/task/app.py"', "".join(failed["stackTrace"]))
        self.assertFalse(os.path.exists("/var/task"), "made on the machine")

    @unittest.skipUnless(os.getuid() == 0 and HAS_USERS and shutil.which("setpriv"), "needs root and setpriv")
    def test_without_root(self):
        with Server(self.functions(), binary=self.script(AS_USER)) as server:
            self.check_places(server, USER, False)

    def test_layers_over_each_other(self):
        self.write("code/app.py", "import mine, subprocess\ndef handler(event, context):\n"
                                  "    return [mine.NAME, mine.__file__, subprocess.check_output(['tool'], text=True)]\n")
        functions = {"up": self.function(layers=[self.low, self.high]), "down": self.function(layers=[self.high, self.low])}
        with Server(functions) as server:
            self.assertEqual([self.answer(server, name) for name in functions],
                             [[name, "/opt/python/mine.py", "low\n"] for name in ("high", "low")])

    def test_native_programs(self):
        bootstrap = "#!/bin/sh\necho \"I am $0 in $PWD\" >&2\nexit 7\n"
        self.write("native/bootstrap", bootstrap, 0o755)
        self.write("low/bootstrap", bootstrap, 0o755)
        self.write("empty/x", "")
        functions = {name: {"Runtime": "provided.al2023", "CodeUri": os.path.join(self.folder, name), "Layers": [self.low]}
                     for name in ("native", "empty")}
        with Server(functions) as server:
            for name, place in (("native", "/var/task"), ("empty", "/opt")):
                self.assertIn("exit status 7", server.invoke(name, {}).json["errorMessage"])
                server.wait_for_log(f"I am {place}/bootstrap in /var/task")

    def test_nodejs_and_a_wrapper(self):
        self.write("js/index.mjs", "import mine from 'mine';\nexport const handler = async () => "
                                   "[mine.name, import.meta.url, process.cwd(), process.env.WRAPPED];\n")
        self.write("low/nodejs/node_modules/mine/index.js", "exports.name = 'mine';\n")
        self.write("low/wrapper", "#!/bin/sh\nexport WRAPPED=yes\nexec \"$@\"\n", 0o755)
        wrapper = {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrapper"}}
        function = {**self.function(layers=[self.low], code="js"), "Runtime": "nodejs20.x", "Handler": "index.handler"}
        with Server({"plain": function, "wrapped": {**function, "Environment": wrapper}}) as server:
            self.assertEqual(self.answer(server, "plain")[:3], ["mine", "file:///var/task/index.mjs", "/var/task"])
            self.assertEqual(self.answer(server, "wrapped"), ["mine", "file:///var/task/index.mjs", "/var/task", "yes"])

    def test_the_machines_opt_stays_where_it_is_needed(self):
        """As with an interpreter in /opt/venv: here PATH names a folder there."""
        path = {"Variables": {"PATH": "/opt/is-not-there:/usr/bin:/bin"}}
        with Server({"f": self.function(layers=[self.low], Environment=path)}) as server:
            self.assertEqual(self.answer(server, "f")["opt"], sorted({"bin", "python", *os.listdir("/opt")}))

    def test_what_a_process_leaves_behind_ends(self):
        freeze = {"Freeze": True}
        with Server({"f": self.function("on", Local=freeze)}) as server:
            said = self.answer(server, "f", {"child": True})
            wait_for(lambda: process_state(said["pid"]) == "T", "the process to be stopped")
            self.assertTrue(is_alive(said["child"]))
            os.kill(said["pid"], 9)
            wait_for(lambda: not is_alive(said["child"]), "the end of what it has started")
            again = self.answer(server, "f", {"child": True})
        self.assertFalse(is_alive(again["pid"]) or is_alive(again["child"]))

    def test_memory_is_guarded(self):
        self.write("code/app.py", "import time\ndef handler(event, context):\n    kept = bytearray(400 << 20)\n    time.sleep(15)\n    return len(kept)\n")
        with Server({"f": self.function("on", MemorySize=128)}) as server:
            self.assertEqual(server.invoke("f", {}).json["errorType"], "Runtime.OutOfMemory")

    def test_changed_code_and_replaced_folders(self):
        code = "def handler(event, context): return %d\n"
        self.write("code/app.py", code % 1)
        with Server({"f": self.function("on")}, watches=True) as server:
            self.assertEqual(self.answer(server, "f"), 1)
            self.write("code/app.py", code % 2)
            wait_for(lambda: self.answer(server, "f") == 2, "the new code")
            self.write("other/app.py", code % 3)
            os.rename(os.path.join(self.folder, "code"), os.path.join(self.folder, "old"))
            os.rename(os.path.join(self.folder, "other"), os.path.join(self.folder, "code"))
            wait_for(lambda: server.invoke("f", {}).json == 3, "the new folder")

    def test_a_folder_that_is_gone(self):
        with Server({"f": self.function("on")}) as server:
            shutil.rmtree(os.path.join(self.folder, "code"))
            answer = server.invoke("f", {})
            self.assertEqual(answer.json["errorType"], "Runtime.InvalidWorkingDir")

    def test_others_see_nothing_of_it(self):
        with Server({"f": self.function("on")}) as server:
            said = self.answer(server, "f")
            with open("/proc/self/mounts") as own, open(f"/proc/{server.pid}/mounts") as servers:
                self.assertNotIn("/var/task", own.read() + servers.read())
            with open(f"/proc/{said['pid']}/mounts") as its:
                self.assertIn(" /var/task ", its.read())


@unittest.skipUnless(HAS_USERS and shutil.which("setpriv"), "user namespaces are not allowed here")
class NotAllowed(MountTask):
    def test_auto_uses_variables_and_says_so_once(self):
        self.write("code/app.py", "import mine\ndef handler(event, context): return mine.__file__\n")
        functions = {name: self.function(layers=[self.low]) for name in ("one", "two")}
        with Server(functions, binary=self.script(WITHOUT)) as server:
            for name in functions:
                self.assertEqual(self.answer(server, name), os.path.join(self.low, "python", "mine.py"))
            server.configure({"one": functions["one"]})
            server.signal(signal.SIGHUP)
            wait_for(lambda: server.invoke("two", {}).status == 404, "the reload")
            said = re.findall("layers are not at /opt here: they are found by PATH.*", server.log())
            self.assertEqual(len(said), 1, server.log())
            self.assertIn("user namespaces are not allowed here", said[0])

    def test_on_says_why_not(self):
        with Server({"f": self.function("on"), "g": self.function("off")}, binary=self.script(WITHOUT)) as server:
            answer = server.invoke("f", {})
            self.assertEqual((answer.status, answer.headers.get("x-amzn-errortype")), (500, "ServiceException"))
            self.assertRegex(json.dumps(answer.json), "Local.MountTask is on, but user namespaces are not allowed here")
            self.assertEqual(self.answer(server, "g")["cwd"], os.path.join(self.folder, "code"))


class Configuration(MountTask):
    def check(self, function):
        self.write("invoked.json", json.dumps({"Functions": {"f": function}}))
        done = run_binary("check", os.path.join(self.folder, "invoked.json"), folder=self.folder)
        return done.returncode, done.stderr

    def test_what_is_refused(self):
        code, said = self.check(self.function("maybe"))
        self.assertEqual(code, 2)
        self.assertRegex(said, r"MountTask: must be .*auto.*on.*off")
        for function in ({"Local": {"Mock": [{"Payload": 1}], "MountTask": "on"}}, self.function("on", Local={"Attach": True}),
                         {"Local": {"Command": ["cat"], "MountTask": "on"}}):
            code, said = self.check(function)
            self.assertEqual(code, 2)
            self.assertIn("MountTask: on requires Runtime, without Attach", said)
        self.assertEqual(self.check({"Local": {"Command": ["cat"], "MountTask": "auto"}})[0], 0)


if __name__ == "__main__":
    run_tests()
