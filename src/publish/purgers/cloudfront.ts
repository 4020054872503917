import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { HoldfastError } from '../../model/errors.ts';
import type { PurgeAnswer, PurgeAsk, Purger } from '../purger.ts';
import { call, oneLine, withDeadline } from './call.ts';

/** A distribution has one API, whatever the region of its origin. */
const REGION = 'us-east-1';
/** What CloudFront says when it has enough for now. */
const LATER =
  /^(TooManyInvalidationsInProgress|Throttling|ThrottlingException|TooManyRequestsException|ServiceUnavailable.*|SlowDown)$/;

export interface CloudFrontOptions {
  /** Shown in every error and warning. */
  readonly name: string;
  readonly distribution: string;
  /** Default: AWS's own. */
  readonly endpoint?: string | undefined;
}

/**
 * A CloudFront distribution, by invalidations. A thousand paths a month are free, a prefix counts as one; 3,000 paths and 15
 * prefixes may be in progress, an invalidation takes minutes, and runs follow each other by one: a third of that is one ask.
 * Credentials come from the standard AWS chain. The SDK is loaded with the first ask.
 */
export function createCloudFront({ name, distribution, endpoint }: CloudFrontOptions): Purger {
  return {
    name,
    limit: { paths: 1000, prefixes: 5, byFile: true },
    purge: async (ask, signal) => {
      const { CloudFrontClient, CreateInvalidationCommand } = await loadQuietly();
      const client = new CloudFrontClient({
        region: REGION,
        maxAttempts: 1,
        ...(endpoint === undefined ? {} : { endpoint }),
        requestHandler: handlerFor(name),
      });
      const items = itemsOf(ask);
      const command = new CreateInvalidationCommand({
        DistributionId: distribution,
        InvalidationBatch: { CallerReference: randomUUID(), Paths: { Quantity: items.length, Items: items } },
      });
      return withDeadline(name, signal, (deadline) =>
        client.send(command, { abortSignal: deadline }).then(
          (): PurgeAnswer => ({ kind: 'done' }),
          (error: unknown) => judge(name, error),
        ),
      ).finally(() => client.destroy());
    },
  };
}

/** It tells on standard error, in each run, of a Node that later versions will want; the version here is fixed. */
async function loadQuietly(): Promise<typeof import('@aws-sdk/client-cloudfront')> {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  return import('@aws-sdk/client-cloudfront');
}

/** A `*` within a path would be a wildcard, which may only be the last character. */
function itemsOf(ask: PurgeAsk): string[] {
  if (ask === 'everything') return ['/*'];
  const plain = (path: string): string => path.replaceAll('*', '%2A');
  return [...ask.paths.map(plain), ...ask.prefixes.map((prefix) => `${plain(prefix)}*`)];
}

interface SignedRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array;
}

/** The SDK signs and reads; the call itself is ours, so that its deadline and the size of its answer are. */
function handlerFor(name: string): Record<string, unknown> {
  return {
    async handle(request: SignedRequest, { abortSignal }: { abortSignal?: AbortSignal } = {}) {
      const { method, protocol, hostname, port, path, headers, body } = request;
      const url = new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`);
      const asked = { method, url, headers, ...(body === undefined ? {} : { body }) };
      const answer = await call(name, asked, abortSignal ?? new AbortController().signal);
      return { response: { statusCode: answer.status, headers: answer.headers, body: Readable.from([answer.text]) } };
    },
  };
}

function judge(name: string, error: unknown): PurgeAnswer {
  if (!(error instanceof Error) || error instanceof HoldfastError) throw error;
  const why = `${name}: ${error.name}: ${oneLine(error.message)}`;
  if (LATER.test(error.name)) return { kind: 'later', why };
  throw new HoldfastError('purge-failed', why, {
    cause: error,
    hint: 'see whether the distribution is right and the credentials may call cloudfront:CreateInvalidation on it',
  });
}
