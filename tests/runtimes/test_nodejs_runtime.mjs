/*
 * test_nodejs_runtime.mjs - the bundled Node.js runtime, driven through its frames: the rows of
 * nodejs_runtime_rows.mjs, and scenarios for what needs more than one event, or another order.
 *
 * To add a case, add a row there, or a scenario here.
 * test: timeout 300
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ID, initErrorRows, invocationRows, loadingRows, logLine } from './nodejs_runtime_rows.mjs';
import { Worker, encodeEvent, encodeFields, encodeFrame, fixtures } from './nodejs_worker.mjs';

const scratch = mkdtempSync(path.join(tmpdir(), 'nodejs-runtime-'));
const isCommonJs = "'use strict';\n";

let passedCount = 0;
let failedCount = 0;
let folderCount = 0;

async function test(name, body) {
    const workers = [];
    const start = (options) => {
        const worker = new Worker({ ...options, folder: options.folder ?? folderOf(options) });
        workers.push(worker);
        return worker;
    };
    try {
        await body(start);
        passedCount++;
    } catch (error) {
        failedCount++;
        console.log(`FAILED ${name}\n${error.stack}`);
        for (const worker of workers)
            console.log(`  log: ${worker.log.slice(0, 2000)}\n  error log: ${worker.errorLog.slice(0, 2000)}`);
    }
    for (const worker of workers)
        await worker.end();
}

/* {fixture}, or {files: {'index.mjs': '…'}}, or {code} for index.js: the folder that has it. */
function folderOf({ fixture, files, code }) {
    if (fixture !== undefined)
        return path.join(fixtures, fixture);
    const folder = path.join(scratch, String(++folderCount));
    mkdirSync(folder);
    for (const [name, text] of Object.entries(files ?? { 'index.js': isCommonJs + code })) {
        mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
        writeFileSync(path.join(folder, name), text);
    }
    return folder;
}

async function ready(start, options) {
    const worker = start(options);
    assert.equal((await worker.outcome()).kinds, 'N');
    return worker;
}

function expectText(text, expected, hint) {
    if (expected instanceof RegExp)
        assert.match(text, expected, hint);
    else
        assert.equal(text, expected, hint);
}

/*
 * What a row may ask for: result (a value), error {type, message (text or pattern), firstTrace}, kinds (all frames of
 * the outcome), contentType, chunks (joined), log and errorLog (patterns, or texts that the log must equal), status.
 */
async function expectOutcome(worker, outcome, row) {
    if ('result' in row) {
        assert.equal(outcome.kinds, row.kinds ?? 'RN', outcome.text);
        assert.deepEqual(JSON.parse(outcome.text), row.result);
    }
    if (row.kinds !== undefined)
        expectText(outcome.kinds, row.kinds, outcome.text);
    if (row.error !== undefined) {
        const body = JSON.parse(outcome.text);
        assert.deepEqual(Object.keys(body), ['errorType', 'errorMessage', 'trace']);
        assert.equal(outcome.text, JSON.stringify(body));
        if (outcome.errorType !== '') // a whole answer's type isn't told
            assert.equal(outcome.errorType, body.errorType);
        expectText(body.errorType, row.error.type);
        expectText(body.errorMessage, row.error.message);
        if ('firstTrace' in row.error)
            assert.equal(body.trace[0], row.error.firstTrace);
    }
    if (row.contentType !== undefined)
        assert.equal(outcome.contentType, row.contentType);
    if (row.chunks !== undefined)
        assert.equal(Buffer.concat(outcome.chunks).toString(), row.chunks);
    const end = await worker.end();
    assert.deepEqual(end, { status: row.status ?? 0, signal: null });
    for (const log of ['log', 'errorLog']) {
        for (const pattern of [row[log] ?? []].flat())
            expectText(worker[log], pattern);
    }
}

