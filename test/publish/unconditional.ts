import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { clientOf, type TestBucket } from '../support/ceph.ts';

/** A server that speaks S3 and knows no conditions: the real one, behind a proxy that takes them out of each request and signs it again. */
export interface Unconditional {
  /** 'http://127.0.0.1:34567', without a slash at the end. */
  readonly endpoint: string;
  close(): Promise<void>;
}

const CONDITIONS = ['if-match', 'if-none-match'];
const SIGNED_ANEW = ['authorization', 'x-amz-date', 'connection'];

/** Starts the proxy on a free port. */
export async function startUnconditional(bucket: TestBucket): Promise<Unconditional> {
  const client = clientOf(bucket);
  const signer = await client.config.signer();
  const upstream = new URL(bucket.endpoint);
  const server = createServer(async (incoming, outgoing) => {
    const dropped = [...CONDITIONS, ...SIGNED_ANEW];
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).flatMap(([name, value]) =>
        dropped.includes(name) ? [] : [[name, String(value)]],
      ),
    );
    const { pathname, searchParams } = new URL(incoming.url ?? '/', upstream);
    const method = incoming.method ?? 'GET';
    const { protocol, hostname, port } = upstream;
    const query = Object.fromEntries(searchParams);
    const signed = await signer.sign({ method, protocol, hostname, path: pathname, query, headers });
    const onward = request({ hostname, port, method, path: incoming.url, headers: signed.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        client.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
