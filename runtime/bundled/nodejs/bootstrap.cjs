#!/usr/bin/env node
/*
 * bootstrap.cjs - the bundled Node.js runtime: loads a handler and runs it, one invocation at a time.
 *
 * Started as `node bootstrap.cjs`, on Node.js 16 and later, with the frames of runtime/environments/frames.h on descriptor 3. What
 * handlers and callers can see follows AWS's Node.js runtimes (context, callbacks, log lines, errors, exit statuses);
 * where those of Node.js 24 differ from the earlier ones, AWS_EXECUTION_ENV decides.
 *
 * The idea: the event loop is never blocked, so what a handler leaves running goes on between invocations. The socket
 * keeps the loop alive only while the worker is idle. During an invocation it is unreferenced, so Node.js itself tells
 * (`beforeExit`) when the handler has nothing left to wait for; that ends invocations nobody answers, and those whose
 * callback waits for the empty loop. Results go out in a setImmediate: a promise rejected in the same turn that nobody
 * handles then still makes the invocation fail.
 *
 * To add a frame, see runtime/environments/frames.h, then `onFrame` and `frame` below. To change what a handler gets, see
 * `contextOf`; how it is found, `loadHandler`; what is logged, `patchConsole`; how errors look, `errorBody`.
 */
'use strict';

const fs = require('fs');
const net = require('net');
const path = require('path');
const { Writable } = require('stream');
const { fileURLToPath, pathToFileURL } = require('url');
const util = require('util');

const FRAMES_DESCRIPTOR = 3;
const FRAME_BYTES_MAX = 64 * 1024 * 1024;
const SMALL_BYTES = 64 * 1024;
// More than any result may have, so cutting a longer one here changes nothing: the server refuses it all the same.
const RESULT_BYTES_MAX = 16 * 1024 * 1024;
const CHUNK_BYTES_MAX = 1024 * 1024;
const NEXT_FRAME = Buffer.from([0, 0, 0, 1, 'N'.charCodeAt(0)]);

const STATUS_CLEAN = 0;
const STATUS_PROTOCOL_FAULT = 1;
const STATUS_UNSETTLED_IMPORT = 13; // Node.js's own, for a top-level await that never ends
const STATUS_UNHANDLED_REJECTION = 128;
const STATUS_UNCAUGHT_EXCEPTION = 129;

// Node.js and the system's loader read these only when a process starts.
const STARTUP_VARIABLES = [
    'LD_PRELOAD', 'NODE_COMPILE_CACHE', 'NODE_DEBUG', 'NODE_DEBUG_NATIVE', 'NODE_EXTRA_CA_CERTS', 'NODE_ICU_DATA',
    'NODE_NO_WARNINGS', 'NODE_OPTIONS', 'NODE_PENDING_DEPRECATION', 'NODE_PRESERVE_SYMLINKS',
    'NODE_REDIRECT_WARNINGS', 'NODE_V8_COVERAGE',
];

const LOG_LEVELS = { TRACE: 1, DEBUG: 2, INFO: 3, WARN: 4, ERROR: 5, FATAL: 6 };

const TYPE_FLAGS = ['--experimental-strip-types', '--strip-types', '--experimental-transform-types'];

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
const STREAMING_HIGH_WATER_MARK = Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark');
const CALLBACK_REFUSED = 'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js '
    + '24. You need to modify this function to use a supported handler signature to use Node.js 24 or later. For more '
    + 'information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.';

const CALLBACK_WARNING = 'AWS Lambda plans to remove support for callback-based function handlers starting with Node.js 24. '
    + 'You will need to update this function to use an async handler to use Node.js 24 or later. For more information and to '
    + 'provide feedback on this change, see https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/issues/137. To '
    + 'disable this warning, set the AWS_LAMBDA_NODEJS_DISABLE_CALLBACK_WARNING environment variable.';
const STREAM_NOT_ASYNC = 'Streaming does not support non-async handlers.';
const UNDEFINED = Symbol('undefined'); // a thrown one
const DEFAULT_CONTENT_TYPE = 'application/octet-stream';
const HTTP_CONTENT_TYPE = 'application/vnd.awslambda.http-integration-response';

let socket;
let isInitialised = false; // an 'I' has come
let holder; // of the handler; undefined until it is loaded
let runtimeMajor; // 22 of nodejs22.x; NaN for none
let isRequireOfModulesOff = false;
let isModern = false; // configured as nodejs24.x or later
let functionDetails; // the part of the context that is the same for all invocations
let invocation = null; // the one that runs
let lastRequestId; // what log lines carry: also after the invocation, as on AWS
let lastTenantId;
let isDying = false;

// ---- errors --------------------------------------------------------------------------------------------------------

// An error that the runtime itself finds. Its `stack` is made when it is first read, with that name.
class RuntimeError extends Error {
    constructor(type, message, cause) {
        super(message);
        Object.defineProperty(this, 'name',
            { value: `Runtime.${type}`, enumerable: isModern, writable: true, configurable: true });
        if (cause !== undefined)
            this.stack = cause.stack;
    }
}

function isNone(value) {
    return value === undefined || value === null;
}

const PROBLEM_WITH_ERROR = 'callback called with Error argument, but there was a problem while retrieving one or more of '
    + 'its message, name, and stack';

function isErrorLike(value) {
    return value && value.name && value.message && value.stack
        && typeof value.name === 'string' && typeof value.message === 'string' && typeof value.stack === 'string';
}

// A header of AWS's client carries the text, and may not hold that character.
function withoutDelete(text) {
    return text.replace(/\x7F/g, '%7F');
}

