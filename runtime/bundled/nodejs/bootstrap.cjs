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

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
const STREAMING_HIGH_WATER_MARK = Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark');
const DEFAULT_CONTENT_TYPE = 'application/octet-stream';
const HTTP_CONTENT_TYPE = 'application/vnd.awslambda.http-integration-response';

let socket;
let isInitialised = false; // an 'I' has come
let handler; // undefined until it is loaded
let isModern = false; // configured as nodejs24.x or later
let functionDetails; // the part of the context that is the same for all invocations
let invocation = null; // the one that runs
let lastRequestId; // what log lines carry: also after the invocation, as on AWS
let lastTenantId;
let isDying = false;

// ---- errors --------------------------------------------------------------------------------------------------------

class RuntimeError extends Error {
    constructor(type, message, cause) {
        super(message);
        Object.defineProperty(this, 'name', { value: `Runtime.${type}` });
        if (cause && cause.stack)
            this.stack = cause.stack;
        else if (typeof this.stack === 'string')
            this.stack = this.stack.replace(/^Error/, this.name);
    }
}

function textOf(value) {
    try {
        return String(value);
    } catch {
        return typeof value;
    }
}

function isErrorLike(value) {
    return util.types.isNativeError(value)
        || Boolean(value && value.name && value.message && value.stack)
        && typeof value.name === 'string' && typeof value.message === 'string' && typeof value.stack === 'string';
}

