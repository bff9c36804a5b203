'use strict';

// The function of runtime_cases.py, under aws-lambda-ric.

const { existsSync } = require('node:fs');

let count = 0;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

if (process.env.MODE === 'init-error') {
    console.log("can't begin");
    process.exit(4);
}

async function waitFor(file) {
    while (!existsSync(file)) await sleep(10);
}

const actions = {
    echo: async (event) => event.value,
    context: async (event, context) => ({
        id: context.awsRequestId, arn: context.invokedFunctionArn, remaining: context.getRemainingTimeInMillis(),
    }),
    fail: async () => { throw new RangeError('ouch'); },
    crash: async () => process.abort(),
    exit: async () => process.exit(3),
    sleep: () => sleep(60000),
    large: async (event) => 'm'.repeat(event.bytes - 2),
    meet: async (event) => {
        console.log('waits');
        await waitFor(event.file);
        return { pid: process.pid, count };
    },
};

exports.handler = async (event, context) => {
    count++;
    return actions[event.do](event, context);
};

if (globalThis.awslambda)
    exports.stream = awslambda.streamifyResponse(async (event, stream) => {
        for (const [i, text] of event.texts.entries()) {
            if (event.file && i > 0) await waitFor(event.file);
            stream.write(text);
        }
        for (let i = 0; i < (event.bytes ?? 0); i += 1 << 20) stream.write('m'.repeat(1 << 20));
        if (event.do === 'fail') throw new Error('half-way');
        stream.end();
    });