// What the caller gets. The keys come in AWS's order; those of a member that isn't there are left out.
function errorBody(error) {
    try {
        if (isModern ? error instanceof Error : util.types.isNativeError(error) || isErrorLike(error)) {
            const [type, message] = [error.name, error.message];
            return {
                errorType: isNone(type) ? undefined : withoutDelete(type),
                errorMessage: isNone(message) ? undefined : withoutDelete(message),
                trace: isModern && isNone(error.stack) ? [] : withoutDelete(error.stack).split('\n'),
            };
        }
        return { errorType: typeof error, errorMessage: isModern ? String(error) : error.toString(), trace: [] };
    } catch {
        return { errorType: 'handled', errorMessage: PROBLEM_WITH_ERROR, ...(isModern ? { trace: [] } : {}) };
    }
}

// The type for the platform, which shows only those that it knows.
function errorType(body) {
    return String(body.errorType).replace(/\0/g, '');
}

// Name, message and stack aren't enumerable, yet belong into the log with all that the error carries of its own.
function withHiddenMembers(_key, value) {
    if (!(value instanceof Error))
        return value;
    const members = { errorType: value.name, errorMessage: value.message, code: value.code, ...value };
    if (typeof value.stack === 'string')
        members.stack = value.stack.split('\n');
    return members;
}

// A value that can't be made an error is an error of its own, for who called.
function asError(value) {
    if (value instanceof Error)
        return value;
    return new Error(isModern ? String(value) : value);
}

function logError(title, value) {
    const error = asError(value);
    if (isLogJson()) {
        logAt.ERROR(error);
        return;
    }
    let text;
    try {
        text = JSON.stringify(error, withHiddenMembers);
    } catch {
        text = JSON.stringify(errorBody(error));
    }
    logAt.ERROR(title, `\t${text}`);
}

// ---- log -----------------------------------------------------------------------------------------------------------

const logAt = {}; // a function for each level, which handlers can't replace
const sleeper = new Int32Array(new SharedArrayBuffer(4));

// A pipe shared with a process that made it non-blocking can be full for a moment; a closed one loses the text.
function writeLog(text) {
    const bytes = Buffer.from(text);
    let written = 0;
    while (written < bytes.length) {
        try {
            written += fs.writeSync(1, bytes, written);
        } catch (error) {
            if (error.code !== 'EAGAIN')
                return;
            Atomics.wait(sleeper, 0, 0, 1);
        }
    }
}

function isLogJson() {
    return (process.env.AWS_LAMBDA_LOG_FORMAT || '').toUpperCase() === 'JSON';
}

function requestIdOfLines() {
    return isModern && lastRequestId === undefined ? '-' : lastRequestId;
}

function textLine(level, message, parameters) {
    return `${new Date().toISOString()}\t${requestIdOfLines()}\t${level}\t${util.format(message, ...parameters)}\n`;
}

function stackLines(error) {
    return typeof error.stack === 'string' ? error.stack.split('\n') : undefined;
}

function loggedError(error) {
    return {
        errorType: error.constructor ? error.constructor.name : 'UnknownError',
        errorMessage: error.message,
        stackTrace: stackLines(error) || error.stack,
    };
}

function jsonLine(level, message, parameters) {
    const record = { timestamp: new Date().toISOString(), level, requestId: requestIdOfLines(), tenantId: lastTenantId };
    if (parameters.length === 0) {
        try {
            const withErrors = (_key, value) => (value instanceof Error ? { ...loggedError(value), ...value } : value);
            return JSON.stringify({ ...record, message }, withErrors) + '\n';
        } catch {
            return JSON.stringify({ ...record, message: util.format(message) }) + '\n';
        }
    }
    const error = (isModern ? parameters : [message, ...parameters]).find((parameter) => parameter instanceof Error);
    return JSON.stringify({
        ...record, message: util.format(message, ...parameters), ...(error ? { ...loggedError(error), stackTrace: stackLines(error) || [] } : {}),
    }) + '\n';
}

function patchConsole() {
    const line = isLogJson() ? jsonLine : textLine;
    const lowest = LOG_LEVELS[(process.env.AWS_LAMBDA_LOG_LEVEL || '').toUpperCase()] || LOG_LEVELS.TRACE;
    for (const level of Object.keys(LOG_LEVELS)) {
        const isLogged = LOG_LEVELS[level] >= lowest || level === 'FATAL';
        logAt[level] = isLogged
            ? (message, ...parameters) => writeLog(line(level, message, parameters))
            : () => {};
        console[level.toLowerCase()] = logAt[level];
    }
    console.log = console.info;
}

// Node.js writes to a pipe asynchronously once it is full; a log line must be out before the frame that ends its
// invocation. The streams are made only when somebody asks for them, as by default.
function makeBlocking(name) {
    const original = Object.getOwnPropertyDescriptor(process, name);
    if (!original || !original.get || !original.configurable)
        return;
    Object.defineProperty(process, name, {
        ...original,
        get() {
            const stream = original.get.call(process);
            if (stream._handle && typeof stream._handle.setBlocking === 'function')
                stream._handle.setBlocking(true);
            Object.defineProperty(process, name, original);
            return stream;
        },
    });
}

// ---- frames --------------------------------------------------------------------------------------------------------

const input = Buffer.allocUnsafeSlow(256 * 1024);
const output = Buffer.allocUnsafeSlow(SMALL_BYTES);
let queuedWrites = 0; // those that the socket has still to pass on, because the server reads slowly

