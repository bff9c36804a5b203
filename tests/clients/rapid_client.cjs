'use strict';

/*
 * Stands in for the native part of aws-lambda-ric, rapid-client.node, where that has not been built.
 *
 * The rest of the client (handler loading, context, errors, log format, the loop) is the official one. This part has the
 * three functions that it calls: next(), done() and error(). Like the native ones they use one connection, send lower-case
 * headers and no Expect, and the next event is asked for once the answer has been taken. Preload it: node --require.
 */
const http = require('node:http');
const Module = require('node:module');

const [host, port] = (process.env.AWS_LAMBDA_RUNTIME_API ?? '').split(':');
const prefix = '/2018-06-01/runtime/invocation/';
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
let last = Promise.resolve();

function call(method, path, body, headers) {
    return new Promise((resolve, reject) => {
        const request = http.request({ host, port, method, path: prefix + path, headers, agent }, (response) => {
            const pieces = [];
            response.on('data', (piece) => pieces.push(piece));
            response.on('end', () => resolve({ response, text: Buffer.concat(pieces).toString() }));
        });
        request.on('error', reject);
        request.end(body);
    });
}

function post(path, body, headers = {}) {
    last = last.then(async () => {
        const length = Buffer.byteLength(body);
        const { response, text } = await call('POST', path, body, {
            'content-type': 'application/json', 'content-length': length, ...headers,
        });
        if (response.statusCode < 200 || response.statusCode > 299)
            console.error(`the Runtime API refused: ${response.statusCode} ${text}`);
    });
}

const client = {
    async next() {
        await last;
        const { response, text } = await call('GET', 'next', undefined, {});
        if (response.statusCode !== 200)
            throw new Error(`next: ${response.statusCode} ${text}`);
        return { bodyJson: text, headers: response.headers };
    },
    done(id, body) {
        post(`${id}/response`, body);
    },
    error(id, body, cause) {
        post(`${id}/error`, body, { 'lambda-runtime-function-xray-error-cause': cause });
    },
};

const load = Module._load;
Module._load = function (name, ...rest) {
    return name.endsWith('rapid-client.node') ? client : load.call(this, name, ...rest);
};
