/*
 * test_console.mjs - the console as a person uses it, in a headless Chromium: what it shows, and what it does. Screenshots
 * are kept in build/console; `make console-pictures` copies those of docs/console.md.
 *
 * test: timeout 300
 * To add a test, add a member to `tests`.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Server, pictures, runTests, waitFor } from './bed.mjs';

const tests = {
    async the_page_is_small_cached_and_asks_nobody_else({ server, browser }) {
        const entry = await fetch(server.console, { redirect: 'manual' });
        const cookie = entry.headers.get('set-cookie').split(';')[0];
        const headers = { cookie, 'accept-encoding': 'gzip' };
        let size = 0;
        for (const path of ['', '/console.js', '/console.css']) {
            const answer = await fetch(`${server.endpoint}/_invoked/console${path}`, { headers });
            assert.equal(answer.status, 200, path);
            assert.match(answer.headers.get('content-security-policy'), /^default-src 'none'/);
            size += Number(answer.headers.get('content-length'));
            await answer.arrayBuffer();
            const again = await fetch(`${server.endpoint}/_invoked/console${path}`, {
                headers: { ...headers, 'if-none-match': answer.headers.get('etag') },
            });
            assert.equal(again.status, 304, path);
        }
        assert.ok(size > 1000 && size <= 150 * 1024, `${size} bytes`);
        const page = await (await browser.newContext()).newPage();
        const asked = [];
        page.on('request', (request) => asked.push(request.url()));
        await page.goto(server.console);
        await page.getByText('● live').waitFor();
        assert.deepEqual(asked.filter((url) => !url.startsWith(server.endpoint) && !url.startsWith('data:')), []);
        await page.context().close();
    },

    async functions_are_shown_and_invoked({ server, page }) {
        const card = page.getByRole('article', { name: 'charge' });
        await card.getByText('canned responses', { exact: true }).waitFor();
        await card.getByRole('button', { name: 'invoke' }).click();
        await page.getByLabel('Start from').selectOption('SQS: one message');
        assert.match(await page.getByRole('textbox', { name: 'Payload', exact: true }).inputValue(), /aws:sqs/);
        await page.getByRole('textbox', { name: 'Payload', exact: true }).fill('{"card":"good"}');
        await page.getByRole('button', { name: /Invoke/ }).click();
        await page.getByLabel('Response').getByText('charged').waitFor();
        await page.screenshot({ path: join(pictures, 'invoke.png') });
        await page.keyboard.press('Escape');
        assert.equal((await server.json('GET', '/_invoked/invocations')).length, 1);
    },

    async a_fault_is_set_and_taken_away({ server, page }) {
        const card = page.getByRole('article', { name: 'quick' });
        await card.getByRole('button', { name: 'fault…' }).click();
        await page.getByLabel('Exception').selectOption('KMSDisabledException');
        await page.getByRole('button', { name: 'Set the fault' }).click();
        await page.getByText('quick answers KMSDisabledException.').waitFor();
        assert.equal((await server.invoke('quick', {})).status, 502);
        await card.getByRole('button', { name: 'faults off' }).click();
        await page.getByText('The faults are off.').waitFor();
        assert.equal((await server.invoke('quick', {})).status, 200);
    },

    async every_exception_can_be_chosen({ page }) {
        const known = readFileSync(new URL('../../config/names/api_exception.c', import.meta.url), 'utf8')
            .match(/"\w+Exception"/g)
            .map((name) => name.slice(1, -1));
        await page.getByRole('article', { name: 'quick' }).getByRole('button', { name: 'fault…' }).click();
        const offered = await page.getByLabel('Exception').locator('option').allTextContents();
        assert.deepEqual(offered.filter((name) => name.endsWith('Exception')).sort(), [...new Set(known)].sort());
    },

    async a_canned_answer_is_set_and_taken_away({ server, page }) {
        const card = page.getByRole('article', { name: 'shout' });
        await card.getByRole('button', { name: 'canned response…' }).click();
        await page.getByLabel(/A list of responses/).fill('[{"Payload":"canned"}]');
        await page.getByRole('button', { name: 'Set the responses' }).click();
        await card.getByText('canned', { exact: true }).waitFor();
        assert.equal((await server.invoke('shout', 'a')).text, '"canned"');
        await card.getByRole('button', { name: 'canned off' }).click();
        await page.getByText('The canned responses are off.').waitFor();
        assert.equal((await server.invoke('shout', 'a')).text, '"A"');
    },

    async invocations_arrive_live_and_are_filtered({ server, page }) {
        await page.getByRole('link', { name: 'Invocations' }).click();
        await page.getByText('Nothing was invoked yet').waitFor();
        await server.invoke('charge', { card: 'good', note: 'needle' });
        await server.invoke('charge', { card: 'stolen' });
        await server.invoke('quick', {});
        const rows = page.getByRole('option');
        await waitFor(async () => (await page.getByRole('listbox').getByRole('option').count()) === 3, 'three rows');
        await page.getByLabel('Status').selectOption('failed');
        await waitFor(async () => (await page.getByRole('listbox').getByRole('option').count()) === 1, 'one row');
        await page.getByLabel('Status').selectOption('');
        await page.getByLabel(/Text in payloads/).fill('needle');
        await waitFor(async () => (await page.getByRole('listbox').getByRole('option').count()) === 1, 'one row');
        await page.getByRole('listbox').getByRole('option').first().click();
        const detail = page.getByLabel('Invocation', { exact: true });
        await detail.getByText('REPORT RequestId').waitFor();
        await detail.getByRole('button', { name: 'edit and invoke' }).click();
        assert.match(await page.getByRole('textbox', { name: 'Payload', exact: true }).inputValue(), /needle/);
        await page.keyboard.press('Escape');
        await page.screenshot({ path: join(pictures, 'invocations.png') });
        assert.ok((await rows.count()) > 0);
    },

    async the_list_stands_still_under_the_pointer({ server, page }) {
        await server.invoke('quick', {});
        await page.getByRole('link', { name: 'Invocations' }).click();
        const list = page.getByRole('listbox');
        await list.getByRole('option').first().waitFor();
        await list.hover();
        await page.getByText('paused').waitFor();
        await server.invoke('quick', {});
        await sleep(500);
        assert.equal(await list.getByRole('option').count(), 1);
        await page.mouse.move(5, 5);
        await waitFor(async () => (await list.getByRole('option').count()) === 2, 'the second row');
    },

    async an_events_life_is_seen_on_the_clock({ server, page }) {
        await page.getByRole('link', { name: 'Events' }).click();
        await page.getByText('No events yet').waitFor();
        await server.invoke('charge', { card: 'stolen' }, 'Event');
        const list = page.getByRole('listbox');
        await list.getByText('waiting').waitFor();
        await list.getByRole('option').first().click();
        const detail = page.getByLabel('Event', { exact: true });
        await detail.getByText(/next in/).waitFor();
        await page.screenshot({ path: join(pictures, 'event-waiting.png') });
        await page.getByRole('button', { name: 'next event' }).click();
        await waitFor(async () => (await server.json('GET', '/_invoked/events'))[0]?.Attempt === 3, 'the second attempt');
        await page.getByText(/^ran [0-9a-f]{8}/).waitFor();
        await page.getByRole('button', { name: 'until the queue is empty' }).click();
        await list.getByText('given up').waitFor();
        await detail.getByText(/RetriesExhausted/).waitFor();
        await page.screenshot({ path: join(pictures, 'event-given-up.png') });
        assert.equal((await server.json('GET', '/_invoked/dead-letters')).length, 1);
    },

    async dead_letters_are_shown_and_redriven({ server, page }) {
        await server.invoke('charge', { card: 'stolen' }, 'Event');
        await server.call('POST', '/_invoked/drain');
        await page.getByRole('link', { name: 'Dead letters' }).click();
        await page.getByRole('heading', { name: 'Dead letters (1)' }).waitFor();
        await page.locator('summary').first().click();
        await page.getByLabel('Dead letter', { exact: true }).getByText('MessageId').waitFor();
        await page.screenshot({ path: join(pictures, 'dead-letters.png') });
        await page.getByRole('button', { name: 'redrive all' }).click();
        await page.getByText('The events are back in the queue.').waitFor();
        assert.equal((await server.json('GET', '/_invoked/events')).length, 1);
    },

    async one_dead_letter_or_some_are_redriven({ server, page }) {
        for (let i = 0; i < 3; i++) await server.invoke('charge', { card: 'stolen', i }, 'Event');
        await server.call('POST', '/_invoked/drain');
        await page.getByRole('link', { name: 'Dead letters' }).click();
        await page.getByRole('heading', { name: 'Dead letters (3)' }).waitFor();
        const letters = page.locator('details', { has: page.getByLabel('Dead letter', { exact: true }) });
        await letters.nth(0).locator('summary').click();
        await letters.nth(0).getByLabel('Record of the same event').getByText('RetriesExhausted').waitFor();
        await letters.nth(0).getByRole('button', { name: 'redrive this one' }).click();
        await page.getByText('The event is back in the queue.').waitFor();
        await page.getByRole('heading', { name: 'Dead letters (2)' }).waitFor();
        for (let i = 0; i < 2; i++) {
            await letters.nth(i).locator('summary').click();
            await letters.nth(i).getByRole('checkbox').check();
        }
        await page.getByRole('button', { name: 'redrive the 2 chosen' }).click();
        await page.getByRole('heading', { name: 'Dead letters (0)' }).waitFor();
        assert.equal((await server.json('GET', '/_invoked/events')).length, 3);
    },

    async the_plan_of_a_function_is_shown({ page }) {
        await page.getByRole('article', { name: 'charge' }).getByRole('button', { name: 'plan' }).click();
        const plan = page.getByRole('dialog', { name: 'Plan of charge' });
        await plan.getByText(/runs at 0, 60, 180 s, then RetriesExhausted: dead letter to charge-dlq/).waitFor();
        assert.match(await plan.getByRole('row', { name: /dead letters/ }).textContent(), /charge-dlq.*\$LATEST/);
        await page.screenshot({ path: join(pictures, 'plan.png') });
    },

    async an_earlier_events_life_is_seen_too({ server, browser }) {
        await server.invoke('charge', { card: 'stolen' }, 'Event');
        await server.call('POST', '/_invoked/drain');
        const context = await browser.newContext();
        const page = await context.newPage();
        await page.goto(server.console);
        await page.getByText('● live').waitFor();
        await page.getByRole('link', { name: 'Events' }).click();
        await page.getByRole('listbox').getByRole('option').first().click();
        const steps = page.getByLabel('Event', { exact: true }).getByRole('listitem');
        await waitFor(async () => (await steps.count()) === 4, 'the acceptance and three attempts');
        assert.match(await steps.nth(3).textContent(), /attempt 3.*failed: Unhandled: Exception: boom/);
        await context.close();
    },

    async the_time_before_a_run_is_a_bar({ server, page }) {
        await server.invoke('shout', 'a');
        await page.getByRole('link', { name: 'Invocations' }).click();
        await page.getByRole('listbox').getByRole('option').first().click();
        await page.getByRole('img', { name: /^queue .*, init .*, run / }).waitFor();
    },

    async the_clock_moves({ server, page }) {
        const before = Date.parse((await server.json('GET', '/_invoked/clock')).now);
        await page.getByRole('button', { name: '+1 h' }).click();
        await page.getByText('nothing was due').waitFor();
        assert.equal(Date.parse((await server.json('GET', '/_invoked/clock')).now) - before, 3600000);
    },

    async metrics_are_plotted({ server, page }) {
        await server.invoke('quick', {});
        await page.getByRole('link', { name: 'Metrics' }).click();
        await page.getByRole('img', { name: /^Invocations: all/ }).waitFor();
        await page.getByRole('rowheader', { name: 'invoked_invocations_total succeeded' }).waitFor();
        await page.screenshot({ path: join(pictures, 'metrics.png') });
    },

    async keys_do_what_the_help_says({ server, page }) {
        await page.keyboard.press('?');
        await page.getByRole('dialog', { name: 'Keys' }).waitFor();
        await page.keyboard.press('Escape');
        await page.keyboard.press('2');
        assert.match(page.url(), /#invocations$/);
        await server.invoke('quick', {});
        await server.invoke('charge', {});
        const list = page.getByRole('listbox');
        await waitFor(async () => (await list.getByRole('option').count()) === 2, 'two rows');
        await list.focus();
        await page.keyboard.press('j');
        await page.getByLabel('Invocation', { exact: true }).waitFor();
        await page.keyboard.press('1');
        await page.keyboard.press('i');
        await page.getByRole('dialog', { name: /^Invoke / }).waitFor();
    },

    async axe_finds_nothing({ server, browser }) {
        const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
        await server.invoke('charge', { card: 'stolen' });
        await server.invoke('charge', { card: 'stolen' }, 'Event');
        for (const colorScheme of ['light', 'dark']) {
            const context = await browser.newContext({ colorScheme, bypassCSP: true });
            const page = await context.newPage();
            await page.goto(server.console);
            await page.getByText('● live').waitFor();
            for (const view of ['functions', 'invocations', 'events', 'records', 'metrics']) {
                await page.evaluate((name) => (location.hash = name), view);
                await sleep(200);
                if (view === 'invocations' || view === 'events') await page.getByRole('listbox').getByRole('option').first().click();
                await page.evaluate(axe);
                const found = await page.evaluate(() =>
                    globalThis.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }),
                );
                const violations = found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' | ')}`);
                assert.deepEqual(violations, [], `${view}, ${colorScheme}`);
                await page.screenshot({ path: join(pictures, `${view}-${colorScheme}.png`) });
            }
            await context.close();
        }
    },

    async it_fits_400_pixels({ server, browser }) {
        await server.invoke('charge', { card: 'stolen' }, 'Event');
        const context = await browser.newContext({ viewport: { width: 400, height: 800 } });
        const page = await context.newPage();
        await page.goto(server.console);
        await page.getByText('● live').waitFor();
        for (const view of ['functions', 'invocations', 'events', 'records', 'metrics']) {
            await page.evaluate((name) => (location.hash = name), view);
            await sleep(200);
            const width = await page.evaluate(() => document.documentElement.scrollWidth);
            assert.ok(width <= 400, `${view} is ${width} pixels wide`);
        }
        await page.screenshot({ path: join(pictures, 'narrow.png') });
        await context.close();
    },

    async ten_thousand_invocations_leave_it_responsive({ server, page }) {
        await page.getByRole('link', { name: 'Invocations' }).click();
        const send = async (count) => {
            for (let i = 0; i < count; i += 50)
                await Promise.all(Array.from({ length: 50 }, () => server.invoke('quick', { i })));
        };
        await send(2000);
        await page.evaluate(() => {
            globalThis.longest = 0;
            let last = performance.now();
            const look = (now) => {
                globalThis.longest = Math.max(globalThis.longest, now - last);
                last = now;
                requestAnimationFrame(look);
            };
            requestAnimationFrame(look);
        });
        await send(8000);
        await page.getByLabel(/Text in payloads/).fill('needle');
        await page.getByLabel(/Text in payloads/).fill('');
        const longest = await page.evaluate(() => globalThis.longest);
        console.log(`longest frame: ${longest.toFixed(0)} ms`);
        assert.ok(longest < 2000, `a frame took ${longest} ms`); /* measured apart: a shared machine has pauses of its own */
    },

    async a_stream_goes_on_from_the_last_id({ server }) {
        const read = async (headers, count) => {
            const controller = new AbortController();
            const response = await fetch(`${server.endpoint}/_invoked/stream`, { headers, signal: controller.signal });
            assert.equal(response.headers.get('content-type'), 'text/event-stream');
            let text = '';
            const messages = [];
            const reader = response.body.getReader();
            while (messages.length < count) {
                const { value, done } = await reader.read();
                if (done) break;
                text += new TextDecoder().decode(value);
                const parts = text.split('\n\n');
                text = parts.pop();
                for (const part of parts) {
                    const fields = Object.fromEntries(part.split('\n').map((line) => line.split(/: (.*)/s)));
                    if (fields.event === 'invocation') messages.push({ id: Number(fields.id), data: JSON.parse(fields.data) });
                }
            }
            controller.abort();
            return messages;
        };
        const first = read({}, 1);
        await sleep(200);
        await server.invoke('quick', { n: 1 });
        const [one] = await first;
        assert.deepEqual(one.data.Payload, { n: 1 });
        await server.invoke('quick', { n: 2 });
        const [two] = await read({ 'last-event-id': String(one.id) }, 1);
        assert.ok(two.id > one.id);
        assert.deepEqual(two.data.Payload.n === 2 || two.data.Status === 'succeeded', true);
    },

    async no_console_leaves_it_out() {
        const server = await Server.start({ options: ['--no-console'] });
        try {
            assert.equal(server.console, undefined);
            assert.equal((await server.call('GET', '/_invoked/console')).status, 404);
        } finally {
            await server.stop();
        }
    },
};

await runTests(tests);
