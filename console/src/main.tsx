/* The frame of the page: navigation, clock, notices, keys. Each view is a file of its own; to add one, add a row. */
import './style.css';

import { signal } from '@preact/signals';
import { render } from 'preact';
import { useEffect } from 'preact/hooks';

import { api } from './api.ts';
import { Clock } from './clock.tsx';
import { Events } from './events.tsx';
import { Functions } from './functions.tsx';
import { Invocations } from './invocations.tsx';
import { InvokeDialog, invoking } from './invoke.tsx';
import { Metrics } from './metrics.tsx';
import { Records } from './records.tsx';
import { attempt, functions, isConnected, notice, refresh, start, steps, version } from './store.ts';
import { Dialog } from './ui.tsx';

const views = {
    functions: { title: 'Functions', show: Functions },
    invocations: { title: 'Invocations', show: Invocations },
    events: { title: 'Events', show: Events },
    records: { title: 'Dead letters', show: Records },
    metrics: { title: 'Metrics', show: Metrics },
};
type View = keyof typeof views;
const names = Object.keys(views) as View[];

const viewOf = (hash: string): View => names.find((name) => `#${name}` === hash) ?? 'functions';
const view = signal<View>(viewOf(location.hash));
const isHelpOpen = signal(false);

const keys: [key: string, what: string][] = [
    ...names.map((name, i): [string, string] => [String(i + 1), views[name].title]),
    ['i', 'invoke a function'],
    ['/', 'search'],
    ['j, k or arrows', 'move in a list'],
    ['Esc', 'close'],
    ['?', 'this help'],
];

function onKey(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (target.matches('input, textarea, select') || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector('dialog[open]')) return;
    const chosen = names[Number(event.key) - 1];
    if (chosen) location.hash = chosen;
    else if (event.key === '?') isHelpOpen.value = true;
    else if (event.key === '/') document.getElementById('search')?.focus();
    else if (event.key === 'i') {
        const first = functions.value[0];
        if (first) invoking.value = { name: first.FunctionName, type: 'RequestResponse', payload: '{}' };
    } else return;
    event.preventDefault();
}

function Notice() {
    const said = notice.value;
    useEffect(() => {
        if (!said) return;
        const timer = setTimeout(() => (notice.value = null), said.isError ? 10000 : 3000);
        return () => clearTimeout(timer);
    }, [said]);
    return (
        <div class="notice" role="status">
            {said && (
                <p class={said.isError ? 'bad' : 'good'}>
                    {said.text}{' '}
                    <button type="button" aria-label="Dismiss" onClick={() => (notice.value = null)}>
                        ✕
                    </button>
                </p>
            )}
        </div>
    );
}

function reset(): void {
    if (!confirm('Forget history, queue, dead letters, records, faults and canned responses, and set the clock back?')) return;
    void attempt(async () => {
        await api.reset();
        steps.value = new Map();
        await refresh();
    }, 'The server is reset.');
}

function Page() {
    const Show = views[view.value].show;
    return (
        <>
            <header class="top">
                <h1>invoked</h1>
                <nav aria-label="Views">
                    {names.map((name) => (
                        <a key={name} href={`#${name}`} aria-current={view.value === name ? 'page' : undefined}>
                            {views[name].title}
                        </a>
                    ))}
                </nav>
                <span class={isConnected.value ? 'good' : 'bad'} role="status">
                    {isConnected.value ? '● live' : '○ not connected'}
                </span>
                <button type="button" onClick={reset}>
                    reset
                </button>
                <button type="button" aria-label="Keys" onClick={() => (isHelpOpen.value = true)}>
                    ?
                </button>
            </header>
            <Clock />
            <Notice />
            <main>
                <Show />
            </main>
            <footer class="dim">
                invoked {version.value} at {location.host}
            </footer>
            <InvokeDialog />
            {isHelpOpen.value && (
                <Dialog title="Keys" onClose={() => (isHelpOpen.value = false)}>
                    <dl class="keys">
                        {keys.map(([key, what]) => (
                            <div key={key}>
                                <dt>
                                    <kbd>{key}</kbd>
                                </dt>
                                <dd>{what}</dd>
                            </div>
                        ))}
                    </dl>
                </Dialog>
            )}
        </>
    );
}

addEventListener('hashchange', () => (view.value = viewOf(location.hash)));
addEventListener('keydown', onKey);
start();
render(<Page />, document.getElementById('app')!);
