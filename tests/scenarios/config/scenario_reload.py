"""Code and configuration that change while the server runs: what is noticed, what is left alone, and what the log says."""
# test: timeout 240

import json
import os
import shutil
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))
import invoked  # noqa: E402
from invoked import SLOWNESS, Server, command, provided, python, wait_for  # noqa: E402

RELOADED = "has changed; the next invocation runs the new code"
QUIET_S = 0.6 * SLOWNESS  # longer than a change takes to be noticed


def answering(text):
    return f"def handler(event, context): return {text!r}"


# Its answer is made of what stands in the other files when it starts.
READING = """
import os
found = {}
for folder, folders, files in os.walk(os.path.dirname(os.path.abspath(__file__))):
    for file in files:
        if file.endswith(".txt"):
            with open(os.path.join(folder, file)) as opened:
                found[file] = opened.read()
count = 0
def handler(event, context):
    global count
    count += 1
    return {"count": count, **found}
"""

WAITING = """
import os, time
def handler(event, context):
    open(event["began"], "w").close()
    while not os.path.exists(event["file"]):
        time.sleep(0.01)
    return %r
"""

BOOTSTRAP = """#!/bin/sh
while true; do
    headers=$(mktemp)
    curl -sS -o /dev/null -D "$headers" "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next" || exit 1
    id=$(tr -d '\\r' < "$headers" | sed -n 's/^Lambda-Runtime-Aws-Request-Id: //p')
    rm "$headers"
    curl -sS -o /dev/null -d '"%s"' "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/$id/response"
done
"""


class WatchingServer(Server):
    """With the reloading that other tests have turned off."""

    def __init__(self, functions=None, config=None, **options):
        super().__init__(functions, config, watches=True, **options)

    def write(self, path, text):
        """Over the old file, as `cat >` does."""
        path = os.path.join(self.folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)

    def rename_over(self, path, text):
        """As editors do."""
        path = os.path.join(self.folder, path)
        with open(path + ".tmp", "w") as file:
            file.write(text)
        os.replace(path + ".tmp", path)

    def reloads(self, what=RELOADED):
        return self.log().count(what)

    def wait_for_reload(self, action, what=RELOADED):
        """Does `action`, waits until the server has told that it noticed."""
        before = self.reloads(what)
        action()
        wait_for(lambda: self.reloads(what) > before, f"{what!r} in the log")

    def value(self, name, event=None):
        answer = self.invoke(name, {} if event is None else event)
        assert answer.status == 200, answer
        return answer.json


