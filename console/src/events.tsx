/* The queue, and the life of each event on the server's clock. */
import { computed, signal } from '@preact/signals';

import { api } from './api.ts';
import type { EventRow, EventStep, InvocationRow } from './api.ts';
import { attempt, clock, events, invocations, refreshEvents, steps } from './store.ts';
import { Badge, Empty, seconds, shortId, timeOf } from './ui.tsx';

const chosen = signal<string | null>(null);

export interface Life {
    id: string;
    name: string;
    row: EventRow | undefined; /* while it is in the queue */
    steps: EventStep[];
    runs: InvocationRow[]; /* oldest first */
    acceptedAt: number;
    state: string;
}

const lives = computed<Life[]>(() => {
    const found = new Map<string, Life>();
    const of = (id: string, name: string): Life => {
        let life = found.get(id);
        if (!life) {
            life = { id, name, row: undefined, steps: [], runs: [], acceptedAt: Infinity, state: 'done' };
            found.set(id, life);
        }
        return life;
    };
    for (const row of events.value) {
        const life = of(row.RequestId, row.FunctionName);
        life.row = row;
        life.state = row.State;
        life.acceptedAt = Date.parse(row.EnqueuedAt);
    }
    for (const [id, list] of steps.value) {
        const first = list[0];
        if (!first) continue;
        const life = of(id, first.FunctionName);
        life.steps = list;
        life.acceptedAt = Math.min(life.acceptedAt, Date.parse(first.At));
    }
    for (const row of invocations.value) {
        if (row.InvocationType !== 'Event') continue;
        const life = of(row.RequestId, row.FunctionName);
        life.runs.unshift(row);
        life.acceptedAt = Math.min(life.acceptedAt, Date.parse(row.EnqueuedAt ?? row.StartedAt));
    }
    for (const life of found.values()) {
        if (life.row) continue;
        const last = life.steps[life.steps.length - 1]?.Step;
        const run = life.runs[life.runs.length - 1];
        if (last === 'given up' || last === 'removed') life.state = last;
        else life.state = last === 'succeeded' || run?.Status === 'succeeded' ? 'succeeded' : 'given up';
    }
    /* What is due next stands first, then what is over, newest first. */
    const due = (life: Life) => Date.parse(life.row?.NextAttemptAt ?? life.row?.EnqueuedAt ?? '');
    return [...found.values()].sort((a, b) => {
        if (a.row && b.row) return due(a) - due(b);
        if (a.row || b.row) return a.row ? -1 : 1;
        return b.acceptedAt - a.acceptedAt;
    });
});

/* ---- the timeline ---- */

const WIDTH = 1000;