function protocolFault(text) {
    writeLog(`invoked: Node.js runtime: ${text}\n`);
    process.exit(STATUS_PROTOCOL_FAULT);
}

// Sends the first `length` of `bytes`, in order; `onSent` runs when the system has taken the last of them.
function send(bytes, length, onSent) {
    let sent = 0;
    if (queuedWrites === 0) {
        try {
            sent = fs.writeSync(FRAMES_DESCRIPTOR, bytes, 0, length);
        } catch (error) {
            if (error.code !== 'EAGAIN')
                process.exit(STATUS_CLEAN); // the server has gone
        }
        if (sent === length) {
            if (onSent)
                onSent();
            return;
        }
    }
    // `output` is used again before the socket is done with it.
    const rest = bytes === output ? Buffer.from(bytes.subarray(sent, length)) : bytes.subarray(sent, length);
    queuedWrites++;
    socket.write(rest, () => {
        queuedWrites--;
        if (onSent)
            onSent();
    });
}

// One frame, with 'N' behind it if the invocation is over: {kind, field, text or bytes, isNext, onSent}.
function frame({ kind, field, text = '', bytes, isNext = false, onSent }) {
    const start = field === undefined ? 5 : 6 + Buffer.byteLength(field);
    const bodyMax = bytes ? bytes.length : text.length * 3;
    const isSmall = start + bodyMax + NEXT_FRAME.length <= output.length;
    const bodyBytes = isSmall ? bodyMax : Math.min(bytes ? bodyMax : Buffer.byteLength(text), RESULT_BYTES_MAX);
    const whole = isSmall ? output : Buffer.allocUnsafeSlow(start + bodyBytes + NEXT_FRAME.length);
    let end = start;

    whole[4] = kind.charCodeAt(0);
    if (field !== undefined)
        whole[5 + whole.write(field, 5)] = 0;
    end += bytes ? bytes.copy(whole, start, 0, bodyBytes) : whole.write(text, start, bodyBytes);
    whole.writeUInt32BE(end - 4, 0);
    if (isNext)
        end += NEXT_FRAME.copy(whole, end);
    send(whole, end, onSent);
}

// A frame that has not arrived whole: its length first, then its bytes.
const partial = { head: Buffer.alloc(4), headBytes: 0, body: null, bodyBytes: 0 };

function onBytes(count) {
    let at = 0;
    while (at < count) {
        if (partial.body === null) {
            while (partial.headBytes < 4 && at < count)
                partial.head[partial.headBytes++] = input[at++];
            if (partial.headBytes < 4)
                break;
            const length = partial.head.readUInt32BE(0);
            partial.headBytes = 0;
            if (length < 1 || length > FRAME_BYTES_MAX)
                protocolFault(`a frame of ${length} bytes`);
            if (length <= count - at) {
                at += length;
                onFrame(input, at - length, at);
                continue;
            }
            partial.body = Buffer.allocUnsafeSlow(length);
            partial.bodyBytes = 0;
        }
        const taken = input.copy(partial.body, partial.bodyBytes, at, count);
        partial.bodyBytes += taken;
        at += taken;
        if (partial.bodyBytes === partial.body.length) {
            const { body } = partial;
            partial.body = null;
            onFrame(body, 0, body.length);
        }
    }
    return true;
}

function onFrame(bytes, start, end) {
    const kind = String.fromCharCode(bytes[start]);
    if (kind === 'I' && !isInitialised)
        initialise(bytes.toString('utf8', start + 1, end).split('\0').slice(0, -1));
    else if (kind === 'E' && holder !== undefined && invocation === null)
        onEvent(bytes, start + 1, end);
    else
        protocolFault(`an unexpected frame ${JSON.stringify(kind)}`);
}

function onEvent(bytes, start, end) {
    const fieldsStart = start + 4;
    const fieldsEnd = end - start >= 4 ? fieldsStart + bytes.readUInt32BE(start) : Infinity;
    const fields = fieldsEnd <= end ? bytes.toString('utf8', fieldsStart, fieldsEnd).split('\0') : [];
    if (fields.length < 8)
        protocolFault('an event without all its fields');
    const [requestId, deadline, functionArn, traceId, clientContext, identity, tenantId] = fields;
    beginInvocation({ requestId, deadline: Number(deadline), functionArn, traceId, clientContext, identity, tenantId },
        bytes.toString('utf8', fieldsEnd, end));
}

// ---- the handler ---------------------------------------------------------------------------------------------------

// Whether a .js file in `folder` is an ES module, by the nearest package.json.
function isModuleFolder(folder) {
    if (path.basename(folder) === 'node_modules')
        return false;
    const file = path.join(folder, 'package.json');
    if (fs.existsSync(file)) {
        try {
            return JSON.parse(fs.readFileSync(file, 'utf8')).type === 'module';
        } catch {
            return false; // Node.js itself will tell what is wrong with it
        }
    }
    return folder !== path.dirname(folder) && isModuleFolder(path.dirname(folder));
}

// What is a module by its syntax alone can't be required there.
function requireScript(file) {
    const loaded = require(file);
    if (isRequireOfModulesOff && util.types.isModuleNamespaceObject(loaded)) {
        process.emitWarning('To load an ES module, set "type": "module" in the package.json or use the .mjs extension.');
        require('vm').compileFunction(fs.readFileSync(file, 'utf8'), [], { filename: file });
    }
    return loaded;
}

// Flags that switch something on again that Lambda switches off.
function isSwitchedOn(flag) {
    return [...process.execArgv, ...(process.env.NODE_OPTIONS || '').split(/\s+/)].includes(flag);
}

