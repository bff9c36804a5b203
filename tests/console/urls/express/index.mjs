/* An Express app as people put it behind a function URL. */
import serverlessExpress from '@codegenie/serverless-express';
import express from 'express';

const app = express();

app.use(express.json());
app.use(express.urlencoded({ extended: false }));
app.get('/', (request, response) => response.type('html').send('<!doctype html><title>express</title><h1>Hello</h1>'));
app.get('/pets/:id', (request, response) => {
    response.cookie('seen', request.params.id, { httpOnly: true });
    response.cookie('second', 'yes');
    response.json({ id: request.params.id, query: request.query, host: request.get('host') });
});
app.post('/form', (request, response) => response.json(request.body));
app.post('/json', (request, response) => response.status(201).json({ got: request.body, cookies: request.get('cookie') ?? null }));
app.get('/picture', (request, response) => response.type('png').send(Buffer.from([0x89, 0x50, 0, 0xff])));
app.get('/moved', (request, response) => response.redirect('/pets/1'));
app.get('/error', () => {
    throw new Error('no');
});
app.use((request, response) => response.status(404).send('none'));

export const handler = serverlessExpress({ app, binarySettings: { contentTypes: ['image/png'] } });
