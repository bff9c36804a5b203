/* The live list of what was invoked, and one invocation in full. */
import { computed, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

import { STATUSES } from './api.ts';
import type { InvocationRow } from './api.ts';
import { CopyAs, invoking } from './invoke.tsx';
import { functions, invocations, isPaused, resume } from './store.ts';
import { Badge, Code, CopyButton, Empty, duration, pretty, shortId, timeOf } from './ui.tsx';

/* Rows in the page: a screen of them, and more as somebody scrolls down. Each costs time whenever others arrive. */
const SCREEN = 50;
const STEP = 100;
const shownMax = signal(SCREEN);

const filter = signal({ name: '', status: '', type: '', text: '' });
const chosen = signal<string | null>(null);

const keyOf = (row: InvocationRow) => `${row.RequestId} ${row.Attempt}`;

/* What a search looks through; made once a row. */
const texts = new WeakMap<InvocationRow, string>();

function textOf(row: InvocationRow): string {
    let text = texts.get(row);
    if (text === undefined) {
        text = `${row.RequestId} ${JSON.stringify(row.Payload)} ${JSON.stringify(row.ResponsePayload)}`.toLowerCase();
        texts.set(row, text);
    }
    return text;
}

const matching = computed(() => {
    const { name, status, type, text } = filter.value;
    const wanted = text.toLowerCase();
    return invocations.value.filter(
        (row) =>
            (name === '' || row.FunctionName === name) &&
            (status === '' || row.Status === status) &&
            (type === '' || row.InvocationType === type) &&
            (wanted === '' || textOf(row).includes(wanted)),
    );
});

/* What REPORT says of the phases, in milliseconds. */
export function phases(row: InvocationRow): { name: string; milliseconds: number }[] {
    const log = row.Log ?? '';
    const of = (pattern: RegExp) => Number(pattern.exec(log)?.[1] ?? 0);
    const init = of(/Init Duration: ([\d.]+) ms/);
    const run = of(/\tDuration: ([\d.]+) ms/) || row.DurationMs || 0;
    return [
        { name: 'queue', milliseconds: row.QueueMs ?? 0 },
        { name: 'init', milliseconds: init },
        { name: 'run', milliseconds: run },
    ];
}

function Bars({ row }: { row: InvocationRow }) {
    const parts = phases(row);
    const total = Math.max(
        0.001,
        parts.reduce((sum, part) => sum + part.milliseconds, 0),
    );
    return (
        <div class="bars" role="img" aria-label={parts.map((p) => `${p.name} ${duration(p.milliseconds)}`).join(', ')}>
            {parts.map((part) => (
                <svg key={part.name} viewBox="0 0 100 10" preserveAspectRatio="none" class={part.name}>
                    <rect width={(part.milliseconds / total) * 100} height="10" />
                </svg>
            ))}
            <span class="dim">{parts.map((p) => `${p.name} ${duration(p.milliseconds)}`).join(' · ')}</span>
        </div>
    );
}

function Detail({ row }: { row: InvocationRow }) {
    const payload = typeof row.Payload === 'string' ? JSON.stringify(row.Payload) : JSON.stringify(row.Payload, null, 2);
    const request = {
        name: row.FunctionName,
        qualifier: row.Qualifier ?? undefined,
        type: row.InvocationType,
        payload,
    };
    return (
        <section class="detail" aria-label="Invocation">
            <header>
                <h2>
                    {row.FunctionName}
                    {row.Qualifier && `:${row.Qualifier}`}
                </h2>
                <Badge status={row.Status} />
                <button type="button" aria-label="Close" onClick={() => (chosen.value = null)}>
                    ✕
                </button>
            </header>
            <p class="dim">
                {row.InvocationType}, attempt {row.Attempt}, version {row.ExecutedVersion ?? '–'},{' '}
                {row.ColdStart ? 'cold start' : 'warm'}, started {row.StartedAt}
            </p>
            <p>
                request id <code>{row.RequestId}</code> <CopyButton label="copy" text={() => row.RequestId} />
            </p>
            <Bars row={row} />
            <div class="buttons">
                <button
                    type="button"
                    class="primary"
                    onClick={() => (invoking.value = { ...request, payload: JSON.stringify(row.Payload), isSent: true })}
                >
                    invoke again
                </button>
                <button type="button" onClick={() => (invoking.value = request)}>
                    edit and invoke
                </button>
                <CopyAs request={request} />
            </div>
            <h3>Request</h3>
            <Code text={pretty(row.Payload)} label="Request payload" />
            <h3>Response {row.FunctionError && <span class="bad">{row.FunctionError}</span>}</h3>
            <Code text={pretty(row.ResponsePayload)} label="Response payload" />
            <h3>Log</h3>
            <Code text={row.Log ?? '(none)'} label="Log" />
        </section>
    );
}

addEventListener('scroll', () => {
    if (scrollY === 0) shownMax.value = SCREEN;
});

/* Stands below the list, and adds rows before somebody reaches it. */
function More() {
    const below = useRef<HTMLDivElement>(null);
    useEffect(() => {
        const observer = new IntersectionObserver(
            ([entry]) => {
                if (entry?.isIntersecting) shownMax.value += STEP;
            },
            { rootMargin: '400px' },
        );
        observer.observe(below.current!);
        return () => observer.disconnect();
    }, [shownMax.value]);
    return <div ref={below} />;
}

function move(by: number): void {
    const rows = matching.value;
    const at = rows.findIndex((row) => keyOf(row) === chosen.value);
    const next = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
    if (!next) return;
    chosen.value = keyOf(next);
    if (at + by >= shownMax.value) shownMax.value += STEP;
}

export function Invocations() {
    const rows = matching.value;
    const row = chosen.value === null ? undefined : invocations.value.find((other) => keyOf(other) === chosen.value);
    const set = (change: Partial<typeof filter.value>) => (filter.value = { ...filter.value, ...change });
    return (
        <>
            <div class="filters" role="search">
                <label>
                    Function
                    <select value={filter.value.name} onChange={(e) => set({ name: e.currentTarget.value })}>
                        <option value="">all</option>
                        {functions.value.map((f) => (
                            <option key={f.FunctionName}>{f.FunctionName}</option>
                        ))}
                    </select>
                </label>
                <label>
                    Status
                    <select value={filter.value.status} onChange={(e) => set({ status: e.currentTarget.value })}>
                        <option value="">all</option>
                        {STATUSES.map((status) => (
                            <option key={status}>{status}</option>
                        ))}
                    </select>
                </label>
                <label>
                    Type
                    <select value={filter.value.type} onChange={(e) => set({ type: e.currentTarget.value })}>
                        <option value="">all</option>
                        <option>RequestResponse</option>
                        <option>Event</option>
                    </select>
                </label>
                <label class="grow">
                    Text in payloads or request id
                    <input
                        id="search"
                        type="search"
                        value={filter.value.text}
                        onInput={(e) => set({ text: e.currentTarget.value })}
                    />
                </label>
                <span class="dim" aria-live="off">
                    {rows.length} of {invocations.value.length}
                    {isPaused.value && ' · paused'}
                </span>
            </div>
            {invocations.value.length === 0 ? (
                <Empty title="Nothing was invoked yet">
                    <p>
                        Choose a function and press <b>invoke</b>, or point an AWS SDK at <code>{location.origin}</code>.
                    </p>
                </Empty>
            ) : (
                <div class={row ? 'split' : ''}>
                    <div
                        class="list"
                        role="listbox"
                        tabIndex={0}
                        aria-label="Invocations, newest first"
                        onMouseEnter={() => (isPaused.value = true)}
                        onMouseLeave={resume}
                        onKeyDown={(event) => {
                            if (event.key === 'ArrowDown' || event.key === 'j') move(1);
                            else if (event.key === 'ArrowUp' || event.key === 'k') move(-1);
                            else if (event.key === 'Escape') chosen.value = null;
                            else return;
                            event.preventDefault();
                        }}
                    >
                        {rows.slice(0, shownMax.value).map((other) => (
                            <div
                                key={keyOf(other)}
                                role="option"
                                aria-selected={keyOf(other) === chosen.value}
                                class="row"
                                onClick={() => (chosen.value = keyOf(other))}
                            >
                                <span class="time">{timeOf(other.StartedAt)}</span>
                                <Badge status={other.Status} />
                                <b>
                                    {other.FunctionName}
                                    {other.Qualifier && `:${other.Qualifier}`}
                                </b>
                                <span class="dim">
                                    {other.InvocationType === 'Event' ? `event, attempt ${other.Attempt}` : 'request'}
                                </span>
                                <span class="dim">{duration(other.DurationMs)}</span>
                                <code class="dim">{shortId(other.RequestId)}</code>
                            </div>
                        ))}
                    </div>
                    {row && <Detail row={row} />}
                </div>
            )}
            {rows.length > shownMax.value && <More />}
        </>
    );
}
