/* What the page knows. Messages of the stream are gathered and shown once a frame, however many come. */
import { batch, computed, signal } from '@preact/signals';

import { api, listen } from './api.ts';
import type { ClockRow, EventRow, EventStep, FunctionRow, InvocationRow, QueueRow } from './api.ts';

export const INVOCATIONS_MAX = 10000;
const STEPS_MAX = 5000;
const SERIES_SECONDS = 3600;

export const functions = signal<FunctionRow[]>([]);
export const invocations = signal<InvocationRow[]>([]); /* newest first */
export const events = signal<EventRow[]>([]);
export const steps = signal<Map<string, EventStep[]>>(new Map());
export const clock = signal<ClockRow>({ now: '', mode: 'real' });
export const queue = signal<QueueRow>({ Events: 0, Running: 0 });
export const isConnected = signal(false);
export const isPaused = signal(false);
export const version = signal('');
export const notice = signal<{ text: string; isError: boolean } | null>(null);

export const isManual = computed(() => clock.value.mode === 'manual');

/* ---- a second of what happened ---- */

export interface Second {
    at: number; /* epoch seconds */
    count: number;
    errors: number;
    throttles: number;
    colds: number;
    durations: number[];
    queue: number;
    environments: number;
}

export const series = signal<Second[]>([]);
export const seriesOf = new Map<string, Second[]>(); /* by function */

function secondOf(list: Second[], at: number): Second {
    let last = list[list.length - 1];
    if (!last || last.at !== at) {
        last = { at, count: 0, errors: 0, throttles: 0, colds: 0, durations: [], queue: 0, environments: 0 };
        list.push(last);
        if (list.length > SERIES_SECONDS) list.splice(0, list.length - SERIES_SECONDS);
    }
    return last;
}

function count(list: Second[], row: InvocationRow, at: number): void {
    const second = secondOf(list, at);
    second.count++;
    if (row.Status === 'failed' || row.Status === 'rejected') second.errors++;
    if (row.Status === 'throttled') second.throttles++;
    if (row.ColdStart) second.colds++;
    if (row.DurationMs !== null && second.durations.length < 1000) second.durations.push(row.DurationMs);
}

function countFor(row: InvocationRow, at: number): void {
    let own = seriesOf.get(row.FunctionName);
    if (!own) seriesOf.set(row.FunctionName, (own = []));
    count(series.value, row, at);
    count(own, row, at);
}

/* What had happened before the page was opened. Another clock than the real one says nothing about the last hour. */
function countPast(row: InvocationRow, mode: string): void {
    if (mode === 'real' && row.Status !== 'running') countFor(row, Math.floor(Date.parse(row.StartedAt) / 1000));
}

/* ---- what the stream brings ---- */

const rowKey = (row: InvocationRow) => `${row.RequestId} ${row.Attempt}`;
let listed = new Map<string, InvocationRow['Status']>(); /* by the keys of `invocations` */
const arrived: { rows: Map<string, InvocationRow>; steps: EventStep[] } = { rows: new Map(), steps: [] };
let isScheduled = false;

function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    requestAnimationFrame(() => {
        isScheduled = false;
        batch(take);
    });
}

/* Rows that replace known ones, and new ones in front of them. Of ten thousand rows few are looked at. */
function merge(known: InvocationRow[], fresh: Map<string, InvocationRow>): InvocationRow[] {
    const added: InvocationRow[] = [];
    let left = 0;
    for (const [key, row] of fresh) {
        if (listed.has(key)) left++;
        else added.push(row);
        listed.set(key, row.Status);
    }
    const all = added.reverse().concat(known);
    for (let i = added.length; i < all.length && left > 0; i++) {
        const newer = fresh.get(rowKey(all[i]!));
        if (!newer) continue;
        all[i] = newer;
        left--;
    }
    for (const row of all.splice(INVOCATIONS_MAX)) listed.delete(rowKey(row));
    return all;
}

