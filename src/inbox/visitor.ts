import { BlockList, isIP, isIPv6 } from 'node:net';

/** Which peers are believed when they say which address a visitor has. */
export interface Trust {
  /** The visitor's address: the peer's, or where the peer is trusted the last of X-Forwarded-For that is not. */
  addressOf(peer: string | undefined, forwarded: string | undefined): string;
}

/** Longest list that is looked at: a sender may make up any number. */
const MAX_HOPS = 20;

/** `trusted` are addresses and blocks in CIDR notation. */
export function createTrust(trusted: readonly string[]): Trust {
  const list = new BlockList();
  for (const one of trusted) {
    const [address = '', bits] = one.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  const isTrusted = (address: string) => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  return {
    addressOf(peer = '', forwarded = '') {
      let address = plain(peer);
      for (const said of forwarded.split(',').slice(-MAX_HOPS).reverse()) {
        const next = plain(said.trim());
        if (!isTrusted(address) || isIP(next) === 0) break;
        address = next;
      }
      return address;
    },
  };
}

/** IPv4 as itself where it was mapped into IPv6; without the port that some proxies add, and brackets. */
function plain(address: string): string {
  const bare = address.replace(/^\[([^\]]+)\](?::\d+)?$/, '$1').replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1');
  return bare.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** What counts as one sender: an IPv4 address, or the /64 that one subscriber of IPv6 has. */
export function senderOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  const groups = tail === undefined ? left : [...left, ...zeros, ...right];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