// What a package exports to require(), by the conditions that hold without that of synchronous ES modules.
const REQUIRE_CONDITIONS = new Set(['require', 'node', 'node-addons', 'default']);

function exportTarget(target) {
    if (typeof target === 'string')
        return target;
    for (const [key, value] of Object.entries(target || {})) {
        const found = Array.isArray(target) || REQUIRE_CONDITIONS.has(key) ? exportTarget(value) : undefined;
        if (found !== undefined)
            return found;
    }
    return undefined;
}

// `subpath` is "." or begins with "./".
function exportOf(exports, subpath) {
    const isOneTarget = typeof exports === 'string' || Array.isArray(exports) || !Object.keys(exports).some((key) => key.startsWith('.'));
    const table = isOneTarget ? { '.': exports } : exports;
    if (Object.hasOwn(table, subpath))
        return exportTarget(table[subpath]);
    for (const key of Object.keys(table).sort((left, right) => right.length - left.length)) {
        const [before, after] = key.split('*');
        if (after === undefined || !subpath.startsWith(before) || !subpath.endsWith(after) || subpath.length < key.length)
            continue;
        const found = exportTarget(table[key]);
        return found && found.replaceAll('*', subpath.slice(before.length, subpath.length - after.length));
    }
    return undefined;
}

// This Node.js prefers what a package exports as "module-sync", an ES module; without require() of those, it wouldn't.
function passOverModuleSync(Module) {
    const resolve = Module._resolveFilename;
    Module._resolveFilename = function (request, ...rest) {
        const file = resolve.call(this, request, ...rest);
        const [name] = /^(@[^/]+\/)?[^./#@:][^/:]*/.exec(request) || [];
        const inside = `/node_modules/${name}/`;
        if (name === undefined || !file.includes(inside) || !(file.endsWith('.mjs') || (file.endsWith('.js') && isModuleFolder(path.dirname(file)))))
            return file;
        const folder = file.slice(0, file.lastIndexOf(inside) + inside.length);
        try {
            const { exports } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
            const found = exports && exportOf(exports, `.${request.slice(name.length)}`);
            return found ? path.join(folder, found) : file;
        } catch {
            return file;
        }
    };
}

// Node.js 20 and 22 are started there with --no-experimental-require-module; this Node.js has begun without.
function refuseRequireOfModules(Module) {
    const refuse = (parent, file, isScript) => {
        const name = parent && parent.filename;
        const error = new Error(`require() of ES Module ${file}${name ? ` from ${name}` : ''} not supported.\nInstead change the `
            + `require of ${file}${isScript && name ? ` in ${name}` : ''} to a dynamic import() which is available in all `
            + 'CommonJS modules.');
        error.code = 'ERR_REQUIRE_ESM';
        error.stack = error.stack.replace(/^Error/, 'Error [ERR_REQUIRE_ESM]');
        throw error;
    };
    const loadScript = Module._extensions['.js'];
    Module._extensions['.js'] = (module, file) => {
        if (file.endsWith('.js') && isModuleFolder(path.dirname(file)))
            refuse(module.parent, file, true);
        loadScript(module, file);
    };
    passOverModuleSync(Module);
    // not among the extensions that are tried for a name without one
    Object.defineProperty(Module._extensions, '.mjs', { value: (module, file) => refuse(module.parent, file, false), configurable: true });
}

// Lambda switches type stripping off; a newer Node.js here has begun with it. TypeScript is no language then: `require`
// takes it for JavaScript, `import` refuses it.
function refuseTypes(Module) {
    const asScript = (module, file) => module._compile(fs.readFileSync(file, 'utf8'), file, 'commonjs');
    for (const extension of ['.ts', '.mts', '.cts']) // not among those that are tried for a name without one
        Object.defineProperty(Module._extensions, extension, { value: asScript, enumerable: false, configurable: true });
    if (Module.registerHooks === undefined)
        return;
    Module.registerHooks({
        resolve(name, context, next) {
            const found = next(name, context);
            const extension = /\.[cm]?ts$/.exec(found.url);
            if (extension !== null && found.url.startsWith('file:') && context.conditions.includes('import')) {
                const error = new TypeError(`Unknown file extension "${extension[0]}" for ${fileURLToPath(found.url)}`);
                error.code = 'ERR_UNKNOWN_FILE_EXTENSION';
                error.stack = error.stack.replace(/^TypeError/, 'TypeError [ERR_UNKNOWN_FILE_EXTENSION]');
                throw error;
            }
            return found;
        },
    });
}

// AWS's paths of modules, mapped to the folders here. ES modules are looked for in those of the function's own NODE_PATH too.
function setModulePaths(Module) {
    const own = process.env.NODE_PATH;
    const runtimeFolder = process.env.LAMBDA_RUNTIME_DIR || path.dirname(__dirname);
    if (!own) {
        process.env.NODE_PATH = [
            `/opt/nodejs/node${runtimeMajor || process.versions.node.split('.')[0]}/node_modules`, '/opt/nodejs/node_modules',
            path.join(runtimeFolder, 'node_modules'), runtimeFolder, process.env.LAMBDA_TASK_ROOT || process.cwd(),
        ].join(path.delimiter);
    } else if (Module.register !== undefined) {
        const folders = own.split(path.delimiter).filter(Boolean).map((folder) => pathToFileURL(path.resolve(folder, '..', 'x')).href);
        Module.register(`data:text/javascript,${encodeURIComponent(LOOK_IN_FOLDERS)}`, { data: folders });
    }
    Module._initPaths();
}

// Hooks of a thread of their own: what isn't found as usual is looked for as a module beside each of the folders would.
const LOOK_IN_FOLDERS = `
let parents = [];
export function initialize(data) { parents = data; }
export async function resolve(name, context, next) {
    try {
        return await next(name, context);
    } catch (error) {
        if (error.code !== 'ERR_MODULE_NOT_FOUND' || /^[./]|^[a-z]+:/.test(name)) throw error;
        for (const parentURL of parents) {
            try { return await next(name, { ...context, parentURL }); } catch {}
        }
        throw error;
    }
}`;

function resolveOrNull(request, options) {
    try {
        return require.resolve(request, options);
    } catch {
        return null;
    }
}

// The file as it is named, or with an extension, or a folder that is a package, or else a package.
async function loadModule(root, folder, name) {
    const base = path.resolve(root, folder, name);
    const exact = fs.existsSync(base) && resolveOrNull(base);
    if (exact && fs.statSync(base).isFile())
        return require(exact);
    for (const extension of ['.js', '.mjs', '.cjs']) {
        const file = base + extension;
        if (!fs.existsSync(file))
            continue;
        const isModule = extension[1] === 'm' || (extension[1] !== 'c' && isModuleFolder(path.dirname(file)));
        return isModule ? import(pathToFileURL(file).href) : requireScript(file);
    }
    return require(exact || require.resolve(name, { paths: [root, path.resolve(root, folder)] }));
}

// AWS's runtimes bring the SDK along.
function hint(error) {
    const name = /^Cannot find (?:module|package) '((?:@aws-sdk|@smithy)\/[^/']+|aws-sdk)/.exec((error || {}).message || '');
    if (name !== null)
        writeLog(`invoked: AWS's Node.js runtimes bring ${name[1]} along; here, install it: npm install ${name[1]}\n`);
}

