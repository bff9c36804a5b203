"""The npm packages, installed from the packed tarballs: the command, `start()`, and the helpers of the test runners.

Vitest, Jest and TypeScript come from npm; where it can't be reached, what needs them is skipped.
"""
# test: timeout 600

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import made
from invoked import run_tests

import npm

CONFIG = {"Functions": {
    "orders": {"Runtime": "nodejs20.x", "Handler": "index.handler", "CodeUri": "orders", "Timeout": 20,
               "DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:123456789012:orders-dlq"}},
    "hello": {"Local": {"Mock": [{"Payload": "hi"}]}}}}
FILES = {
    "invoked.json": json.dumps(CONFIG),
    "orders/index.js": "exports.handler = async (event) => { if (event.quantity < 1) throw new Error('none'); return 'ok' };",
    "start.mjs": """
import assert from 'node:assert';
import { start } from 'invoked';
const server = await start({ config: %s, clock: 'manual' });
assert.match(server.endpoint, /^http:\\/\\/127\\.0\\.0\\.1:\\d+$/);
assert.deepStrictEqual((await server.invoke('hello')).payload, 'hi');
await server.mock('hello', [{ Payload: 'other' }]);
assert.deepStrictEqual((await server.invoke('hello')).payload, 'other');
const other = server.forAccount('111111111111');
assert.deepStrictEqual((await other.invoke('hello')).payload, 'hi');
const id = await server.send('orders', { quantity: 0 });
await server.drain();
assert.deepStrictEqual((await server.invocations({ RequestId: id })).map((row) => row.Attempt), [3, 2, 1]);
assert.strictEqual((await server.deadLetters('orders-dlq')).length, 1);
await server.reset();
assert.deepStrictEqual(await server.deadLetters(), []);
await assert.rejects(server.invoke('nothing'), { name: 'ResourceNotFoundException' });
await server.stop();
await assert.rejects(fetch(server.endpoint));
await assert.rejects(start({ config: 'not-there.json' }), /not-there\\.json/);
console.log('all good');
""" % json.dumps(CONFIG),
    "left.mjs": """
import { start } from 'invoked';
const server = await start();
console.log(server.endpoint);
setInterval(() => {}, 1000);
""",
    "required.cjs": """
const { start, connect } = require('invoked');
start().then(async (server) => {
  console.log(JSON.stringify((await connect(server.endpoint).invoke('hello')).payload));
  await server.stop();
});
""",
    "node.test.mjs": """
import assert from 'node:assert';
import { test } from 'node:test';
import { useServer } from 'invoked/node-test';
const server = await useServer();
test('one', async () => { await server.send('hello', 1); await server.drain(); });
test('two sees nothing of it', async () => assert.deepStrictEqual(await server.invocations(), []));
""",
    "first.test.mjs": """
import { expect, test } from 'vitest';
import { server } from 'invoked/vitest';
test('three tries, then the dead letter', async () => {
  await server.send('orders', { quantity: 0 });
  await server.drain();
  expect(await server.deadLetters('orders-dlq')).toHaveLength(1);
});
test('the next test sees nothing of it', async () => expect(await server.invocations()).toEqual([]));
""",
    "vitest.config.mjs": "export default { test: { globalSetup: 'invoked/vitest-setup', include: ['*st.test.mjs', '*nd.test.mjs'] } };",
    "jest.config.cjs": "module.exports = { globalSetup: 'invoked/jest-setup', globalTeardown: 'invoked/jest-teardown', "
                       "testMatch: ['**/jest-*.cjs'] };",
    "jest-first.cjs": """
const { server } = require('invoked/jest');
test('three tries, then the dead letter', async () => {
  await server.send('orders', { quantity: 0 });
  await server.drain();
  expect(await server.deadLetters('orders-dlq')).toHaveLength(1);
});
test('the next test sees nothing of it', async () => expect(await server.invocations()).toEqual([]));
""",
    "typed.mts": """
import { start, type Server } from 'invoked';
const server: Server = await start({ config: 'invoked.json', clock: 'x10' });
const endpoint: string = server.endpoint;
const ran: string[] = (await server.advance(60)).ran;
// @ts-expect-error a clock is a word
await start({ clock: 5 });
await server.drain();
await server.stop();
console.log(endpoint, ran);
""",
}
FILES["second.test.mjs"] = FILES["first.test.mjs"]
FILES["jest-second.cjs"] = FILES["jest-first.cjs"]


