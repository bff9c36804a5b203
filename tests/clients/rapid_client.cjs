'use strict';

/*
 * Stands in for the native part of aws-lambda-ric, rapid-client.node, where that has not been built.
 *
 * The rest of the client (handler loading, context, errors, log format, the loop) is the official one. This part has the
 * three functions that it calls, as the native ones behave: next() is a promise; done() and error() block until the
 * Runtime API has taken them, and throw for what is no text. HTTP is spoken by a thread, so that they can block. Preload
 * it: node --require.
 */
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');

const prefix = '/2018-06-01/runtime/invocation/';

// The thread: one connection, kept open; one call at a time.
function speak() {
    const http = require('node:http');
    const [host, port] = workerData.address.split(':');
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const done = new Int32Array(workerData.done);

    function finish(isNext, message) {
        if (isNext) {
            parentPort.postMessage(message);
            return;
        }
        if (message.status < 200 || message.status > 299)
            console.error(`the Runtime API refused: ${message.status} ${message.text}`);
        Atomics.store(done, 0, 1);
        Atomics.notify(done, 0);
    }

    parentPort.on('message', ({ path, body, headers }) => {
        const isNext = body === undefined;
        const request = http.request({ host, port, method: isNext ? 'GET' : 'POST', path: prefix + path, headers, agent },
            (response) => {
                const pieces = [];
                response.on('data', (piece) => pieces.push(piece));
                response.on('end', () => finish(isNext,
                    { status: response.statusCode, text: Buffer.concat(pieces).toString(), headers: response.headers }));
            });
        request.on('error', (error) => finish(isNext, { status: 0, text: error.message }));
        request.end(body);
    });
}

function makeClient() {
    const done = new SharedArrayBuffer(4);
    const flag = new Int32Array(done);
    let worker;
    let onNext;

    function call(message) {
        if (worker === undefined) {
            worker = new Worker(__filename, { execArgv: [], workerData: { address: process.env.AWS_LAMBDA_RUNTIME_API ?? '', done } });
            worker.on('message', (answer) => onNext(answer));
        }
        worker.postMessage(message);
    }

    function post(path, body, headers) {
        Atomics.store(flag, 0, 0);
        call({ path, body, headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers } });
        worker.unref();
        Atomics.wait(flag, 0, 0);
    }

    function check(...texts) {
        if (!texts.every((text) => typeof text === 'string'))
            throw new TypeError('Wrong arguments');
    }

    return {
        next() {
            return new Promise((resolve, reject) => {
                onNext = ({ status, text, headers }) => {
                    worker.unref();
                    if (status === 200)
                        resolve({ bodyJson: text, headers });
                    else
                        reject(new Error(`next: ${status} ${text}`));
                };
                call({ path: 'next', headers: {} });
                worker.ref();
            });
        },
        done(id, body) {
            check(id, body);
            post(`${id}/response`, body);
        },
        error(id, body, cause) {
            check(id, body, cause);
            // as bytes: Node.js would refuse what Latin-1 hasn't
            post(`${id}/error`, body, { 'lambda-runtime-function-xray-error-cause': Buffer.from(cause).toString('latin1') });
        },
    };
}

if (isMainThread) {
    const Module = require('node:module');
    const load = Module._load;
    let client;

    Module._load = function (name, ...rest) {
        return name.endsWith('rapid-client.node') ? (client ??= makeClient()) : load.call(this, name, ...rest);
    };
} else {
    speak();
}
