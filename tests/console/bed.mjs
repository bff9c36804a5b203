/*
 * What the tests of the console share: a server with a few functions, and a page of a headless Chromium that shows it.
 *
 * The browser is Debian's (/usr/bin/chromium, or what INVOKED_CHROMIUM names). Where there is none, the tests are skipped.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const chromiumPath = process.env.INVOKED_CHROMIUM ?? '/usr/bin/chromium';
export const hasChromium = existsSync(chromiumPath);
export const root = process.env.INVOKED_ROOT ?? new URL('../..', import.meta.url).pathname;
const binary = process.env.INVOKED_BINARY ?? join(root, 'build/release/invoked');
export const pictures = join(root, 'build/console');
mkdirSync(pictures, { recursive: true });

export const config = {
    Functions: {
        charge: {
            Local: {
                Mock: [
                    {
                        When: { card: 'stolen' },
                        FunctionError: 'Unhandled',
                        Payload: { errorType: 'Exception', errorMessage: 'boom' },
                    },
                    { Payload: { charged: true } },
                ],
            },
            DeadLetterConfig: { TargetArn: 'arn:aws:sqs:us-east-1:123456789012:charge-dlq' },
            EventInvokeConfig: {
                DestinationConfig: {
                    OnSuccess: { Destination: 'arn:aws:sqs:us-east-1:123456789012:charged' },
                    OnFailure: { Destination: 'arn:aws:sqs:us-east-1:123456789012:problems' },
                },
            },
        },
        shout: { Local: { Command: ['tr', 'a-z', 'A-Z'] } },
        quick: { Local: { Mock: [{ Payload: { ok: true } }] } },
    },
};

export async function waitFor(condition, what, milliseconds = 20000) {
    const until = Date.now() + milliseconds;
    for (;;) {
        const value = await condition();
        if (value) return value;
        if (Date.now() > until) throw new Error(`waited ${milliseconds} ms for ${what}`);
        await sleep(20);
    }
}

export class Server {
    static async start({ options = ['--clock', 'manual'], settings = config } = {}) {
        const server = new Server();
        server.folder = mkdtempSync(join(tmpdir(), 'invoked-console-'));
        const file = join(server.folder, 'invoked.json');
        const ready = join(server.folder, 'ready.json');
        writeFileSync(file, JSON.stringify(settings));
        server.log = '';
        server.process = spawn(
            binary,
            ['serve', '--port', '0', '--data-dir', join(server.folder, 'data'), '--ready-file', ready, ...options, file],
            { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env.PATH, HOME: server.folder } },
        );
        server.process.stderr.on('data', (piece) => (server.log += piece));
        server.ended = new Promise((resolve) => server.process.on('exit', (code, signal) => resolve(code ?? signal)));
        await waitFor(() => existsSync(ready) || server.process.exitCode !== null, 'the ready file');
        if (!existsSync(ready)) throw new Error(`the server did not start:\n${server.log}`);
        Object.assign(server, JSON.parse(readFileSync(ready, 'utf8'))); /* endpoint, console */
        return server;
    }

    async stop() {
        this.process.kill('SIGTERM');
        const status = await this.ended;
        rmSync(this.folder, { recursive: true, force: true });
        if (status !== 0) throw new Error(`the server ended with ${status}:\n${this.log}`);
    }

    async call(method, path, body, headers) {
        const response = await fetch(this.endpoint + path, { method, body, headers });
        return { status: response.status, text: await response.text(), headers: response.headers };
    }

    async json(method, path, body) {
        return JSON.parse((await this.call(method, path, body === undefined ? undefined : JSON.stringify(body))).text);
    }

    invoke(name, payload, type = 'RequestResponse') {
        return this.call('POST', `/2015-03-31/functions/${name}/invocations`, JSON.stringify(payload), {
            'X-Amz-Invocation-Type': type,
        });
    }
}

/* Debian's Chromium, with nothing that asks the network. */
export async function openBrowser(extra = []) {
    const { chromium } = await import('playwright-core');
    return chromium.launch({
        executablePath: chromiumPath,
        args: [
            '--no-sandbox',
            '--disable-gpu',
            '--disable-quic',
            '--no-first-run',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
            ...extra,
        ],
    });
}

/*
 * Each of `tests` with a server and a page of its own; words of the command line choose among them. An error in the page
 * is a failure, unless the test asks for it: `expectsErrors` of the object that it gets.
 */
export async function runTests(tests, browserArguments) {
    const chosen = Object.keys(tests).filter((name) => process.argv.length === 2 || process.argv.includes(name));
    let passed = 0;
    let failed = 0;
    const fail = (name, text) => {
        failed++;
        console.log(`FAIL ${name}: ${text}`);
    };

    if (!hasChromium) {
        console.log(`chromium is not installed: skipped ${chosen.join(', ')}`);
        console.log(`0 passed, 0 failed, ${chosen.length} skipped`);
        return;
    }
    const browser = await openBrowser(browserArguments);
    for (const name of chosen) {
        const server = await Server.start();
        const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
        try {
            const page = await context.newPage();
            const errors = [];
            const bed = { server, browser, context, page, expectsErrors: false };
            page.on('pageerror', (error) => errors.push(error.message));
            page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
            page.setDefaultTimeout(15000);
            await page.goto(server.console);
            await page.getByText('● live').waitFor();
            await tests[name](bed);
            if (!bed.expectsErrors) assert.deepEqual(errors, []);
            passed++;
            console.log(`ok ${name}`);
        } catch (error) {
            fail(name, error.stack);
        } finally {
            await context.close();
            await server.stop().catch((error) => fail(name, error.message));
        }
    }
    await browser.close();
    console.log(`${passed} passed, ${failed} failed`);
    process.exitCode = failed > 0 ? 1 : 0;
}
