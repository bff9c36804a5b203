import type { Server, StartOptions } from './index.js';

/** A server for one file of tests, with a manual clock, reset before each test and stopped after the last. */
export declare function useServer(options?: StartOptions): Promise<Server>;
