/*
 * test_function_urls.mjs - function URLs as their clients see them: an Express and a Hono app, fetch of Node.js, and pages
 * of another origin in a headless Chromium, with and without CORS.
 *
 * test: timeout 300
 * To add a test, add a member to `tests`, or to `pages` when it needs the browser.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

import { Server, hasChromium, openBrowser, root, waitFor } from './bed.mjs';

const node = (name, url, more) => ({
    Runtime: 'nodejs20.x', Handler: 'index.handler', CodeUri: join(root, 'tests/console/urls', name), Timeout: 20,
    FunctionUrlConfig: { AuthType: 'NONE', ...url }, ...more,
});
const settings = {
    Functions: {
        express: node('express'),
        hono: node('hono'),
        streamed: node('hono', { InvokeMode: 'RESPONSE_STREAM' }, { Handler: 'index.streamed' }),
        shared: node('hono', { Cors: { AllowOrigins: ['*'], AllowMethods: ['GET', 'PUT'], AllowHeaders: ['x-own', 'content-type'], ExposeHeaders: ['x-amzn-requestid'] } }),
        private: node('hono', { AuthType: 'AWS_IAM' }),
    },
};

const form = (text) => ({ method: 'POST', body: text, headers: { 'content-type': 'application/x-www-form-urlencoded' } });

const tests = {
    async an_express_app_gets_whole_requests({ server }) {
        const url = `${server.endpoint}/_invoked/url/express`;
        const pet = await fetch(`${url}/pets/a%20b?x=1&y=2`);
        const { port } = new URL(server.endpoint);
        assert.deepEqual(await pet.json(), { id: 'a b', query: { x: '1', y: '2' }, host: `127.0.0.1:${port}` });
        assert.equal(pet.headers.get('set-cookie'), 'seen=a%20b; Path=/; HttpOnly, second=yes; Path=/');
        assert.deepEqual(await (await fetch(`${url}/form`, form('a=1&b=%C3%A4'))).json(), { a: '1', b: 'ä' });
        const json = await fetch(`${url}/json`, {
            method: 'POST', body: '{"a":"ä"}', headers: { 'content-type': 'application/json', cookie: 'k=v; l=w' },
        });
        assert.equal(json.status, 201);
        assert.deepEqual(await json.json(), { got: { a: 'ä' }, cookies: 'k=v; l=w' });
    },

    async an_express_app_sends_whole_responses({ server }) {
        const url = `${server.endpoint}/_invoked/url/express`;
        const picture = await fetch(`${url}/picture`);
        assert.equal(picture.headers.get('content-type').split(';')[0], 'image/png');
        assert.deepEqual(new Uint8Array(await picture.arrayBuffer()), new Uint8Array([0x89, 0x50, 0, 0xff]));
        const moved = await fetch(`${url}/moved`, { redirect: 'manual' });
        assert.deepEqual([moved.status, moved.headers.get('location')], [302, '/pets/1']);
        assert.equal((await fetch(`${url}/error`)).status, 500);
        assert.equal((await fetch(`${url}/nowhere`)).status, 404);
        assert.match(await (await fetch(url)).text(), /<h1>Hello/);
    },

    async a_hono_app_answers({ server }) {
        const url = `${server.endpoint}/_invoked/url/hono`;
        assert.deepEqual(await (await fetch(`${url}/pets/7?q=1&q=2`)).json(), { id: '7', q: ['1', '2'] });
        assert.deepEqual(await (await fetch(`${url}/form`, form('a=1'))).json(), { a: '1' });
        assert.equal((await fetch(`${url}/nowhere`)).status, 404);
    },

    async fetch_reads_a_stream_before_it_ends({ server }) {
        const gate = join(server.folder, 'gate');
        const response = await fetch(`${server.endpoint}/_invoked/url/streamed/events?gate=${encodeURIComponent(gate)}`);
        assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'text/event-stream']);
        const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
        let text = '';
        while (!text.includes('first')) text += (await reader.read()).value;
        assert.equal(text.includes('last'), false);
        writeFileSync(gate, '');
        for (let piece = await reader.read(); !piece.done; piece = await reader.read()) text += piece.value;
        assert.equal(text, 'data: first\n\ndata: last\n\n');
    },

    async an_unsigned_request_is_refused({ server }) {
        const response = await fetch(`${server.endpoint}/_invoked/url/private/pets/1`);
        assert.equal(response.status, 403);
        assert.match((await response.json()).Message, /^Forbidden\. For troubleshooting/);
    },
};

/* In the page; what a page may not read is a TypeError there. */
const ask = ([url, options]) =>
    fetch(url, options).then(
        async (response) => ({ status: response.status, text: await response.text(), id: response.headers.get('x-amzn-requestid') }),
        (error) => ({ error: error.name }),
    );