const scenarios = {
    async keeps_its_state_between_invocations(start) {
        const worker = await ready(start, { fixture: 'nodejs-counter' });
        for (const count of [1, 2, 3])
            assert.equal((await worker.invoke({})).text, `{"count":${count}}`);
    },

    async goes_on_after_an_error(start) {
        const worker = await ready(start, { code: 'exports.handler = async (e) => { if (e) throw new Error("x"); return 1 }' });
        assert.deepEqual([(await worker.invoke(true)).kinds, (await worker.invoke(false)).kinds], ['FN', 'RN']);
    },

    async gives_the_context_in_full(start) {
        const worker = await ready(start, { fixture: 'nodejs-context' });
        const { remainingTimeInMillis, ...context } = JSON.parse((await worker.invoke({}, {
            clientContext: '{"custom":{"ü":1}}', identity: '{"cognitoIdentityId":"i","cognitoIdentityPoolId":"p"}', tenantId: 'blue',
        })).text);
        assert.ok(remainingTimeInMillis > 1000 && remainingTimeInMillis <= 3000, String(remainingTimeInMillis));
        assert.deepEqual(context, {
            callbackWaitsForEmptyEventLoop: true, functionVersion: '$LATEST', functionName: 'hello', memoryLimitInMB: '128',
            logGroupName: '/aws/lambda/hello', logStreamName: '2026/01/31/[$LATEST]0c043fa44889969a82ad0b09bd15493d',
            clientContext: { custom: { ü: 1 } }, identity: { cognitoIdentityId: 'i', cognitoIdentityPoolId: 'p' },
            invokedFunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:hello', awsRequestId: ID, tenantId: 'blue',
        });
        const absent = JSON.parse((await worker.invoke({})).text);
        assert.deepEqual(['clientContext', 'identity', 'tenantId'].filter((key) => key in absent), []);
    },

    async replaces_the_whole_environment(start) {
        const folder = folderOf({ fixture: 'nodejs-environment' });
        const worker = start({ folder, isSilent: true, startVariables: { LEFT_OVER: '1', TZ: 'Asia/Tokyo', KEPT: 'same' } });
        worker.send(encodeFrame('I', encodeFields([folder, 'index.handler', 'KEPT=same', 'EMPTY=', 'EQUALS=a=b', 'TZ=:UTC'])));
        assert.equal((await worker.outcome()).kinds, 'N');
        const { environment, workingDirectory, arguments: argv } = JSON.parse((await worker.invoke({}, { traceId: '' })).text);
        assert.match(environment.NODE_PATH, new RegExp(`:${path.resolve(folder)}$`));
        delete environment.NODE_PATH;
        assert.deepEqual(environment, { KEPT: 'same', EMPTY: '', EQUALS: 'a=b', TZ: ':UTC' });
        assert.equal(workingDirectory, folder.replace(/\/$/, ''));
        assert.equal(argv.length, 2);
    },

    async keeps_the_environment_that_it_was_started_with_if_it_gets_none(start) {
        const folder = folderOf({ fixture: 'nodejs-environment' });
        const worker = start({ folder, isSilent: true, startVariables: { KEPT: 'yes', NODE_OPTIONS: '--no-deprecation' } });
        worker.send(encodeFrame('I', encodeFields([folder, 'index.handler'])));
        assert.equal((await worker.outcome()).kinds, 'N');
        const { environment } = JSON.parse((await worker.invoke({}, { traceId: '' })).text);
        delete environment.NODE_PATH;
        assert.deepEqual(environment, { PATH: process.env.PATH, KEPT: 'yes', NODE_OPTIONS: '--no-deprecation' });
    },

    async applies_the_time_zone(start) {
        const worker = await ready(start, { variables: { TZ: 'Asia/Tokyo' },
            code: 'exports.handler = async () => [new Date(0).getHours(), new Date().getTimezoneOffset()]' });
        assert.equal((await worker.invoke({})).text, '[9,-540]');
    },

    async sets_the_trace_id_for_each_invocation(start) {
        const worker = await ready(start, { fixture: 'nodejs-environment' });
        const ask = async (traceId) => (await worker.invoke({ name: '_X_AMZN_TRACE_ID' }, { traceId })).text;
        assert.deepEqual([await ask('Root=1'), await ask(''), await ask('Root=2')], ['"Root=1"', 'null', '"Root=2"']);
    },

    async restarts_for_options_that_Node_reads_only_at_its_start(start) {
        const worker = await ready(start, {
            variables: { NODE_OPTIONS: '--stack-trace-limit=3 --no-deprecation', NAME: 'value' },
            code: 'exports.handler = async () => [process.env.NAME, process.noDeprecation, process.argv.length, process.env.KEPT]',
            startVariables: { KEPT: 'no' } });
        assert.equal((await worker.invoke({})).text, '["value",true,2,null]');
        assert.deepEqual(await worker.end(), { status: 0, signal: null });
    },

    async passes_on_how_a_restarted_worker_ends(start) {
        for (const [event, end] of [[{ status: 9 }, { status: 9, signal: null }], [{ signal: 'SIGKILL' }, { status: null, signal: 'SIGKILL' }]]) {
            const worker = await ready(start, { fixture: 'nodejs-exit', variables: { NODE_OPTIONS: '--no-deprecation' } });
            assert.equal((await worker.invoke(event)).kinds, '');
            assert.deepEqual(await worker.ended, end);
        }
    },

    async maps_sources_without_a_restart(start) {
        const worker = await ready(start, { variables: { NODE_OPTIONS: '--enable-source-maps' }, code: 'exports.handler = async () => process.ppid' });
        assert.equal((await worker.invoke({})).text, String(process.pid));
    },

    async runs_left_over_timers_between_invocations(start) {
        const worker = await ready(start, { code: `let n = 0;
            exports.handler = async () => { setTimeout(() => { n++; console.log('later') }, 20); return n }` });
        assert.equal((await worker.invoke({})).text, '0');
        await worker.logHas('later');
        assert.equal((await worker.invoke({}, { requestId: 'second' })).text, '1');
        assert.match(worker.log, logLine('INFO', 'later'));
    },

    async logs_undefined_before_the_first_invocation(start) {
        const worker = await ready(start, { code: "console.log('loading'); exports.handler = async () => 1" });
        await worker.end();
        assert.match(worker.log, logLine('INFO', 'loading', 'undefined'));
    },

    async dies_of_an_error_between_invocations_without_a_frame(start) {
        const worker = await ready(start, { code: `exports.handler = async () => { setTimeout(() => { throw new Error('idle') }, 20); return 1 }` });
        assert.equal((await worker.invoke({})).kinds, 'RN');
        assert.deepEqual([await worker.ended, worker.unreadFrames], [{ status: 129, signal: null }, '']);
        assert.match(worker.log, /Uncaught Exception/);
    },

    async sends_each_chunk_at_once(start) {
        const worker = await ready(start, { code: `exports.handler = awslambda.streamifyResponse(async (file, s) => {
            s.write('first'); while (!require('fs').existsSync(file)) await new Promise((r) => setTimeout(r, 5)); s.end('second') })` });
        const signal = path.join(scratch, 'the first chunk is here');
        worker.send(encodeEvent(JSON.stringify(signal)));
        assert.equal((await worker.nextFrame()).kind, 'S');
        assert.equal((await worker.nextFrame()).body.toString(), 'first');
        writeFileSync(signal, '');
        assert.equal((await worker.outcome()).kinds, 'CZN');
    },

    async lets_a_stream_wait_for_a_slow_reader(start) {
        const worker = await ready(start, { code: `exports.handler = awslambda.streamifyResponse(async (event, s) => {
            console.log('starts');
            for (let n = 0; n < 40; n++) { if (!s.write(String.fromCharCode(65 + n).repeat(50_000))) await new Promise((r) => s.once('drain', r)) }
            console.log('ends'); s.end() })` });
        worker.socket.pause();
        worker.send(encodeEvent('1'));
        await worker.logHas('starts');
        await sleep(100);
        assert.doesNotMatch(worker.log, /ends/);
        worker.socket.resume();
        const { kinds, chunks } = await worker.outcome();
        assert.match(kinds, /^SC+ZN$/);
        const letters = Array.from({ length: 40 }, (_, n) => String.fromCharCode(65 + n).repeat(50_000));
        assert.ok(Buffer.concat(chunks).toString() === letters.join(''));
    },

    async keeps_a_large_response_whole_for_a_slow_reader(start) {
        const worker = await ready(start, { fixture: 'nodejs-large' });
        worker.socket.pause();
        worker.send(encodeEvent('{"bytes":3000000}'));
        await sleep(100);
        worker.socket.resume();
        assert.equal((await worker.outcome()).text.length, 3_000_002);
        assert.equal((await worker.invoke({ bytes: 1 })).text, '"a"');
    },

    async keeps_chunks_whole_that_an_error_overtakes(start) {
        const worker = await ready(start, { code: `exports.handler = awslambda.streamifyResponse(async (event, s) => {
            for (let n = 0; n < 4000; n++) s.write(String(n).padStart(500));
            throw new Error('x') })` });
        worker.socket.pause();
        worker.send(encodeEvent('1'));
        await worker.logHas('Invoke Error');
        worker.socket.resume();
        const { kinds, chunks } = await worker.outcome();
        assert.match(kinds, /^SC+ZN$/);
        assert.ok(chunks.length > 1);
        for (const [n, chunk] of chunks.entries())
            assert.equal(chunk.toString(), String(n).padStart(500));
    },

    async cuts_a_response_that_no_frame_holds(start) {
        const worker = await ready(start, { code: "exports.handler = async () => 'a'.repeat(70_000_000)" });
        const { kinds, text } = await worker.invoke({});
        assert.equal(kinds, 'RN');
        assert.ok(text.length > 6_291_556 && text.length < 64 * 1024 * 1024, String(text.length));
    },

    async keeps_an_old_stream_out_of_the_next_invocation(start) {
        const worker = await ready(start, { code: `exports.handler = awslambda.streamifyResponse(async (isFirst, s) => {
            if (!isFirst) { await new Promise((r) => setTimeout(r, 60)); s.end('second'); return }
            s.write('first'); setTimeout(() => setInterval(() => s.write('leak'), 5), 40); throw new Error('x') })` });
        assert.equal((await worker.invoke(true)).kinds, 'SCZN');
        const second = await worker.invoke(false);
        assert.deepEqual([second.kinds, String(second.chunks[0])], ['SCZN', 'second']);
    },

    async reads_events_in_any_pieces(start) {
        const worker = await ready(start, { fixture: 'nodejs-echo' });
        for (const byte of encodeEvent('{"slow":"ü"}')) {
            worker.send(Buffer.from([byte]));
            await sleep(0);
        }
        assert.equal((await worker.outcome()).text, '{"slow":"ü"}');
    },

    async takes_many_large_events_without_growing(start) {
        const worker = await ready(start, { code: 'exports.handler = async (e) => [e.length, process.memoryUsage().external]' });
        const sizes = [];
        for (let i = 0; i < 12; i++)
            sizes.push(JSON.parse((await worker.invoke('a'.repeat(5_000_000))).text)[1]);
        assert.ok(sizes[11] < sizes[0] + 40_000_000, String(sizes));
    },

    async sends_a_small_response_and_next_together(start) {
        const worker = await ready(start, { fixture: 'nodejs-echo' });
        const sizes = [];
        worker.socket.on('data', (bytes) => sizes.push(bytes.length));
        await worker.invoke(1);
        assert.deepEqual(sizes, [4 + 2 + 5]);
    },

    async ends_at_once_when_the_socket_ends_even_in_an_invocation(start) {
        for (const event of [undefined, '{"seconds":60}']) {
            const worker = await ready(start, { fixture: 'nodejs-sleep' });
            if (event)
                worker.send(encodeEvent(event));
            const startedAt = performance.now();
            assert.deepEqual(await worker.end(), { status: 0, signal: null });
            assert.ok(performance.now() - startedAt < 2000);
        }
    },

    async ends_before_its_init_when_the_socket_ends(start) {
        assert.deepEqual(await start({ folder: '/', isSilent: true }).end(), { status: 0, signal: null });
    },

    async dies_of_SIGTERM(start) {
        const worker = await ready(start, { fixture: 'nodejs-sleep' });
        worker.send(encodeEvent('{"seconds":60}'));
        await sleep(20);
        worker.process.kill('SIGTERM');
        assert.deepEqual(await worker.ended, { status: null, signal: 'SIGTERM' });
    },

    async tells_of_faults_in_the_protocol_and_exits(start) {
        const head = (length) => {
            const bytes = Buffer.alloc(5, 'E');
            bytes.writeUInt32BE(length);
            return bytes;
        };
        const faults = [[head(64 * 1024 * 1024 + 1)], [head(0)], [encodeFrame('Q')], [encodeFrame('E')], [encodeFrame('I', 'x')],
            [encodeFrame('E', '\0\0\xff\xff', 'a\0b\0')], [encodeFrame('E', Buffer.from([0, 0, 0, 2]), 'a\0')],
            [encodeEvent('{"seconds":60}'), encodeEvent('1')]];
        for (const fault of faults) {
            const worker = await ready(start, { fixture: 'nodejs-sleep' });
            fault.forEach((bytes) => worker.send(bytes));
            assert.deepEqual(await worker.ended, { status: 1, signal: null }, fault[0].toString('hex'));
            assert.match(worker.log, /^invoked: Node\.js runtime: /m);
        }
    },

    async has_no_handles_of_its_own_left_open(start) {
        const worker = await ready(start, { fixture: 'nodejs-hello' });
        const sockets = readdirSync(`/proc/${worker.process.pid}/fd`)
            .filter((fd) => Number(fd) > 3).map((fd) => readlinkSync(`/proc/${worker.process.pid}/fd/${fd}`))
            .filter((target) => target.startsWith('socket:'));
        assert.deepEqual(sockets, []);
        assert.match(readFileSync(`/proc/${worker.process.pid}/cmdline`, 'utf8'), /bootstrap\.cjs/);
    },
};

function rowTest(prefix, row) {
    return test(`${prefix}${row.name}`, async (start) => {
        const worker = start(row);
        let outcome = await worker.outcome();
        if (prefix !== 'refuses ') {
            assert.equal(outcome.kinds, 'N', outcome.text);
            const payload = row.payload ?? JSON.stringify('event' in row ? row.event : {});
            outcome = await worker.invokeText(payload, row.details);
        }
        await expectOutcome(worker, outcome, row);
    });
}

for (const row of invocationRows)
    await rowTest('', row);
for (const row of loadingRows)
    await rowTest('loads ', row);
for (const row of initErrorRows)
    await rowTest('refuses ', { kinds: 'X', status: 129, ...row });
for (const [name, scenario] of Object.entries(scenarios))
    await test(name, scenario);

rmSync(scratch, { recursive: true });
console.log(`${passedCount} passed, ${failedCount} failed`);
process.exitCode = failedCount > 0 ? 1 : 0;