async function loadHandler(root, fullName) {
    if (fullName.includes('..'))
        throw new RuntimeError('MalformedHandlerName', `'${fullName}' is not a valid handler name. `
            + 'Use absolute paths when specifying root directories in handler names.');
    const nameStart = fullName.lastIndexOf('/') + 1;
    const dot = fullName.indexOf('.', nameStart);
    if (dot < 0)
        throw new RuntimeError('MalformedHandlerName', 'Bad handler');
    let loaded;
    try {
        loaded = await loadModule(root, fullName.slice(0, nameStart), fullName.slice(nameStart, dot));
    } catch (error) {
        if (error instanceof SyntaxError)
            throw new RuntimeError('UserCodeSyntaxError', String(error), isModern ? error : undefined);
        hint(error);
        if ((!isModern || error instanceof Error) && error.code === 'MODULE_NOT_FOUND')
            throw new RuntimeError('ImportModuleError', String(error));
        throw error;
    }
    const keys = fullName.slice(dot + 1).split('.');
    const member = (object) => keys.reduce((nested, key) => nested && nested[key], object);
    let found = member(loaded);
    if (!found && isModern && typeof loaded === 'object' && loaded !== null && 'default' in loaded)
        found = member(loaded.default);
    if (!found)
        throw new RuntimeError('HandlerNotFound', `${fullName} is undefined or not exported`);
    if (typeof found !== 'function')
        throw new RuntimeError('HandlerNotFound', `${fullName} is not a function`);
    if (found[STREAMING] && found[STREAMING] !== 'response')
        throw new RuntimeError('MalformedStreamingHandler', 'Only response streaming is supported.');
    if (isModern && found.length > 2 && !found[STREAMING])
        throw new RuntimeError('CallbackHandlerDeprecated', CALLBACK_REFUSED);
    if (runtimeMajor < 24 && found.length > 2 && !found[STREAMING] && !process.env.AWS_LAMBDA_NODEJS_DISABLE_CALLBACK_WARNING)
        console.warn(CALLBACK_WARNING);
    return found;
}

// ---- response streaming --------------------------------------------------------------------------------------------

// Writes of the stream are done when the system has taken them: that is the back-pressure. The first waits for the end of
// this turn of the loop, as a connection would: what ends the process before loses it.
class ResponseStream extends Writable {
    #invocation;

    constructor(current, highWaterMark) {
        super(highWaterMark > 0 ? { highWaterMark } : {});
        this.#invocation = current;
        this.on('error', (error) => {
            if (!current.isEnded)
                Promise.reject(error); // nobody handles it: it ends the process
        });
    }

