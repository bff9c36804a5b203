/*
 * test_console_safety.mjs - who gets into the console: the printed URL and nobody else. A page of another origin gets
 * nothing, by whatever a real browser has to offer it: fetch, forms, frames, scripts, and a name bound anew.
 *
 * test: timeout 300
 * To add a test, add a member to `tests`.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';

import { runTests, waitFor } from './bed.mjs';

/* Names that lead to this machine, as an attacker's name does after DNS rebinding. */
const resolverRules = '--host-resolver-rules=MAP evil.example 127.0.0.1, MAP *.evil.example 127.0.0.1';

/* A page of another origin, in a browser that has the console's cookie. */
async function otherOrigin({ context, server }, html = '') {
    const evil = createServer((request, response) => {
        response.setHeader('content-type', 'text/html');
        response.end(`<!doctype html><title>evil</title>${html.replaceAll('SERVER', server.endpoint)}`);
    });
    await new Promise((resolve) => evil.listen(0, '127.0.0.1', resolve));
    const page = await context.newPage();
    await page.goto(`http://evil.example:${evil.address().port}/`);
    return { page, close: () => new Promise((resolve) => evil.close(resolve)) };
}

const invoked = async (server) => (await server.json('GET', '/_invoked/invocations')).length;

const tests = {
    async only_the_printed_url_lets_a_browser_in({ server, browser }) {
        assert.match(server.console, /\/_invoked\/console\?token=[A-Za-z0-9_-]{32,}$/);
        assert.match(server.log, /console/);
        const refused = await server.call('GET', '/_invoked/console');
        assert.equal(refused.status, 403);
        assert.equal((await server.call('GET', '/_invoked/console?token=guess')).status, 403);
        assert.equal((await server.call('GET', '/_invoked/console/console.js')).status, 403);
        const page = await browser.newPage();
        await page.goto(server.console);
        assert.equal(new URL(page.url()).search, '', 'the token leaves the address bar');
        await page.getByText('● live').waitFor();
        const [cookie] = await page.context().cookies();
        assert.equal(cookie.sameSite, 'Strict');
        assert.equal(cookie.httpOnly, true);
        await page.context().close();
    },

    async a_fetch_of_another_origin_gets_nothing(bed) {
        const { server } = bed;
        const { page, close } = await otherOrigin(bed);
        await server.invoke('quick', {});
        const got = await page.evaluate(async (address) => {
            const tries = {};
            for (const [name, path, options] of [
                ['list', '/_invoked/functions', {}],
                ['credentials', '/_invoked/functions', { credentials: 'include' }],
                ['page', '/_invoked/console', { credentials: 'include' }],
                ['stream', '/_invoked/stream', { credentials: 'include' }],
                ['invoke', '/2015-03-31/functions/quick/invocations', { method: 'POST', body: '{}' }],
                ['reset', '/_invoked/reset', { method: 'POST', mode: 'no-cors', credentials: 'include' }],
                ['blind invoke', '/2015-03-31/functions/quick/invocations', { method: 'POST', mode: 'no-cors', body: '{}' }],
                ['mock', '/_invoked/functions/quick/mock', { method: 'PUT', body: '[]', credentials: 'include' }],
            ]) {
                try {
                    const answer = await fetch(address + path, options);
                    tries[name] = answer.type === 'opaque' ? 'opaque' : await answer.text();
                } catch {
                    tries[name] = 'refused';
                }
            }
            tries.events = await new Promise((resolve) => {
                const source = new EventSource(address + '/_invoked/stream', { withCredentials: true });
                source.onmessage = source.onopen = () => resolve('open');
                source.onerror = () => resolve('refused');
            });
            return tries;
        }, server.endpoint);
        assert.deepEqual(got, {
            list: 'refused', credentials: 'refused', page: 'refused', stream: 'refused', invoke: 'refused',
            reset: 'opaque', 'blind invoke': 'opaque', mock: 'refused', events: 'refused',
        });
        assert.equal(await invoked(server), 1, 'what went out blind did nothing');
        await close();
    },

    async a_form_of_another_origin_does_nothing(bed) {
        const { server } = bed;
        await server.invoke('quick', {});
        for (const [path, field] of [
            ['/_invoked/reset', ''],
            ['/_invoked/clock', '{"AdvanceSeconds": 60}'],
            ['/2015-03-31/functions/quick/invocations', '{"a": 1}'],
        ]) {
            const form = `<form method=post enctype=text/plain action="SERVER${path}"><input name='${field}' value=x></form>`;
            const { page, close } = await otherOrigin(bed, form);
            const answer = page.waitForResponse((response) => response.url() === server.endpoint + path);
            await page.evaluate(() => document.forms[0].submit());
            assert.equal((await answer).status(), 403, path);
            await close();
        }
        assert.equal(await invoked(server), 1);
    },

    async a_page_of_another_origin_can_neither_frame_nor_load_it(bed) {
        const { server } = bed;
        const loads = `<iframe src="SERVER/_invoked/console"></iframe>
            <link rel=stylesheet href="SERVER/_invoked/console/console.css"><img src="SERVER/_invoked/functions">`;
        const seen = new Map();
        const { page, close } = await otherOrigin(bed, '');
        page.on('response', (response) => seen.set(new URL(response.url()).pathname, response.status()));
        page.on('requestfailed', (failed) => seen.set(new URL(failed.url()).pathname, 'blocked'));
        await page.evaluate((html) => (document.body.innerHTML = html), loads.replaceAll('SERVER', server.endpoint));
        await page.evaluate((address) => {
            const script = document.createElement('script');
            script.src = `${address}/_invoked/console/console.js`;
            document.body.append(script);
        }, server.endpoint);
        await waitFor(() => ['', '/console.js', '/console.css'].every((path) => seen.has(`/_invoked/console${path}`)), 'the answers');
        for (const [path, outcome] of seen) assert.ok(outcome === 403 || outcome === 'blocked', `${path}: ${outcome}`);
        const frames = page.frames().slice(1);
        for (const frame of frames) assert.equal(await frame.locator('#app').count(), 0);
        await close();
    },

    /* The attacker's name now leads to the server: for the browser it is one origin, and only the server can tell. */
    async a_name_that_was_bound_anew_gets_nothing(bed) {
        const { server, context } = bed;
        const { port, search } = new URL(server.console);
        await server.invoke('quick', {});
        for (const host of ['evil.example', 'console.evil.example']) {
            const page = await context.newPage();
            const answer = await page.goto(`http://${host}:${port}/_invoked/console${search}`);
            assert.equal(answer.status(), 403, 'not even with the token');
            assert.equal(await page.locator('#app').count(), 0);
            const got = await page.evaluate(async () => {
                const statuses = [];
                for (const [path, options] of [
                    ['/_invoked/functions', {}],
                    ['/_invoked/stream', {}],
                    ['/_invoked/reset', { method: 'POST' }],
                    ['/2015-03-31/functions/quick/invocations', { method: 'POST', body: '{}' }],
                ])
                    statuses.push((await fetch(path, { ...options, credentials: 'include' })).status);
                return statuses;
            });
            assert.deepEqual(got, [403, 403, 403, 403], host);
            assert.deepEqual(await context.cookies(`http://${host}:${port}`), []);
            await page.close();
        }
        assert.equal(await invoked(server), 1);
    },
};

await runTests(tests, [resolverRules]);
