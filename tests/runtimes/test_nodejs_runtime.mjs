/*
 * test_nodejs_runtime.mjs - the bundled Node.js runtime, driven through its frames. Rows first: what a function is,
 * what it is given, what must come of it. What needs more than one event, or another order, is below the tables.
 *
 * To add a case, add a row; `expectOutcome` says what a row may ask for.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker, encodeEvent, encodeFields, encodeFrame, fixtures } from './nodejs_worker.mjs';

const LOG_TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
const ID = '8476a536-e9f4-11e8-9739-2dfe598c3fcd';
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

const logLine = (level, text, id = ID) => new RegExp(`^${LOG_TIME}\t${id}\t${level}\t${text}$`, 'm');

const invocationRows = [
    // fixtures
    { name: 'hello greets', fixture: 'nodejs-hello', event: { name: 'Ada' }, result: { message: 'Hello, Ada' }, log: '' },
    { name: 'echo returns any JSON', fixture: 'nodejs-echo', event: ['ü', '😀', null, 1.5], result: ['ü', '😀', null, 1.5] },
    { name: 'null is an event and a result', fixture: 'nodejs-echo', event: null, result: null },
    { name: 'an ES module waits for its top-level await', fixture: 'nodejs-esm', event: {},
        result: { message: 'Hello, world', isModule: true } },
    { name: 'a thrown error is the body, with its name, and is logged', fixture: 'nodejs-error',
        event: { message: 'no money', name: 'NotEnoughMoney', code: 'E7' }, kinds: 'FN',
        error: { type: 'NotEnoughMoney', message: 'no money', firstTrace: 'NotEnoughMoney: no money' },
        log: logLine('ERROR', String.raw`Invoke Error \t\{"errorType":"NotEnoughMoney","errorMessage":"no money",`
            + String.raw`"code":"E7","name":"NotEnoughMoney","stack":\["NotEnoughMoney: no money",.*\]\}`) },
    { name: 'a callback answers', fixture: 'nodejs-callback', event: { result: { a: 1 } }, result: { a: 1 } },
    { name: 'a callback fails', fixture: 'nodejs-callback', event: { error: 'no' }, kinds: 'FN',
        error: { type: 'Error', message: 'no' } },
    { name: 'a callback needs no empty loop if told so', fixture: 'nodejs-callback',
        event: { result: 1, isLoopLeftBusy: true }, result: 1 },
    { name: 'process.exit() ends the worker', fixture: 'nodejs-exit', event: { status: 7 }, kinds: '', status: 7 },
    { name: 'an unhandled rejection fails the invocation', fixture: 'nodejs-rejection', event: {}, kinds: 'F',
        error: { type: 'Runtime.UnhandledPromiseRejection', message: 'Error: nobody handles this',
            firstTrace: 'Runtime.UnhandledPromiseRejection: Error: nobody handles this' }, status: 128,
        log: logLine('ERROR', String.raw`Unhandled Promise Rejection \t\{"errorType":"Runtime.UnhandledPromiseRejection",`
            + String.raw`"errorMessage":"Error: nobody handles this","reason":\{"errorType":"Error",.*"promise":\{\},"stack".*`) },
    { name: 'the console writes lines', fixture: 'nodejs-console', event: { text: 'plain' }, result: 'logged',
        log: [logLine('INFO', String.raw`a log of 1 \{ with: \[ 'an', 'object' \] \}`), logLine('INFO', 'an info'),
            logLine('WARN', 'a warning'), logLine('ERROR', 'an error'), logLine('DEBUG', 'a debug line'),
            logLine('TRACE', 'a trace'), /\ttwo\nlines\nplain to stdout\n$/], errorLog: 'plain to stderr\n' },
    { name: 'the console writes JSON', fixture: 'nodejs-console', event: {}, result: 'logged',
        variables: { AWS_LAMBDA_LOG_FORMAT: 'JSON', AWS_LAMBDA_LOG_LEVEL: 'warn' }, log: new RegExp(
            `^{"timestamp":"${LOG_TIME}","level":"WARN","requestId":"${ID}","message":"a warning"}\n`
            + `{"timestamp":"${LOG_TIME}","level":"ERROR","requestId":"${ID}","message":"an error"}\nraw to stdout\n$`) },
    { name: 'a response of 6 MB passes', fixture: 'nodejs-large', event: { bytes: 6_291_454 },
        result: 'a'.repeat(6_291_454) },
    { name: 'a request of 6 MB passes', event: 'ü'.repeat(3_000_000), code: 'exports.handler = async (e) => e.length',
        result: 3_000_000 },
    { name: 'a response over 64 MB is cut, not a fault of the protocol', event: 1, kinds: 'RN',
        code: "exports.handler = async () => 'a'.repeat(70_000_000)" },
    { name: 'a response is streamed', fixture: 'nodejs-stream', event: {}, kinds: 'SCCCZN', chunks: 'one two three',
        contentType: 'application/octet-stream' },
    { name: 'a stream has its content type', fixture: 'nodejs-stream', event: { contentType: 'text/html', chunks: ['a'] },
        kinds: 'SCZN', contentType: 'text/html' },
    { name: 'an HTTP response has its prelude', fixture: 'nodejs-stream', event: { prelude: { statusCode: 201 } },
        contentType: 'application/vnd.awslambda.http-integration-response',
        chunks: '{"statusCode":201}\0\0\0\0\0\0\0\0one two three' },
    { name: 'a stream fails before its first byte', fixture: 'nodejs-stream-error', event: { chunks: [] }, kinds: 'FN',
        error: { type: 'Error', message: 'broken', firstTrace: 'Error: broken' }, log: logLine('ERROR', 'Invoke Error .*') },
    { name: 'a stream fails in the middle', fixture: 'nodejs-stream-error', event: {}, kinds: 'SCZN', chunks: 'one ',
        error: { type: 'Error', message: 'broken' } },

    // kinds of handlers and results
    { name: 'undefined is null', code: 'exports.handler = async () => {}', result: null },
    { name: 'a function as result is null', code: 'exports.handler = async () => () => {}', result: null },
    { name: 'a promise of a plain function answers', code: 'exports.handler = () => Promise.resolve(5)', result: 5 },
    { name: 'any thenable answers', code: 'exports.handler = () => ({ then: (f) => f(6) })', result: 6 },
    { name: 'a plain value is ignored', code: "exports.handler = () => 'value'", result: null },
    { name: 'a plain value answers from nodejs24.x on', code: "exports.handler = () => 'value'", result: 'value',
        variables: { AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' } },
    { name: 'a callback answers on nodejs24.x too, with a warning', result: 1,
        code: 'exports.handler = (event, context, callback) => callback(null, 1)',
        variables: { AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' }, log: logLine('WARN', '.* takes a callback.*', 'undefined') },
    { name: 'a callback waits for the empty loop', result: { n: 2 },
        code: 'exports.handler = (e, c, callback) => { const r = { n: 1 }; callback(null, r); setTimeout(() => r.n++, 20) }' },
    { name: 'done() does not wait', result: 1,
        code: 'exports.handler = (e, context) => { setTimeout(() => {}, 60000); context.done(null, 1) }' },
    { name: 'succeed() answers', code: "exports.handler = (e, context) => context.succeed('yes')", result: 'yes' },
    { name: 'fail() fails', code: "exports.handler = (e, context) => context.fail(new TypeError('no'))", kinds: 'FN',
        error: { type: 'TypeError', message: 'no' } },
    { name: 'the first outcome counts', result: 1,
        code: 'exports.handler = (e, context, callback) => { context.succeed(1); callback(new Error("2")); throw new Error("3") }' },
    { name: 'a plain function that throws fails', code: "exports.handler = () => { throw new RangeError('far') }", kinds: 'FN',
        error: { type: 'RangeError', message: 'far' } },
    { name: 'a promise that never settles fails', code: 'exports.handler = async () => new Promise(() => {})', kinds: 'FN',
        error: { type: 'Runtime.NodeJsExit', message: /never settled/ }, log: logLine('ERROR', 'Invoke Error .*NodeJsExit.*') },
    { name: 'timers run while the handler waits', result: [1, 2],
        code: `exports.handler = async () => { const a = []; setTimeout(() => a.push(1), 5);
               await new Promise((r) => setTimeout(r, 30)); a.push(2); return a }` },

    // errors
    { name: 'a rejected text is its type and text', code: "exports.handler = async () => { throw 'text' }", kinds: 'FN',
        error: { type: 'string', message: 'text', firstTrace: undefined } },
    { name: 'a rejected object is its type', code: 'exports.handler = async () => { throw { a: 1 } }', kinds: 'FN',
        error: { type: 'object', message: '[object Object]', firstTrace: undefined } },
    { name: 'a rejected undefined is an error', code: 'exports.handler = () => Promise.reject()', kinds: 'FN',
        error: { type: 'string', message: 'handled', firstTrace: undefined } },
    { name: 'an error without a usable prototype is an error', code: 'exports.handler = async () => { throw Object.create(null) }',
        kinds: 'FN', error: { type: 'object', message: 'object', firstTrace: undefined } },
    { name: 'a BigInt is no result', code: 'exports.handler = async () => 1n', kinds: 'FN',
        error: { type: 'Error', message: 'Unable to stringify response body' } },
    { name: 'a circle is no result', code: 'exports.handler = (e, c, callback) => { const a = {}; a.a = a; callback(null, a) }',
        kinds: 'FN', error: { type: 'Error', message: 'Unable to stringify response body' } },
    { name: 'a BigInt is no result on nodejs24.x', code: 'exports.handler = async () => 1n', kinds: 'FN',
        variables: { AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' },
        error: { type: 'Runtime.JSONStringifyError', message: 'Unable to stringify response body' } },
    { name: 'the name of the class is not the type', code: `class Special extends Error {};
        exports.handler = async () => { throw new Special('x') }`, kinds: 'FN', error: { type: 'Error', message: 'x' } },
    { name: 'an error outside of the promise fails the invocation', kinds: 'F', status: 129,
        code: "exports.handler = () => new Promise(() => setTimeout(() => { throw new Error('late') }, 5))",
        error: { type: 'Error', message: 'late' }, log: logLine('ERROR', 'Uncaught Exception \t{"errorType":"Error",.*') },
    { name: 'a rejected text that nobody handles is told', kinds: 'F', status: 128,
        code: "exports.handler = async () => { Promise.reject('text'); }",
        error: { type: 'Runtime.UnhandledPromiseRejection', message: 'text' } },
    { name: 'a payload that is no JSON fails', fixture: 'nodejs-echo', payload: '{"a":', kinds: 'FN',
        error: { type: 'SyntaxError', message: /JSON/ } },
    { name: 'errors are logged as JSON', fixture: 'nodejs-error', event: {}, kinds: 'FN',
        variables: { AWS_LAMBDA_LOG_FORMAT: 'JSON' }, log: new RegExp(`^{"timestamp":"${LOG_TIME}","level":"ERROR",`
            + `"requestId":"${ID}","message":{"errorType":"Error","errorMessage":"Handler fails","stackTrace":\\[.*\\]}}\n$`) },

    // output
    { name: 'output before process.exit() is whole, however long', kinds: '', status: 0,
        code: "exports.handler = async () => { process.stdout.write('x'.repeat(3e6)); process.exit() }", log: 'x'.repeat(3e6) },
    { name: 'a closed standard output breaks no result', result: 1,
        code: "exports.handler = async () => { require('fs').closeSync(1); console.log('lost'); return 1 }" },
    { name: 'the socket is not passed on to processes', result: '',
        code: `exports.handler = async () => require('child_process')
            .execFileSync('/bin/sh', ['-c', 'readlink /proc/self/fd/3 || true']).toString()` },
    { name: 'require.main is no module', result: true,
        code: 'exports.handler = async () => require.main === undefined' },

    // streaming
    { name: 'pipeline() streams with back-pressure', kinds: /^SC+ZN$/, chunks: 'ab'.repeat(1_000_000), event: {},
        code: `const { Readable, pipeline } = require('stream');
        exports.handler = awslambda.streamifyResponse((event, responseStream) => new Promise((resolve, reject) => {
            pipeline(Readable.from(Array(20).fill('ab'.repeat(50_000))), responseStream, (e) => e ? reject(e) : resolve()) }))` },
    { name: 'the high water mark is given with the handler', chunks: '1234', kinds: 'SCZN',
        code: `exports.handler = awslambda.streamifyResponse(async (event, s) => { s.end(String(s.writableHighWaterMark)) },
            { highWaterMark: 1234 })` },
    { name: 'end() takes the last bytes, behind the prelude', chunks: '{}\0\0\0\0\0\0\0\0last', event: {},
        code: `exports.handler = awslambda.streamifyResponse(async (event, s) => {
            awslambda.HttpResponseStream.from(s, {}).end('last') })` },
    { name: 'an object is streamed as JSON', chunks: '{"a":1}', kinds: 'SCZN',
        code: 'exports.handler = awslambda.streamifyResponse(async (event, s) => { s.write({ a: 1 }); s.end() })' },
    { name: 'an empty stream is a response', chunks: '', kinds: 'SZN',
        code: 'exports.handler = awslambda.streamifyResponse(async (event, s) => { s.end() })' },
    { name: 'the content type comes before the first write', kinds: 'SCZN',
        code: "exports.handler = awslambda.streamifyResponse(async (e, s) => { s.write('a'); s.setContentType('b') })",
        error: { type: 'Runtime.InvalidStreamingOperation', message: 'Cannot set content-type, too late.' } },
    { name: 'a stream may end after its handler', chunks: 'ab', kinds: 'SCCZN',
        code: `exports.handler = awslambda.streamifyResponse(async (e, s) => {
            s.write('a'); setTimeout(() => s.end('b'), 20) })` },
    { name: 'a stream that nobody ends fails', kinds: 'SCZN', error: { type: 'Error', message: 'Response stream is not finished.' },
        code: "exports.handler = awslambda.streamifyResponse(async (e, s) => { s.write('a') })" },
    { name: 'a stream whose source fails fails', kinds: 'SCZN', error: { type: 'Error', message: 'source' },
        code: `const { Readable, promises } = require('stream');
        exports.handler = awslambda.streamifyResponse(async (event, s) => require('util').promisify(require('stream').pipeline)(
            Readable.from((async function* () { yield 'a'; await new Promise((r) => setTimeout(r, 5)); throw new Error('source') })()), s))` },
    { name: 'a streaming handler that is not async fails', kinds: 'FN',
        code: 'exports.handler = awslambda.streamifyResponse(() => 1)',
        error: { type: 'Error', message: 'Streaming does not support non-async handlers.' } },
    { name: 'a streaming handler that never settles fails', kinds: 'FN',
        code: 'exports.handler = awslambda.streamifyResponse(() => new Promise(() => {}))',
        error: { type: 'Runtime.NodeJsExit', message: /never settled/ } },
    { name: 'a return value of a stream is ignored', kinds: 'SZN', log: logLine('WARN', 'Streaming handlers ignore return values.'),
        code: 'exports.handler = awslambda.streamifyResponse(async (e, s) => { s.end(); return 1 })' },
    { name: 'an unhandled rejection ends a stream', kinds: 'SCZ', status: 128,
        error: { type: 'Runtime.UnhandledPromiseRejection', message: 'Error: x' },
        code: `exports.handler = awslambda.streamifyResponse((e, s) => { s.write('a');
            setTimeout(() => Promise.reject(new Error('x')), 5); return new Promise(() => {}) })` },
];

const handlerValue = (value) => `exports.handler = async () => ${JSON.stringify(value)};\n`;
const moduleValue = (value) => `export const handler = async () => ${JSON.stringify(value)};\n`;

const loadingRows = [
    { name: 'a folder', handler: 'src/app.handler', files: { 'src/app.js': handlerValue(1) }, result: 1 },
    { name: 'a nested export', handler: 'index.a.b.handler', files: { 'index.js': 'exports.a = { b: { handler: async () => 2 } }' },
        result: 2 },
    { name: 'a file without extension', handler: 'index.handler', files: { index: handlerValue(1), 'index.js': handlerValue(2) },
        result: 1 },
    { name: '.js before .mjs', files: { 'index.js': handlerValue('js'), 'index.mjs': moduleValue('mjs') }, result: 'js' },
    { name: '.mjs before .cjs', files: { 'index.mjs': moduleValue('mjs'), 'index.cjs': handlerValue('cjs') }, result: 'mjs' },
    { name: '.cjs', files: { 'index.cjs': handlerValue('cjs') }, result: 'cjs' },
    { name: '.js as a module by the package', files: { 'index.js': moduleValue('module'), 'package.json': '{"type":"module"}' },
        result: 'module' },
    { name: '.cjs in a module package', files: { 'index.cjs': handlerValue('cjs'), 'package.json': '{"type":"module"}' },
        result: 'cjs' },
    { name: 'a module by the package of a folder above', handler: 'lib/index.handler', result: 3,
        files: { 'lib/index.js': moduleValue(3), 'package.json': '{"type":"module"}' } },
    { name: 'a folder as package', handler: 'app.handler', files: { 'app/index.js': handlerValue('folder') }, result: 'folder' },
    { name: 'a file beside a folder of its name', handler: 'app.handler', result: 'file',
        files: { 'app.mjs': moduleValue('file'), 'app/other.js': '' } },
    { name: 'a package', handler: 'thing.handler', files: { 'node_modules/thing/index.js': handlerValue('package') },
        result: 'package' },
    { name: 'what NODE_PATH has', files: { 'index.js': "const v = require('layer'); exports.handler = async () => v",
        'opt/layer/index.js': 'module.exports = 4' }, variables: { NODE_PATH: 'opt' }, result: 4 },
];

const initErrorRows = [
    { name: 'a missing dependency', fixture: 'nodejs-import-error', error: { type: 'Runtime.ImportModuleError',
        message: /^Error: Cannot find module 'a-package-that-is-not-there'\nRequire stack:\n- .*index\.js\n- / },
    log: logLine('ERROR', 'Uncaught Exception \t{"errorType":"Runtime.ImportModuleError","errorMessage":"Error: Cannot .*', 'undefined') },
    { name: 'a syntax error', fixture: 'nodejs-syntax-error',
        error: { type: 'Runtime.UserCodeSyntaxError', message: 'SyntaxError: Unexpected end of input' } },
    { name: 'a syntax error in a module', files: { 'index.mjs': 'export const = 1;' },
        error: { type: 'Runtime.UserCodeSyntaxError', message: /^SyntaxError: / } },
    { name: 'a missing file', files: {}, error: { type: 'Runtime.ImportModuleError', message: /^Error: Cannot find module 'index'\n/ } },
    { name: 'a missing export', code: 'exports.other = 1', error: { type: 'Runtime.HandlerNotFound',
        message: 'index.handler is undefined or not exported' } },
    { name: 'an export that is no function', code: 'exports.handler = 1', error: { type: 'Runtime.HandlerNotFound',
        message: 'index.handler is not a function' } },
    { name: 'a name without a dot', handler: 'index', code: '', error: { type: 'Runtime.MalformedHandlerName', message: 'Bad handler' } },
    { name: 'a name that climbs', handler: '../x.y', code: '', error: { type: 'Runtime.MalformedHandlerName', message:
        "'../x.y' is not a valid handler name. Use absolute paths when specifying root directories in handler names." } },
    { name: 'a module that throws', code: "throw new TypeError('at load')", error: { type: 'TypeError', message: 'at load' } },
    { name: 'a module that throws later', code: "setTimeout(() => { throw new Error('x') }); exports.handler = 1; require('fs').readSync",
        files: { 'index.mjs': "setTimeout(() => { throw new Error('x') }); await new Promise(() => setTimeout(() => {}, 9999));" },
        error: { type: 'Error', message: 'x' } },
    { name: 'a rejection at load', code: "Promise.reject(new Error('x')); exports.handler = async () => 1", status: 128,
        error: { type: 'Runtime.UnhandledPromiseRejection', message: 'Error: x' } },
    { name: 'a missing folder', folder: '/nowhere/at/all', error: { type: 'Error', message: /ENOENT/ } },
    { name: 'request streaming', code: "exports.handler = async () => 1; exports.handler[Symbol.for('aws.lambda.runtime.handler.streaming')] = 'request'",
        error: { type: 'Runtime.MalformedStreamingHandler', message: 'Only response streaming is supported.' } },
    { name: 'process.exit() at load', code: 'process.exit(4)', kinds: '', status: 4 },
    { name: 'a top-level await that never ends', files: { 'index.mjs': 'await new Promise(() => {});' }, kinds: '', status: 13 },
];

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
        assert.deepEqual(environment, { KEPT: 'same', EMPTY: '', EQUALS: 'a=b', TZ: ':UTC' });
        assert.equal(workingDirectory, folder.replace(/\/$/, ''));
        assert.equal(argv.length, 2);
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
        const worker = await ready(start, { fixture: 'nodejs-exit', variables: { NODE_OPTIONS: '--no-deprecation' } });
        assert.equal((await worker.invoke({ status: 9 })).kinds, '');
        assert.deepEqual(await worker.ended, { status: 9, signal: null });
    },

    async maps_sources_without_a_restart(start) {
        const worker = await ready(start, { variables: { NODE_OPTIONS: '--enable-source-maps' }, code: 'exports.handler = async () => process.ppid' });
        assert.equal((await worker.invoke({})).text, String(process.pid));
    },

    async runs_left_over_timers_between_invocations(start) {
        const worker = await ready(start, { code: `let n = 0;
            exports.handler = async () => { setTimeout(() => { n++; console.log('later') }, 20); return n }` });
        assert.equal((await worker.invoke({})).text, '0');
        await sleep(100);
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
        const worker = await ready(start, { fixture: 'nodejs-stream' });
        worker.send(encodeEvent('{"delayMs":60}'));
        const at = {};
        for (const kind of ['S', 'C', 'C2', 'C3', 'Z', 'N'])
            at[kind] = (await worker.nextFrame()).at;
        assert.ok(at.C2 - at.C > 40 && at.C3 - at.C2 > 40 && at.Z - at.C3 > 40, JSON.stringify(at));
    },

    async lets_a_stream_wait_for_a_slow_reader(start) {
        const worker = await ready(start, { code: `exports.handler = awslambda.streamifyResponse(async (event, s) => {
            console.log('starts');
            for (let n = 0; n < 40; n++) { if (!s.write('a'.repeat(50_000))) await new Promise((r) => s.once('drain', r)) }
            console.log('ends'); s.end() })` });
        worker.socket.pause();
        worker.send(encodeEvent('1'));
        await worker.logHas('starts');
        await sleep(100);
        assert.doesNotMatch(worker.log, /ends/);
        worker.socket.resume();
        const { kinds, chunks } = await worker.outcome();
        assert.match(kinds, /^SC+ZN$/);
        assert.equal(Buffer.concat(chunks).length, 40 * 50_000);
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

    async keeps_an_old_stream_out_of_the_next_invocation(start) {
        const worker = await ready(start, { code: `exports.handler = awslambda.streamifyResponse(async (isFirst, s) => {
            if (!isFirst) { await new Promise((r) => setTimeout(r, 60)); s.end('second'); return }
            s.write('first'); setInterval(() => s.write('leak'), 5); throw new Error('x') })` });
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
            outcome = await worker.invokeText(row.payload ?? JSON.stringify('event' in row ? row.event : {}));
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
