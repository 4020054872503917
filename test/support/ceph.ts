import { randomUUID } from 'node:crypto';
import { get, type IncomingHttpHeaders } from 'node:http';
import { CreateBucketCommand, PutBucketPolicyCommand, PutBucketWebsiteCommand, S3Client } from '@aws-sdk/client-s3';
import { WEBSITE_DOMAIN } from './ceph/conf.ts';
import { type CephServer, CREDENTIALS, startCeph } from './ceph/server.ts';

/** A bucket of one test's own, on the Ceph of its test file. Addressed by path: `<endpoint>/<bucket>/<key>`. */
export interface TestBucket {
  /** 'http://127.0.0.1:23456', without a slash at the end. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** An answer of the website mode, as a visitor gets it. */
export interface Visit {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

let running: Promise<CephServer> | undefined;

/** The Ceph of this process: started by the first call in half a second, ended with the process; rejects where it does not come up. */
export function ceph(): Promise<CephServer> {
  running ??= startCeph();
  return running;
}

/** Makes a new, empty, private bucket. */
export async function openBucket(): Promise<TestBucket> {
  const { endpoint } = await ceph();
  const made: TestBucket = {
    endpoint,
    region: 'us-east-1',
    bucket: `test-${randomUUID()}`,
    credentials: CREDENTIALS,
  };
  await withClient(made, (client) => client.send(new CreateBucketCommand({ Bucket: made.bucket })));
  return made;
}

/** A client with the SDK's defaults but for the checksums in trailers, which this gateway does not take. Destroy it at the end. */
export function clientOf({ endpoint, region, credentials }: Omit<TestBucket, 'bucket'>): S3Client {
  return new S3Client({
    endpoint,
    region,
    credentials,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
}

/** Lets everybody read the bucket's objects without a signature; what is missing is then 403, not 404, as on AWS. */
export async function openToAll(bucket: TestBucket): Promise<void> {
  await allowAll(bucket, ['s3:GetObject']);
}

/** Puts the bucket into website mode (`index.html` of each folder, `404.html`), open to all, its lists too: what is missing is then 404. */
export async function openWebsite(bucket: TestBucket): Promise<{ visit(path: string): Promise<Visit> }> {
  await allowAll(bucket, ['s3:GetObject', 's3:ListBucket']);
  const WebsiteConfiguration = { IndexDocument: { Suffix: 'index.html' }, ErrorDocument: { Key: '404.html' } };
  await withClient(bucket, (client) =>
    client.send(new PutBucketWebsiteCommand({ Bucket: bucket.bucket, WebsiteConfiguration })),
  );
  const host = `${bucket.bucket}.${WEBSITE_DOMAIN}`;
  return { visit: (path) => visit(new URL(path, bucket.endpoint), host) };
}

async function allowAll(bucket: TestBucket, Action: readonly string[]): Promise<void> {
  const arn = `arn:aws:s3:::${bucket.bucket}`;
  const Statement = [{ Effect: 'Allow', Principal: '*', Action, Resource: [arn, `${arn}/*`] }];
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  await withClient(bucket, (client) => client.send(new PutBucketPolicyCommand({ Bucket: bucket.bucket, Policy })));
}

/** By `node:http`, since the gateway tells a website by its host name, which resolves nowhere. */
function visit(url: URL, host: string): Promise<Visit> {
  return new Promise((resolve, reject) => {
    // The gateway says a redirect twice, which Node's parser would refuse.
    const options = { headers: { host }, agent: false, insecureHTTPParser: true } as const;
    const request = get(url, options, async (response) => {
      const chunks = await response.toArray().catch(reject);
      if (chunks) resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
    });
    request.on('error', reject);
  });
}

async function withClient(bucket: TestBucket, work: (client: S3Client) => Promise<unknown>): Promise<void> {
  const client = clientOf(bucket);
  try {
    await work(client);
  } finally {
    client.destroy();
  }
}
