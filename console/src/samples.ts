/* Sample events in the shapes that AWS documents, with invented values. To add one, add a member. */
import type { Json } from './api.ts';

const time = '2026-01-15T09:30:00.000Z';
const account = '123456789012';

export const samples: Record<string, Json> = {
    'Empty object': {},
    'S3: object created': {
        Records: [
            {
                eventVersion: '2.1',
                eventSource: 'aws:s3',
                awsRegion: 'us-east-1',
                eventTime: time,
                eventName: 'ObjectCreated:Put',
                userIdentity: { principalId: 'AWS:EXAMPLE' },
                requestParameters: { sourceIPAddress: '127.0.0.1' },
                responseElements: { 'x-amz-request-id': 'EXAMPLE123', 'x-amz-id-2': 'EXAMPLE456' },
                s3: {
                    s3SchemaVersion: '1.0',
                    configurationId: 'on-upload',
                    bucket: {
                        name: 'uploads',
                        ownerIdentity: { principalId: 'EXAMPLE' },
                        arn: 'arn:aws:s3:::uploads',
                    },
                    object: { key: 'photos/cat.jpg', size: 1024, eTag: '0123456789abcdef', sequencer: '0A1B2C' },
                },
            },
        ],
    },
    'SQS: one message': {
        Records: [
            {
                messageId: '11111111-2222-3333-4444-555555555555',
                receiptHandle: 'handle',
                body: '{"order": 17}',
                attributes: {
                    ApproximateReceiveCount: '1',
                    SentTimestamp: '1768469400000',
                    SenderId: account,
                    ApproximateFirstReceiveTimestamp: '1768469400001',
                },
                messageAttributes: {},
                md5OfBody: '5c0d1b2f5f3b8ad60d0f5a63c6b3f5b6',
                eventSource: 'aws:sqs',
                eventSourceARN: `arn:aws:sqs:us-east-1:${account}:orders`,
                awsRegion: 'us-east-1',
            },
        ],
    },
    'SNS: one notification': {
        Records: [
            {
                EventVersion: '1.0',
                EventSubscriptionArn: `arn:aws:sns:us-east-1:${account}:news:1`,
                EventSource: 'aws:sns',
                Sns: {
                    SignatureVersion: '1',
                    Timestamp: time,
                    Signature: 'EXAMPLE',
                    SigningCertUrl: 'EXAMPLE',
                    MessageId: '11111111-2222-3333-4444-555555555555',
                    Message: 'Hello',
                    MessageAttributes: {},
                    Type: 'Notification',
                    UnsubscribeUrl: 'EXAMPLE',
                    TopicArn: `arn:aws:sns:us-east-1:${account}:news`,
                    Subject: 'Greeting',
                },
            },
        ],
    },
    'API Gateway: REST (payload 1.0)': {
        version: '1.0',
        resource: '/orders/{id}',
        path: '/orders/17',
        httpMethod: 'GET',
        headers: { accept: 'application/json', host: 'api.example.com' },
        multiValueHeaders: { accept: ['application/json'], host: ['api.example.com'] },
        queryStringParameters: { verbose: 'true' },
        multiValueQueryStringParameters: { verbose: ['true'] },
        pathParameters: { id: '17' },
        stageVariables: null,
        requestContext: {
            accountId: account,
            apiId: 'a1b2c3d4e5',
            httpMethod: 'GET',
            identity: { sourceIp: '127.0.0.1', userAgent: 'sample' },
            path: '/prod/orders/17',
            protocol: 'HTTP/1.1',
            requestId: '11111111-2222-3333-4444-555555555555',
            requestTimeEpoch: 1768469400000,
            resourceId: 'abc123',
            resourcePath: '/orders/{id}',
            stage: 'prod',
        },
        body: null,
        isBase64Encoded: false,
    },
    'API Gateway: HTTP API or function URL (payload 2.0)': {
        version: '2.0',
        routeKey: 'POST /orders',
        rawPath: '/orders',
        rawQueryString: 'verbose=true',
        cookies: ['session=1'],
        headers: { 'content-type': 'application/json', host: 'api.example.com' },
        queryStringParameters: { verbose: 'true' },
        requestContext: {
            accountId: account,
            apiId: 'a1b2c3d4e5',
            domainName: 'api.example.com',
            domainPrefix: 'api',
            http: {
                method: 'POST',
                path: '/orders',
                protocol: 'HTTP/1.1',
                sourceIp: '127.0.0.1',
                userAgent: 'sample',
            },
            requestId: '11111111-2222-3333-4444-555555555555',
            routeKey: 'POST /orders',
            stage: '$default',
            time: '15/Jan/2026:09:30:00 +0000',
            timeEpoch: 1768469400000,
        },
        body: '{"item": "book"}',
        isBase64Encoded: false,
    },
    'EventBridge: custom event': {
        version: '0',
        id: '11111111-2222-3333-4444-555555555555',
        'detail-type': 'OrderPlaced',
        source: 'shop.orders',
        account,
        time,
        region: 'us-east-1',
        resources: [],
        detail: { order: 17, total: 42.5 },
    },
    'EventBridge: scheduled': {
        version: '0',
        id: '11111111-2222-3333-4444-555555555555',
        'detail-type': 'Scheduled Event',
        source: 'aws.events',
        account,
        time,
        region: 'us-east-1',
        resources: [`arn:aws:events:us-east-1:${account}:rule/nightly`],
        detail: {},
    },
    'DynamoDB stream: item inserted': {
        Records: [
            {
                eventID: '1',
                eventName: 'INSERT',
                eventVersion: '1.1',
                eventSource: 'aws:dynamodb',
                awsRegion: 'us-east-1',
                dynamodb: {
                    ApproximateCreationDateTime: 1768469400,
                    Keys: { Id: { N: '17' } },
                    NewImage: { Id: { N: '17' }, Name: { S: 'book' } },
                    SequenceNumber: '111',
                    SizeBytes: 26,
                    StreamViewType: 'NEW_AND_OLD_IMAGES',
                },
                eventSourceARN: `arn:aws:dynamodb:us-east-1:${account}:table/items/stream/2026-01-15T00:00:00.000`,
            },
        ],
    },
    'Kinesis: one record': {
        Records: [
            {
                kinesis: {
                    kinesisSchemaVersion: '1.0',
                    partitionKey: '1',
                    sequenceNumber: '49590338271490256608559692538361571095921575989136588898',
                    data: 'SGVsbG8=',
                    approximateArrivalTimestamp: 1768469400,
                },
                eventSource: 'aws:kinesis',
                eventVersion: '1.0',
                eventID: 'shardId-000000000000:49590338271490256608559692538361571095921575989136588898',
                eventName: 'aws:kinesis:record',
                invokeIdentityArn: `arn:aws:iam::${account}:role/reader`,
                awsRegion: 'us-east-1',
                eventSourceARN: `arn:aws:kinesis:us-east-1:${account}:stream/clicks`,
            },
        ],
    },
    'CloudWatch Logs: subscription': {
        awslogs: { data: 'H4sIAAAAAAAAA6tWyk0tLk5MT1WyUlAqSCxKzC1WSMlPVqoFAC3TrQAaAAAA' },
    },
};

/* ---- events of one's own, kept by the browser for each function ---- */

const key = (name: string) => `invoked.events.${name}`;

export function savedEvents(name: string): Record<string, string> {
    try {
        return JSON.parse(localStorage.getItem(key(name)) ?? '{}') as Record<string, string>;
    } catch {
        return {};
    }
}

export function saveEvent(name: string, title: string, payload: string): void {
    localStorage.setItem(key(name), JSON.stringify({ ...savedEvents(name), [title]: payload }));
}

export function dropEvent(name: string, title: string): void {
    const all = savedEvents(name);
    delete all[title];
    localStorage.setItem(key(name), JSON.stringify(all));
}
