/* What is served, and what a test can change about it. */
import { signal } from '@preact/signals';

import { api } from './api.ts';
import type { FunctionRow } from './api.ts';
import { exceptions, otherFaults } from './exceptions.ts';
import { invoking } from './invoke.tsx';
import { PlanDialog } from './plan.tsx';
import { attempt, functions, refresh, series, seriesOf } from './store.ts';
import { Dialog, Empty, Sparkline, duration, percentile, resample } from './ui.tsx';

const faulting = signal<string | null>(null);
const mocking = signal<string | null>(null);
const planning = signal<FunctionRow | null>(null);

const SPAN = 3600;
const POINTS = 60;

function source(row: FunctionRow): string {
    if (row.CodeUri) return row.CodeUri;
    if (row.Command) return row.Command.join(' ');
    return row.RunsAs === 'Mock' ? 'canned responses' : '';
}

function Row({ row }: { row: FunctionRow }) {
    void series.value; /* drawn anew each second */
    const steps = resample(seriesOf.get(row.FunctionName) ?? [], SPAN, POINTS);
    const durations = steps.flatMap((step) => step.durations).sort((a, b) => a - b);
    const total = steps.reduce((sum, step) => sum + step.count, 0);
    const errors = steps.reduce((sum, step) => sum + step.errors, 0);
    const { Idle, Busy, Starting } = row.Environments;
    return (
        <article class="card" aria-label={row.FunctionName}>
            <header>
                <h3>{row.FunctionName}</h3>
                <span class="dim">{row.Runtime ?? row.RunsAs}</span>
                {row.IsMocked && row.RunsAs !== 'Mock' && <span class="badge throttled">canned</span>}
            </header>
            <p class="path" title={source(row)}>
                {row.Handler && <b>{row.Handler}</b>} {source(row)}
            </p>
            <dl>
                <div>
                    <dt>environments</dt>
                    <dd>
                        {Busy} busy, {Idle} idle{Starting > 0 && `, ${Starting} starting`}
                    </dd>
                </div>
                <div>
                    <dt>limits</dt>
                    <dd>
                        {row.Timeout} s, {row.MemorySize} MB
                        {row.ReservedConcurrentExecutions !== null &&
                            `, ${row.ReservedConcurrentExecutions} at once`}
                    </dd>
                </div>
                <div>
                    <dt>events waiting</dt>
                    <dd>{row.EventsWaiting}</dd>
                </div>
                <div>
                    <dt>versions, aliases</dt>
                    <dd>{[...row.Versions, ...row.Aliases].join(', ')}</dd>
                </div>
                <div>
                    <dt>last hour</dt>
                    <dd>
                        {total} invocations, {errors} errors, p50 {duration(percentile(durations, 0.5)) || '–'}, p99{' '}
                        {duration(percentile(durations, 0.99)) || '–'}
                    </dd>
                </div>
            </dl>
            <Sparkline
                values={steps.map((step) => step.count)}
                label={`Invocations of ${row.FunctionName} in the last hour: ${total}`}
            />
            <div class="buttons">
                <button
                    type="button"
                    class="primary"
                    onClick={() => (invoking.value = { name: row.FunctionName, type: 'RequestResponse', payload: '{}' })}
                >
                    invoke
                </button>
                <button type="button" onClick={() => (planning.value = row)}>
                    plan
                </button>
                <button type="button" onClick={() => (faulting.value = row.FunctionName)}>
                    fault…
                </button>
                <button
                    type="button"
                    onClick={() =>
                        void attempt(async () => void (await api.dropFaults(row.FunctionName)), 'The faults are off.')
                    }
                >
                    faults off
                </button>
                <button type="button" onClick={() => (mocking.value = row.FunctionName)}>
                    canned response…
                </button>
                <button
                    type="button"
                    onClick={() =>
                        void attempt(async () => {
                            await api.dropMock(row.FunctionName);
                            await refresh();
                        }, 'The canned responses are off.')
                    }
                >
                    canned off
                </button>
            </div>
        </article>
    );
}

function FaultDialog({ name }: { name: string }) {
    const submit = (event: SubmitEvent) => {
        event.preventDefault();
        const data = new FormData(event.currentTarget as HTMLFormElement);
        const fault: Record<string, string | number> = { Error: String(data.get('error')) };
        if (data.get('times')) fault['Times'] = Number(data.get('times'));
        if (data.get('delay')) fault['DelayMs'] = Number(data.get('delay'));
        if (data.get('probability')) fault['Probability'] = Number(data.get('probability'));
        if (data.get('message')) fault['Message'] = String(data.get('message'));
        if (data.get('after')) fault['When'] = 'After';
        void attempt(async () => void (await api.setFault(name, fault)), `${name} answers ${fault['Error']}.`).then(
            (isDone) => {
                if (isDone) faulting.value = null;
            },
        );
    };
    return (
        <Dialog title={`A fault of ${name}`} onClose={() => (faulting.value = null)}>
            <form onSubmit={submit}>
                <label>
                    Exception
                    <select name="error">
                        {exceptions.map((exception) => (
                            <option key={exception} selected={exception === 'TooManyRequestsException'}>
                                {exception}
                            </option>
                        ))}
                        {otherFaults.map((fault) => (
                            <option key={fault}>{fault}</option>
                        ))}
                    </select>
                </label>
                <div class="fields">
                    <label>
                        Times <input name="times" type="number" min="1" placeholder="always" />
                    </label>
                    <label>
                        Probability <input name="probability" type="number" min="0" max="1" step="0.05" placeholder="1" />
                    </label>
                    <label>
                        Delay, ms <input name="delay" type="number" min="0" placeholder="0" />
                    </label>
                </div>
                <label>
                    Message <input name="message" placeholder="AWS's own" />
                </label>
                <label class="check">
                    <input name="after" type="checkbox" /> let the handler run first
                </label>
                <button type="submit" class="primary">
                    Set the fault
                </button>
            </form>
        </Dialog>
    );
}

function MockDialog({ name }: { name: string }) {
    const submit = (event: SubmitEvent) => {
        event.preventDefault();
        const data = new FormData(event.currentTarget as HTMLFormElement);
        void attempt(async () => {
            await api.setMock(name, JSON.parse(String(data.get('mock'))));
            await refresh();
        }, `${name} gives canned responses.`).then((isDone) => {
            if (isDone) mocking.value = null;
        });
    };
    return (
        <Dialog title={`Canned responses of ${name}`} onClose={() => (mocking.value = null)}>
            <form onSubmit={submit}>
                <label>
                    A list of responses; the first one that fits is given
                    <textarea name="mock" rows={10} spellcheck={false}>
                        {JSON.stringify([{ When: { id: 1 }, Payload: { status: 'paid' } }, { Payload: null }], null, 2)}
                    </textarea>
                </label>
                <button type="submit" class="primary">
                    Set the responses
                </button>
            </form>
        </Dialog>
    );
}

export function Functions() {
    return (
        <>
            {functions.value.length === 0 && (
                <Empty title="No functions yet">
                    <p>
                        Put a file <code>hello.py</code> with <code>def handler(event, context): return event</code> into
                        a folder, and start <code>invoked serve FOLDER</code>.
                    </p>
                </Empty>
            )}
            <div class="cards">
                {functions.value.map((row) => (
                    <Row key={row.FunctionName} row={row} />
                ))}
            </div>
            {faulting.value && <FaultDialog name={faulting.value} />}
            {mocking.value && <MockDialog name={mocking.value} />}
            {planning.value && <PlanDialog row={planning.value} onClose={() => (planning.value = null)} />}
        </>
    );
}
