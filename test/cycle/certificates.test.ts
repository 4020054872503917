import { type AddressInfo, createServer as createSilent } from 'node:net';
import { createServer } from 'node:tls';
import * as assert from 'uvu/assert';
import { configSchema } from '../../src/config/schema.ts';
import { certificatesOf } from '../../src/cycle/certificates.ts';

import { smallConfig } from '../support/project.ts';
import { selfSigned } from '../support/self-signed.ts';
import { suite } from '../support/suite.ts';

const test = suite('certificates', { needs: ['openssl'] });

const DAYS = 10;

test('of the origin and of a store it is said until when they are good, of one that is away that it was not asked for', async () => {
  const names: string[] = [];
  const server = createServer({
    ...(await selfSigned(DAYS)),
    SNICallback: (name, done) => {
      names.push(name);
      done(null);
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const closed = createSilent();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  const nobody = (closed.address() as AddressInfo).port;
  await new Promise((resolve) => closed.close(resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = configSchema.parse({
    ...smallConfig(url),
    site: { name: 'Tide pools', url: `https://127.0.0.1:${nobody}` },
    origin: { url, host: 'origin.example.org' },
    destinations: [
      { use: 'mirror', dir: 'mirror' },
      { use: 's3', name: 'cdn', bucket: 'a-bucket', endpoint: url },
      { use: 's3', name: 'plain', bucket: 'a-bucket', endpoint: 'http://127.0.0.1:9' },
    ],
  });
  try {
    const found = await certificatesOf(config);
    const until = (of: string) => Date.parse(found.find((one) => one.of === of)?.until ?? '');
    assert.equal(
      found.map(({ of, host, trouble }) => [of, host, trouble]),
      [
        ['site', '127.0.0.1', 'could not be asked for'],
        ['origin', 'origin.example.org', null],
        ['cdn', '127.0.0.1', null],
      ],
    );
    for (const of of ['origin', 'cdn'])
      assert.ok(Math.abs(until(of) - Date.now() - DAYS * 86_400_000) < 60_000, new Date(until(of)).toISOString());
    assert.ok(names.includes('origin.example.org'), 'it asks by the name that looks ask by');
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test.run();