// What the caller gets. The keys come in AWS's order.
function errorBody(error) {
    try {
        if (!isErrorLike(error))
            return { errorType: typeof error, errorMessage: textOf(error), trace: [] };
        return {
            errorType: textOf(error.name),
            errorMessage: textOf(error.message),
            trace: typeof error.stack === 'string' ? error.stack.split('\n') : [],
        };
    } catch {
        return { errorType: 'handled', errorMessage: 'the error has a name, message or stack that throws', trace: [] };
    }
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

function logError(title, error) {
    const logged = error instanceof Error ? error : new Error(textOf(error));
    if (isLogJson()) {
        logAt.ERROR(logged);
        return;
    }
    let text;
    try {
        text = JSON.stringify(logged, withHiddenMembers);
    } catch {
        text = JSON.stringify(errorBody(logged));
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

function textLine(level, message, parameters) {
    return `${new Date().toISOString()}\t${lastRequestId}\t${level}\t${util.format(message, ...parameters)}\n`;
}

function loggedError(error) {
    return {
        errorType: error.constructor ? error.constructor.name : 'UnknownError',
        errorMessage: error.message,
        stackTrace: typeof error.stack === 'string' ? error.stack.split('\n') : [],
    };
}

function jsonLine(level, message, parameters) {
    const record = { timestamp: new Date().toISOString(), level, requestId: lastRequestId, tenantId: lastTenantId };
    if (parameters.length === 0) {
        try {
            const withErrors = (_key, value) => (value instanceof Error ? { ...loggedError(value), ...value } : value);
            return JSON.stringify({ ...record, message }, withErrors) + '\n';
        } catch {
            return JSON.stringify({ ...record, message: util.format(message) }) + '\n';
        }
    }
    const error = [message, ...parameters].find((parameter) => parameter instanceof Error);
    return JSON.stringify({
        ...record, message: util.format(message, ...parameters), ...(error ? loggedError(error) : {}),
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
    else if (kind === 'E' && handler !== undefined && invocation === null)
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

// Whether a .js or .ts file in `folder` is an ES module, by the nearest package.json.
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
    for (const extension of ['.js', '.mjs', '.cjs', ...(process.features.typescript ? ['.ts', '.mts', '.cts'] : [])]) {
        const file = base + extension;
        if (!fs.existsSync(file))
            continue;
        const isModule = extension[1] === 'm' || (extension[1] !== 'c' && isModuleFolder(path.dirname(file)));
        return isModule ? import(require('url').pathToFileURL(file).href) : require(file);
    }
    return require(exact || require.resolve(name, { paths: [root, path.resolve(root, folder)] }));
}

async function loadHandler(root, fullName) {
    if (fullName.includes('..'))
        throw new RuntimeError('MalformedHandlerName', `'${fullName}' is not a valid handler name. `
            + 'Use absolute paths when specifying root directories in handler names.');
    const nameStart = fullName.lastIndexOf('/') + 1;
    const dot = fullName.indexOf('.', nameStart);
    if (dot < 0)
        throw new RuntimeError('MalformedHandlerName', 'Bad handler');
    let found;
    try {
        found = await loadModule(root, fullName.slice(0, nameStart), fullName.slice(nameStart, dot));
    } catch (error) {
        if (error instanceof SyntaxError)
            throw new RuntimeError('UserCodeSyntaxError', textOf(error), error);
        if (error && error.code === 'MODULE_NOT_FOUND')
            throw new RuntimeError('ImportModuleError', textOf(error));
        throw error;
    }
    for (const key of fullName.slice(dot + 1).split('.'))
        found = found && found[key];
    if (!found)
        throw new RuntimeError('HandlerNotFound', `${fullName} is undefined or not exported`);
    if (typeof found !== 'function')
        throw new RuntimeError('HandlerNotFound', `${fullName} is not a function`);
    if (found[STREAMING] && found[STREAMING] !== 'response')
        throw new RuntimeError('MalformedStreamingHandler', 'Only response streaming is supported.');
    return found;
}

// ---- response streaming --------------------------------------------------------------------------------------------

// Writes of the stream go out at once, and are done when the system has taken them: that is the back-pressure.
class ResponseStream extends Writable {
    #invocation;

    constructor(current, highWaterMark) {
        super(highWaterMark > 0 ? { highWaterMark } : {});
        this.#invocation = current;
        this.on('error', () => {}); // who writes is told by the callback, by pipeline() or by the invocation's end
    }

    setContentType(contentType) {
        if (this.#invocation.hasWritten)
            throw new RuntimeError('InvalidStreamingOperation', 'Cannot set content-type, too late.');
        this.#invocation.contentType = textOf(contentType);
    }

    write(chunk, encoding, callback) {
        const isPlain = typeof chunk === 'string' || chunk instanceof Uint8Array;
        if (!this.#invocation.hasWritten) {
            this.#invocation.hasWritten = true;
            if (typeof this._onBeforeFirstWrite === 'function')
                this._onBeforeFirstWrite((first) => super.write(first));
        }
        return super.write(isPlain ? chunk : JSON.stringify(chunk), encoding, callback);
    }

    // Writable's own goes round write().
    end(chunk, encoding, callback) {
        if (typeof chunk === 'function')
            return super.end(chunk);
        if (chunk !== undefined && chunk !== null)
            this.write(chunk, typeof encoding === 'string' ? encoding : undefined);
        return super.end(typeof encoding === 'function' ? encoding : callback);
    }

    #begin() {
        if (this.#invocation.isStarted)
            return;
        this.#invocation.isStarted = true;
        frame({ kind: 'S', field: this.#invocation.contentType.replace(/\0/g, '') });
    }

    _write(chunk, _encoding, callback) {
        if (this.#invocation.isEnded || chunk.length === 0) {
            callback(this.#invocation.isEnded ? new Error('The invocation of this response stream is over.') : null);
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

    _final(callback) {
        if (this.#invocation.isEnded) {
            callback();
            return;
        }
        this.#begin();
        this.#invocation.isEnded = true;
        frame({ kind: 'Z', onSent: callback });
        this.#invocation.onStreamOver();
    }

    _destroy(error, callback) {
        this.#invocation.onStreamOver(error);
        callback(error);
    }
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

function isThenable(value) {
    return Boolean(value) && typeof value.then === 'function';
}

function nodeJsExit() {
    return new RuntimeError('NodeJsExit', 'The Lambda runtime client detected an unexpected Node.js exit code. '
        + 'This is most commonly caused by a Promise that was never settled. For more information, see '
        + 'https://nodejs.org/docs/latest/api/process.html#exit-codes');
}

function parseOptional(json) {
    return json === '' ? undefined : JSON.parse(json);
}

function contextOf(details, callbacks) {
    return {
        callbackWaitsForEmptyEventLoop: true,
        ...callbacks,
        ...functionDetails,
        clientContext: parseOptional(details.clientContext),
        identity: parseOptional(details.identity),
        invokedFunctionArn: details.functionArn,
        awsRequestId: details.requestId,
        tenantId: details.tenantId || undefined,
        getRemainingTimeInMillis: () => details.deadline - Date.now(),
    };
}

// Ends the invocation with an error; the frame depends on how much of the response has gone out.
function sendError(current, error, isNext, onSent) {
    const body = errorBody(error);
    frame({
        kind: current.isStarted ? 'Z' : 'F', field: body.errorType.replace(/\0/g, ''), text: JSON.stringify(body),
        isNext, onSent,
    });
    current.isEnded = true;
}

function endInvocation() {
    invocation = null;
    socket.ref();
}

function finish(current, isError, value) {
    if (invocation !== current || isDying)
        return;
    let text;
    if (!isError) {
        try {
            text = JSON.stringify(value === undefined ? null : value) || 'null';
        } catch {
            const message = 'Unable to stringify response body';
            value = isModern ? new RuntimeError('JSONStringifyError', message) : new Error(message);
        }
    }
    if (text === undefined) {
        logError('Invoke Error', value);
        sendError(current, value, true);
    } else {
        frame({ kind: 'R', text, isNext: true });
    }
    endInvocation();
}

function runBuffered(current, details, payload) {
    // The first outcome counts; later ones are ignored.
    const settle = (isError, value) => {
        if (current.isSettled)
            return;
        current.isSettled = true;
        current.onEmptyLoop = null;
        setImmediate(finish, current, isError, value);
    };
    const isNone = (error) => error === undefined || error === null;
    const succeed = (result) => settle(false, result);
    const fail = (error) => settle(true, isNone(error) ? 'handled' : error);
    const done = (error, result) => (isNone(error) ? succeed(result) : fail(error));
    let context;
    const callback = (error, result) => {
        if (!isNone(error) || !context.callbackWaitsForEmptyEventLoop) {
            done(error, result);
        } else if (!current.isSettled) {
            current.isSettled = true;
            current.onEmptyLoop = () => finish(current, false, result);
        }
    };
    let isAwaited = handler.constructor && handler.constructor.name === 'AsyncFunction';
    current.onEmptyLoop = () => finish(current, isAwaited, isAwaited ? nodeJsExit() : null);
    try {
        context = contextOf(details, { succeed, fail, done });
        const returned = handler(JSON.parse(payload), context, callback);
        if (isThenable(returned)) {
            isAwaited = isAwaited || isModern;
            returned.then(succeed, fail);
        } else if (isModern && handler.length < 3) {
            succeed(returned);
        }
    } catch (error) {
        fail(error);
    }
}

function finishStream(current, error) {
    if (invocation !== current || isDying)
        return;
    if (error !== undefined)
        logError('Invoke Error', error);
    if (error !== undefined && !current.isEnded)
        sendError(current, error, true);
    else
        frame({ kind: 'N' });
    endInvocation();
}

async function runStreaming(current, details, payload) {
    const streamOver = new Promise((resolve) => {
        current.onStreamOver = resolve;
    });
    const unfinished = () => new Error('Response stream is not finished.');
    current.onEmptyLoop = () => finishStream(current, current.isEnded ? undefined : nodeJsExit());
    let error;
    try {
        const stream = new ResponseStream(current, handler[STREAMING_HIGH_WATER_MARK]);
        const returned = handler(JSON.parse(payload), stream, contextOf(details));
        if (!isThenable(returned))
            throw new Error('Streaming does not support non-async handlers.');
        if ((await returned) !== undefined)
            logAt.WARN('Streaming handlers ignore return values.');
        if (!current.isEnded) {
            current.onEmptyLoop = () => finishStream(current, unfinished());
            error = (await streamOver) || (current.isEnded ? undefined : unfinished());
        }
    } catch (thrown) {
        error = thrown === undefined || thrown === null ? 'handled' : thrown;
    }
    setImmediate(finishStream, current, error);
}

function beginInvocation(details, payload) {
    const current = {
        isSettled: false, onEmptyLoop: null,
        contentType: DEFAULT_CONTENT_TYPE, hasWritten: false, isStarted: false, isEnded: false, onStreamOver: null,
    };
    invocation = current;
    lastRequestId = details.requestId;
    lastTenantId = details.tenantId || undefined;
    if (details.traceId !== '')
        process.env._X_AMZN_TRACE_ID = details.traceId;
    else
        delete process.env._X_AMZN_TRACE_ID;
    socket.unref();
    if (handler[STREAMING])
        runStreaming(current, details, payload);
    else
        runBuffered(current, details, payload);
}

// ---- life and death ------------------------------------------------------------------------------------------------

// Tells the server, if it still waits for something, and exits.
function die(title, error, status) {
    if (isDying)
        return;
    isDying = true;
    logError(title, error);
    const exit = () => process.exit(status);
    if (handler === undefined) {
        const body = errorBody(error);
        frame({ kind: 'X', field: body.errorType.replace(/\0/g, ''), text: JSON.stringify(body), onSent: exit });
    } else if (invocation !== null && !invocation.isEnded) {
        sendError(invocation, error, false, exit);
    } else {
        exit();
    }
}

function unhandledRejection(reason, promise) {
    const error = new RuntimeError('UnhandledPromiseRejection', textOf(reason));
    return Object.assign(error, { reason, promise });
}

function onEmptyLoop() {
    if (invocation !== null && invocation.onEmptyLoop !== null) {
        invocation.onEmptyLoop();
    } else if (handler === undefined && !isDying) {
        logAt.ERROR("The handler's module never ends loading: nothing is left that its top-level await could wait for.");
        process.exit(STATUS_UNSETTLED_IMPORT);
    }
}

async function start(folder, name) {
    try {
        process.chdir(folder);
        require('module').Module._initPaths(); // NODE_PATH
        isModern = Number((/^AWS_Lambda_nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV) || [])[1]) >= 24;
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
        if (isModern && found.length > 2 && !found[STREAMING])
            logAt.WARN(`${name} takes a callback: AWS's Node.js 24 runtime refuses such handlers, use a promise`);
        setImmediate(() => {
            if (isDying)
                return;
            handler = found;
            frame({ kind: 'N' });
            socket.ref();
        });
    } catch (error) {
        die('Uncaught Exception', error, STATUS_UNCAUGHT_EXCEPTION);
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
    process.on('uncaughtException', (error) => die('Uncaught Exception', error, STATUS_UNCAUGHT_EXCEPTION));
    process.on('unhandledRejection', (reason, promise) =>
        die('Unhandled Promise Rejection', unhandledRejection(reason, promise), STATUS_UNHANDLED_REJECTION));
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
