import { connect } from 'node:tls';

const DEADLINE_MS = 5000;

/** Until when the certificate of an address is good, in words; undefined where it has none. Never throws. */
export function certificateOf(url: string): Promise<string | undefined> {
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== 'https:') return Promise.resolve(undefined);
  return new Promise((resolve) => {
    // A certificate that nobody would take any more has a date to be told all the same.
    const socket = connect({
      host: hostname,
      servername: hostname,
      port: Number(port || 443),
      rejectUnauthorized: false,
    });
    const end = (text: string): void => {
      socket.destroy();
      resolve(text);
    };
    socket.setTimeout(DEADLINE_MS, () => end('could not be asked for in time'));
    socket.once('error', () => end('could not be asked for'));
    socket.once('secureConnect', () => {
      const until = Date.parse(socket.getPeerCertificate().valid_to);
      end(Number.isNaN(until) ? 'has no date' : `good until ${new Date(until).toISOString().slice(0, 10)}`);
    });
  });
}