class Npm(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.tarballs = made.write(npm, cls.folder)
        cls.project = os.path.join(cls.folder, "project")
        for name, text in FILES.items():
            path = os.path.join(cls.project, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                file.write(text)
        # The packages lie as npm lays them, for npm would ask the registry for the optional ones.
        for tarball, place in ((f"invoked-{made.VERSION}.tgz", "invoked"),
                               (f"invoked-linux-x64-{made.VERSION}.tgz", "@invoked/linux-x64")):
            target = os.path.join(cls.project, "node_modules", place)
            os.makedirs(target)
            subprocess.run(["tar", "-xzf", cls.tarballs[tarball], "-C", target, "--strip-components=1"], check=True)
        os.makedirs(os.path.join(cls.project, "node_modules", ".bin"))
        os.symlink("../invoked/bin/invoked.cjs", os.path.join(cls.project, "node_modules", ".bin", "invoked"))
        with open(os.path.join(cls.project, "package.json"), "w") as file:
            json.dump({"name": "project", "version": "1.0.0", "private": True}, file)

    def environment(self):
        return {name: value for name, value in os.environ.items() if name != "INVOKED_BINARY"}

    def run_there(self, *words, timeout=120):
        return subprocess.run(words, cwd=self.project, env=self.environment(), text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout)

    def check(self, *words, said="", timeout=120):
        process = self.run_there(*words, timeout=timeout)
        self.assertEqual(process.returncode, 0, process.stdout)
        self.assertIn(said, process.stdout)

    def with_packages(self, *names):
        """Installs packages beside ours in a copy of the project, or skips."""
        prefix = os.path.join(self.folder, "-".join(name.strip("@").replace("/", "_") for name in names))
        process = subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", prefix, *names],
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
        if process.returncode != 0:
            self.skipTest(f"npm can't install {names}: {process.stdout.strip()[-200:]}")
        project = os.path.join(prefix, "project")
        shutil.copytree(self.project, project, symlinks=True)
        return project

    def test_npm_installs_the_tarballs(self):
        """The two tarballs alone, as npm itself lays them."""
        with tempfile.TemporaryDirectory() as folder:
            process = subprocess.run(["npm", "install", "--offline", "--omit=optional", "--omit=peer", "--no-audit", "--no-fund",
                                      "--prefix", folder, *self.tarballs.values()], stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT, text=True, timeout=120)
            self.assertEqual(process.returncode, 0, process.stdout)
            said = subprocess.run([os.path.join(folder, "node_modules", ".bin", "invoked"), "--version"], env=self.environment(),
                                  stdout=subprocess.PIPE, text=True).stdout
            self.assertRegex(said, r"^invoked \d")

    def test_the_command(self):
        self.check("node_modules/.bin/invoked", "run", "--", "sh", "-c", "echo $INVOKED_ENDPOINT", said="http://127.0.0.1")
        self.assertEqual(self.run_there("node_modules/.bin/invoked", "check", "no.json").returncode, 2)

    def test_the_command_passes_signals_on(self):
        process = subprocess.Popen(["node_modules/.bin/invoked", "serve", "--port", "0"], cwd=self.project,
                                   env=self.environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        with process:
            self.assertIn("listening on", process.stdout.readline())
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(30), 0)

    def test_start(self):
        self.check("node", "start.mjs", said="all good")
        self.check("node", "required.cjs", said='"hi"')

    def test_a_server_ends_with_the_process_that_started_it(self):
        with subprocess.Popen(["node", "left.mjs"], cwd=self.project, env=self.environment(), text=True,
                              stdout=subprocess.PIPE) as process:
            endpoint = process.stdout.readline().strip()
            process.kill()
        deadline = time.monotonic() + 30
        while subprocess.run(["curl", "-s", f"{endpoint}/_invoked/health"], stdout=subprocess.DEVNULL).returncode == 0:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def test_a_missing_platform_package_is_explained(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(os.path.join(self.project, "node_modules", "invoked"), os.path.join(folder, "invoked"))
            process = subprocess.run(["node", f"{folder}/invoked/bin/invoked.cjs"], env=self.environment(), text=True,
                                     stderr=subprocess.PIPE)
            self.assertEqual(process.returncode, 1)
            self.assertIn("@invoked/linux-x64 is not installed", process.stderr)

    def test_node_test(self):
        self.check("node", "--test", "node.test.mjs", said="# pass 2")

    def test_vitest(self):
        self.project = self.with_packages("vitest@2")
        self.check("../node_modules/.bin/vitest", "run", said="Tests  4 passed")

    def test_jest(self):
        self.project = self.with_packages("jest@29")
        self.check("../node_modules/.bin/jest", "--workerThreads=false", "--maxWorkers=2", said="4 passed")

    def test_types_and_the_sdk_client(self):
        self.project = self.with_packages("typescript@5", "@types/node@20", "@aws-sdk/client-lambda@3")
        self.check("../node_modules/.bin/tsc", "--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--skipLibCheck",
                   "typed.mts", timeout=240)
        with open(os.path.join(self.project, "client.mjs"), "w") as file:
            file.write("import { start } from 'invoked'; import { InvokeCommand } from '@aws-sdk/client-lambda';\n"
                       "const server = await start(); const client = server.client();\n"
                       "const answer = await client.send(new InvokeCommand({ FunctionName: 'hello' }));\n"
                       "console.log(Buffer.from(answer.Payload).toString()); client.destroy(); await server.stop();\n")
        self.check("node", "client.mjs", said='"hi"')


if __name__ == "__main__":
    run_tests()