/* Somebody may leave the pointer on the list for hours. */
function forgetOldest(rows: Map<string, InvocationRow>): void {
    for (const key of rows.keys()) {
        if (rows.size <= INVOCATIONS_MAX) return;
        rows.delete(key);
    }
}

function take(): void {
    const now = Math.floor(Date.now() / 1000);
    forgetOldest(arrived.rows);
    if (arrived.rows.size > 0 && !isPaused.value) {
        const fresh = arrived.rows;
        arrived.rows = new Map();
        for (const row of fresh.values()) {
            const before = listed.get(rowKey(row)); /* the newest may be told again */
            if (row.Status !== 'running' && (before === undefined || before === 'running')) countFor(row, now);
        }
        invocations.value = merge(invocations.value, fresh);
        series.value = [...series.value];
    }
    if (arrived.steps.length > 0) {
        const map = new Map(steps.value);
        for (const step of arrived.steps) {
            map.set(step.RequestId, [...(map.get(step.RequestId) ?? []), step]);
        }
        arrived.steps = [];
        for (const id of map.keys()) {
            if (map.size <= STEPS_MAX) break;
            map.delete(id);
        }
        steps.value = map;
        refreshEvents();
    }
}

let eventsTimer: ReturnType<typeof setTimeout> | undefined;

/* The queue is asked for again soon after it has changed, and not more than four times a second. */
export function refreshEvents(): void {
    if (eventsTimer !== undefined) return;
    eventsTimer = setTimeout(async () => {
        eventsTimer = undefined;
        await attempt(async () => {
            events.value = await api.events();
        });
    }, 250);
}

export async function refresh(): Promise<void> {
    await attempt(async () => {
        const [all, rows, waiting, time, health] = await Promise.all([
            api.functions(),
            api.invocations({ Limit: 1000 }),
            api.events(),
            api.clock(),
            api.health(),
        ]);
        batch(() => {
            if (version.value === '') rows.toReversed().forEach((row) => countPast(row, time.mode));
            functions.value = all;
            invocations.value = rows;
            listed = new Map(rows.map((row) => [rowKey(row), row.Status]));
            events.value = waiting;
            clock.value = time;
            version.value = health.version;
        });
    });
}

export function start(): void {
    history.replaceState(null, '', location.pathname + location.hash); /* the token leaves the address bar */
    void refresh();
    listen({
        invocation(row) {
            arrived.rows.set(rowKey(row), row);
            schedule();
        },
        event(step) {
            arrived.steps.push(step);
            schedule();
        },
        clock(row) {
            clock.value = row;
        },
        function(row) {
            const known = functions.value.some((other) => other.FunctionName === row.FunctionName);
            functions.value = known
                ? functions.value.map((other) => (other.FunctionName === row.FunctionName ? row : other))
                : [...functions.value, row];
        },
        queue(row) {
            queue.value = row;
        },
        connected(is) {
            if (is && !isConnected.value && version.value !== '') void refresh();
            isConnected.value = is;
        },
    });
    setInterval(tick, 1000);
}

function tick(): void {
    const second = secondOf(series.value, Math.floor(Date.now() / 1000));
    second.queue = queue.value.Events;
    second.environments = functions.value.reduce((sum, f) => sum + f.Environments.Idle + f.Environments.Busy, 0);
    series.value = [...series.value];
    if (clock.value.mode === 'real') clock.value = { mode: 'real', now: new Date().toISOString() };
}

export function resume(): void {
    isPaused.value = false;
    schedule();
}

/* Does it, and shows what went wrong. True when it was done. */
export async function attempt(action: () => Promise<void>, done?: string): Promise<boolean> {
    try {
        await action();
        if (done) notice.value = { text: done, isError: false };
        return true;
    } catch (error) {
        notice.value = { text: error instanceof Error ? error.message : String(error), isError: true };
        return false;
    }
}