class Code(unittest.TestCase):
    def serve(self, functions=None, **options):
        server = WatchingServer(functions or {"f": python(answering("old"))}, **options)
        self.addCleanup(server.__exit__, None, None, None)
        return server

    def test_an_edit(self):
        server = self.serve()
        self.assertEqual(server.value("f"), "old")
        server.wait_for_reload(lambda: server.write("code/f/app.py", answering("new")))
        self.assertEqual(server.value("f"), "new")
        self.assertRegex(server.log(), r"f: app\.py has changed; the next invocation runs the new code")

    def test_one_edit_after_the_other(self):
        server = self.serve()
        for i in range(5):
            server.value("f")
            server.wait_for_reload(lambda: server.write("code/f/app.py", answering(i)))
            self.assertEqual(server.value("f"), i)

    def test_rename_over(self):
        server = self.serve()
        self.assertEqual(server.value("f"), "old")
        for text in ("first", "second"):
            server.wait_for_reload(lambda: server.rename_over("code/f/app.py", answering(text)))
            self.assertEqual(server.value("f"), text)
        self.assertEqual(server.reloads(f"f: app.py {RELOADED}"), 2)

    def test_files_in_new_folders(self):
        server = self.serve({"f": python(READING)})
        self.assertEqual(server.value("f"), {"count": 1})
        self.assertEqual(server.value("f"), {"count": 2})
        server.wait_for_reload(lambda: server.write("code/f/new/deep/a.txt", "1"))
        self.assertEqual(server.value("f"), {"count": 1, "a.txt": "1"})
        server.wait_for_reload(lambda: server.write("code/f/new/deep/a.txt", "2"))
        self.assertEqual(server.value("f"), {"count": 1, "a.txt": "2"})
        server.wait_for_reload(lambda: shutil.rmtree(os.path.join(server.folder, "code/f/new")))
        self.assertEqual(server.value("f"), {"count": 1})
        server.wait_for_reload(lambda: server.write("code/f/new/deep/a.txt", "3"))
        self.assertEqual(server.value("f"), {"count": 1, "a.txt": "3"})
        server.wait_for_reload(lambda: server.write("code/f/new/deep/a.txt", "4"))
        self.assertEqual(server.value("f"), {"count": 1, "a.txt": "4"})

    def test_a_folder_that_is_replaced_as_a_whole(self):
        server = self.serve({"f": python(READING)})
        server.value("f")

        def replace():
            os.mkdir(os.path.join(server.folder, "built"))
            for name, text in (("app.py", READING), ("a.txt", "1")):
                server.write("built/" + name, text)
            shutil.rmtree(os.path.join(server.folder, "code/f"))
            os.rename(os.path.join(server.folder, "built"), os.path.join(server.folder, "code/f"))

        server.wait_for_reload(replace)
        self.assertEqual(server.value("f"), {"count": 1, "a.txt": "1"})
        server.wait_for_reload(lambda: server.write("code/f/a.txt", "2"))
        self.assertEqual(server.value("f"), {"count": 1, "a.txt": "2"})

    def test_what_is_left_out(self):
        server = self.serve({"f": python(READING)})
        for folder in ("node_modules", ".git", "__pycache__", "sub"):
            server.write(f"code/f/{folder}/old.txt", "old")
        server.value("f")
        time.sleep(QUIET_S)
        for folder in ("node_modules", ".git", "__pycache__", "sub/node_modules", "sub/__pycache__", "node_modules/package/lib"):
            server.write(f"code/f/{folder}/old.txt", "new")
            server.write(f"code/f/{folder}/new.txt", "new")
        time.sleep(QUIET_S)
        shutil.rmtree(os.path.join(server.folder, "code/f/node_modules"))
        time.sleep(QUIET_S)
        # Making a folder `sub/node_modules` changes nothing either; a file beside it does.
        self.assertEqual((server.reloads(), server.value("f")["count"]), (0, 2), server.log())
        server.wait_for_reload(lambda: server.write("code/f/sub/old.txt", "newer"))
        self.assertEqual(server.value("f")["count"], 1)

    def test_the_data_folder_is_left_out(self):
        server = WatchingServer({}, ready=False)
        server.process.kill()
        server.wait()
        folder = os.path.join(server.folder, "project")
        server.data_folder = os.path.join(folder, ".invoked")
        server.words[server.words.index("--data-dir") + 1] = server.data_folder
        server.write("project/app.py", READING)
        server.write("invoked.json", json.dumps({"Functions": {"f": {
            "Runtime": "python3.12", "Handler": "app.handler", "CodeUri": folder,
            "ReservedConcurrentExecutions": 1,  # so one environment counts them all
            "DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:123456789012:q"}}}}))
        server.start()
        with server:
            server.value("f")
            for _ in range(5):
                server.invoke("f", {}, headers={"X-Amz-Invocation-Type": "Event"})
            server.request("POST", "/_invoked/drain")
            server.write("project/.invoked/dead-letters/q.jsonl", "")
            os.chmod(server.data_folder, 0o755)
            time.sleep(QUIET_S)
            self.assertEqual((server.reloads(), server.value("f")["count"]), (0, 7), server.log())

    def test_a_burst_is_one_reload(self):
        server = self.serve({"f": python(READING)})
        server.value("f")
        for i in range(300):
            server.write(f"new/{i}.txt", str(i))

        def burst():
            for i in range(300):
                os.rename(os.path.join(server.folder, f"new/{i}.txt"), os.path.join(server.folder, f"code/f/{i}.txt"))

        server.wait_for_reload(burst)
        time.sleep(QUIET_S)
        self.assertEqual(server.reloads(), 1)
        self.assertEqual(len(server.value("f")), 301)

    def test_a_busy_environment_finishes_with_the_old_code(self):
        server = self.serve({"f": python(WAITING % "old")})
        began, file = (os.path.join(server.folder, name) for name in ("began", "go"))
        answers = []
        thread = threading.Thread(target=lambda: answers.append(server.value("f", {"began": began, "file": file})))
        thread.start()
        wait_for(lambda: os.path.exists(began), "the handler")
        server.wait_for_reload(lambda: server.write("code/f/app.py", answering("new")))
        self.assertEqual(server.value("f"), "new")
        self.assertEqual(answers, [])
        with open(file, "w"):
            pass
        thread.join(invoked.WAIT_S)
        self.assertEqual(answers, ["old"])
        wait_for(lambda: server.request("GET", "/_invoked/functions").json[0]["Environments"]["Idle"] == 1, "the old one's end")
        self.assertEqual(server.value("f"), "new")

    def test_only_the_functions_of_that_code(self):
        server = self.serve({"f": python(READING), "g": python(READING)})
        for name in ("f", "g"):
            server.value(name)
        server.wait_for_reload(lambda: server.write("code/f/a.txt", "1"))
        self.assertEqual((server.value("f")["count"], server.value("g")["count"]), (1, 2))
        self.assertEqual(server.reloads("g: "), 0)

    def test_functions_that_share_their_code(self):
        server = self.serve({"f": python(READING)})
        settings = json.loads(open(server.config_path).read())["Functions"]["f"]
        server.configure({"f": settings, "g": settings})
        wait_for(lambda: server.invoke("g", {}).status == 200, "the function g")
        server.value("f")
        server.wait_for_reload(lambda: server.write("code/f/a.txt", "1"))
        self.assertEqual((server.value("f")["count"], server.value("g")["count"]), (1, 1))

    def test_a_bootstrap_that_is_replaced(self):
        server = self.serve({"f": provided(BOOTSTRAP % "old")})
        self.assertEqual(server.value("f"), "old")

        def replace():
            path = os.path.join(server.folder, "code/f/bootstrap")
            with open(path + ".new", "w") as file:
                file.write(BOOTSTRAP % "new")
            os.chmod(path + ".new", 0o755)
            os.replace(path + ".new", path)

        server.wait_for_reload(replace)
        self.assertEqual(server.value("f"), "new")

    def test_broken_code_and_its_mending(self):
        server = self.serve()
        server.value("f")
        server.wait_for_reload(lambda: server.write("code/f/app.py", "def handler(:"))
        self.assertEqual(server.invoke("f", {}).json["errorType"], "Runtime.UserCodeSyntaxError")
        server.write("code/f/app.py", answering("mended"))  # nothing is kept of what never got ready
        wait_for(lambda: server.invoke("f", {}).json == "mended", "the mended code")

    def test_ten_thousand_files(self):
        server = self.serve({"f": python(READING)})
        for i in range(100):
            folder = os.path.join(server.folder, f"code/f/package{i}")
            os.mkdir(folder)
            for j in range(100):
                with open(os.path.join(folder, f"module{j}.py"), "w"):
                    pass
        self.assertEqual(server.value("f")["count"], 1)
        time.sleep(QUIET_S)  # its folders are looked through beside that
        for i in (0, 57, 99):
            server.wait_for_reload(lambda: server.write(f"code/f/package{i}/{i}.txt", "new"))
            self.assertEqual((server.value("f")["count"], server.value("f")[f"{i}.txt"]), (1, "new"))
        self.assertEqual(server.reloads(), 3)
        self.assertIn("f: package57/57.txt has changed", server.log())
        self.assertNotIn("can't be watched", server.log())

    def test_no_watch(self):
        server = Server({"f": python(answering("old"))})  # has --no-watch
        with server:
            self.assertEqual(server.invoke("f", {}).json, "old")
            server.configure({"f": python(answering("new")), "g": python(answering("g"))})
            time.sleep(QUIET_S)
            self.assertEqual((server.invoke("f", {}).json, server.invoke("g", {}).status), ("old", 404))
            self.assertNotIn("changed", server.log())


