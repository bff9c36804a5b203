import invoked from './index.cjs';

export const { start, connect, accountOfWorker, binaryPath } = invoked;