function Timeline({ life }: { life: Life }) {
    const now = Date.parse(clock.value.now) || Date.now();
    const next = life.row?.NextAttemptAt ? Date.parse(life.row.NextAttemptAt) : null;
    const from = life.acceptedAt;
    const lastRun = life.runs[life.runs.length - 1];
    const end = Math.max(next ?? 0, lastRun ? Date.parse(lastRun.StartedAt) + (lastRun.DurationMs ?? 0) : from, from + 1000);
    const span = (end - from) * 1.06;
    const x = (at: number) => 12 + Math.max(0, Math.min(1, (at - from) / span)) * (WIDTH - 24);
    const told = [
        `accepted at ${timeOf(new Date(from).toISOString())}`,
        ...life.runs.map((run) => `attempt ${run.Attempt} ${run.Status} at ${timeOf(run.StartedAt)}`),
        ...(next === null ? [] : [`next attempt at ${timeOf(life.row?.NextAttemptAt ?? null)}`]),
    ].join(', ');
    let before = from;
    return (
        <svg class="timeline" viewBox={`0 0 ${WIDTH} 74`} role="img" aria-label={told}>
            <line class="axis" x1={x(from)} x2={WIDTH - 12} y1={40} y2={40} />
            <circle class="accepted" cx={x(from)} cy={40} r={6} />
            <text x={x(from)} y={64} text-anchor="start">
                accepted
            </text>
            {life.runs.map((run) => {
                const start = Date.parse(run.StartedAt);
                const stop = start + (run.DurationMs ?? Math.max(0, now - start));
                const waited = start - before;
                const wait = waited > span / 30 && (
                    <>
                        <line class="wait" x1={x(before)} x2={x(start)} y1={40} y2={40} />
                        <text x={(x(before) + x(start)) / 2} y={30} text-anchor="middle" class="dim">
                            {seconds(waited / 1000)}
                        </text>
                    </>
                );
                before = stop;
                return (
                    <g key={run.Attempt + run.StartedAt}>
                        {wait}
                        <rect
                            class={`run ${run.Status}`}
                            x={x(start) - 4}
                            width={Math.max(9, x(stop) - x(start))}
                            y={28}
                            height={24}
                            rx={3}
                        />
                        <text x={x(start)} y={18} text-anchor="middle">
                            {run.Attempt}
                        </text>
                    </g>
                );
            })}
            {next !== null && next > before && (
                <>
                    <line class="wait to-come" x1={x(before)} x2={x(next)} y1={40} y2={40} />
                    <circle class="to-come" cx={x(next)} cy={40} r={6} />
                    <text x={x(next)} y={64} text-anchor="end">
                        next in {seconds((next - now) / 1000)}
                    </text>
                </>
            )}
            {now > from && now < from + span && <line class="now" x1={x(now)} x2={x(now)} y1={20} y2={60} />}
        </svg>
    );
}

/* ---- the states, with the event's path lit ---- */

const boxes: Record<string, [x: number, y: number]> = {
    queued: [10, 40],
    running: [130, 40],
    waiting: [130, 110],
    succeeded: [280, 10],
    'given up': [280, 80],
    record: [420, 10],
    'dead letter': [420, 80],
};

const ways: [from: string, to: string][] = [
    ['queued', 'running'],
    ['queued', 'given up'],
    ['running', 'waiting'],
    ['waiting', 'running'],
    ['running', 'succeeded'],
    ['running', 'given up'],
    ['succeeded', 'record'],
    ['given up', 'dead letter'],
];

function visited(life: Life): Set<string> {
    const been = new Set<string>(['queued']);
    if (life.runs.length > 0) been.add('running');
    if (life.runs.length > 1 || life.state === 'waiting') been.add('waiting');
    if (life.state === 'succeeded') been.add('succeeded').add('record');
    if (life.state === 'given up') been.add('given up').add('dead letter');
    return been;
}

function States({ life }: { life: Life }) {
    const been = visited(life);
    const now = life.row ? life.state : null;
    const middle = (name: string): [number, number] => {
        const [x, y] = boxes[name] ?? [0, 0];
        return [x + 52, y + 15];
    };
    return (
        <svg class="states" viewBox="0 0 540 150" role="img" aria-label={`States passed: ${[...been].join(', ')}`}>
            {ways.map(([from, to]) => {
                const [x1, y1] = middle(from);
                const [x2, y2] = middle(to);
                const hasRun = been.has('running');
                const isLit = been.has(from) && been.has(to) && !(from === 'queued' && to === 'given up' && hasRun);
                return <line key={from + to} x1={x1} y1={y1} x2={x2} y2={y2} class={isLit ? 'lit' : ''} />;
            })}
            {Object.entries(boxes).map(([name, [x, y]]) => (
                <g key={name} class={`${been.has(name) ? 'lit' : ''} ${now === name ? 'current' : ''}`}>
                    <rect x={x} y={y} width={104} height={30} rx={5} />
                    <text x={x + 52} y={y + 19} text-anchor="middle">
                        {name}
                    </text>
                </g>
            ))}
        </svg>
    );
}

const reasonOf = (run: InvocationRow): string => {
    const said = (run.ResponsePayload ?? {}) as { errorType?: string; errorMessage?: string };
    if (!run.FunctionError) return '';
    return `: ${[run.FunctionError, said.errorType, said.errorMessage].filter(Boolean).join(': ')}`;
};

