/*
 * nodejs_worker.mjs - starts the bundled Node.js runtime with a socket at descriptor 3 and speaks the frames of
 * runtime/environments/frames.h with it, as the server does.
 *
 * INVOKED_TEST_NODE names the Node.js that runs it (default: the one that runs the test).
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const node = process.env.INVOKED_TEST_NODE ?? process.execPath;
export const bootstrap = fileURLToPath(new URL('../../runtime/bundled/nodejs/bootstrap.cjs', import.meta.url));
export const fixtures = fileURLToPath(new URL('../../fixtures/functions/', import.meta.url));

const PATIENCE_MS = 10_000;

const defaultDetails = {
    requestId: '8476a536-e9f4-11e8-9739-2dfe598c3fcd',
    deadline: () => Date.now() + 3000,
    functionArn: 'arn:aws:lambda:us-east-1:123456789012:function:hello',
    traceId: 'Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1',
    clientContext: '', identity: '', tenantId: '',
};

export function encodeFrame(kind, ...parts) {
    const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
    const head = Buffer.alloc(5);
    head.writeUInt32BE(body.length + 1);
    head.write(kind, 4);
    return Buffer.concat([head, body]);
}

export function encodeFields(fields) {
    return fields.map((field) => `${field}\0`).join('');
}

export function encodeEvent(payload, details = {}) {
    const all = { ...defaultDetails, ...details };
    const deadline = typeof all.deadline === 'function' ? all.deadline() : all.deadline;
    const fields = Buffer.from(encodeFields([
        all.requestId, deadline, all.functionArn, all.traceId, all.clientContext, all.identity, all.tenantId]));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(fields.length);
    return encodeFrame('E', length, fields, payload);
}

function firstField(body) {
    const end = body.indexOf(0);
    return [body.toString('utf8', 0, end), body.subarray(end + 1)];
}

export class Worker {
    #waiting = [];
    #frames = [];
    #bytes = [];
    #output = { 1: [], 2: [] };

    /* {folder, handler, variables}; with `isSilent` nothing is sent to it; `startVariables`: those it starts with. */
    constructor({ folder, handler = 'index.handler', variables = {}, isSilent = false, startVariables = {} }) {
        this.process = spawn(node, [bootstrap], {
            env: { PATH: process.env.PATH, ...startVariables }, stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
        });
        this.socket = this.process.stdio[3];
        this.socket.on('data', (bytes) => this.#take(bytes));
        this.socket.on('error', () => {});
        for (const descriptor of [1, 2])
            this.process.stdio[descriptor].on('data', (bytes) => this.#output[descriptor].push(bytes));
        this.ended = new Promise((resolve) => {
            this.process.on('close', (status, signal) => {
                this.#waiting.splice(0).forEach(({ resolve: give }) => give(null));
                this.hasEnded = true;
                resolve({ status, signal });
            });
        });
        if (!isSilent)
            this.send(this.initFrame(folder, handler, variables));
    }

    initFrame(folder, handler, variables) {
        const all = {
            PATH: process.env.PATH, TZ: ':UTC', AWS_LAMBDA_FUNCTION_NAME: 'hello', AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
            AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128', AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x',
            AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/hello',
            AWS_LAMBDA_LOG_STREAM_NAME: '2026/01/31/[$LATEST]0c043fa44889969a82ad0b09bd15493d', ...variables,
        };
        const assignments = Object.entries(all).map(([name, value]) => `${name}=${value}`);
        return encodeFrame('I', encodeFields([folder, handler, ...assignments]));
    }

    get log() {
        return Buffer.concat(this.#output[1]).toString();
    }

    get errorLog() {
        return Buffer.concat(this.#output[2]).toString();
    }

    /* Waits until the log has `text`. */
    async logHas(text) {
        const givesUpAt = performance.now() + PATIENCE_MS;
        while (!this.log.includes(text)) {
            if (performance.now() > givesUpAt || this.hasEnded)
                throw new Error(`no ${JSON.stringify(text)} in the log: ${this.log}${this.errorLog}`);
            await new Promise((resolve) => this.process.stdout.once('data', resolve));
        }
    }

    send(bytes) {
        this.socket.write(bytes);
    }

    #take(bytes) {
        this.#bytes.push(bytes);
        let whole = this.#bytes.length === 1 ? bytes : null;
        for (;;) {
            const length = this.#bytes.reduce((sum, part) => sum + part.length, 0);
            const head = whole ?? (this.#bytes[0].length < 4 ? (whole = Buffer.concat(this.#bytes)) : this.#bytes[0]);
            if (length < 4 || length < 4 + head.readUInt32BE(0))
                break;
            whole = whole ?? Buffer.concat(this.#bytes);
            const end = 4 + whole.readUInt32BE(0);
            this.#deliver({ kind: String.fromCharCode(whole[4]), body: whole.subarray(5, end) });
            whole = whole.subarray(end);
            this.#bytes = [whole];
        }
        if (whole !== null)
            this.#bytes = [whole];
    }

    #deliver(frame) {
        const waiting = this.#waiting.shift();
        if (waiting)
            waiting.resolve(frame);
        else
            this.#frames.push(frame);
    }

    /* The next frame; null once the worker has ended. */
    nextFrame() {
        if (this.#frames.length > 0 || this.hasEnded)
            return Promise.resolve(this.#frames.shift() ?? null);
        return new Promise((resolve, reject) => {
            const timer = setTimeout(() => reject(new Error(`no frame; log: ${this.log}${this.errorLog}`)), PATIENCE_MS);
            this.#waiting.push({ resolve: (frame) => (clearTimeout(timer), resolve(frame)) });
        });
    }

    /* What has come and nobody has asked for. */
    get unreadFrames() {
        return this.#frames.map(({ kind }) => kind).join('');
    }

    /* Reads up to the outcome: {kinds, errorType, text, contentType, chunks}; kinds has all, up to 'N' or the end. */
    async outcome() {
        const outcome = { kinds: '', chunks: [] };
        for (;;) {
            const frame = await this.nextFrame();
            if (frame === null)
                return outcome;
            outcome.kinds += frame.kind;
            if (frame.kind === 'N')
                return outcome;
            if (frame.kind === 'R')
                outcome.text = frame.body.toString();
            else if (frame.kind === 'C')
                outcome.chunks.push(frame.body);
            else if (frame.kind === 'S')
                [outcome.contentType] = firstField(frame.body);
            else if (frame.body.length > 0)
                [outcome.errorType, outcome.text] = firstField(frame.body).map(String);
        }
    }

    /* Sends an event, when the worker is ready for it, and reads up to the outcome. */
    invoke(event, details) {
        return this.invokeText(JSON.stringify(event), details);
    }

    invokeText(payload, details) {
        this.send(encodeEvent(payload, details));
        return this.outcome();
    }

    /* Closes the socket and waits for the end: {status, signal}. */
    async end() {
        this.socket.destroy();
        const timer = setTimeout(() => this.process.kill('SIGKILL'), PATIENCE_MS);
        const how = await this.ended;
        clearTimeout(timer);
        return how;
    }
}
