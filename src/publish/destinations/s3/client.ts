import { createWire, type Wire, type WireOptions } from './wire.ts';

/** Which bucket, and how to get there. Credentials come from the standard AWS chain: environment, profile, role. */
export interface Bucket {
  readonly bucket: string;
  /** By default from the AWS chain; behind an `endpoint` us-east-1 where that has none. */
  readonly region: string | undefined;
  /** Another server than Amazon's that speaks S3. */
  readonly endpoint: string | undefined;
  readonly pathStyle: boolean;
}

/** A request for one object, before it is signed. */
export interface Call {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** SHA-256 of the body, hex: signed, so that the server refuses other bytes. Needed beside a body. */
  readonly sha256?: string;
  /** The longest silence, in milliseconds; a minute unless told. */
  readonly silence?: number | undefined;
}

/** Signs requests and sends each once. */
export interface Client {
  send(call: Call, signal: AbortSignal): ReturnType<Wire['send']>;
}

/** How to reach one bucket with signed requests. */
interface Route {
  readonly base: URL;
  readonly sign: (request: Unsigned) => Promise<{ readonly headers: Record<string, string> }>;
}

interface Unsigned {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly path: string;
  readonly query: Record<string, string>;
  readonly headers: Record<string, string>;
}

const FALLBACK_REGION = 'us-east-1';
const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/**
 * The vendor's package gives what must be right: credentials of every kind and their renewal, regions, host names, signatures.
 * It is loaded with the first request, since that takes 100 ms and more. The requests themselves are few and plain, and are
 * made here: its commands take 0.57 ms of processor a put, these 0.14 ms, and a first publish is ten thousand puts.
 */
export function createClient(bucket: Bucket, options: WireOptions): Client {
  let connecting: Promise<Route & { readonly wire: Wire }> | undefined;
  const connect = async () => {
    const route = await routeTo(bucket);
    return { ...route, wire: createWire(route.base, options) };
  };
  return {
    async send(call, signal) {
      signal.throwIfAborted();
      connecting ??= connect();
      const { base, sign, wire } = await connecting.catch((error: unknown) => {
        connecting = undefined;
        throw error;
      });
      const { method, query = {}, body, silence } = call;
      const path = `${base.pathname.replace(/\/$/, '')}/${encodeKey(call.key)}`;
      const headers = headersOf(call, base);
      const { hostname, protocol } = base;
      const signed = await sign({ method, protocol, hostname, path, query: { ...query }, headers });
      const target = `${path}${queryText(query)}`;
      return wire.send({ method, path: target, headers: signed.headers, body, silence }, signal);
    },
  };
}

async function routeTo({ bucket, endpoint, pathStyle, region }: Bucket): Promise<Route> {
  const { S3Client } = await loadQuietly();
  const chain = new S3Client({});
  const wanted =
    region ?? (await chain.config.region().catch(endpoint === undefined ? undefined : () => FALLBACK_REGION));
  const client = new S3Client({ region: wanted });
  const { url } = client.config.endpointProvider({
    Bucket: bucket,
    Region: wanted,
    UseFIPS: await client.config.useFipsEndpoint(),
    UseDualStack: await client.config.useDualstackEndpoint(),
    ForcePathStyle: pathStyle,
    ...(endpoint === undefined ? {} : { Endpoint: endpoint }),
  });
  const signer = await client.config.signer();
  return { base: url, sign: (request) => signer.sign(request) };
}

/** It tells on standard error, in each run, of a Node that later versions will want; the version here is fixed. */
async function loadQuietly(): Promise<typeof import('@aws-sdk/client-s3')> {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  return import('@aws-sdk/client-s3');
}

function headersOf({ headers = {}, body, method, sha256 }: Call, base: URL): Record<string, string> {
  const hasLength = body !== undefined || method === 'PUT' || method === 'POST';
  return {
    ...headers,
    host: base.host,
    'x-amz-content-sha256': sha256 ?? EMPTY_SHA256,
    ...(hasLength ? { 'content-length': String(body?.byteLength ?? 0) } : {}),
  };
}

/** A key as it stands in a path and in `x-amz-copy-source`: all but unreserved characters encoded, as the signature wants it. */
export function encodeKey(key: string): string {
  return key.split('/').map(encoded).join('/');
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function queryText(query: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(query).map(([name, value]) => `${encoded(name)}=${encoded(value)}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
