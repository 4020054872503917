import { lookup as systemLookup } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { HoldfastError } from '../model/errors.ts';

/** One answer of the name service. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** Asks the name service for every address of a name. */
export type ResolveName = (name: string) => Promise<readonly ResolvedAddress[]>;

/** IPv4 blocks that are not the public internet (IANA special-purpose registry, RFC 6890 and its updates). */
const NOT_PUBLIC_4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/**
 * IPv6: only 2000::/3 is given out at all, so the first three rows refuse loopback, mapped, NAT64, unique local, link-local
 * and multicast at one go; the rest are the special blocks within it (Teredo and ORCHID, documentation, 6to4).
 */
const NOT_PUBLIC_6: readonly (readonly [string, number])[] = [
  ['::', 3],
  ['4000::', 2],
  ['8000::', 1],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const blocked4 = new BlockList();
for (const [network, prefix] of NOT_PUBLIC_4) blocked4.addSubnet(network, prefix, 'ipv4');
const blocked6 = new BlockList();
for (const [network, prefix] of NOT_PUBLIC_6) blocked6.addSubnet(network, prefix, 'ipv6');

/** True for a literal address that is reached over the public internet; false for anything else, also for no address at all. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !blocked4.check(address, 'ipv4');
  // A zone (fe80::1%eth0) only ever belongs to a link-local address.
  if (family === 6) return !address.includes('%') && !blocked6.check(address, 'ipv6');
  return false;
}

/** True where the name says by itself that it is this machine. */
export const isWrittenOutLocal = (name: string): boolean => name === 'localhost';

/**
 * A lookup for sockets that resolves once and hands over only what it checked, so that a name cannot change in between.
 * One private address among the answers refuses them all. Fails with `origin-private`.
 */
export function checkedLookup(allowPrivate: boolean, resolve: ResolveName = resolveBySystem): LookupFunction {
  return (name, options, callback) => {
    resolve(name).then(
      (found) => {
        const refused =
          allowPrivate || isWrittenOutLocal(name) ? undefined : found.find((one) => !isPublicAddress(one.address));
        const first = found[0];
        if (refused !== undefined) callback(privateAddress(name, refused.address), '', 0);
        else if (first === undefined) callback(notFound(name), '', 0);
        else if (options.all === true)
          callback(
            null,
            found.map(({ address, family }) => ({ address, family })),
          );
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };
}

const resolveBySystem: ResolveName = (name) => systemLookup(name, { all: true });

function privateAddress(name: string, address: string): HoldfastError {
  return new HoldfastError('origin-private', `${name} resolves to ${address}, which is not a public address`, {
    hint: 'if the origin is meant to be there, write that address in `origin.url` (and the name in `origin.host`), or set `origin.allowPrivate`',
  });
}

function notFound(name: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${name} has no address`), { code: 'ENOTFOUND' });
}
