// A throttle that the client survives: the SDK tries again by itself, as often as `maxAttempts` says.
//
//     npm install && invoked run -- npm test

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { InvokeCommand, LambdaClient, TooManyRequestsException } from '@aws-sdk/client-lambda';

const ask = async (method, path, body) => {
  const answer = await fetch(`${process.env.INVOKED_ENDPOINT}/_invoked/${path}`, { method, body: body && JSON.stringify(body) });
  assert.equal(answer.status, 200, path);
  return answer.json();
};

const throttle = (times) => ask('PUT', 'functions/stock/faults', { Error: 'TooManyRequestsException', Times: times });
const statuses = async () => (await ask('GET', 'invocations?FunctionName=stock')).map((row) => row.Status).reverse();
const lookUp = (client) => client.send(new InvokeCommand({ FunctionName: 'stock', Payload: '{"item":"tea"}' }));

beforeEach(() => ask('POST', 'reset'));

test('two throttles are survived by three attempts', async () => {
  await throttle(2);
  const answer = await lookUp(new LambdaClient({ maxAttempts: 3 }));
  assert.deepEqual(JSON.parse(Buffer.from(answer.Payload)), { item: 'tea', inStock: 7 });
  assert.deepEqual(await statuses(), ['throttled', 'throttled', 'succeeded']);
});

test('three throttles are not', async () => {
  await throttle(3);
  await assert.rejects(lookUp(new LambdaClient({ maxAttempts: 3 })), TooManyRequestsException);
  assert.deepEqual(await statuses(), ['throttled', 'throttled', 'throttled']);
});
