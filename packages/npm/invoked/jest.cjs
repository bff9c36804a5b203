'use strict';
// `server`: the one of the global set-up, in an account of this worker, reset before each test.
const { accountOfWorker, connect } = require('./index.cjs');

const server = connect(process.env.INVOKED_ENDPOINT, accountOfWorker(process.env.JEST_WORKER_ID));

beforeEach(() => server.reset());

module.exports = { server };
