// The AWS SDK for JavaScript v2 (aws-sdk) behind lines of JSON: test_cases_sdk_v2.py.

import { Agent } from "node:http";

import Lambda from "aws-sdk/clients/lambda.js";

import { readLog, serveLines, toBase64 } from "./sdk_lines.mjs";

const maxRetries = Number(process.env.ATTEMPTS) - 1;
const methods = { Invoke: "invoke", InvokeAsync: "invokeAsync" };

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
                resolve(outcomeOf(error, answer, this.requestId));
            });
        }),
});
