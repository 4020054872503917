import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the range (32768 and up) from which Linux takes the ports of outgoing connections, so that none of them gets in between. */
const FIRST = 20_000;
const LAST = 32_000;
const ATTEMPTS = 50;

const given = new Set<number>();

/** A loopback port that nothing listens on now, never the same twice in a process; for servers that cannot be asked which port they took. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(FIRST, LAST);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error(`none of ${ATTEMPTS} loopback ports was free`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
