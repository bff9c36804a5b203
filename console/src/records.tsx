/* Dead letters and destination records: as AWS would have sent them. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import { api } from './api.ts';
import type { DeadLetter, Json } from './api.ts';
import { attempt, events, refreshEvents } from './store.ts';
import { Code, Empty, pretty, shortId } from './ui.tsx';

const letters = signal<DeadLetter[]>([]);
const records = signal<Json[]>([]);
const queueName = signal('');
const text = signal('');
const chosen = signal<ReadonlySet<string>>(new Set());

async function load(): Promise<void> {
    await attempt(async () => {
        const queue = queueName.value.trim() || undefined;
        letters.value = await api.deadLetters(queue);
        records.value = await api.destinations();
    });
}

const recordsOf = (requestId: string) =>
    records.value.filter((record) => JSON.stringify(record).includes(`"requestId":"${requestId}"`));

const holds = (value: unknown) => JSON.stringify(value).toLowerCase().includes(text.value.toLowerCase());

function condition(record: Json): string {
    const found = /"condition":"(\w+)"/.exec(JSON.stringify(record));
    return found?.[1] ?? 'record';
}

function choose(id: string, is: boolean): void {
    const next = new Set(chosen.value);
    if (is) next.add(id);
    else next.delete(id);
    chosen.value = next;
}

async function redriveThese(ids: string[]): Promise<void> {
    await attempt(async () => {
        await api.redriveThese(ids);
        chosen.value = new Set();
        await load();
        refreshEvents();
    }, ids.length === 1 ? 'The event is back in the queue.' : `${ids.length} events are back in the queue.`);
}

const attribute = (letter: DeadLetter, name: string) => letter.MessageAttributes[name]?.StringValue ?? '';

export function Records() {
    const queued = events.value.length;
    useEffect(() => {
        void load();
    }, [queued]);

    const shownLetters = letters.value.filter(holds);
    const shownRecords = records.value.filter(holds);
    return (
        <>
            <div class="filters">
                <label>
                    Dead-letter queue
                    <input
                        placeholder="all"
                        value={queueName.value}
                        onChange={(e) => {
                            queueName.value = e.currentTarget.value;
                            void load();
                        }}
                    />
                </label>
                <label class="grow">
                    Text
                    <input type="search" id="search" value={text.value} onInput={(e) => (text.value = e.currentTarget.value)} />
                </label>
                <button
                    type="button"
                    class="primary"
                    disabled={letters.value.length === 0}
                    onClick={() =>
                        void attempt(async () => {
                            await api.redrive(queueName.value.trim() || undefined);
                            await load();
                            refreshEvents();
                        }, 'The events are back in the queue.')
                    }
                >
                    redrive {queueName.value.trim() ? 'this queue' : 'all'}
                </button>
            </div>
            {chosen.value.size > 0 && (
                <p class="buttons">
                    <button type="button" class="primary" onClick={() => void redriveThese([...chosen.value])}>
                        redrive the {chosen.value.size} chosen
                    </button>
                </p>
            )}
            <h2>Dead letters ({shownLetters.length})</h2>
            {letters.value.length === 0 && (
                <Empty title="No dead letters">
                    <p>
                        An event comes here when it is given up and its function has a <code>DeadLetterConfig</code>. Let
                        one fail three times, and move the clock.
                    </p>
                </Empty>
            )}
            {shownLetters.slice(0, 200).map((letter) => (
                <details key={letter.MessageId} class="record">
                    <summary>
                        <code>{shortId(attribute(letter, 'RequestID'))}</code> ErrorCode {attribute(letter, 'ErrorCode')}:{' '}
                        {attribute(letter, 'ErrorMessage')}
                        <span class="dim"> {new Date(Number(letter.SentTimestamp)).toISOString()}</span>
                    </summary>
                    <p class="buttons">
                        <button type="button" onClick={() => void redriveThese([letter.MessageId])}>
                            redrive this one
                        </button>
                        <label class="check">
                            <input
                                type="checkbox"
                                checked={chosen.value.has(letter.MessageId)}
                                onChange={(e) => choose(letter.MessageId, e.currentTarget.checked)}
                            />{' '}
                            choose
                        </label>
                    </p>
                    <Code text={pretty(letter as unknown as Json)} label="Dead letter" />
                    {recordsOf(attribute(letter, 'RequestID')).map((record, i) => (
                        <Code key={i} text={pretty(record)} label="Record of the same event" />
                    ))}
                </details>
            ))}
            <h2>Destination records ({shownRecords.length})</h2>
            {records.value.length === 0 && (
                <Empty title="No records">
                    <p>
                        Records come here for functions with <code>OnSuccess</code> or <code>OnFailure</code> in their{' '}
                        <code>EventInvokeConfig</code>.
                    </p>
                </Empty>
            )}
            {shownRecords.slice(0, 200).map((record, i) => (
                <details key={i} class="record">
                    <summary>
                        {condition(record)} <code class="dim">{/"requestId":"(\w{8})/.exec(JSON.stringify(record))?.[1]}</code>
                    </summary>
                    <Code text={pretty(record)} label="Record" />
                </details>
            ))}
        </>
    );
}
