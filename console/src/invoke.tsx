/* The dialog that invokes a function: empty, from a sample, or again with the payload of an earlier invocation. */
import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';

import { invoke, invokePath } from './api.ts';
import type { Invoked, InvokeRequest } from './api.ts';
import { dropEvent, samples, saveEvent, savedEvents } from './samples.ts';
import { attempt, functions } from './store.ts';
import { Code, CopyButton, Dialog, duration, pretty } from './ui.tsx';

export const invoking = signal<InvokeRequest | null>(null);

/* ---- as a command ---- */

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

export const asAws = (request: InvokeRequest): string =>
    `aws lambda invoke --endpoint-url ${location.origin} --function-name ${quoted(request.name)}` +
    (request.qualifier ? ` --qualifier ${quoted(request.qualifier)}` : '') +
    (request.type === 'RequestResponse' ? '' : ` --invocation-type ${request.type}`) +
    ` --cli-binary-format raw-in-base64-out --payload ${quoted(request.payload)} /dev/stdout`;

export const asCurl = (request: InvokeRequest): string =>
    `curl '${location.origin}${invokePath(request)}'` +
    (request.type === 'RequestResponse' ? '' : ` -H 'X-Amz-Invocation-Type: ${request.type}'`) +
    ` -d ${quoted(request.payload)}`;

export const asBoto3 = (request: InvokeRequest): string =>
    [
        'import boto3',
        '',
        `client = boto3.client("lambda", endpoint_url="${location.origin}", region_name="us-east-1",`,
        '                      aws_access_key_id="local", aws_secret_access_key="local")',
        `answer = client.invoke(FunctionName=${JSON.stringify(request.name)},`,
        ...(request.qualifier ? [`                       Qualifier=${JSON.stringify(request.qualifier)},`] : []),
        `                       InvocationType=${JSON.stringify(request.type)},`,
        `                       Payload=${JSON.stringify(request.payload)})`,
        'print(answer["StatusCode"], answer["Payload"].read().decode())',
    ].join('\n');

export function CopyAs({ request }: { request: InvokeRequest }) {
    return (
        <span class="buttons">
            <CopyButton label="copy as aws" text={() => asAws(request)} />
            <CopyButton label="copy as curl" text={() => asCurl(request)} />
            <CopyButton label="copy as boto3" text={() => asBoto3(request)} />
        </span>
    );
}

/* ---- the dialog ---- */

function problemOf(payload: string): string | null {
    if (payload.trim() === '') return null;
    try {
        JSON.parse(payload);
        return null;
    } catch (error) {
        return error instanceof Error ? error.message : String(error);
    }
}

function Result({ result }: { result: Invoked }) {
    let body = result.body;
    try {
        body = pretty(JSON.parse(body));
    } catch {
        /* shown as it is */
    }
    const isBad = result.status >= 300 || result.functionError !== null;
    return (
        <section aria-live="polite" class="result">
            <h3>
                <span class={isBad ? 'bad' : 'good'}>{result.status}</span>
                {result.functionError && ` ${result.functionError}`}{' '}
                <span class="dim">
                    {duration(result.milliseconds)}
                    {result.version && ` · version ${result.version}`}
                    {result.requestId && ` · ${result.requestId}`}
                </span>
            </h3>
            <Code text={body === '' ? '(no payload)' : body} label="Response" />
        </section>
    );
}

export function InvokeDialog() {
    const request = invoking.value;
    return request === null ? null : <Form key={JSON.stringify(request)} first={request} />;
}

function Form({ first }: { first: InvokeRequest }) {
    const [request, setRequest] = useState(first);
    const [result, setResult] = useState<Invoked | null>(null);
    const [isBusy, setIsBusy] = useState(false);
    const [saved, setSaved] = useState(savedEvents(first.name));
    const set = (change: Partial<InvokeRequest>) => setRequest({ ...request, ...change });
    const problem = problemOf(request.payload);
    const row = functions.value.find((other) => other.FunctionName === request.name);
    const qualifiers = row ? [...row.Versions.filter((v) => v !== '$LATEST'), ...row.Aliases] : [];

    const send = async () => {
        setIsBusy(true);
        await attempt(async () => setResult(await invoke(request)));
        setIsBusy(false);
    };
    useEffect(() => {
        if (first.isSent) void send();
    }, []);
    const choose = (title: string) => {
        const own = saved[title];
        set({ payload: own ?? JSON.stringify(samples[title] ?? {}, null, 2) });
    };
    const save = () => {
        const title = prompt('Name of this event');
        if (!title) return;
        saveEvent(request.name, title, request.payload);
        setSaved(savedEvents(request.name));
    };
    return (
        <Dialog title={`Invoke ${request.name}`} onClose={() => (invoking.value = null)}>
            <form
                onSubmit={(event) => {
                    event.preventDefault();
                    void send();
                }}
                onKeyDown={(event) => {
                    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void send();
                }}
            >
                <div class="fields">
                    <label>
                        Function
                        <select value={request.name} onChange={(e) => set({ name: e.currentTarget.value })}>
                            {functions.value.map((f) => (
                                <option key={f.FunctionName}>{f.FunctionName}</option>
                            ))}
                        </select>
                    </label>
                    <label>
                        Qualifier
                        <select
                            value={request.qualifier ?? ''}
                            onChange={(e) => set({ qualifier: e.currentTarget.value || undefined })}
                        >
                            <option value="">$LATEST</option>
                            {qualifiers.map((q) => (
                                <option key={q}>{q}</option>
                            ))}
                        </select>
                    </label>
                    <label>
                        Type
                        <select
                            value={request.type}
                            onChange={(e) => set({ type: e.currentTarget.value as InvokeRequest['type'] })}
                        >
                            <option>RequestResponse</option>
                            <option>Event</option>
                            <option>DryRun</option>
                        </select>
                    </label>
                    <label>
                        Start from
                        <select value="" onChange={(e) => choose(e.currentTarget.value)}>
                            <option value="">choose…</option>
                            {Object.keys(saved).length > 0 && (
                                <optgroup label="Saved">
                                    {Object.keys(saved).map((title) => (
                                        <option key={title}>{title}</option>
                                    ))}
                                </optgroup>
                            )}
                            <optgroup label="Samples">
                                {Object.keys(samples).map((title) => (
                                    <option key={title}>{title}</option>
                                ))}
                            </optgroup>
                        </select>
                    </label>
                </div>
                <label>
                    Payload
                    <textarea
                        rows={12}
                        spellcheck={false}
                        value={request.payload}
                        aria-invalid={problem !== null}
                        onInput={(e) => set({ payload: e.currentTarget.value })}
                    />
                </label>
                {problem !== null && <p class="bad">not JSON: {problem}</p>}
                <div class="buttons">
                    <button type="submit" class="primary" disabled={isBusy}>
                        {isBusy ? 'running…' : 'Invoke'} <kbd>Ctrl ⏎</kbd>
                    </button>
                    <button type="button" onClick={save}>
                        save event
                    </button>
                    {Object.entries(saved).some(([, text]) => text === request.payload) && (
                        <button
                            type="button"
                            onClick={() => {
                                const title = Object.keys(saved).find((name) => saved[name] === request.payload);
                                if (title) dropEvent(request.name, title);
                                setSaved(savedEvents(request.name));
                            }}
                        >
                            forget event
                        </button>
                    )}
                    <CopyAs request={request} />
                </div>
            </form>
            {result && <Result result={result} />}
        </Dialog>
    );
}