    #begin() {
        if (this.#invocation.isStarted)
            return;
        this.#invocation.isStarted = true;
        frame({ kind: 'S', field: this.#invocation.contentType.replace(/\0/g, '') });
    }

    #send(chunk, callback) {
        if (this.#invocation.isEnded) {
            callback(new Error('The invocation of this response stream is over.'));
            return;
        }
        this.#begin();
        for (let at = 0; at < chunk.length; at += CHUNK_BYTES_MAX) {
            const isLast = at + CHUNK_BYTES_MAX >= chunk.length;
            frame({
                kind: 'C', bytes: chunk.subarray(at, at + CHUNK_BYTES_MAX), onSent: isLast ? callback : undefined,
            });
        }
    }

    _write(chunk, _encoding, callback) {
        if (chunk.length === 0)
            callback();
        else if (this.#invocation.isStarted)
            this.#send(chunk, callback);
        else
            setImmediate(() => this.#send(chunk, callback));
    }

    // Later than what the handler throws behind the end, which is still logged within the invocation.
    _final(callback) {
        setImmediate(setImmediate, () => {
            const current = this.#invocation;
            if (!current.isEnded && current.failure !== undefined) {
                sendError(current, current.failure === UNDEFINED ? undefined : current.failure, { isTold: true });
            } else if (!current.isEnded) {
                this.#begin();
                current.isEnded = true;
                frame({ kind: 'Z' });
            }
            callback();
            current.onStreamOver();
        });
    }
}

const STREAM_METHODS = [
    'cork', 'destroy', 'uncork', 'addListener', 'emit', 'eventNames', 'getMaxListeners', 'listenerCount', 'listeners', 'off',
    'on', 'once', 'prependListener', 'prependOnceListener', 'rawListeners', 'removeAllListeners', 'removeListener',
    'setMaxListeners',
];
const STREAM_PROPERTIES = [
    'destroyed', 'writable', 'writableFinished', 'writableObjectMode', 'writableBuffer', 'writableEnded', 'writableNeedDrain',
    'writableHighWaterMark', 'writableCorked', 'writableLength',
];

// What the handler gets of the stream: no Writable, but an object with its members, as on AWS.
function facadeOf(stream, current) {
    const facade = {};
    for (const name of STREAM_METHODS)
        facade[name] = stream[name].bind(stream);
    for (const name of STREAM_PROPERTIES) {
        Object.defineProperty(facade, name, {
            get: () => stream[name],
            set: (value) => {
                stream[name] = value;
            },
        });
    }
    facade.end = isModern ? stream.end.bind(stream) : (first) => stream.end(first); // the others are lost there
    facade.setContentType = (contentType) => {
        if (current.hasWritten)
            throw new RuntimeError('InvalidStreamingOperation', 'Cannot set content-type, too late.');
        current.contentType = String(contentType);
    };
    facade.write = (chunk, encoding, callback) => {
        const isPlain = chunk.length !== undefined && (typeof chunk === 'string' || chunk instanceof Uint8Array);
        if (!current.hasWritten && typeof facade._onBeforeFirstWrite === 'function')
            facade._onBeforeFirstWrite((first) => stream.write(first));
        current.hasWritten = true;
        return stream.write(isPlain ? chunk : JSON.stringify(chunk), encoding, callback);
    };
    return facade;
}

const awslambda = {
    streamifyResponse(streaming, options) {
        streaming[STREAMING] = 'response';
        if (options && typeof options.highWaterMark === 'number')
            streaming[STREAMING_HIGH_WATER_MARK] = Math.trunc(options.highWaterMark);
        return streaming;
    },
    HttpResponseStream: class HttpResponseStream {
        // Status, headers and cookies go before the body, once there is one, with 8 NUL bytes between.
        static from(stream, prelude) {
            const metadata = JSON.stringify(prelude);
            stream.setContentType(HTTP_CONTENT_TYPE);
            stream._onBeforeFirstWrite = (write) => {
                write(metadata);
                write(new Uint8Array(8));
            };
            return stream;
        }
    },
};

// ---- invocations ---------------------------------------------------------------------------------------------------

function nodeJsExit() {
    return new RuntimeError('NodeJsExit', 'The Lambda runtime client detected an unexpected Node.js exit code. '
        + 'This is most commonly caused by a Promise that was never settled. For more information, see '
        + 'https://nodejs.org/docs/latest/api/process.html#exit-codes');
}

function parseOptional(json) {
    return json === '' ? undefined : JSON.parse(json);
}

// Objects of nodejs24.x and of earlier ones differ in the order of their keys. Written out, since putting them together by
// spreads takes 20 us an invocation.
function modernContextOf(details) {
    return {
        clientContext: parseOptional(details.clientContext),
        identity: parseOptional(details.identity),
        invokedFunctionArn: details.functionArn,
        awsRequestId: details.requestId,
        tenantId: details.tenantId || undefined,
        xRayTraceId: details.traceId || undefined,
        getRemainingTimeInMillis: () => details.deadline - Date.now(),
        functionName: functionDetails.functionName,
        functionVersion: functionDetails.functionVersion,
        memoryLimitInMB: functionDetails.memoryLimitInMB,
        logGroupName: functionDetails.logGroupName,
        logStreamName: functionDetails.logStreamName,
    };
}

function contextOf(details, { succeed, fail, done }) {
    return {
        callbackWaitsForEmptyEventLoop: true,
        succeed,
        fail,
        done,
        functionVersion: functionDetails.functionVersion,
        functionName: functionDetails.functionName,
        memoryLimitInMB: functionDetails.memoryLimitInMB,
        logGroupName: functionDetails.logGroupName,
        logStreamName: functionDetails.logStreamName,
        clientContext: parseOptional(details.clientContext),
        identity: parseOptional(details.identity),
        invokedFunctionArn: details.functionArn,
        awsRequestId: details.requestId,
        tenantId: details.tenantId || undefined,
        getRemainingTimeInMillis: () => details.deadline - Date.now(),
    };
}

// Streams have no callbacks.
function streamContextOf(details) {
    const { succeed, fail, done, ...context } = contextOf(details, {});
    return context;
}

// JSON of a result; throws as AWS's client does.
function serialise(result) {
    let text;
    try {
        text = JSON.stringify(result === undefined ? null : result);
    } catch {
        const message = 'Unable to stringify response body';
        throw isModern ? new RuntimeError('JSONStringifyError', message) : new Error(message);
    }
    if (text === undefined)
        throw new TypeError('Wrong arguments'); // a function, a symbol
    return text;
}

// Ends the invocation with an error; the frame depends on how much of the response has gone out. The type of an error that
// ends a stream is told to the platform, others aren't.
function sendError(current, error, { isTold = false, onSent } = {}) {
    const body = errorBody(error);
    frame({
        kind: current.isStarted ? 'Z' : 'F', field: isTold ? errorType(body) : '',
        text: JSON.stringify(body), onSent,
    });
    current.isEnded = true;
}

function endInvocation() {
    invocation = null;
    socket.ref();
}

// The outcome goes out in a setImmediate: a promise that was rejected in the same turn, and that nobody handles, still makes
// the invocation fail.
function settle(current, kind, text) {
    if (current.isSettled)
        return;
    current.isSettled = true;
    current.onEmptyLoop = null;
    setImmediate(() => {
        if (invocation !== current || isDying)
            return;
        frame({ kind, field: kind === 'F' ? '' : undefined, text, isNext: true });
        endInvocation();
    });
}

function settleError(current, error) {
    logError('Invoke Error', error);
    settle(current, 'F', JSON.stringify(errorBody(error)));
}

// nodejs24.x and later: the handler's promise is the outcome.
async function runAwaited(current, details, payload) {
    current.onEmptyLoop = () => settleError(current, nodeJsExit());
    try {
        const result = await holder.handler(JSON.parse(payload), modernContextOf(details));
        await new Promise(setImmediate);
        settle(current, 'R', serialise(result));
    } catch (error) {
        await new Promise(setImmediate);
        settleError(current, error);
    }
}

// Earlier ones: callbacks, or a promise; the first that ends without throwing counts.
function runWithCallback(current, details, payload) {
    let isFinished = false;
    let isEmptyLoopAwaited = true;
    const once = (end) => (...results) => {
        if (!isFinished) {
            end(...results);
            isFinished = true;
        }
    };
    const complete = (result) => settle(current, 'R', serialise(result));
    const done = once((error, result) => (isNone(error) ? complete(result) : settleError(current, error)));
    const callback = once((error, result) => {
        current.onEmptyLoop = null;
        if (!isNone(error))
            settleError(current, error);
        else if (!isEmptyLoopAwaited)
            complete(result);
        else
            current.onEmptyLoop = () => setImmediate(complete, result);
    });
    const succeed = (result) => done(null, result);
    const fail = (error) => done(isNone(error) ? 'handled' : error);
    const waits = {
        get: () => isEmptyLoopAwaited,
        set: (value) => {
            isEmptyLoopAwaited = value;
        },
        enumerable: true,
        configurable: true,
    };
    const isAsync = holder.handler.constructor && holder.handler.constructor.name === 'AsyncFunction';
    current.onEmptyLoop = () => (isAsync ? settleError(current, nodeJsExit()) : complete(null));
    try {
        const event = JSON.parse(payload);
        const context = contextOf(details, { succeed, fail, done });
        const result = holder.handler(event, Object.defineProperty(context, 'callbackWaitsForEmptyEventLoop', waits), callback);
        if (result && result.then && typeof result.then === 'function')
            result.then(succeed, fail).catch(fail);
    } catch (error) {
        callback(error);
    }
}

// The stream keeps the loop alive until it has ended: one that nobody ends is ended by the time-out.
async function runStreaming(current, details, payload) {
    const streamOver = new Promise((resolve) => {
        current.onStreamOver = () => {
            socket.unref();
            resolve();
        };
    });
    const stream = new ResponseStream(current, holder.handler[STREAMING_HIGH_WATER_MARK]);
    current.stream = stream;
    socket.ref();
    current.onEmptyLoop = () => finishStream(current);
    try {
        const context = isModern ? modernContextOf(details) : streamContextOf(details);
        const returned = holder.handler(JSON.parse(payload), facadeOf(stream, current), context);
        if (!returned || typeof returned.then !== 'function')
            throw isModern ? new Error(STREAM_NOT_ASYNC) : STREAM_NOT_ASYNC;
        if ((await returned) !== undefined)
            console.warn('Streaming handlers ignore return values.');
        await streamOver;
    } catch (error) {
        if (isModern)
            await new Promise(setImmediate);
        logError('Invoke Error', error);
        if (!stream.writableEnded) {
            current.failure = error === undefined ? UNDEFINED : error;
            stream.end();
        }
        await streamOver;
    }
    setImmediate(finishStream, current);
}

function finishStream(current) {
    if (invocation !== current || isDying)
        return;
    frame({ kind: 'N' });
    endInvocation();
}

function beginInvocation(details, payload) {
    const current = {
        isSettled: false, onEmptyLoop: null, isStarted: false, isEnded: false, // isStarted: a part of a stream has gone out
        stream: null, failure: undefined, contentType: DEFAULT_CONTENT_TYPE, hasWritten: false, onStreamOver: null,
    };
    invocation = current;
    lastRequestId = details.requestId;
    lastTenantId = details.tenantId || undefined;
    if (details.traceId !== '')
        process.env._X_AMZN_TRACE_ID = details.traceId;
    else
        delete process.env._X_AMZN_TRACE_ID;
    socket.unref();
    if (holder.handler[STREAMING])
        runStreaming(current, details, payload);
    else if (isModern)
        runAwaited(current, details, payload);
    else
        runWithCallback(current, details, payload);
}

// ---- life and death ------------------------------------------------------------------------------------------------

// Tells the server, if it still waits for something, and exits.
function die(title, error, exit) {
    if (isDying)
        return;
    isDying = true;
    logError(title, error);
    if (holder === undefined) {
        const body = errorBody(error);
        frame({ kind: 'X', field: errorType(body), text: JSON.stringify(body), onSent: exit });
    } else if (invocation !== null && !invocation.isEnded) {
        sendError(invocation, error, { onSent: exit });
    } else {
        exit();
    }
}

function onUncaughtException(error) {
    die('Uncaught Exception', error, () => process.exit(STATUS_UNCAUGHT_EXCEPTION));
}

function onUnhandledRejection(reason, promise) {
    const error = Object.assign(new RuntimeError('UnhandledPromiseRejection', reason), { reason, promise });
    die('Unhandled Promise Rejection', error, () => process.exit(STATUS_UNHANDLED_REJECTION));
}

function onEmptyLoop() {
    if (invocation !== null && invocation.onEmptyLoop !== null) {
        invocation.onEmptyLoop();
    } else if (holder === undefined && !isDying) {
        logAt.ERROR("The handler's module never ends loading: nothing is left that its top-level await could wait for.");
        process.exit(STATUS_UNSETTLED_IMPORT);
    }
}

// Handlers are called as methods of an object of AWS's class: stacks name it.
function holderOf(found) {
    const [Runtime, BufferedInvokeProcessor, StreamingInvokeProcessor] = [
        class Runtime {}, class BufferedInvokeProcessor {}, class StreamingInvokeProcessor {}];
    const kept = isModern ? (found[STREAMING] ? new StreamingInvokeProcessor() : new BufferedInvokeProcessor()) : new Runtime();
    kept.handler = found;
    return kept;
}

async function start(folder, name) {
    try {
        process.chdir(folder);
        const { Module } = require('module');
        runtimeMajor = Number((/^AWS_Lambda_nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV) || [])[1]);
        isModern = runtimeMajor >= 24;
        setModulePaths(Module);
        isRequireOfModulesOff = (runtimeMajor === 20 || runtimeMajor === 22) && !isSwitchedOn('--experimental-require-module');
        if (isRequireOfModulesOff)
            refuseRequireOfModules(Module);
        if (process.features.typescript && !TYPE_FLAGS.some(isSwitchedOn))
            refuseTypes(Module);
        if (isModern) { // Node.js itself tells of what nobody handles, and ends
            process.removeListener('uncaughtException', onUncaughtException);
            process.removeListener('unhandledRejection', onUnhandledRejection);
        }
        patchConsole();
        functionDetails = {
            functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
            functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
            memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
            logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
            logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
        };
        if (!['1', 'true'].includes(process.env.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA))
            globalThis.awslambda = awslambda;
        const found = await loadHandler(path.resolve(folder), name);
        setImmediate(() => {
            if (isDying)
                return;
            holder = holderOf(found);
            frame({ kind: 'N' });
            socket.ref();
        });
    } catch (error) {
        if (isModern)
            die('Init Error', error, () => Promise.reject(error)); // Node.js tells of it and ends
        else
            onUncaughtException(error);
    }
}

function isRestartNeeded(variables) {
    const differs = (name) => (process.env[name] || '') !== (variables.get(name) || '');
    if (variables.get('NODE_OPTIONS') === '--enable-source-maps' && differs('NODE_OPTIONS')) {
        process.setSourceMapsEnabled(true);
        return STARTUP_VARIABLES.some((name) => name !== 'NODE_OPTIONS' && differs(name));
    }
    return STARTUP_VARIABLES.some(differs);
}

// Another Node.js runs the handler, at the same descriptors; this one waits for its end.
function restart(folder, name, variables) {
    const { status, signal, error } = require('child_process').spawnSync(
        process.execPath, [...process.execArgv, __filename, folder, name],
        { env: Object.fromEntries(variables), stdio: [0, 1, 2, FRAMES_DESCRIPTOR] });
    if (error)
        protocolFault(`can't start ${process.execPath} again: ${error.message}`);
    if (signal)
        process.kill(process.pid, signal);
    process.exit(status === null ? STATUS_PROTOCOL_FAULT : status);
}

// In the order given, as a process that was started with them would have them.
function replaceEnvironment(variables) {
    const present = Object.entries(process.env);
    if (present.length === variables.size && present.every(([name, value]) => variables.get(name) === value))
        return;
    for (const [variable] of present)
        delete process.env[variable];
    for (const [variable, value] of variables)
        process.env[variable] = value;
}

function initialise([folder, name, ...assignments]) {
    if (name === undefined)
        protocolFault('an init frame without all its fields');
    isInitialised = true;
    const variables = new Map();
    for (const assignment of assignments) {
        const equals = assignment.indexOf('=');
        if (equals > 0)
            variables.set(assignment.slice(0, equals), assignment.slice(equals + 1));
    }
    if (variables.size > 0) {
        if (isRestartNeeded(variables))
            restart(folder, name, variables);
        replaceEnvironment(variables);
    }
    socket.unref();
    start(folder, name);
}

function main() {
    try {
        socket = new net.Socket({ fd: FRAMES_DESCRIPTOR, onread: { buffer: input, callback: onBytes } });
    } catch (error) {
        protocolFault(`descriptor ${FRAMES_DESCRIPTOR} must be the server's socket: ${error.message}`);
    }
    for (const event of ['end', 'error', 'close'])
        socket.on(event, () => process.exit(STATUS_CLEAN));
    patchConsole();
    process.on('uncaughtException', onUncaughtException);
    process.on('unhandledRejection', onUnhandledRejection);
    process.on('beforeExit', onEmptyLoop);
    makeBlocking('stdout');
    makeBlocking('stderr');
    process.mainModule = undefined; // as on AWS: `require.main === module` holds in no handler
    if (process.argv.length > 2) {
        const [folder, name] = process.argv.splice(2);
        isInitialised = true;
        socket.unref();
        start(folder, name);
    }
}

main();
