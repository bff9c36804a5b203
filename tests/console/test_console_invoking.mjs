/*
 * test_console_invoking.mjs - invoking by the console: again, changed, as a command to paste, with events of one's own; and
 * finding it again in the list.
 *
 * test: timeout 300
 * To add a test, add a member to `tests`.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';

import { runTests, waitFor } from './bed.mjs';

const payloadOf = (page) => page.getByRole('textbox', { name: 'Payload', exact: true });
const rowsOf = (page) => page.getByRole('listbox').getByRole('option');
const counts = (page, count, what) => waitFor(async () => (await rowsOf(page).count()) === count, what);

/* Opens the newest invocation. */
async function openInvocation(page) {
    await page.getByRole('link', { name: 'Invocations' }).click();
    await rowsOf(page).first().click();
    await page.mouse.move(5, 5);
    return page.getByLabel('Invocation', { exact: true });
}

async function copied({ context, page, server }, within, label) {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.endpoint });
    const button = within.getByRole('button', { name: label });
    await button.click();
    await within.getByRole('button', { name: 'copied' }).waitFor();
    return page.evaluate(() => navigator.clipboard.readText());
}

const environment = {
    ...process.env,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_DEFAULT_REGION: 'us-east-1',
};

/* A payload that a shell would take apart. */
const awkward = { text: `it's "quoted" $HOME \\ ü` };
const answered = { TEXT: `IT'S "QUOTED" $HOME \\ ü` }; /* tr knows ASCII only */

