import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { Config } from '../config/schema.ts';
import { age } from '../model/age.ts';

/** The certificate of one address. */
export interface Certificate {
  /** What stands there: `site`, `origin`, a destination's name. */
  readonly of: string;
  readonly host: string;
  /** ISO 8601: it is good until then; null where that could not be found out. */
  readonly until: string | null;
  /** Why not, null where it was. */
  readonly trouble: string | null;
}

interface Place {
  readonly of: string;
  readonly url: URL;
  /** The name that is asked for, where it is not the address's. */
  readonly name: string;
}

const DEADLINE_MS = 5000;
/** Certificates are renewed weeks before their end; one that is so near to it was forgotten. */
const SOON_MS = 14 * 86_400_000;

/** What is to be said of a certificate now: `bad` where somebody has to do something, `over` where browsers refuse it already. Pure. */
export function judgeCertificate(
  { host, until, trouble }: Certificate,
  now: number,
): { readonly how: 'good' | 'bad' | 'over'; readonly text: string } {
  if (until === null) return { how: 'bad', text: `${host}: ${trouble}` };
  const left = Date.parse(until) - now;
  const day = until.slice(0, 10);
  if (left <= 0) return { how: 'over', text: `${host}: ran out on ${day}` };
  return left < SOON_MS
    ? { how: 'bad', text: `${host}: good for ${age(left)} more` }
    : { how: 'good', text: `${host}: good until ${day}` };
}

/** Those of the site, the origin and of stores with an address of their own, where it is https. Never rejects. */
export function certificatesOf({ site, origin, destinations }: Config): Promise<readonly Certificate[]> {
  const stores = destinations.flatMap((one) =>
    one.use === 's3' && one.endpoint !== undefined ? [placeOf(one.name, one.endpoint)] : [],
  );
  const all = [placeOf('site', site.url), placeOf('origin', origin.url, origin.host), ...stores];
  return Promise.all(all.filter(({ url }) => url.protocol === 'https:').map(certificateOf));
}

function placeOf(of: string, address: string, host?: string): Place {
  const url = new URL(address);
  return { of, url, name: host?.replace(/:\d+$/, '') ?? url.hostname };
}

/** One that nobody would take any more has a date to be told all the same. */
function certificateOf({ of, url, name }: Place): Promise<Certificate> {
  return new Promise((resolve) => {
    // An address that is none of a name asks for none (RFC 6066).
    const servername = isIP(name) === 0 ? name : '';
    const options = { host: url.hostname, servername, port: Number(url.port || 443), rejectUnauthorized: false };
    const socket = connect(options);
    const end = (until: string | null, trouble: string | null): void => {
      socket.destroy();
      resolve({ of, host: name, until, trouble });
    };
    socket.setTimeout(DEADLINE_MS, () => end(null, 'could not be asked for in time'));
    socket.once('error', () => end(null, 'could not be asked for'));
    socket.once('secureConnect', () => {
      const until = Date.parse(socket.getPeerCertificate().valid_to);
      if (Number.isNaN(until)) end(null, 'has no date');
      else end(new Date(until).toISOString(), null);
    });
  });
}
