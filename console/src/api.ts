/* What the server's documented endpoints take and give (docs/inspect.md). Everything the console does goes through here. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface FunctionRow {
    FunctionName: string;
    FunctionArn: string;
    RunsAs: string;
    IsMocked: boolean;
    Runtime: string | null;
    Handler: string | null;
    CodeUri: string | null;
    Command: string[] | null;
    Timeout: number;
    MemorySize: number;
    ReservedConcurrentExecutions: number | null;
    Versions: string[];
    Aliases: string[];
    Environments: { Idle: number; Busy: number; Starting: number };
    EventsWaiting: number;
}

export type Status = 'running' | 'succeeded' | 'failed' | 'throttled' | 'rejected';
export const STATUSES: Status[] = ['running', 'succeeded', 'failed', 'throttled', 'rejected'];
export type InvocationType = 'RequestResponse' | 'Event' | 'DryRun';

export interface InvocationRow {
    RequestId: string;
    FunctionName: string;
    Qualifier: string | null;
    ExecutedVersion: string | null;
    InvocationType: InvocationType;
    Payload: Json;
    Attempt: number;
    Status: Status;
    FunctionError: string | null;
    ResponsePayload: Json;
    Log: string | null;
    StartedAt: string;
    DurationMs: number | null;
    ColdStart: boolean | null;
    EnqueuedAt: string | null; /* of an event */
    QueueMs: number | null;
}

/* A setting that holds, and whose it is. */
export interface Planned {
    Value: Json;
    From: string;
}

export interface Plan {
    MaximumRetryAttempts: Planned;
    MaximumEventAgeInSeconds: Planned;
    RetryDelaysSeconds: Planned;
    ReservedConcurrentExecutions: Planned;
    DeadLetterQueue: Planned;
    OnSuccess: Planned;
    OnFailure: Planned;
    Text: string;
}

export interface EventRow {
    RequestId: string;
    FunctionName: string;
    State: 'queued' | 'running' | 'waiting';
    Attempt: number;
    EnqueuedAt: string;
    NextAttemptAt: string | null;
    LastError: string | null;
}

/* One step in the life of an event, from the stream. */
export interface EventStep {
    RequestId: string;
    FunctionName: string;
    Step: 'accepted' | 'queued' | 'started' | 'waiting' | 'throttled' | 'cut off' | 'succeeded' | 'given up' | 'removed';
    Attempt: number;
    At: string;
    NextAttemptAt: string | null;
    Text: string;
}

export interface ClockRow {
    now: string;
    mode: string;
}

export interface QueueRow {
    Events: number;
    Running: number;
}

export interface DeadLetter {
    MessageId: string;
    Body: string;
    MessageAttributes: Record<string, { StringValue: string; DataType: string }>;
    SentTimestamp: string;
}

export class ApiError extends Error {
    constructor(
        readonly status: number,
        message: string,
    ) {
        super(message);
    }
}

async function call(method: string, path: string, body?: string, headers?: Record<string, string>): Promise<Response> {
    const init: RequestInit = { method, credentials: 'same-origin' };
    if (body !== undefined) init.body = body;
    if (headers) init.headers = headers;
    return fetch(path, init);
}

async function json<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await call(method, path, body === undefined ? undefined : JSON.stringify(body));
    const text = await response.text();
    if (!response.ok) throw new ApiError(response.status, reason(text, response.statusText));
    return JSON.parse(text) as T;
}

function reason(text: string, otherwise: string): string {
    try {
        const parsed = JSON.parse(text) as Record<string, unknown>;
        const said = parsed['error'] ?? parsed['Message'] ?? parsed['message'];
        return typeof said === 'string' ? said : text;
    } catch {
        return text || otherwise;
    }
}

const query = (parameters: Record<string, string | number | undefined>): string => {
    const pairs = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== '');
    return pairs.length === 0 ? '' : '?' + pairs.map(([k, v]) => `${k}=${encodeURIComponent(String(v))}`).join('&');
};

const ofFunction = (name: string) => `/_invoked/functions/${encodeURIComponent(name)}`;