# Counts its invocations, and does with its own folder what it is told.
WRITING = """
import os, sqlite3
HERE = os.path.dirname(os.path.abspath(__file__))
count = 0
def write(name, text):
    os.makedirs(os.path.dirname(os.path.join(HERE, name)), exist_ok=True)
    with open(os.path.join(HERE, name), "w") as file:
        file.write(text)
def handler(event, context):
    global count
    count += 1
    exec(event.get("do", ""))
    return count
"""

WRITING_NODE = """
const fs = require('fs'), path = require('path');
let count = 0;
exports.handler = async () => {
    fs.writeFileSync(path.join(__dirname, 'cache.json'), JSON.stringify(++count));
    return count;
};
"""


class OwnWrites(unittest.TestCase):
    """What a function writes below its CodeUri while it runs replaces nothing."""

    OWN_WRITE = "wrote"

    def serve(self, functions=None, **options):
        server = WatchingServer(functions or {"f": python(WRITING)}, **options)
        self.addCleanup(server.__exit__, None, None, None)
        return server

    WRITES = (
        "write('cache.json', str(count))",
        "write('cache.txt', str(count)); os.replace(HERE + '/cache.txt', HERE + '/renamed.txt')",
        "write(f'folder{count}/deep/{count}.json', '1')",
        "write('gone.bin', ''); os.remove(HERE + '/gone.bin')",
        "db = sqlite3.connect(HERE + '/data.db'); db.execute('create table if not exists t (a)'); "
        "db.execute('insert into t values (1)'); db.commit(); db.close()",
        "import subprocess; subprocess.run(['sh', '-c', 'date > by-a-program'], cwd=HERE)",
        "[write(f'many/{i}.json', '1') for i in range(2000)]",
    )

    def test_no_write_of_its_own_replaces_the_environment(self):
        server = self.serve()
        expected = 0
        for do in self.WRITES:
            for _ in range(2):
                expected += 1
                self.assertEqual(server.value("f", {"do": do}), expected, server.log())
                time.sleep(QUIET_S)
        self.assertEqual((server.reloads(), server.reloads(self.OWN_WRITE)), (0, 1), server.log())
        self.assertRegex(server.log(), r"warn  f: wrote \S+/code/f/cache\.json while it ran; writes of a function below its "
                                       r"CodeUri don't replace its environments \(on AWS that folder is read-only, and /tmp is not\)")

    def test_nor_does_one_of_its_initialisation(self):
        server = self.serve({"f": python(WRITING + "write('state.json', '{}')\n")})
        for expected in (1, 2, 3):
            self.assertEqual(server.value("f"), expected)
            time.sleep(QUIET_S)
        self.assertEqual(server.reloads(), 0, server.log())

    def test_nor_one_by_nodejs(self):
        server = self.serve({"f": invoked.nodejs(WRITING_NODE)})
        for expected in (1, 2, 3):
            self.assertEqual(server.value("f"), expected)
            time.sleep(QUIET_S)
        self.assertEqual(server.reloads(), 0, server.log())

    def test_functions_that_share_the_folder_keep_theirs_too(self):
        server = self.serve()
        settings = json.loads(open(server.config_path).read())["Functions"]["f"]
        server.configure({"f": settings, "g": settings, "above": {**settings, "Handler": "f/app.handler",
                                                                   "CodeUri": os.path.dirname(settings["CodeUri"])}})
        wait_for(lambda: server.invoke("g", {}).status == 200, "the function g")
        for name in ("g", "above", "f"):
            server.value(name)
        before = server.value("g"), server.value("above")
        server.value("f", {"do": self.WRITES[0]})
        time.sleep(QUIET_S)
        self.assertEqual((server.value("g"), server.value("above")), (before[0] + 1, before[1] + 1))
        self.assertEqual(server.reloads(), 0, server.log())

    def test_an_edit_directly_after_an_invocation_is_one(self):
        server = self.serve({"f": python(READING)})
        for i in range(20):
            server.value("f")
            server.wait_for_reload(lambda: server.write("code/f/a.txt", str(i)))
            self.assertEqual(server.value("f"), {"count": 1, "a.txt": str(i)})

    def test_an_edit_directly_before_an_invocation_is_one(self):
        server = self.serve()
        server.value("f")
        for i in range(20):
            server.wait_for_reload(lambda: (server.write("code/f/a.json", str(i)), server.value("f")))
        self.assertNotIn(self.OWN_WRITE, server.log())

    def test_code_that_is_edited_while_it_runs(self):
        server = self.serve()
        server.write("built/helper/deep/code.py", "1")
        built, helper = (os.path.join(server.folder, name) for name in ("built/helper", "code/f/helper"))
        edits = (lambda: server.write("code/f/other.py", "1"), lambda: server.rename_over("code/f/other.yaml", "1"),
                 lambda: shutil.copytree(built, helper),  # its files are there before it is watched
                 lambda: os.rename(helper, helper + ".old"))
        for number, edit in enumerate(edits):
            go = os.path.join(server.folder, f"go{number}")
            do = f"import time\nwhile not os.path.exists({go!r}): time.sleep(0.01)"
            thread = threading.Thread(target=lambda: server.value("f", {"do": do}))
            thread.start()
            wait_for(lambda: server.request("GET", "/_invoked/functions").json[0]["Environments"]["Busy"] == 1, "the handler")
            time.sleep(QUIET_S)
            server.wait_for_reload(edit)
            open(go, "w").close()
            thread.join(invoked.WAIT_S)


