/* A Hono app, buffered and streamed. */
import { Hono } from 'hono';
import { handle, streamHandle } from 'hono/aws-lambda';
import { streamSSE } from 'hono/streaming';
import { existsSync } from 'node:fs';

const app = new Hono();

app.get('/pets/:id', (c) => c.json({ id: c.req.param('id'), q: c.req.queries('q') ?? [] }));
app.post('/form', async (c) => c.json(await c.req.parseBody()));
app.get('/events', (c) =>
    streamSSE(c, async (stream) => {
        await stream.writeSSE({ data: 'first' });
        while (!existsSync(c.req.query('gate'))) await stream.sleep(5);
        await stream.writeSSE({ data: 'last' });
    }),
);

export const handler = handle(app);
export const streamed = streamHandle(app);
