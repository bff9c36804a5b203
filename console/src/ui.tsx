/* Small pieces that the views share. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import type { Json } from './api.ts';
import type { Second } from './store.ts';

export const shortId = (id: string): string => id.slice(0, 8);
export const timeOf = (iso: string | null): string => (iso ? iso.slice(11, 23) : '');

export function pretty(value: Json | undefined): string {
    if (value === undefined || value === null) return 'null';
    return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

export function duration(milliseconds: number | null): string {
    if (milliseconds === null) return '';
    if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(2)} s`;
    return `${milliseconds.toFixed(milliseconds < 10 ? 2 : 0)} ms`;
}

export function seconds(count: number): string {
    const whole = Math.round(count);
    if (whole < 60) return `${whole} s`;
    if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60 ? `${whole % 60} s` : ''}`.trim();
    return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

const marks: Record<string, string> = {
    succeeded: '✓',
    failed: '✗',
    throttled: '⏸',
    rejected: '⊘',
    running: '▶',
    queued: '…',
    waiting: '⏲',
};

/* A status is told by a mark and a word, never by its colour alone. */
export function Badge({ status }: { status: string }) {
    return (
        <span class={`badge ${status.replace(' ', '-')}`}>
            <span aria-hidden="true">{marks[status] ?? '•'}</span> {status}
        </span>
    );
}

export function Empty({ title, children }: { title: string; children: ComponentChildren }) {
    return (
        <div class="empty">
            <h3>{title}</h3>
            {children}
        </div>
    );
}

export function Code({ text, label }: { text: string; label: string }) {
    return (
        <pre tabIndex={0} aria-label={label}>
            {text}
        </pre>
    );
}

export function CopyButton({ label, text }: { label: string; text: () => string }) {
    const copy = (event: MouseEvent) => {
        const button = event.currentTarget as HTMLButtonElement;
        void navigator.clipboard.writeText(text()).then(() => {
            button.textContent = 'copied';
            setTimeout(() => (button.textContent = label), 1200);
        });
    };
    return (
        <button type="button" onClick={copy}>
            {label}
        </button>
    );
}

export function Dialog(properties: { title: string; onClose: () => void; children: ComponentChildren }) {
    const dialog = useRef<HTMLDialogElement>(null);

    useEffect(() => {
        dialog.current?.showModal();
    }, []);
    return (
        <dialog ref={dialog} onClose={properties.onClose} aria-label={properties.title}>
            <header>
                <h2>{properties.title}</h2>
                <button type="button" aria-label="Close" onClick={() => dialog.current?.close()}>
                    ✕
                </button>
            </header>
            {properties.children}
        </dialog>
    );
}

/* ---- plots ---- */

export interface Line {
    name: string;
    values: (number | null)[];
    kind: string; /* class: its colour and dash */
}

export function percentile(sorted: number[], part: number): number | null {
    if (sorted.length === 0) return null;
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? null;
}

export function Sparkline({ values, label }: { values: number[]; label: string }) {
    const most = Math.max(1, ...values);
    const points = values.map((value, i) => `${(i / Math.max(1, values.length - 1)) * 100},${24 - (value / most) * 22}`);
    return (
        <svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" role="img" aria-label={label}>
            <polyline points={points.join(' ')} />
        </svg>
    );
}

export function Plot({ title, unit, lines, from }: { title: string; unit: string; lines: Line[]; from: string }) {
    const all = lines.flatMap((line) => line.values).filter((value): value is number => value !== null);
    const most = Math.max(1, ...all);
    const path = (values: (number | null)[]) => {
        let text = '';
        let isDown = false;
        values.forEach((value, i) => {
            if (value === null) {
                isDown = false;
                return;
            }
            const x = (i / Math.max(1, values.length - 1)) * 300;
            text += `${isDown ? 'L' : 'M'}${x.toFixed(1)},${(80 - (value / most) * 76).toFixed(1)}`;
            isDown = true;
        });
        return text;
    };
    const newest = lines.map((line) => {
        const last = [...line.values].reverse().find((value) => value !== null);
        return `${line.name} ${last === undefined || last === null ? '–' : last.toFixed(last < 10 ? 1 : 0)}`;
    });
    return (
        <figure class="plot">
            <figcaption>
                <b>{title}</b> <span class="dim">{unit}</span>
            </figcaption>
            <svg viewBox="0 0 300 84" preserveAspectRatio="none" role="img" aria-label={`${title}: ${newest.join(', ')}`}>
                <line x1="0" y1="80" x2="300" y2="80" class="axis" />
                {lines.map((line) => (
                    <path key={line.name} d={path(line.values)} class={`line ${line.kind}`} />
                ))}
            </svg>
            <div class="scale">
                <span>{from}</span>
                <span>most {most.toFixed(most < 10 ? 1 : 0)}</span>
                <span>now</span>
            </div>
            <div class="legend">
                {lines.map((line, i) => (
                    <span key={line.name} class={line.kind}>
                        <i aria-hidden="true" /> {newest[i]}
                    </span>
                ))}
            </div>
        </figure>
    );
}

/* The last `span` seconds in at most `points` steps. */
export function resample(list: Second[], span: number, points: number): Second[] {
    const now = Math.floor(Date.now() / 1000);
    const width = span / points;
    const steps: Second[] = [];
    for (let i = 0; i < points; i++) {
        steps.push({
            at: now - span + (i + 1) * width,
            count: 0,
            errors: 0,
            throttles: 0,
            colds: 0,
            durations: [],
            queue: 0,
            environments: 0,
        });
    }
    for (const second of list) {
        const step = steps[Math.floor((second.at - (now - span) - 1) / width)];
        if (!step) continue;
        step.count += second.count;
        step.errors += second.errors;
        step.throttles += second.throttles;
        step.colds += second.colds;
        step.durations.push(...second.durations);
        step.queue = Math.max(step.queue, second.queue);
        step.environments = Math.max(step.environments, second.environments);
    }
    return steps;
}
