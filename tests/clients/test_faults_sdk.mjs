// Every exception of the table, asked for as a fault: the AWS SDK for JavaScript v3 throws the class that it has for it,
// with its members. The table is printed by tests/support/print_api_exceptions.c. What no model has comes as a
// LambdaServiceException with that name.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import * as sdk from "@aws-sdk/client-lambda";

const columns = ["name", "status", "messageKey", "type", "reason", "isModelled", "message"];
const table = execFileSync(join(process.env.BUILD, "tests/support/print_api_exceptions"), { encoding: "utf8" })
    .trimEnd()
    .split("\n")
    .map((line) => Object.fromEntries(line.split("\t").map((text, i) => [columns[i], text])));

const ownMembers = {
    TooManyRequestsException: { Reason: "CallerRateLimitExceeded", RetryAfterSeconds: 7 },
    EC2UnexpectedException: { EC2ErrorCode: "Client.Odd" },
};
const message = 'asked for by a test: "quoted", ä✓';

// ---- the server ----

async function startServer() {
    const folder = mkdtempSync(join(tmpdir(), "invoked-"));
    const config = join(folder, "invoked.json");
    writeFileSync(config, JSON.stringify({ Functions: { f: { Local: { Command: ["cat"] } } } }));
    const child = spawn(process.env.INVOKED_BINARY, ["serve", "--port", "0", "--data-dir", join(folder, "data"), config], {
        stdio: ["ignore", "pipe", "pipe"],
    });
    let log = "";
    child.stderr.on("data", (piece) => (log += piece));
    const ended = new Promise((resolve) => child.on("close", resolve));
    const { value: line } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
    const endpoint = /listening on (http:\S+)/.exec(line)?.[1];
    assert.ok(endpoint, `no ready line but ${line}; log:\n${log}`);
    return {
        endpoint,
        async stop() {
            child.kill("SIGTERM");
            const status = await ended;
            rmSync(folder, { recursive: true });
            assert.equal(status, 0, log);
            assert.doesNotMatch(log, /AddressSanitizer|LeakSanitizer|runtime error:/);
        },
    };
}

const server = await startServer();

function makeClient(settings) {
    return new sdk.LambdaClient({
        endpoint: server.endpoint,
        region: "us-east-1",
        credentials: { accessKeyId: "local", secretAccessKey: "local" },
        maxAttempts: 1,
        ...settings,
    });
}

const client = makeClient();

async function put(faults) {
    const answer = await fetch(`${server.endpoint}/_invoked/functions/f/faults`, { method: "PUT", body: JSON.stringify(faults) });
    assert.equal(answer.status, 200, await answer.text());
}

const Payload = Buffer.from(JSON.stringify("x".repeat(1000)));
const commands = {
    RequestResponse: () => new sdk.InvokeCommand({ FunctionName: "f", Payload }),
    Event: () => new sdk.InvokeCommand({ FunctionName: "f", InvocationType: "Event", Payload }),
    DryRun: () => new sdk.InvokeCommand({ FunctionName: "f", InvocationType: "DryRun" }),
    InvokeAsync: () => new sdk.InvokeAsyncCommand({ FunctionName: "f", InvokeArgs: Payload }),
    InvokeWithResponseStream: () => new sdk.InvokeWithResponseStreamCommand({ FunctionName: "f", Payload }),
};

// In botocore's model, and not in that of this SDK.
const modelledByBotocoreOnly = new Set(["RuntimeAliasDeletedException", "RuntimeVersionDeletedException"]);

async function errorOf(command, by = client) {
    try {
        await by.send(command);
    } catch (error) {
        return error;
    }
    throw new assert.AssertionError({ message: `${command.constructor.name} succeeded` });
}

