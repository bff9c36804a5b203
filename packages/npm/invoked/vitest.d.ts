import type { Server } from './index.js';

/** The server of the global set-up, in an account of this worker, reset before each test. */
export declare const server: Server;
