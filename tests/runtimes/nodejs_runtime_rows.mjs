/*
 * nodejs_runtime_rows.mjs - what functions are, what they are given, and what must come of it, a row each, for
 * test_nodejs_runtime.mjs; its `expectOutcome` says what a row may ask for.
 */
const LOG_TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
export const ID = '8476a536-e9f4-11e8-9739-2dfe598c3fcd';

export const logLine = (level, text, id = ID) => new RegExp(`^${LOG_TIME}\t${id}\t${level}\t${text}$`, 'm');

export const invocationRows = [
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
    { name: 'JSON lines carry the tenant', event: {}, result: null, details: { tenantId: 'blue' },
        variables: { AWS_LAMBDA_LOG_FORMAT: 'JSON' }, code: "exports.handler = async () => console.log('a', new TypeError('b'))",
        log: new RegExp(`^{"timestamp":"${LOG_TIME}","level":"INFO","requestId":"${ID}","tenantId":"blue","message":"a .*",`
            + '"errorType":"TypeError","errorMessage":"b","stackTrace":.*}\n$') },
    { name: 'a response of 6 MB passes', fixture: 'nodejs-large', event: { bytes: 6_291_454 },
        result: 'a'.repeat(6_291_454) },
    { name: 'a request of 6 MB passes', event: 'ü'.repeat(3_000_000), code: 'exports.handler = async (e) => e.length',
        result: 3_000_000 },
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
    { name: 'a function is no result', code: 'exports.handler = async () => () => {}', kinds: 'FN',
        error: { type: 'TypeError', message: 'Wrong arguments' } },
    { name: 'a promise of a plain function answers', code: 'exports.handler = () => Promise.resolve(5)', result: 5 },
    { name: 'any thenable answers', code: 'exports.handler = () => ({ then: (f) => f(6) })', result: 6 },
    { name: 'a plain value is ignored', code: "exports.handler = () => 'value'", result: null },
    { name: 'a plain value answers from nodejs24.x on', code: "exports.handler = () => 'value'", result: 'value',
        variables: { AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' } },
    { name: 'a callback waits for the empty loop', result: { n: 2 },
        code: 'exports.handler = (e, c, callback) => { const r = { n: 1 }; callback(null, r); setTimeout(() => r.n++, 20) }' },
    { name: 'an outcome that waits for the empty loop is an outcome', result: 1,
        code: "exports.handler = (e, c, callback) => { callback(null, 1); setTimeout(() => c.fail(new Error('late')), 5) }" },
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
    { name: 'an error without a prototype is an error of its own', code: 'exports.handler = async () => { throw Object.create(null) }',
        kinds: 'FN', error: { type: 'TypeError', message: 'Cannot convert object to primitive value' } },
    { name: 'a BigInt is no result', code: 'exports.handler = async () => 1n', kinds: 'FN',
        error: { type: 'Error', message: 'Unable to stringify response body' } },
    { name: 'a circle is no result', kinds: 'F', status: 129,
        code: 'exports.handler = (e, c, callback) => { const a = {}; a.a = a; callback(null, a) }',
        error: { type: 'Error', message: 'Unable to stringify response body' } },
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
    { name: 'end() takes the last bytes, without a prelude', chunks: 'last', event: {},
        code: `exports.handler = awslambda.streamifyResponse(async (event, s) => {
            awslambda.HttpResponseStream.from(s, {}).end('last') })` },
    { name: 'a large chunk is cut into frames', chunks: 'ab'.repeat(1_500_000), kinds: 'SCCCZN',
        code: "exports.handler = awslambda.streamifyResponse(async (event, s) => { s.end('ab'.repeat(1_500_000)) })" },
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
    { name: 'a stream whose source fails ends the process', kinds: 'SCZ', status: 128,
        error: { type: 'Runtime.UnhandledPromiseRejection', message: 'Error: source' },
        code: `const { Readable, promises } = require('stream');
        exports.handler = awslambda.streamifyResponse(async (event, s) => require('util').promisify(require('stream').pipeline)(
            Readable.from((async function* () { yield 'a'; await new Promise((r) => setTimeout(r, 5)); throw new Error('source') })()), s))` },
    { name: 'an error after the end of a stream is only logged', kinds: 'SCZN', chunks: 'a', log: logLine('ERROR', 'Invoke Error .*'),
        code: "exports.handler = awslambda.streamifyResponse(async (e, s) => { s.end('a'); throw new Error('x') })" },
    { name: 'a write after the end ends the process', kinds: 'F', status: 128,
        error: { type: 'Runtime.UnhandledPromiseRejection', message: /ERR_STREAM_WRITE_AFTER_END/ },
        code: "exports.handler = awslambda.streamifyResponse(async (e, s) => { s.write('a'); s.end(); s.write('b') })" },
    { name: 'an error waits behind the chunks before it', kinds: 'SCZN', chunks: 'a'.repeat(1_000_000), error: { type: 'Error', message: 'x' },
        code: `exports.handler = awslambda.streamifyResponse(async (e, s) => { s.write('a'.repeat(1_000_000));
            for (const end = Date.now() + 100; Date.now() < end;); throw new Error('x') })` },
    { name: 'a streaming handler that is not async fails', kinds: 'FN',
        code: 'exports.handler = awslambda.streamifyResponse(() => 1)',
        error: { type: 'string', message: 'Streaming does not support non-async handlers.' } },
    { name: 'a return value of a stream is ignored', kinds: 'SZN', log: logLine('WARN', 'Streaming handlers ignore return values.'),
        code: 'exports.handler = awslambda.streamifyResponse(async (e, s) => { s.end(); return 1 })' },
    { name: 'an unhandled rejection ends a stream', kinds: 'SCZ', status: 128,
        error: { type: 'Runtime.UnhandledPromiseRejection', message: 'Error: x' },
        code: `exports.handler = awslambda.streamifyResponse((e, s) => { s.write('a');
            setTimeout(() => Promise.reject(new Error('x')), 5); return new Promise(() => {}) })` },
];

const handlerValue = (value) => `exports.handler = async () => ${JSON.stringify(value)};\n`;
const moduleValue = (value) => `export const handler = async () => ${JSON.stringify(value)};\n`;

export const loadingRows = [
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
    { name: 'what a package exports without module-sync', result: ['plain', 'deep'], files: {
        'index.js': "const v = [require('@own/pack'), require('@own/pack/deep/a')]; exports.handler = async () => v",
        'node_modules/@own/pack/package.json': '{"exports":{".":[{"module-sync":"./sync.mjs","import":"./sync.mjs","default":"./plain.cjs"},"./plain.cjs"],"./deep/*":{"module-sync":"./deep/*.mjs","require":"./deep/*.cjs"}}}',
        'node_modules/@own/pack/sync.mjs': 'export default 0', 'node_modules/@own/pack/plain.cjs': "module.exports = 'plain'",
        'node_modules/@own/pack/deep/a.mjs': 'export default 0', 'node_modules/@own/pack/deep/a.cjs': "module.exports = 'deep'" } },
    { name: 'the task root, as AWS sets NODE_PATH', handler: 'src/app.handler', result: 'util', files: {
        'src/app.js': "const v = require('lib/util'); exports.handler = async () => v", 'lib/util.js': "module.exports = 'util'" } },
    { name: 'an ES module in NODE_PATH', result: 5, variables: { NODE_PATH: './layer/node_modules' }, files: {
        'index.mjs': "import { v } from 'layered'; export const handler = async () => v;",
        'layer/node_modules/layered/index.mjs': 'export const v = 5;',
        'layer/node_modules/layered/package.json': '{"exports": {"import": "./index.mjs"}}' } },
    { name: 'what NODE_PATH has', files: { 'index.js': "const v = require('layer'); exports.handler = async () => v",
        'opt/layer/index.js': 'module.exports = 4' }, variables: { NODE_PATH: 'opt' }, result: 4 },
];

export const initErrorRows = [
    { name: 'a missing dependency', fixture: 'nodejs-import-error', error: { type: 'Runtime.ImportModuleError',
        message: /^Error: Cannot find module 'a-package-that-is-not-there'\nRequire stack:\n- .*index\.js\n- / },
    log: logLine('ERROR', 'Uncaught Exception \t{"errorType":"Runtime.ImportModuleError","errorMessage":"Error: Cannot .*', 'undefined') },
    { name: 'a syntax error', fixture: 'nodejs-syntax-error',
        error: { type: 'Runtime.UserCodeSyntaxError', message: 'SyntaxError: Unexpected end of input' } },
    { name: 'a syntax error in a module', files: { 'index.mjs': 'export const = 1;' },
        error: { type: 'Runtime.UserCodeSyntaxError', message: /^SyntaxError: / } },
    { name: 'a module that AWS brings along', files: { 'index.mjs': "import '@aws-sdk/client-not-there';" },
        error: { type: 'Error', message: /^Cannot find package '@aws-sdk\/client-not-there'/ },
        log: /^invoked: AWS's Node.js runtimes bring @aws-sdk\/client-not-there along; here, install it: npm install /m },
    { name: 'a handler with a callback on nodejs24.x', code: 'exports.handler = (e, c, callback) => callback(null, 1)',
        variables: { AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' }, status: 1, log: logLine('ERROR', 'Init Error .*', '-'),
        error: { type: 'Runtime.CallbackHandlerDeprecated', message: /^ERROR: AWS Lambda has removed support for callback-based/ } },
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
