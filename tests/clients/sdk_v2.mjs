// The AWS SDK for JavaScript v2 (aws-sdk) behind lines of JSON: test_cases_sdk_v2.py.

import { Agent } from "node:http";

import Lambda from "aws-sdk/clients/lambda.js";

import { readLog, serveLines, toBase64 } from "./sdk_lines.mjs";

const maxRetries = Number(process.env.ATTEMPTS) - 1;
const methods = { Invoke: "invoke", InvokeAsync: "invokeAsync", InvokeWithResponseStream: "invokeWithResponseStream" };

function outcomeOf(error, answer, requestId) {
    if (error?.code === "RequestAbortedError") return { error: "aborted" };
    if (error)
        return { error: error.code, error_status: error.statusCode, message: error.message, request_id: error.requestId };
    return {
        status: answer.StatusCode ?? answer.Status,
        payload: toBase64(answer.Payload),
        version: answer.ExecutedVersion,
        function_error: answer.FunctionError,
        log: readLog(answer.LogResult),
        request_id: requestId,
    };
}

async function outcomeOfStream(answer, requestId) {
    const pieces = [];
    let end = {};
    for await (const event of answer.EventStream) {
        if (event.PayloadChunk) pieces.push(event.PayloadChunk.Payload);
        if (event.InvokeComplete) end = event.InvokeComplete;
    }
    return {
        ...outcomeOf(null, answer, requestId),
        payload: toBase64(Buffer.concat(pieces)),
        function_error: end.ErrorCode,
        error_details: end.ErrorDetails,
        log: readLog(end.LogResult),
    };
}

await serveLines({
    makeClient: (endpoint) =>
        new Lambda({
            endpoint,
            region: "us-east-1",
            credentials: { accessKeyId: "local", secretAccessKey: "local" },
            maxRetries,
            httpOptions: { agent: new Agent({ keepAlive: true, maxSockets: 64 }) }, // as its manual says to reuse connections
        }),

    perform: (client, name, members, signal) =>
        new Promise((resolve) => {
            const request = client[methods[name]](members);
            signal.addEventListener("abort", () => request.abort());
            request.send(function (error, answer) {
                resolve(answer?.EventStream ? outcomeOfStream(answer, this.requestId) : outcomeOf(error, answer, this.requestId));
            });
        }),
});
