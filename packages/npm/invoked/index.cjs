'use strict';
const { spawn } = require('node:child_process');
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { tmpdir } = require('node:os');
const { join, resolve } = require('node:path');
const { binaryPath } = require('./binary.cjs');

// An access key id of 12 digits is the account that a request acts in.
const authorizationOf = (account) =>
  `AWS4-HMAC-SHA256 Credential=${account}/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0`;

/** A running server, seen from one account. */
class Server {
  constructor(endpoint, account, region, stop) {
    this.endpoint = endpoint;
    this.account = account;
    this.region = region;
    this.stop = stop;
  }

  /** The same server from another account: its own history, queue, dead letters, mocks, faults and clock. */
  forAccount(account) {
    return new Server(this.endpoint, account, this.region, this.stop);
  }

  /** What an AWS SDK's client is constructed with. */
  get clientConfig() {
    const credentials = { accessKeyId: this.account ?? 'local', secretAccessKey: 'local' };
    return { endpoint: this.endpoint, region: this.region, credentials };
  }

  client(options) {
    const fromProject = createRequire(join(process.cwd(), 'package.json'));
    let sdk;
    try {
      sdk = fromProject('@aws-sdk/client-lambda');
    } catch {
      sdk = require('@aws-sdk/client-lambda');
    }
    return new sdk.LambdaClient({ ...this.clientConfig, ...options });
  }

  /** Asks an endpoint below /_invoked/ and returns the JSON of its response. */
  async ask(method, path, body) {
    const headers = this.account ? { authorization: authorizationOf(this.account) } : {};
    const response = await fetch(`${this.endpoint}/_invoked/${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`invoked: ${method} /_invoked/${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  /** Invokes a function and waits for its result. */
  async invoke(name, payload) {
    return this.#send(name, payload, 'RequestResponse');
  }

  /** Sends an event, and returns its request id. */
  async send(name, payload) {
    return (await this.#send(name, payload, 'Event')).requestId;
  }

  async #send(name, payload, type) {
    const headers = { 'x-amz-invocation-type': type };
    if (this.account) headers.authorization = authorizationOf(this.account);
    const path = `/2015-03-31/functions/${encodeURIComponent(name)}/invocations`;
    const body = payload === undefined ? undefined : JSON.stringify(payload);
    const response = await fetch(this.endpoint + path, { method: 'POST', headers, body });
    const text = await response.text();
    if (!response.ok) {
      const error = new Error(JSON.parse(text).Message ?? JSON.parse(text).message ?? text);
      error.name = response.headers.get('x-amzn-errortype');
      throw error;
    }
    return {
      payload: text === '' ? undefined : JSON.parse(text),
      functionError: response.headers.get('x-amz-function-error') ?? undefined,
      requestId: response.headers.get('x-amzn-requestid'),
    };
  }

  invocations(filter = {}) {
    return this.ask('GET', `invocations?${new URLSearchParams(filter)}`);
  }

  events() {
    return this.ask('GET', 'events');
  }

  deadLetters(queue) {
    return this.ask('GET', `dead-letters${queue ? `?${new URLSearchParams({ Queue: queue })}` : ''}`);
  }

  destinations(name) {
    return this.ask('GET', `destinations${name ? `?${new URLSearchParams({ Name: name })}` : ''}`);
  }

  mock(name, responses) {
    return this.ask('PUT', `functions/${encodeURIComponent(name)}/mock`, responses);
  }

  faults(name, faults) {
    return this.ask('PUT', `functions/${encodeURIComponent(name)}/faults`, faults);
  }

  /** Moves a manual clock. */
  advance(seconds) {
    return this.ask('POST', 'clock', { AdvanceSeconds: seconds });
  }

  /** Waits until no event is left; moves a manual clock to each next attempt. */
  async drain(timeoutSeconds = 30) {
    await this.ask('POST', `drain?TimeoutSeconds=${timeoutSeconds}`);
  }

  /** Forgets what this account has done: history, queue, dead letters, destinations, mocks, faults, clock. */
  async reset() {
    await this.ask('POST', 'reset');
  }
}

// An object's relative paths are relative to `cwd`, as if it were a file there.
function withAbsolutePaths(config, cwd) {
  const copy = structuredClone(config);
  for (const settings of Object.values(copy.Functions ?? {})) {
    for (const one of [settings, ...Object.values(settings.Versions ?? {})]) {
      if (typeof one.CodeUri === 'string') one.CodeUri = resolve(cwd, one.CodeUri);
      if (one.ImageConfig) one.ImageConfig.WorkingDirectory = resolve(cwd, one.ImageConfig.WorkingDirectory ?? '.');
    }
  }
  return copy;
}

function configurationFile(config, cwd) {
  if (config === undefined || typeof config === 'string') return { words: config === undefined ? [] : [config], remove() {} };
  const folder = mkdtempSync(join(tmpdir(), 'invoked-config-'));
  const path = join(folder, 'invoked.json');
  writeFileSync(path, JSON.stringify(withAbsolutePaths(config, cwd)));
  return { words: [path], remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Starts a server on a free port, with data of its own. It ends with this process, however that ends. */
async function start(options = {}) {
  const cwd = resolve(options.cwd ?? '.');
  const configuration = configurationFile(options.config, cwd);
  // `run` serves for as long as its command runs, and the command ends when this process closes the pipe.
  const words = ['run', ...(options.clock ? ['--clock', options.clock] : []), ...(options.args ?? []), ...configuration.words];
  const command = ['--', 'sh', '-c', 'echo "$INVOKED_ENDPOINT $AWS_REGION"; exec cat >/dev/null'];
  const child = spawn(options.binary ?? binaryPath(), [...words, ...command], {
    cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', options.stderr ?? 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (data) => (said = (said + data).slice(-64 * 1024)));
  child.stdin.on('error', () => {});
  const ended = new Promise((done) => child.once('close', done));
  ended.then(configuration.remove);
  const line = await new Promise((done, fail) => {
    let text = '';
    child.stdout.on('data', (data) => {
      text += data;
      if (text.includes('\n')) done(text.split('\n')[0]);
    });
    child.once('error', (error) => {
      configuration.remove();
      fail(new Error(`invoked: can't start ${child.spawnfile}: ${error.message}`));
    });
    child.once('close', (status) => fail(new Error(`invoked ended with status ${status}:\n${said}`)));
  });
  const [endpoint, region] = line.split(' ');
  for (const handle of [child, child.stdin, child.stdout, child.stderr]) handle?.unref?.();
  const server = new Server(endpoint, options.account, region, async () => {
    for (const handle of [child, child.stdout, child.stderr]) handle?.ref?.();
    child.stdin.end();
    await ended;
  });
  Object.defineProperty(server, 'log', { get: () => said });
  return server;
}

/** A server that was started elsewhere: by `invoked run`, or by a test runner's global set-up. */
function connect(endpoint = process.env.INVOKED_ENDPOINT, account = undefined) {
  if (!endpoint) throw new Error('invoked: no server: INVOKED_ENDPOINT is not set');
  return new Server(endpoint, account, process.env.AWS_REGION ?? 'us-east-1', async () => {});
}

/** An account for each worker of a test runner, numbered from 1. */
const accountOfWorker = (worker) => String(100000000000 + Number(worker || 1));

module.exports = { start, connect, accountOfWorker, binaryPath };