const count = async (server, name) => (await server.json('GET', `/_invoked/invocations?FunctionName=${name}`)).length;

const pages = {
    async a_page_of_another_origin_reads_a_url_with_cors({ server, page }) {
        const url = `${server.endpoint}/_invoked/url/shared/pets/7`;
        const plain = await page.evaluate(ask, [url, {}]);
        assert.deepEqual([plain.status, JSON.parse(plain.text).id], [200, '7']);
        assert.match(plain.id, /^[0-9a-f-]{36}$/, 'ExposeHeaders');
        const before = await count(server, 'shared');
        const asked = await page.evaluate(ask, [url, { method: 'PUT', headers: { 'x-own': '1' } }]);
        assert.equal(asked.status, 404, 'the app has no PUT, but the page may ask');
        assert.equal(await count(server, 'shared'), before + 1, 'the preflight request has run nothing');
        const refused = await page.evaluate(ask, [url, { method: 'DELETE' }]);
        assert.equal(refused.error, 'TypeError', 'a method that Cors does not list');
        assert.equal(await count(server, 'shared'), before + 1);
    },

    async a_page_of_another_origin_cant_read_a_url_without_cors({ server, page }) {
        const url = `${server.endpoint}/_invoked/url/hono/pets/7`;
        assert.equal((await page.evaluate(ask, [url, {}])).error, 'TypeError');
        assert.equal(await count(server, 'hono'), 1, 'it has run all the same, as on AWS');
    },

    async a_page_of_another_origin_reaches_nothing_else({ server, page }) {
        for (const path of ['/_invoked/health', '/2015-03-31/functions/hono/invocations'])
            assert.equal((await page.evaluate(ask, [server.endpoint + path, { method: 'POST' }])).error, 'TypeError');
        assert.equal(await count(server, 'hono'), 0);
    },

    async a_browser_opens_the_host_name_of_a_url({ server, browser }) {
        const [address] = await waitFor(() => server.log.match(/http:\/\/[a-z2-7]{32}\.lambda-url\.us-east-1\.localhost:\d+\/(?= or \S*\/express\/)/), 'the address');
        const page = await browser.newPage();
        const response = await page.goto(address);
        assert.equal(response.status(), 200);
        assert.equal(await page.textContent('h1'), 'Hello');
        assert.equal(JSON.parse((await page.evaluate(ask, ['/pets/3', {}])).text).host, new URL(address).host);
        const other = await page.evaluate(ask, [`${server.endpoint}/_invoked/health`, {}]);
        assert.equal(other.error, 'TypeError', 'its page is of another origin than the server');
        await page.close();
    },
};

let passed = 0;
let failed = 0;
let skipped = 0;
const chosen = process.argv.slice(2);
const browser = hasChromium ? await openBrowser() : null;
const elsewhere = createServer((request, response) => response.setHeader('Content-Type', 'text/html').end('<!doctype html>'));
await new Promise((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));

async function run(name, test) {
    const server = await Server.start({ options: [], settings });
    const page = browser && (await browser.newPage());
    try {
        await page?.goto(`http://localhost:${elsewhere.address().port}/`);
        await test({ server, browser, page });
        passed++;
        console.log(`ok ${name}`);
    } catch (error) {
        failed++;
        console.log(`FAIL ${name}: ${error.stack}\n${server.log}`);
    } finally {
        await page?.close();
        await server.stop().catch((error) => {
            failed++;
            console.log(`FAIL ${name}: ${error.message}`);
        });
    }
}

for (const [name, test] of Object.entries({ ...tests, ...pages })) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    if (name in pages && browser === null) {
        skipped++;
        console.log(`chromium is not installed: skipped ${name}`);
        continue;
    }
    await run(name, test);
}
await browser?.close();
elsewhere.close();
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 ? 1 : 0;
