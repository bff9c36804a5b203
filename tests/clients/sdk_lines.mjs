// An SDK for JavaScript behind the lines of JSON of line_adapter.py.
//
// `makeClient(endpoint)` returns a client of the SDK; `perform(client, name, members, signal)` an Outcome of
// client_cases.py, with its payload in base64.

import { createInterface } from "node:readline";

const blobs = ["Payload", "InvokeArgs"];

function readMembers(members) {
    const entries = Object.entries(members).map(([name, value]) => {
        if (blobs.includes(name)) return [name, Buffer.from(value, "base64")];
        if (name === "ClientContext") return [name, Buffer.from(JSON.stringify(value)).toString("base64")];
        return [name, value];
    });
    return Object.fromEntries(entries);
}

export const toBase64 = (payload) => Buffer.from(payload ?? "").toString("base64");
export const readLog = (log) => (log === undefined ? undefined : Buffer.from(log, "base64").toString());

export async function serveLines({ makeClient, perform }) {
    const clients = new Map();
    const running = new Map();

    async function run({ id, name, endpoint, members }) {
        if (!clients.has(endpoint)) clients.set(endpoint, makeClient(endpoint));
        running.set(id, new AbortController());
        let outcome;
        try {
            outcome = await perform(clients.get(endpoint), name, readMembers(members), running.get(id).signal);
        } catch (error) {
            outcome = { error: `unexpected ${error.stack}` };
        }
        running.delete(id);
        process.stdout.write(JSON.stringify({ id, outcome }) + "\n");
    }

    for await (const line of createInterface({ input: process.stdin })) {
        const request = JSON.parse(line);
        if (request.abort) running.get(request.id)?.abort();
        else run(request);
    }
    for (const client of clients.values()) client.destroy?.();
}
