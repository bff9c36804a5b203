import type { LambdaClient, LambdaClientConfig } from '@aws-sdk/client-lambda';

export interface StartOptions {
  /** A configuration file, template or folder, or a configuration itself. Default: ./invoked.json, else ./template.yaml. */
  config?: string | Record<string, unknown>;
  /** `real` (default), `manual`, or `xN`: N times faster. */
  clock?: 'real' | 'manual' | `x${number}`;
  /** The account, 12 digits, that the returned server acts in. Default: the configuration's `AccountId`. */
  account?: string;
  /** The folder that relative paths start from. Default: that of this process. */
  cwd?: string;
  /** More variables for the server. */
  env?: Record<string, string>;
  /** More options of `invoked run`. */
  args?: string[];
  /** `pipe` (default) keeps the log in `server.log`; `inherit` prints it. */
  stderr?: 'pipe' | 'inherit' | 'ignore';
  /** The program. Default: INVOKED_BINARY, else the one of this package. */
  binary?: string;
}

export interface InvokeResult {
  payload: any;
  functionError?: 'Handled' | 'Unhandled';
  requestId: string;
}

export interface Invocation {
  RequestId: string;
  FunctionName: string;
  Qualifier: string | null;
  ExecutedVersion: string | null;
  InvocationType: string;
  Payload: any;
  Attempt: number;
  Status: 'running' | 'succeeded' | 'failed' | 'throttled' | 'rejected';
  FunctionError: string | null;
  ResponsePayload: any;
  Log: string | null;
  StartedAt: string;
  DurationMs: number | null;
  ColdStart: boolean | null;
}

export interface QueuedEvent {
  RequestId: string;
  FunctionName: string;
  State: 'queued' | 'running' | 'waiting';
  Attempt: number;
  EnqueuedAt: string;
  NextAttemptAt: string | null;
  LastError: string | null;
}

export interface DeadLetter {
  MessageId: string;
  Body: string;
  MessageAttributes: Record<string, { StringValue: string; DataType: string }>;
  SentTimestamp: string;
}

export declare class Server {
  readonly endpoint: string;
  readonly account?: string;
  readonly region: string;
  /** The last 64 KB of the log, where this process started the server. */
  readonly log?: string;
  /** What an AWS SDK's client is constructed with. */
  readonly clientConfig: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } };
  /** A client of the AWS SDK (`@aws-sdk/client-lambda` of your project). */
  client(options?: Partial<LambdaClientConfig>): LambdaClient;
  /** The same server from another account: its own history, queue, dead letters, mocks, faults and clock. */
  forAccount(account: string): Server;
  /** Invokes a function and waits for its result. */
  invoke(name: string, payload?: unknown): Promise<InvokeResult>;
  /** Sends an event, and returns its request id. */
  send(name: string, payload?: unknown): Promise<string>;
  invocations(filter?: Record<string, string>): Promise<Invocation[]>;
  events(): Promise<QueuedEvent[]>;
  deadLetters(queue?: string): Promise<DeadLetter[]>;
  destinations(name?: string): Promise<any[]>;
  mock(name: string, responses: unknown[]): Promise<unknown>;
  faults(name: string, faults: unknown): Promise<unknown>;
  /** Moves a manual clock. */
  advance(seconds: number): Promise<{ now: string; mode: string; ran: string[] }>;
  /** Waits until no event is left; moves a manual clock to each next attempt. */
  drain(timeoutSeconds?: number): Promise<void>;
  /** Forgets what this account has done. */
  reset(): Promise<void>;
  /** Asks any endpoint below /_invoked/. */
  ask(method: string, path: string, body?: unknown): Promise<any>;
  stop(): Promise<void>;
}

/** Starts a server on a free port, with data of its own. It ends with this process, however that ends. */
export declare function start(options?: StartOptions): Promise<Server>;
/** A server that was started elsewhere. Default: INVOKED_ENDPOINT. */
export declare function connect(endpoint?: string, account?: string): Server;
/** An account for each worker of a test runner, numbered from 1. */
export declare function accountOfWorker(worker: number | string | undefined): string;
export declare function binaryPath(): string;