export const api = {
    health: () => json<{ version: string; uptimeSeconds: number }>('GET', '/_invoked/health'),
    functions: () => json<FunctionRow[]>('GET', '/_invoked/functions'),
    invocations: (filter: { FunctionName?: string; Status?: string; RequestId?: string; Limit?: number }) =>
        json<InvocationRow[]>('GET', '/_invoked/invocations' + query({ ...filter, Timings: 'true' })),
    plan: (name: string, qualifier?: string) => json<Plan>('GET', ofFunction(name) + '/plan' + query({ Qualifier: qualifier })),
    forget: () => json<object>('DELETE', '/_invoked/invocations'),
    events: () => json<EventRow[]>('GET', '/_invoked/events'),
    clearEvents: () => json<object>('DELETE', '/_invoked/events'),
    clock: () => json<ClockRow>('GET', '/_invoked/clock'),
    advance: (seconds: number) =>
        json<ClockRow & { ran?: string[] }>('POST', '/_invoked/clock', { AdvanceSeconds: seconds }),
    drain: (seconds: number) => json<object>('POST', '/_invoked/drain' + query({ TimeoutSeconds: seconds })),
    deadLetters: (queue?: string) => json<DeadLetter[]>('GET', '/_invoked/dead-letters' + query({ Queue: queue })),
    redrive: (queue?: string) => json<object>('POST', '/_invoked/dead-letters/redrive' + query({ Queue: queue })),
    redriveThese: (ids: string[]) => json<object>('POST', '/_invoked/dead-letters/redrive', { MessageIds: ids }),
    destinations: (name?: string) => json<Json[]>('GET', '/_invoked/destinations' + query({ Name: name })),
    reset: () => json<object>('POST', '/_invoked/reset'),
    setMock: (name: string, mock: Json) => json<object>('PUT', ofFunction(name) + '/mock', mock),
    dropMock: (name: string) => json<object>('DELETE', ofFunction(name) + '/mock'),
    setFault: (name: string, fault: Json) => json<object>('PUT', ofFunction(name) + '/faults', fault),
    dropFaults: (name: string) => json<object>('DELETE', ofFunction(name) + '/faults'),
    async metrics(): Promise<string> {
        const response = await call('GET', '/metrics');
        if (!response.ok) throw new ApiError(response.status, response.statusText);
        return response.text();
    },
};

export interface Invoked {
    status: number;
    functionError: string | null;
    requestId: string | null;
    version: string | null;
    body: string;
    milliseconds: number;
}

export interface InvokeRequest {
    name: string;
    qualifier?: string | undefined;
    type: InvocationType;
    payload: string;
    isSent?: boolean; /* the dialog sends it as soon as it is open */
}

export const invokePath = (request: InvokeRequest): string =>
    `/2015-03-31/functions/${encodeURIComponent(request.name)}/invocations` + query({ Qualifier: request.qualifier });

export async function invoke(request: InvokeRequest): Promise<Invoked> {
    const began = performance.now();
    const response = await call('POST', invokePath(request), request.payload, {
        'X-Amz-Invocation-Type': request.type,
    });
    const body = await response.text();
    return {
        status: response.status,
        functionError: response.headers.get('X-Amz-Function-Error'),
        requestId: response.headers.get('x-amzn-RequestId'),
        version: response.headers.get('X-Amz-Executed-Version'),
        body,
        milliseconds: performance.now() - began,
    };
}

export interface StreamHandlers {
    invocation(rows: InvocationRow): void;
    event(step: EventStep): void;
    clock(clock: ClockRow): void;
    function(row: FunctionRow): void;
    queue(queue: QueueRow): void;
    connected(is: boolean): void;
}

/* The browser reconnects by itself and tells the server the last id that it has seen. */
export function listen(handlers: StreamHandlers): EventSource {
    const source = new EventSource('/_invoked/stream');
    const on = <T>(name: string, handle: (data: T) => void) =>
        source.addEventListener(name, (message) => handle(JSON.parse((message as MessageEvent<string>).data) as T));

    source.onopen = () => handlers.connected(true);
    source.onerror = () => handlers.connected(false);
    on('invocation', handlers.invocation);
    on('event', handlers.event);
    on('clock', handlers.clock);
    on('function', handlers.function);
    on('queue', handlers.queue);
    return source;
}
