// A server for one file of node:test, which runs each file in a process of its own: started before the file's tests,
// reset before each, stopped after the last. Call it at the top of the file, with `await`.
import { after, beforeEach } from 'node:test';
import { start } from './index.mjs';

export async function useServer(options = {}) {
  const server = await start({ clock: 'manual', ...options });
  beforeEach(() => server.reset());
  after(() => server.stop());
  return server;
}