/* What happened before the page listened, by the history. */
function Before({ life }: { life: Life }) {
    const firstTold = life.steps[0] ? Date.parse(life.steps[0].At) : Infinity;
    return (
        <>
            <li>
                <span class="time">{timeOf(new Date(life.acceptedAt).toISOString())}</span> <b>accepted</b>
            </li>
            {life.runs
                .filter((run) => Date.parse(run.StartedAt) < firstTold)
                .map((run) => (
                    <li key={run.Attempt + run.StartedAt}>
                        <span class="time">{timeOf(run.StartedAt)}</span> <b>attempt {run.Attempt}</b> {run.Status}
                        {reasonOf(run)}
                    </li>
                ))}
        </>
    );
}

function Detail({ life }: { life: Life }) {
    return (
        <section class="detail" aria-label="Event">
            <header>
                <h2>{life.name}</h2>
                <Badge status={life.state} />
                <button type="button" aria-label="Close" onClick={() => (chosen.value = null)}>
                    ✕
                </button>
            </header>
            <p>
                request id <code>{life.id}</code>
            </p>
            <Timeline life={life} />
            <States life={life} />
            <h3>What happened, and why</h3>
            <ol class="steps">
                {life.steps.map((step, i) => (
                    <li key={i}>
                        <span class="time">{timeOf(step.At)}</span> <b>{step.Step}</b> {step.Text}
                    </li>
                ))}
                {life.steps[0]?.Step !== 'accepted' && <Before life={life} />}
                {life.row?.NextAttemptAt && (
                    <li class="dim">
                        <span class="time">{timeOf(life.row.NextAttemptAt)}</span> attempt {life.row.Attempt} is due
                        {life.row.LastError && `; the last error was ${life.row.LastError}`}
                    </li>
                )}
            </ol>
        </section>
    );
}

export function Events() {
    const all = lives.value;
    const life = all.find((other) => other.id === chosen.value);
    const now = Date.parse(clock.value.now);
    return (
        <>
            <div class="filters">
                <span>
                    {events.value.length} in the queue, {all.length - events.value.length} over
                </span>
                <span class="grow" />
                <button
                    type="button"
                    disabled={events.value.length === 0}
                    onClick={() =>
                        void attempt(async () => {
                            await api.clearEvents();
                            refreshEvents();
                        }, 'The queue is empty.')
                    }
                >
                    empty the queue
                </button>
            </div>
            {all.length === 0 ? (
                <Empty title="No events yet">
                    <p>
                        An event is an asynchronous invocation. Press <b>invoke</b> on a function, choose the type{' '}
                        <code>Event</code>, and watch what becomes of it; or try
                    </p>
                    <pre tabIndex={0}>
                        curl '{location.origin}/2015-03-31/functions/NAME/invocations' \{'\n'}
                        {'  '}-H 'X-Amz-Invocation-Type: Event' -d '{'{}'}'
                    </pre>
                </Empty>
            ) : (
                <div class={life ? 'split' : ''}>
                    <div class="list" role="listbox" tabIndex={0} aria-label="Events, the next one due first">
                        {all.slice(0, 200).map((other) => (
                            <div
                                key={other.id}
                                role="option"
                                aria-selected={other.id === chosen.value}
                                class="row"
                                onClick={() => (chosen.value = other.id)}
                            >
                                <code class="dim">{shortId(other.id)}</code>
                                <Badge status={other.state} />
                                <b>{other.name}</b>
                                <span class="dim">
                                    {other.row
                                        ? `attempt ${other.row.Attempt}` +
                                          (other.row.NextAttemptAt
                                              ? ` in ${seconds(Math.max(0, Date.parse(other.row.NextAttemptAt) - now) / 1000)}`
                                              : '')
                                        : `${other.runs.length} ${other.runs.length === 1 ? 'run' : 'runs'}`}
                                </span>
                                <span class="dim">{other.row?.LastError}</span>
                            </div>
                        ))}
                    </div>
                    {life && <Detail life={life} />}
                </div>
            )}
        </>
    );
}