function assertException(error, row, wantedMessage, members) {
    assert.equal(error.name, row.name);
    assert.ok(error instanceof sdk.LambdaServiceException, `${row.name} is a ${error.constructor.name}`);
    if (row.isModelled === "1" && !modelledByBotocoreOnly.has(row.name)) {
        assert.ok(sdk[row.name], `the SDK has no ${row.name}`);
        assert.equal(error.constructor, sdk[row.name]);
    }
    assert.equal(error.$metadata.httpStatusCode, Number(row.status));
    assert.match(error.$metadata.requestId, /^[a-f0-9]{8}(-[a-f0-9]{4}){3}-[a-f0-9]{12}$/);
    assert.equal(error.$fault, Number(row.status) >= 500 ? "server" : "client");
    assert.equal(error.message, wantedMessage);
    assert.equal(error.Type ?? "", row.type);
    for (const [name, value] of Object.entries(members))
        assert.equal(name === "RetryAfterSeconds" ? error.retryAfterSeconds : error[name], String(value));
}

// ---- the tests ----

const tests = {
    async "every exception with the members that were asked for, from every operation"() {
        assert.ok(table.length >= 44);
        for (const row of table) {
            const members = ownMembers[row.name] ?? {};
            await put({ Error: row.name, Message: message, ...members });
            for (const [what, make] of Object.entries(commands)) {
                try {
                    assertException(await errorOf(make()), row, message, members);
                } catch (error) {
                    error.message = `${row.name}, ${what}: ${error.message}`;
                    throw error;
                }
            }
        }
    },

    async "every exception by its name alone, in the header of one request"() {
        await put([]);
        for (const row of table) {
            const command = commands.RequestResponse();
            command.middlewareStack.add(
                (next) => (args) => {
                    args.request.headers["x-invoked-fault"] = row.name;
                    return next(args);
                },
                { step: "build" },
            );
            assertException(await errorOf(command), row, row.message, row.reason ? { Reason: row.reason } : {});
        }
        assert.equal((await client.send(commands.RequestResponse())).StatusCode, 200);
    },

    async "connections that are dropped are errors of the connection"() {
        for (const When of ["Before", "After"]) {
            await put({ Error: "Drop", When });
            for (const [what, make] of Object.entries(commands)) {
                const error = await errorOf(make());
                assert.equal(error.code, "ECONNRESET", `${what}: ${error}`);
                assert.equal(error.$metadata?.httpStatusCode, undefined);
            }
        }
    },

    async "an answer that is cut off is an error of the connection"() {
        await put({ Error: "Cut" });
        assert.equal((await errorOf(commands.RequestResponse())).code, "ECONNRESET");
        await assert.rejects(async () => {
            const { EventStream } = await client.send(commands.InvokeWithResponseStream());
            for await (const event of EventStream) assert.ok(!event.InvokeComplete, "the stream came to its end");
        }, { code: "ECONNRESET" });
    },

    async "a duplicate is nothing that a client sees"() {
        await put({ Error: "Duplicate" });
        const answer = await client.send(commands.RequestResponse());
        assert.deepEqual(Buffer.from(answer.Payload), Payload);
        const { EventStream } = await client.send(commands.InvokeWithResponseStream());
        const pieces = [];
        for await (const event of EventStream) pieces.push(Buffer.from(event.PayloadChunk?.Payload ?? ""));
        assert.deepEqual(Buffer.concat(pieces), Payload);
        assert.equal((await client.send(commands.Event())).StatusCode, 202);
    },

    async "a client that tries again survives"() {
        const patient = makeClient({ maxAttempts: 5 });
        await put([
            { Error: "TooManyRequestsException", Times: 1 },
            { Error: "ServiceException", Times: 1 },
            { Error: "Drop", Times: 1 },
        ]);
        const answer = await patient.send(commands.RequestResponse());
        assert.equal(answer.$metadata.attempts, 4);
        patient.destroy();
    },
};

let passed = 0;
let failed = 0;
for (const [name, test] of Object.entries(tests)) {
    try {
        await test();
        passed++;
        console.log(`ok   ${name}`);
    } catch (error) {
        failed++;
        console.log(`FAIL ${name}\n${error.stack}`);
    }
}
client.destroy();
try {
    await server.stop();
} catch (error) {
    failed++;
    console.log(error.stack);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
