// `server`: the one of the global set-up, in an account of this worker, reset before each test.
import { beforeEach } from 'vitest';
import { accountOfWorker, connect } from './index.mjs';

export const server = connect(process.env.INVOKED_ENDPOINT, accountOfWorker(process.env.VITEST_POOL_ID));

beforeEach(() => server.reset());
