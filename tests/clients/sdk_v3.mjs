// The AWS SDK for JavaScript v3 (@aws-sdk/client-lambda) behind lines of JSON: test_cases_sdk_v3.py.

import * as sdk from "@aws-sdk/client-lambda";

import { readLog, serveLines, toBase64 } from "./sdk_lines.mjs";

const retryMode = process.env.RETRY_MODE;
const retries = retryMode ? { retryMode } : { maxAttempts: Number(process.env.ATTEMPTS) };

function outcomeOfError(error) {
    if (error.constructor !== (sdk[error.name] ?? sdk.LambdaServiceException)) throw error;
    return {
        error: error.name,
        error_status: error.$metadata.httpStatusCode,
        message: error.message,
        type: error.Type,
        reason: error.Reason,
        request_id: error.$metadata.requestId,
    };
}

async function outcomeOfStream(answer) {
    const pieces = [];
    let end = {};
    for await (const event of answer.EventStream) {
        if (event.PayloadChunk) pieces.push(event.PayloadChunk.Payload);
        if (event.InvokeComplete) end = event.InvokeComplete;
    }
    return {
        status: answer.StatusCode,
        payload: toBase64(Buffer.concat(pieces)),
        version: answer.ExecutedVersion,
        function_error: end.ErrorCode,
        error_details: end.ErrorDetails,
        log: readLog(end.LogResult),
        request_id: answer.$metadata.requestId,
    };
}

await serveLines({
    makeClient: (endpoint) =>
        new sdk.LambdaClient({
            endpoint,
            region: "us-east-1",
            credentials: { accessKeyId: "local", secretAccessKey: "local" },
            ...retries,
        }),

    async perform(client, name, members, abortSignal) {
        let answer;
        try {
            answer = await client.send(new sdk[`${name}Command`](members), { abortSignal });
        } catch (error) {
            if (error.name === "AbortError") return { error: "aborted" };
            return outcomeOfError(error);
        }
        if (answer.EventStream) return outcomeOfStream(answer);
        return {
            status: answer.StatusCode ?? answer.Status,
            payload: toBase64(answer.Payload),
            version: answer.ExecutedVersion,
            function_error: answer.FunctionError,
            log: readLog(answer.LogResult),
            request_id: answer.$metadata.requestId,
        };
    },
});
