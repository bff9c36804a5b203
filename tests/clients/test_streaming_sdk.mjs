// InvokeWithResponseStream through the AWS SDK for JavaScript v3: what its users see of streams, of their errors and of
// refusals. That the first chunk comes before the handler has ended is told by the order of events: the handler waits
// for a file that is made once the chunk is there.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import * as sdk from "@aws-sdk/client-lambda";

const streaming = `
const fs = require('fs');
let count = 0;
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
    count++;
    if (event.prelude)
        stream = awslambda.HttpResponseStream.from(stream, event.prelude);
    for (const chunk of event.chunks || [])
        stream.write(chunk);
    while (event.file && !fs.existsSync(event.file))
        await new Promise((resolve) => setTimeout(resolve, 5));
    if (event.error)
        throw Object.assign(new Error(event.error), { name: 'Broken' });
    if (event.sleep)
        await new Promise((resolve) => setTimeout(resolve, 60000));
    stream.end(event.count ? String(count) : event.last);
});
`;

const folder = mkdtempSync(join(tmpdir(), "invoked-"));
mkdirSync(join(folder, "code"));
writeFileSync(join(folder, "code", "index.js"), streaming);
const node = { Runtime: "nodejs20.x", Handler: "index.handler", CodeUri: join(folder, "code"), Timeout: 20 };
const config = {
    Functions: {
        stream: node,
        late: { ...node, Timeout: 1 },
        none: { ...node, ReservedConcurrentExecutions: 0 },
        shout: { Local: { Command: ["tr", "a-z", "A-Z"] } },
        fails: { Local: { Command: ["sh", "-c", "exit 3"] } },
    },
};

async function startServer() {
    const path = join(folder, "invoked.json");
    writeFileSync(path, JSON.stringify(config));
    const child = spawn(process.env.INVOKED_BINARY, ["serve", "--port", "0", "--data-dir", join(folder, "data"), path], {
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
const client = new sdk.LambdaClient({
    endpoint: server.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    maxAttempts: 1,
});

const text = (bytes) => Buffer.from(bytes ?? []).toString();

function send(FunctionName, event, settings = {}) {
    return client.send(new sdk.InvokeWithResponseStreamCommand({ FunctionName, Payload: JSON.stringify(event), ...settings }));
}

// {body, chunks, complete}; `onChunk` is called with each.
async function read(answer, onChunk = () => {}) {
    const result = { body: "", chunks: 0, complete: undefined };
    for await (const event of answer.EventStream) {
        assert.equal(result.complete, undefined, "something follows InvokeComplete");
        if (event.PayloadChunk) {
            const chunk = text(event.PayloadChunk.Payload);
            result.body += chunk;
            result.chunks++;
            onChunk(chunk);
        } else {
            assert.ok(event.InvokeComplete, JSON.stringify(event));
            result.complete = event.InvokeComplete;
        }
    }
    assert.ok(result.complete, "the stream ended without InvokeComplete");
    return result;
}

const tests = {
    async "the first chunk is there before the handler has ended"() {
        const file = join(folder, "first");
        const seen = [];
        const answer = await send("stream", { chunks: ["one "], file, last: "two" });
        assert.equal(answer.StatusCode ?? answer.$metadata.httpStatusCode, 200);
        assert.equal(answer.ExecutedVersion, "$LATEST");
        assert.equal(answer.ResponseStreamContentType, "application/vnd.amazon.eventstream");
        const { body, complete } = await read(answer, (chunk) => {
            seen.push([chunk, existsSync(file)]);
            writeFileSync(file, "");
        });
        assert.equal(body, "one two");
        assert.deepEqual(seen, [["one ", false], ["two", true]]);
        assert.equal(complete.ErrorCode, undefined);
    },

    async "a buffered function is one chunk"() {
        const { body, chunks } = await read(await send("shout", { say: "hi" }));
        assert.deepEqual([body, chunks], ['{"SAY":"HI"}', 1]);
    },

    async "the log comes at the end"() {
        const { complete } = await read(await send("stream", { last: "x" }, { LogType: "Tail" }));
        assert.match(Buffer.from(complete.LogResult, "base64").toString(), /^START RequestId: .*\n(.*\n)*REPORT RequestId: /);
    },

    async "a prelude for HTTP goes before the body"() {
        const { body } = await read(await send("stream", { prelude: { statusCode: 404 }, chunks: ["gone"] }));
        assert.equal(body, `{"statusCode":404}${"\0".repeat(8)}gone`);
    },

    async "errors before the first byte and in the middle are told by InvokeComplete"() {
        for (const chunks of [[], ["one"]]) {
            const { body, complete } = await read(await send("stream", { chunks, error: "why" }));
            assert.equal(complete.ErrorCode, "Broken");
            assert.equal(JSON.parse(complete.ErrorDetails).errorMessage, "why");
            assert.equal(body, chunks.length ? "one" : complete.ErrorDetails);
        }
        const { complete } = await read(await send("fails", {}));
        assert.ok(complete.ErrorCode && complete.ErrorDetails);
    },

    async "a time-out in the middle"() {
        const { body, complete } = await read(await send("late", { chunks: ["one"], sleep: true }));
        assert.equal(body, "one");
        assert.equal(complete.ErrorCode, "Sandbox.Timedout");
        assert.match(complete.ErrorDetails, /Task timed out after 1\.00 seconds/);
    },

    async "a dry run has no stream to read"() {
        const answer = await send("stream", {}, { InvocationType: "DryRun" });
        assert.equal(answer.$metadata.httpStatusCode, 204);
    },

    async "refusals are exceptions"() {
        await assert.rejects(send("nothing", {}), sdk.ResourceNotFoundException);
        await assert.rejects(send("none", {}), sdk.TooManyRequestsException);
        await assert.rejects(send("stream", {}, { Payload: "{" }), sdk.InvalidRequestContentException);
        await assert.rejects(send("stream", {}, { Qualifier: "7" }), sdk.ResourceNotFoundException);
    },

    async "a client that leaves in the middle"() {
        const before = Number((await read(await send("stream", { count: true }))).body);
        const file = join(folder, "left");
        const abort = new AbortController();
        const command = new sdk.InvokeWithResponseStreamCommand({
            FunctionName: "stream",
            Payload: JSON.stringify({ chunks: ["one"], file, last: "x" }),
        });
        const answer = await client.send(command, { abortSignal: abort.signal });
        for await (const event of answer.EventStream) {
            assert.equal(text(event.PayloadChunk.Payload), "one");
            break;
        }
        abort.abort();
        writeFileSync(file, "");
        for (let running = [1]; running.length > 0; )
            running = await (await fetch(`${server.endpoint}/_invoked/invocations?Status=running`)).json();
        assert.equal(Number((await read(await send("stream", { count: true }))).body), before + 2);
    },

    async "many streams at once"() {
        const file = join(folder, "many");
        let begun = 0;
        const results = await Promise.all(
            Array.from({ length: 8 }, async (_, i) =>
                read(await send("stream", { chunks: [`${i}`], file, last: "." }), (chunk) => {
                    if (chunk !== "." && ++begun === 8) writeFileSync(file, "");
                }),
            ),
        );
        assert.deepEqual(results.map(({ body }) => body), Array.from({ length: 8 }, (_, i) => `${i}.`));
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
