/*
 * measure.mjs - what the console costs: the longest frames of the page under load, and the server with a page open beside
 * one without. `make bench-console` runs it; docs/performance.md explains the figures.
 *
 * The servers have the first core, load and browser the last. Rounds alternate between the two servers, and ratios are
 * taken round by round, so drift of the machine cancels out. Time on the processor says what a thing costs, whatever else
 * the machine does; time on the wall is what a person waits.
 */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Server, openBrowser } from './bed.mjs';

const SECONDS = Number(process.env.SECONDS ?? 4);
const REPEATS = Number(process.env.REPEATS ?? 7);
const IN_LIST = 10000;
const RATE = 1000;
const lastCore = availableParallelism() - 1;

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const quantile = (values, part) => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))];
const pin = (pid, core) => execFileSync('taskset', ['-a', '-c', '-p', String(core), String(pid)], { stdio: 'ignore' });

/* Of all threads, in ms. */
function processorTime(pid) {
    let nanoseconds = 0;
    for (const task of readdirSync(`/proc/${pid}/task`))
        nanoseconds += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
    return nanoseconds / 1e6;
}

/* As fast as it goes, for SECONDS: the rate, and the server's time for an invocation in µs. */
async function load(server) {
    const script = join(server.folder, 'post.lua');
    writeFileSync(script, 'wrk.method = "POST"; wrk.body = "{\\"n\\": 1}"');
    const began = processorTime(server.process.pid);
    const wrk = spawn(
        'taskset',
        ['-c', String(lastCore), 'wrk', '-t1', '-c8', `-d${SECONDS}s`, '-s', script, `${server.endpoint}/2015-03-31/functions/quick/invocations`],
        { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let text = '';
    wrk.stdout.on('data', (piece) => (text += piece));
    await new Promise((resolve) => wrk.on('exit', resolve));
    const count = Number(/(\d+) requests in/.exec(text)[1]);
    if (/Non-2xx/.test(text)) throw new Error(text);
    return { rate: count / SECONDS, each: ((processorTime(server.process.pid) - began) * 1000) / count };
}

/* RATE invocations a second, in ten parts. */
async function invokeSteadily(server, seconds) {
    const agent = new Agent({ keepAlive: true, maxSockets: 16 });
    const path = '/2015-03-31/functions/quick/invocations';
    const { hostname, port } = new URL(server.endpoint);
    const one = (n) =>
        new Promise((resolve, reject) => {
            const sent = request({ agent, hostname, port, path, method: 'POST' }, (answer) => answer.resume().on('end', resolve));
            sent.on('error', reject);
            sent.end(JSON.stringify({ n, card: n % 7 === 0 ? 'stolen' : 'good' }));
        });
    const began = performance.now();
    let count = 0;
    for (let part = 0; part < seconds * 10; part++) {
        const wait = began + part * 100 - performance.now();
        if (wait > 0) await sleep(wait);
        await Promise.all(Array.from({ length: RATE / 10 }, () => one(count++)));
    }
    agent.destroy();
    return count / ((performance.now() - began) / 1000);
}

/* While `action` runs: the gaps between frames, and the tasks of the page's main thread, by wall and by processor. */
async function watchFrames(browser, page, action) {
    await page.evaluate(() => {
        globalThis.gaps = [];
        let last = performance.now();
        const look = (now) => {
            if (globalThis.gaps === null) return;
            globalThis.gaps.push(now - last);
            last = now;
            requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
    });
    await browser.startTracing(page, { categories: ['devtools.timeline', 'disabled-by-default-devtools.timeline'] });
    const rate = await action();
    const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
    const gaps = await page.evaluate(() => {
        const all = globalThis.gaps;
        globalThis.gaps = null;
        return all;
    });
    const counts = new Map(); /* the page's main thread is the one that draws */
    for (const event of traceEvents)
        if (event.name === 'FireAnimationFrame') counts.set(`${event.pid} ${event.tid}`, (counts.get(`${event.pid} ${event.tid}`) ?? 0) + 1);
    const [main] = [...counts].toSorted((a, b) => b[1] - a[1])[0];
    const tasks = traceEvents.filter((event) => event.name === 'RunTask' && `${event.pid} ${event.tid}` === main);
    return {
        rate,
        frames: gaps.length,
        gapMax: Math.max(...gaps),
        gapP99: quantile(gaps, 0.99),
        taskMax: Math.max(...tasks.map((task) => (task.dur ?? 0) / 1000)),
        taskProcessorMax: Math.max(...tasks.map((task) => (task.tdur ?? 0) / 1000)),
        late: gaps.filter((gap) => gap > 50).length,
    };
}

async function compare(what) {
    const rounds = [];
    for (let i = 0; i < REPEATS; i++) {
        const pair = i % 2 === 0 ? [alone, watched] : [watched, alone];
        const found = new Map();
        for (const server of pair) found.set(server, await load(server));
        rounds.push({ without: found.get(alone), with: found.get(watched) });
    }
    const all = (of) => rounds.map(of);
    const rates = all((round) => round.with.rate / round.without.rate);
    const shares = all((round) => ((round.with.each - round.without.each) * round.with.rate) / 1e4);
    console.log(
        `${what}: rate without ${median(all((r) => r.without.rate)).toFixed(0)}/s, with ${median(all((r) => r.with.rate)).toFixed(0)}/s, ` +
            `ratio ${median(rates).toFixed(3)} (${rates.map((r) => r.toFixed(2)).join(' ')}); ` +
            `takes ${median(shares).toFixed(1)} % of the server's core (${shares.map((s) => s.toFixed(1)).join(' ')})`,
    );
}

const settings = { Functions: { quick: { Local: { Mock: [{ Payload: { ok: true } }] } } }, Local: { HistorySize: IN_LIST } };
const alone = await Server.start({ options: ['--log-level', 'warn'], settings });
const watched = await Server.start({ options: ['--log-level', 'warn'], settings });
const browser = await openBrowser();
try {
    console.log(`${availableParallelism()} cores, load ${loadavg().map((n) => n.toFixed(1)).join(' ')}, ${new Date().toISOString()}`);
    for (const server of [alone, watched]) pin(server.process.pid, 0);
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(watched.console);
    await page.getByText('● live').waitFor();
    await page.getByRole('link', { name: 'Invocations' }).click();
    const listed = async () => Number(/of (\d+)/.exec(await page.getByRole('search').textContent())[1]);
    while ((await listed()) < IN_LIST) await invokeSteadily(watched, 4);

    for (const [what, text] of [
        ['no filter', ''],
        ['text filter', 'stolen'],
    ]) {
        await page.getByLabel(/Text in payloads/).fill(text);
        const rounds = [];
        for (let i = 0; i < REPEATS; i++) rounds.push(await watchFrames(browser, page, () => invokeSteadily(watched, SECONDS)));
        const of = (name) => median(rounds.map((round) => round[name]));
        console.log(
            `frames, ${what}: ${of('rate').toFixed(0)}/s; gap p99 ${of('gapP99').toFixed(0)} ms, longest ${of('gapMax').toFixed(0)} ms, ` +
                `${of('late')} of ${of('frames')} over 50 ms; longest task ${of('taskMax').toFixed(1)} ms, ` +
                `of the processor ${of('taskProcessorMax').toFixed(1)} ms (all rounds: ${rounds.map((r) => r.taskProcessorMax.toFixed(0)).join(' ')})`,
        );
    }
    await page.getByLabel(/Text in payloads/).fill('');

    /* Browser and load share a core here, so the rate is measured with the page's stream alone; the page as a whole by what
     * it takes of the server's core. */
    await compare('its page in a browser');
    await page.close();
    await browser.close();
    const stream = spawn('curl', ['-sN', `${watched.endpoint}/_invoked/stream`], { stdio: 'ignore' });
    await compare('its stream');
    stream.kill();
} finally {
    await browser.close();
    await alone.stop();
    await watched.stop();
}
