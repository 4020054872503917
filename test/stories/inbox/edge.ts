import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { configSchema, type HoldfastConfig } from '../../../src/config/schema.ts';
import { edgeFacts } from '../../../src/cycle/edge.ts';
import { fillEdge } from '../../../src/edge/fillers.ts';
import type { HoldingFacts } from '../../../src/model/holding.ts';
import { nginx } from '../../edge/nginx-driver.ts';
import { accepts, ready, startProgram } from '../../support/programs.ts';

/** nginx as `holdfast edge nginx` has it, in front of a mirror and an inbox. */
export interface Edge {
  readonly port: number;
  close(): Promise<void>;
}

const READY_MS = 30_000;

/** Serves a mirror that has been published, with comments going to the inbox. */
export async function serveWithInbox(written: HoldfastConfig, dir: string, port: number): Promise<Edge> {
  const scratch = await mkdtemp(join(tmpdir(), 'holdfast-inbox-edge-'));
  const root = dirname(dir);
  const config = configSchema.parse({ ...written, destinations: [{ use: 'mirror', dir }] });
  const loaded = { config, environment: 'production', root, path: root, stateDir: root, secrets: [] };
  const { pages } = JSON.parse(await readFile(join(dir, 'current/_holdfast/holding.json'), 'utf8')) as {
    pages: HoldingFacts[];
  };
  const holding = await Promise.all(
    pages.map(async (page) => ({ ...page, html: await readFile(join(dir, 'current', page.path)) })),
  );
  const place = { port, filesPort: 0, dir, scratch };
  const files = nginx.place(fillEdge('nginx', edgeFacts(loaded, { name: 'nginx', to: undefined, holding })), place);
  for (const [path, text] of Object.entries(files)) await writeFile(join(scratch, path), text);
  const [program, ...args] = nginx.serve(place)[0] ?? ['nginx'];
  const server = startProgram(join(scratch, 'out'), program ?? 'nginx', args);
  await ready(server, () => accepts(port), READY_MS);
  return {
    port,
    close: async () => {
      await server.stop();
      await rm(scratch, { recursive: true, force: true });
    },
  };
}