class Links(unittest.TestCase):
    """Folders that lie elsewhere and are linked below CodeUri: monorepos, npm link, pnpm."""

    def serve(self, links, files=()):
        """`links`: {name below code/f: target below the folder}, made before the server starts to watch."""
        server = WatchingServer({"f": python(READING)})
        self.addCleanup(server.__exit__, None, None, None)
        for name in files:
            server.write(name, "1")
        for name, target in links.items():
            path = os.path.join(server.folder, "code/f", name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.symlink(os.path.join(server.folder, target), path)
        self.assertEqual(server.value("f")["count"], 1)
        time.sleep(QUIET_S)
        return server

    def assert_noticed(self, server, path):
        server.value("f")
        server.wait_for_reload(lambda: server.write(path, "2"))
        self.assertEqual(server.value("f")["count"], 1)

    def assert_left_out(self, server, path):
        before = server.value("f")["count"]
        server.write(path, "2")
        time.sleep(QUIET_S)
        self.assertEqual(server.value("f")["count"], before + 1, server.log())

    def test_a_folder(self):
        server = self.serve({"lib": "shared"}, ["shared/a.txt", "shared/deep/b.txt"])
        self.assert_noticed(server, "shared/a.txt")
        self.assert_noticed(server, "shared/deep/b.txt")
        self.assertIn("f: lib/deep/b.txt has changed", server.log())

    def test_a_link_that_is_made_later(self):
        server = self.serve({}, ["shared/a.txt", "other/a.txt"])
        path = os.path.join(server.folder, "code/f/lib")
        server.wait_for_reload(lambda: os.symlink(os.path.join(server.folder, "shared"), path))
        self.assert_noticed(server, "shared/a.txt")

        def lead_elsewhere():
            os.symlink(os.path.join(server.folder, "other"), path + ".new")
            os.replace(path + ".new", path)
        server.wait_for_reload(lead_elsewhere)
        time.sleep(QUIET_S)
        self.assert_noticed(server, "other/a.txt")
        self.assert_left_out(server, "shared/a.txt")

    def test_a_workspace_package_in_node_modules(self):
        server = self.serve({"node_modules/plain": "packages/plain", "node_modules/@acme/scoped": "packages/scoped",
                             "node_modules/installed": "code/f/node_modules/.pnpm/installed@1/node_modules/installed"},
                            ["packages/plain/index.js", "packages/scoped/src/index.js", "packages/scoped/node_modules/x/y.js",
                             "code/f/node_modules/.pnpm/installed@1/node_modules/installed/index.js"])
        self.assert_noticed(server, "packages/plain/index.js")
        self.assert_noticed(server, "packages/scoped/src/index.js")
        self.assert_left_out(server, "packages/scoped/node_modules/x/y.js")
        self.assert_left_out(server, "code/f/node_modules/.pnpm/installed@1/node_modules/installed/index.js")

    def test_a_package_of_a_package(self):
        server = self.serve({"node_modules/one": "packages/one", "../../packages/one/node_modules/two": "packages/two"},
                            ["packages/one/index.js", "packages/two/index.js"])
        self.assert_noticed(server, "packages/two/index.js")

    def test_a_file(self):
        server = self.serve({"app.txt": "shared/a.txt"}, ["shared/a.txt", "shared/other.txt"])
        self.assert_noticed(server, "shared/a.txt")
        server.wait_for_reload(lambda: server.rename_over("shared/a.txt", "3"))
        self.assert_left_out(server, "shared/other.txt")

    def test_cycles_and_large_trees_are_bounded(self):
        large = tempfile.mkdtemp(prefix="invoked-large-")
        self.addCleanup(shutil.rmtree, large)
        for i in range(5000):
            os.mkdir(os.path.join(large, str(i)))
        server = self.serve({"self": "code/f", "above": "code", "deep/back": "code/f/deep", "large": large})
        wait_for(lambda: "changes in some of them go unnoticed" in server.log(), "the warning")
        self.assert_noticed(server, "code/f/b.txt")

    def test_code_that_is_away_for_a_while(self):
        server = WatchingServer({"f": python(answering("old"))})
        self.addCleanup(server.__exit__, None, None, None)
        self.assertEqual(server.value("f"), "old")
        folder = os.path.join(server.folder, "code/f")
        server.wait_for_reload(lambda: shutil.rmtree(folder))
        self.assertEqual(server.invoke("f", {}).function_error, "Unhandled")
        time.sleep(QUIET_S)
        server.write("code/f/app.py", answering("new"))
        wait_for(lambda: server.invoke("f", {}).json == "new", "the new code")
        time.sleep(QUIET_S)
        server.wait_for_reload(lambda: server.write("code/f/app.py", answering("newer")))
        self.assertEqual(server.value("f"), "newer")


class Configuration(unittest.TestCase):
    READ_AGAIN = r"read \S+ again: {} functions?$"

    def serve(self, functions, **options):
        server = WatchingServer(functions, **options)
        self.addCleanup(server.__exit__, None, None, None)
        return server

    def test_written_and_renamed_over(self):
        server = self.serve({"f": command("cat")})
        self.assertEqual(server.value("f", "hi"), "hi")
        server.write("invoked.json", json.dumps({"Functions": {"f": command("tr", "a-z", "A-Z"), "g": command("cat")}}))
        server.wait_for_log(self.READ_AGAIN.format(2))
        self.assertEqual((server.value("f", "hi"), server.value("g", 1)), ("HI", 1))
        server.rename_over("invoked.json", json.dumps({"Functions": {"f": command("cat")}}))
        server.wait_for_log(self.READ_AGAIN.format(1))
        self.assertEqual((server.value("f", "hi"), server.invoke("g").status), ("hi", 404))
        self.assertIn("invoked.json has changed", server.log())

    def test_broken_and_mended(self):
        server = self.serve({"f": command("cat")})
        server.write("invoked.json", '{"Functions": {"f": {"Timeout": 0}}}')
        server.wait_for_log("keeping the previous configuration")
        self.assertRegex(server.log(), r"invoked\.json:1: Functions\.f\.Timeout: must be 1 to 900")
        self.assertEqual(server.value("f", "hi"), "hi")
        server.rename_over("invoked.json", json.dumps({"Functions": {"f": command("cat"), "g": command("cat")}}))
        server.wait_for_log(self.READ_AGAIN.format(2))
        self.assertEqual(server.value("g", 1), 1)

    def test_removed_and_made_again(self):
        server = self.serve({"f": command("cat")})
        os.remove(server.config_path)
        server.wait_for_log("keeping the previous configuration")
        self.assertEqual(server.value("f", "hi"), "hi")
        server.write("invoked.json", json.dumps({"Functions": {"f": command("cat"), "g": command("cat")}}))
        server.wait_for_log(self.READ_AGAIN.format(2))
        self.assertEqual(server.value("g", 1), 1)

    def test_environments_whose_settings_are_the_same_stay(self):
        server = self.serve({"f": python(READING), "g": python(READING)})
        for name in ("f", "g"):
            server.value(name)
        settings = json.loads(open(server.config_path).read())["Functions"]
        settings["g"]["Environment"] = {"Variables": {"TABLE": "1"}}
        server.rename_over("invoked.json", json.dumps({"Functions": settings}))
        server.wait_for_log(self.READ_AGAIN.format(2))
        self.assertEqual((server.value("f")["count"], server.value("g")["count"]), (2, 1))

    def test_files_beside_it_do_not_matter(self):
        server = self.serve({"f": command("cat")})
        server.write("other.json", "{}")
        server.write("invoked.json.bak", "{}")
        time.sleep(QUIET_S)
        self.assertNotIn("has changed", server.log())

    def test_a_folder_of_functions(self):
        folder = WatchingServer({"unused": command("cat")})
        path = os.path.join(folder.folder, "functions")
        folder.write("functions/hello.py", answering("old"))
        folder.stop()
        server = self.serve(None, config=path)
        self.addCleanup(shutil.rmtree, folder.folder)
        self.assertEqual(server.value("hello"), "old")
        folder.write("functions/second.py", answering("second"))
        server.wait_for_log(self.READ_AGAIN.format(2))
        self.assertEqual(server.value("second"), "second")
        folder.write("functions/hello.py", answering("new"))
        wait_for(lambda: server.value("hello") == "new", "the new code")
        os.remove(os.path.join(path, "second.py"))
        server.wait_for_log(self.READ_AGAIN.format(1))
        self.assertEqual(server.invoke("second").status, 404)


if __name__ == "__main__":
    invoked.run_tests()
