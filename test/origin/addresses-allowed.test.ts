import type { AddressInfo } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import * as assert from 'uvu/assert';
import { isPublicAddress } from '../../src/origin/addresses-allowed.ts';
import { suite } from '../support/suite.ts';
import { clientFor, closeAll, failureOf, look, serve } from './rig.ts';

const test = suite('addresses that may be connected to');
test.after.each(closeAll);

const PRIVATE = [
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '10.255.255.255',
  '100.64.0.1',
  '100.127.255.255',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.8',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.0.1',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.7',
  '203.0.113.7',
  '224.0.0.1',
  '239.255.255.250',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::127.0.0.1',
  '::ffff:127.0.0.1',
  '::ffff:a9fe:a9fe',
  '::ffff:0:10.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b:1::1',
  '100::1',
  '2001::1',
  '2001:20::1',
  '2001:db8::1',
  '2002:7f00:1::1',
  '3fff::1',
  '5f00::1',
  'fc00::1',
  'fd12:3456:789a::1',
  'fe80::1',
  'fe80::1%lo',
  'fec0::1',
  'ff02::1',
];

const PUBLIC = [
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '169.253.255.255',
  '172.15.255.255',
  '172.32.0.0',
  '192.0.1.0',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '2001:200::1',
  '2001:4860:4860::8888',
  '2003::1',
  '2606:4700:4700::1111',
  '2a00:1450::1',
];

const NO_ADDRESS = ['', 'localhost', '127.1', '0x7f000001', '2130706433', '1.2.3', '1.2.3.4.5', '::g', '[::1]'];

for (const address of [...PRIVATE, ...NO_ADDRESS]) {
  test(`${JSON.stringify(address)} is not public`, () => assert.is(isPublicAddress(address), false));
}
for (const address of PUBLIC) {
  test(`${address} is public`, () => assert.is(isPublicAddress(address), true));
}

const family = (address: string) => (address.includes(':') ? 6 : 4);
const bare = (address: string) => (family(address) === 6 ? `[${address.replace(/%.*/, '')}]` : address);

for (const address of PRIVATE) {
  test(`a name that resolves to ${address} is refused`, async () => {
    const origin = clientFor('http://origin.test', {}, { lookup: async () => [{ address, family: family(address) }] });
    assert.is(await failureOf(look(origin, '/')), 'origin-private');
  });

  test(`a name that resolves to a public address and ${address} is refused`, async () => {
    const lookup = async () => [
      { address: '192.0.1.1', family: 4 },
      { address, family: family(address) },
    ];
    assert.is(await failureOf(look(clientFor('http://origin.test', {}, { lookup }), '/')), 'origin-private');
  });

  test(`a redirect to ${address} is never asked`, async () => {
    const server = await serve((_request, response) => {
      response.writeHead(302, { location: `http://${bare(address)}/latest/meta-data/` }).end();
    });
    const origin = clientFor(server.url);
    assert.is(await failureOf(look(origin, '/', { accept: 'asset', follow: true })), 'origin-redirects');
    assert.is((await look(origin, '/')).kind, 'redirect');
    assert.is(origin.requests, 2);
  });

  test(`${address} written into an address of the site stays at the origin`, async () => {
    const asked: (string | undefined)[] = [];
    const server = await serve((request, response) => {
      asked.push(request.url);
      response.end();
    });
    const origin = clientFor(server.url);
    await look(origin, `//${bare(address)}/`);
    assert.equal(asked, [`//${bare(address)}/`]);
    for (const hostile of [`@${bare(address)}/`, `http://${bare(address)}/`, `.${bare(address)}/`]) {
      assert.is(await failureOf(look(origin, hostile)), 'address-hostile', hostile);
    }
    assert.is(origin.requests, 1);
  });
}

test('a private address written out as the origin is taken as it is, and so is localhost', async () => {
  const server = await serve((_request, response) => response.end('here'));
  assert.is((await look(clientFor(server.url), '/')).kind, 'body');
  const lookup = async () => [{ address: '127.0.0.1', family: 4 }];
  const origin = clientFor(`http://localhost:${server.port}`, {}, { lookup });
  assert.is((await look(origin, '/')).kind, 'body');
});

test('a name with a private address is taken where the configuration allows it', async () => {
  const server = await serve((_request, response) => response.end('here'));
  const names: string[] = [];
  const lookup = async (name: string) => {
    names.push(name);
    return [{ address: '127.0.0.1', family: 4 }];
  };
  const url = `http://origin.test:${server.port}`;
  assert.is((await look(clientFor(url, { allowPrivate: true }, { lookup }), '/')).kind, 'body');
  assert.equal(names, ['origin.test']);
  assert.is(await failureOf(look(clientFor(url, {}, { lookup }), '/')), 'origin-private');
  assert.is(server.connections, 1);
});

test('the socket goes to the address that was checked, though the name has another by now', async () => {
  const server = await serve((_request, response) => response.end('here'));
  let asked = 0;
  const lookup = async () => {
    asked += 1;
    return [{ address: asked === 1 ? '127.0.0.1' : '192.0.1.1', family: 4 }];
  };
  const origin = clientFor(`http://origin.test:${server.port}`, { allowPrivate: true }, { lookup });
  for (const address of ['/a', '/b', '/c']) assert.is((await look(origin, address)).kind, 'body');
  assert.is(asked, 1);
});

for (const [name, lookup] of [
  ['has no address', async () => []],
  [
    'does not resolve',
    async () => {
      throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
    },
  ],
] as const) {
  test(`a name that ${name} is an origin out of reach`, async () => {
    assert.is(await failureOf(look(clientFor('http://origin.test', {}, { lookup }), '/')), 'origin-unreachable');
  });
}

test('a Host header of its own is the name asked for in TLS too', async () => {
  const names: string[] = [];
  const server = createTlsServer({
    SNICallback: (name, done) => {
      names.push(name);
      done(null);
    },
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const origin = clientFor(`https://127.0.0.1:${port}`, { host: 'www.example.org' });
  assert.is(await failureOf(look(origin, '/')), 'origin-unreachable');
  assert.equal(names, ['www.example.org']);
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

test.run();
