/* Plots of what the page has seen, and the totals of /metrics. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import { api } from './api.ts';
import { attempt, series } from './store.ts';
import { Plot, percentile, resample } from './ui.tsx';

const spans: Record<string, number> = { '5 minutes': 300, '15 minutes': 900, '1 hour': 3600 };
const POINTS = 100;

const span = signal('5 minutes');
const totals = signal<Map<string, number>>(new Map());

/* The samples of /metrics, summed over their labels; buckets are left out. */
export function sums(text: string): Map<string, number> {
    const found = new Map<string, number>();
    for (const line of text.split('\n')) {
        const match = /^(\w+)(?:\{([^}]*)\})? ([-+\d.eE]+)$/.exec(line);
        if (!match || match[1]?.endsWith('_bucket')) continue;
        const outcome = /outcome="(\w+)"/.exec(match[2] ?? '')?.[1];
        const name = `${match[1]}${outcome ? ` ${outcome}` : ''}`;
        found.set(name, (found.get(name) ?? 0) + Number(match[3]));
    }
    return found;
}

async function load(): Promise<void> {
    await attempt(async () => {
        totals.value = sums(await api.metrics());
    });
}

export function Metrics() {
    useEffect(() => {
        void load();
        const timer = setInterval(() => void load(), 5000);
        return () => clearInterval(timer);
    }, []);

    const length = spans[span.value] ?? 300;
    const steps = resample(series.value, length, POINTS);
    const width = length / POINTS;
    const sorted = steps.map((step) => [...step.durations].sort((a, b) => a - b));
    const from = `${span.value} ago`;
    const rate = (of: (step: (typeof steps)[number]) => number) => steps.map((step) => of(step) / width);
    return (
        <>
            <div class="filters">
                <label>
                    Show the last
                    <select value={span.value} onChange={(e) => (span.value = e.currentTarget.value)}>
                        {Object.keys(spans).map((name) => (
                            <option key={name}>{name}</option>
                        ))}
                    </select>
                </label>
            </div>
            <div class="plots">
                <Plot
                    title="Invocations"
                    unit="a second"
                    from={from}
                    lines={[
                        { name: 'all', values: rate((s) => s.count), kind: 'a' },
                        { name: 'errors', values: rate((s) => s.errors), kind: 'b' },
                        { name: 'throttles', values: rate((s) => s.throttles), kind: 'c' },
                    ]}
                />
                <Plot
                    title="Duration"
                    unit="ms"
                    from={from}
                    lines={[
                        { name: 'p50', values: sorted.map((list) => percentile(list, 0.5)), kind: 'a' },
                        { name: 'p90', values: sorted.map((list) => percentile(list, 0.9)), kind: 'c' },
                        { name: 'p99', values: sorted.map((list) => percentile(list, 0.99)), kind: 'b' },
                    ]}
                />
                <Plot
                    title="Event queue"
                    unit="events"
                    from={from}
                    lines={[{ name: 'length', values: steps.map((s) => s.queue), kind: 'a' }]}
                />
                <Plot
                    title="Cold starts"
                    unit="a second"
                    from={from}
                    lines={[{ name: 'cold starts', values: rate((s) => s.colds), kind: 'b' }]}
                />
                <Plot
                    title="Execution environments"
                    unit=""
                    from={from}
                    lines={[{ name: 'environments', values: steps.map((s) => s.environments), kind: 'a' }]}
                />
            </div>
            <h2>Since the start</h2>
            <table>
                <tbody>
                    {[...totals.value].map(([name, value]) => (
                        <tr key={name}>
                            <th scope="row">{name}</th>
                            <td>{Number.isInteger(value) ? value : value.toFixed(3)}</td>
                        </tr>
                    ))}
                </tbody>
            </table>
        </>
    );
}