const tests = {
    async copied_as_curl_it_runs(bed) {
        await bed.server.invoke('shout', awkward);
        const command = await copied(bed, await openInvocation(bed.page), 'copy as curl');
        assert.match(command, /^curl '/);
        const out = execFileSync('sh', ['-c', command], { env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
        assert.deepEqual(JSON.parse(out), answered);
        const rows = await bed.server.json('GET', '/_invoked/invocations?FunctionName=shout');
        assert.deepEqual(rows[0].Payload, awkward);
        await bed.server.invoke('charge', { n: 1 }, 'Event');
        await bed.page.getByRole('link', { name: 'Functions' }).click();
        const event = await copied(bed, await openInvocation(bed.page), 'copy as curl');
        assert.match(event, /-H 'X-Amz-Invocation-Type: Event'/);
    },

    async copied_as_aws_it_runs(bed) {
        await bed.server.invoke('shout', awkward);
        const command = await copied(bed, await openInvocation(bed.page), 'copy as aws');
        assert.match(command, /^aws lambda invoke --endpoint-url http:.* --function-name 'shout' --cli-binary-format raw-in-base64-out /);
        const found = spawnSync('aws', ['--version'], { encoding: 'utf8' });
        if (found.error) return;
        /* Version 1 has no such option, and takes payloads as they are. */
        const isOld = `${found.stdout}${found.stderr}`.startsWith('aws-cli/1.');
        const own = isOld ? command.replace(' --cli-binary-format raw-in-base64-out', '') : command;
        /* Behind a pipe, since /dev/stdout of a socket, as Node.js gives one, can't be opened. */
        const out = execFileSync('sh', ['-c', `${own} --query StatusCode | cat`], { env: environment, encoding: 'utf8' });
        assert.deepEqual(JSON.parse(out.replace(/200\s*$/, '')), answered);
    },

    async copied_as_boto3_it_runs(bed) {
        await bed.server.invoke('shout', awkward);
        const program = await copied(bed, await openInvocation(bed.page), 'copy as boto3');
        assert.match(program, /^import boto3\n/);
        if (spawnSync('python3', ['-c', 'import boto3']).status !== 0) return;
        const out = execFileSync('python3', ['-c', program], { env: environment, encoding: 'utf8' });
        assert.deepEqual(JSON.parse(out.replace(/^200 /, '')), answered);
    },

    async own_events_are_kept_for_each_function({ page }) {
        const open = async (name) => page.getByRole('article', { name }).getByRole('button', { name: 'invoke' }).click();
        const offered = () => page.getByLabel('Start from').locator('optgroup[label=Saved] option').allTextContents();
        page.on('dialog', (dialog) => dialog.accept('a good card'));
        await open('charge');
        assert.deepEqual(await offered(), []);
        await payloadOf(page).fill('{"card":"good"}');
        await page.getByRole('button', { name: 'save event' }).click();
        await waitFor(async () => (await offered()).length === 1, 'the saved event');
        await page.reload();
        await open('quick');
        assert.deepEqual(await offered(), [], 'it is the event of another function');
        await page.keyboard.press('Escape');
        await open('charge');
        assert.deepEqual(await offered(), ['a good card']);
        await page.getByLabel('Start from').selectOption('a good card');
        assert.equal(await payloadOf(page).inputValue(), '{"card":"good"}');
        await page.getByRole('button', { name: 'forget event' }).click();
        await waitFor(async () => (await offered()).length === 0, 'its end');
    },

    async invoke_again_invokes({ server, page }) {
        await server.invoke('charge', { card: 'good', n: 7 });
        const detail = await openInvocation(page);
        await detail.getByRole('button', { name: 'invoke again' }).click();
        await page.getByLabel('Response', { exact: true }).getByText('charged').waitFor();
        const rows = await server.json('GET', '/_invoked/invocations');
        assert.deepEqual(rows.map((row) => row.Payload), [{ card: 'good', n: 7 }, { card: 'good', n: 7 }]);
        assert.notEqual(rows[0].RequestId, rows[1].RequestId);
    },

    async edit_and_invoke_invokes_what_was_edited({ server, page }) {
        await server.invoke('charge', { card: 'good' });
        const detail = await openInvocation(page);
        await detail.getByRole('button', { name: 'edit and invoke' }).click();
        assert.deepEqual(JSON.parse(await payloadOf(page).inputValue()), { card: 'good' });
        assert.equal((await server.json('GET', '/_invoked/invocations')).length, 1, 'nothing runs before it is edited');
        await payloadOf(page).fill('{"card": ');
        await page.getByText(/^not JSON/).waitFor();
        await payloadOf(page).fill('{"card": "stolen"}');
        await payloadOf(page).press('Control+Enter');
        await page.getByLabel('Response', { exact: true }).getByText('boom').waitFor();
        const [row] = await server.json('GET', '/_invoked/invocations');
        assert.deepEqual([row.Payload, row.Status], [{ card: 'stolen' }, 'failed']);
    },

    async the_list_is_filtered_by_function_type_status_and_text({ server, page }) {
        await server.invoke('charge', { card: 'good', note: 'Needle' });
        await server.invoke('charge', { card: 'stolen' });
        await server.invoke('charge', { card: 'good' }, 'Event');
        await server.invoke('quick', { n: 1 });
        await server.call('POST', '/_invoked/drain');
        await page.getByRole('link', { name: 'Invocations' }).click();
        await counts(page, 4, 'all of them');
        await page.getByLabel('Function').selectOption('charge');
        await counts(page, 3, 'those of charge');
        await page.getByLabel('Type').selectOption('Event');
        await counts(page, 1, 'the event');
        await page.getByLabel('Type').selectOption('RequestResponse');
        await counts(page, 2, 'the requests of charge');
        await page.getByLabel('Status').selectOption('failed');
        await counts(page, 1, 'the one that failed');
        await page.getByLabel('Status').selectOption('');
        await page.getByLabel('Function').selectOption('');
        await page.getByLabel('Type').selectOption('');
        await page.getByLabel(/Text in payloads/).fill('needle'); /* in the request */
        await counts(page, 1, 'the one with the note');
        await page.getByLabel(/Text in payloads/).fill('boom'); /* in the response */
        await counts(page, 1, 'the one that answered so');
        const [{ RequestId }] = await server.json('GET', '/_invoked/invocations');
        await page.getByLabel(/Text in payloads/).fill(RequestId.slice(0, 13));
        await counts(page, 1, 'the one with that request id');
        await page.getByLabel(/Text in payloads/).fill('');
        await counts(page, 4, 'all of them again');
    },

    async the_list_grows_as_somebody_scrolls_down({ server, page }) {
        for (let i = 0; i < 300; i++) await server.invoke('quick', { i });
        await page.getByRole('link', { name: 'Invocations' }).click();
        await page.getByText('300 of 300').waitFor();
        await counts(page, 50, 'a screen of rows');
        await waitFor(async () => {
            await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
            return (await rowsOf(page).count()) === 300;
        }, 'all rows');
        await page.evaluate(() => scrollTo(0, 0));
        await counts(page, 50, 'a screen of rows again');
    },

    async the_path_of_an_event_is_lit({ server, page }) {
        const lit = async () => (await page.locator('svg.states').getAttribute('aria-label')).replace('States passed: ', '');
        const current = () => page.locator('svg.states g.current text').allTextContents();
        await server.invoke('charge', { card: 'stolen' }, 'Event');
        await page.getByRole('link', { name: 'Events' }).click();
        await rowsOf(page).first().click();
        await waitFor(async () => (await lit()) === 'queued, running, waiting', 'the path to waiting');
        assert.deepEqual(await current(), ['waiting']);
        const dark = () => page.locator('svg.states line:not(.lit)').count();
        assert.equal(await dark(), 5, 'what it did not go');
        await server.call('POST', '/_invoked/drain');
        await waitFor(async () => (await lit()) === 'queued, running, waiting, given up, dead letter', 'the path to its end');
        assert.deepEqual(await current(), []);
        await server.invoke('charge', { card: 'good' }, 'Event');
        await server.call('POST', '/_invoked/drain');
        await page.getByRole('listbox').getByText('succeeded').click();
        await waitFor(async () => (await lit()) === 'queued, running, succeeded, record', 'the path of the other');
    },
};

await runTests(tests);
