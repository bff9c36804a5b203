// Our table of operations beside that of the newest SDK, row by row; and what the SDK makes of one that isn't there.

import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

import { LambdaClient, ListCapacityProvidersCommand, ListDurableExecutionsByFunctionCommand, SendDurableExecutionCallbackHeartbeatCommand } from "@aws-sdk/client-lambda";

const results = { passed: 0, failed: 0 };

function check(what, actual, expected) {
    if (JSON.stringify(actual) === JSON.stringify(expected)) {
        results.passed++;
        return;
    }
    results.failed++;
    console.log(`${what}: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`);
}

// The model stands in the SDK as schemas: var GetFunction$ = [9, n0, _GF, { [_h]: ["GET", "/2015-…", 200] }, …
function modelledRows() {
    const text = fs.readFileSync(createRequire(import.meta.url).resolve("@aws-sdk/client-lambda"), "utf8");
    const schema = /^var (\w+)\$ = \[9, n0, \w+,\s*\{ \[_h\]: \["(\w+)", "([^"]+)", \d+\]/gm;
    return [...text.matchAll(schema)].map(([, name, method, target]) => `${name}\t${method}\t${target}`);
}

function ourRows() {
    return execFileSync(path.join(process.env.BUILD, "tests/support/print_api_operations"), { encoding: "utf8" }).trim().split("\n");
}

function compareTables() {
    const modelled = new Set(modelledRows());
    const ours = new Set(ourRows());
    check("operations in the model", modelled.size >= 88, true);
    for (const row of new Set([...modelled, ...ours])) {
        check(row, { modelled: modelled.has(row), ours: ours.has(row) }, { modelled: true, ours: true });
    }
}

async function withServer(use) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "invoked-"));
    fs.writeFileSync(path.join(folder, "invoked.json"), '{"Functions":{"f":{"Local":{"Mock":[{"Payload":1}]}}}}');
    const server = spawn(process.env.INVOKED_BINARY, ["serve", "--port", "0", "--data-dir", path.join(folder, "data"), "--no-watch",
        path.join(folder, "invoked.json")], { stdio: ["ignore", "pipe", "ignore"] });
    const ended = new Promise((resolve) => server.on("exit", resolve));
    try {
        const [line] = await new Promise((resolve) => createInterface(server.stdout).on("line", (text) => resolve([text])));
        await use(line.match(/http:\/\/\S+/)[0]);
    } finally {
        server.kill();
        check("exit status", await ended, 0);
        fs.rmSync(folder, { recursive: true });
    }
}

async function callWhatIsNotThere(endpoint) {
    const client = new LambdaClient({ endpoint, region: "us-east-1", credentials: { accessKeyId: "local", secretAccessKey: "local" } });
    for (const [name, command] of [
        ["ListCapacityProviders", new ListCapacityProvidersCommand({})],
        ["ListDurableExecutionsByFunction", new ListDurableExecutionsByFunctionCommand({ FunctionName: "f" })],
        ["SendDurableExecutionCallbackHeartbeat", new SendDurableExecutionCallbackHeartbeatCommand({ CallbackId: "c" })],
    ]) {
        const error = await client.send(command).catch((caught) => caught);
        check(name, [error.name, error.$metadata?.httpStatusCode, error.message?.startsWith(`invoked does not implement ${name}.`)],
            ["NotImplementedException", 501, true]);
    }
}

compareTables();
await withServer(callWhatIsNotThere);
console.log(`${results.passed} passed, ${results.failed} failed`);
process.exit(results.failed === 0 ? 0 : 1);
