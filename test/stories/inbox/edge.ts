import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { configSchema, type HoldfastConfig } from '../../../src/config/schema.ts';
import { edgeFacts } from '../../../src/cycle/edge.ts';
import { fillEdge } from '../../../src/edge/fillers.ts';
import type { HoldingFacts } from '../../../src/model/holding.ts';
import { haproxy } from '../../edge/haproxy-driver.ts';
import { nginx } from '../../edge/nginx-driver.ts';
import type { EdgeDriver } from '../../edge/rig.ts';
import { freePort } from '../../support/ports.ts';
import { accepts, type Program, ready, startProgram } from '../../support/programs.ts';

/** nginx in front of a mirror and an inbox, and HAProxy in front of that, as `holdfast edge` has them; both hand comments to the inbox. */
export interface Edge {
  /** nginx's, which is the site's. */
  readonly port: number;
  readonly haproxyPort: number;
  close(): Promise<void>;
}

const READY_MS = 30_000;

/** Serves a mirror that has been published, with comments going to the inbox. */
export async function serveWithInbox(written: HoldfastConfig, dir: string, port: number): Promise<Edge> {
  const scratch = await mkdtemp(join(tmpdir(), 'holdfast-inbox-edge-'));
  const root = dirname(dir);
  const edge = { ...written.edge, files: `127.0.0.1:${port}` };
  const config = configSchema.parse({ ...written, edge, destinations: [{ use: 'mirror', dir }] });
  const loaded = { config, environment: 'production', root, path: root, stateDir: root, secrets: [] };
  const { pages } = JSON.parse(await readFile(join(dir, 'current/_holdfast/holding.json'), 'utf8')) as {
    pages: HoldingFacts[];
  };
  const holding = await Promise.all(
    pages.map(async (page) => ({ ...page, html: await readFile(join(dir, 'current', page.path)) })),
  );
  const start = async (driver: EdgeDriver, at: number): Promise<Program> => {
    const place = { port: at, filesPort: port, dir, scratch: join(scratch, driver.name) };
    const facts = edgeFacts(loaded, { name: driver.name, to: undefined, holding });
    for (const [path, text] of Object.entries(driver.place(fillEdge(driver.name, facts), place))) {
      await mkdir(dirname(join(place.scratch, path)), { recursive: true });
      await writeFile(join(place.scratch, path), text);
    }
    const [program, ...args] = driver.serve(place)[0] ?? [driver.name];
    const server = startProgram(join(place.scratch, 'out'), program ?? driver.name, args);
    await ready(server, () => accepts(at), READY_MS);
    return server;
  };
  const haproxyPort = await freePort();
  const servers = [await start(nginx, port), await start(haproxy, haproxyPort)];
  return {
    port,
    haproxyPort,
    close: async () => {
      for (const server of servers.reverse()) await server.stop();
      await rm(scratch, { recursive: true, force: true });
    },
  };
}
