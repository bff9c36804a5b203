/* The server's clock: shown always; moved where it is manual. */
import { signal } from '@preact/signals';

import { api } from './api.ts';
import { attempt, clock, events, isManual, refreshEvents } from './store.ts';
import { shortId } from './ui.tsx';

const DRAIN_SECONDS = 60;

const isBusy = signal(false);
export const ran = signal<string[] | null>(null); /* by the last advance */

async function during(action: () => Promise<void>): Promise<void> {
    isBusy.value = true;
    await attempt(action);
    isBusy.value = false;
    refreshEvents();
}

const advance = (seconds: number) =>
    during(async () => {
        const answer = await api.advance(seconds);
        clock.value = { now: answer.now, mode: answer.mode };
        ran.value = answer.ran ?? [];
    });

const drain = () =>
    during(async () => {
        const waiting = events.value.map((event) => event.RequestId);
        await api.drain(DRAIN_SECONDS);
        clock.value = await api.clock();
        ran.value = waiting;
    });

function nextDue(): number | null {
    const times = events.value.flatMap((event) => (event.NextAttemptAt ? [Date.parse(event.NextAttemptAt)] : []));
    if (times.length === 0) return null;
    return Math.max(0, Math.min(...times) - Date.parse(clock.value.now)) / 1000;
}

export function Clock() {
    const { now, mode } = clock.value;
    const next = nextDue();
    return (
        <div class="clock" role="group" aria-label="Clock">
            <time dateTime={now}>
                {now.slice(0, 10)} <b>{now.slice(11, 19)}</b>
            </time>
            <span class="badge">{mode}</span>
            {isManual.value && (
                <span class="buttons">
                    <button type="button" disabled={isBusy.value || next === null} onClick={() => void advance(next ?? 0)}>
                        next event
                    </button>
                    <button type="button" disabled={isBusy.value} onClick={() => void advance(60)}>
                        +1 min
                    </button>
                    <button type="button" disabled={isBusy.value} onClick={() => void advance(3600)}>
                        +1 h
                    </button>
                    <button type="button" disabled={isBusy.value || events.value.length === 0} onClick={() => void drain()}>
                        until the queue is empty
                    </button>
                </span>
            )}
            {isManual.value && ran.value !== null && (
                <span class="dim" role="status">
                    {ran.value.length === 0 ? 'nothing was due' : `ran ${ran.value.map(shortId).join(', ')}`}
                </span>
            )}
        </div>
    );
}
