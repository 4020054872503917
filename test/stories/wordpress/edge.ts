import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { configSchema } from '../../../src/config/schema.ts';
import { edgeFacts } from '../../../src/cycle/edge.ts';
import { fillEdge } from '../../../src/edge/fillers.ts';
import { nginx } from '../../edge/nginx-driver.ts';
import { HOLDING } from '../../edge/release.ts';
import { freePort } from '../../edge/rig.ts';
import { smallConfig } from '../../support/project.ts';

/** Far above what nginx takes to start on a busy machine. */
const READY_MS = 20_000;

/** nginx before a mirror, with the configuration that `holdfast edge nginx` fills in. */
export interface Edge {
  /** 'http://127.0.0.1:41234', without a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

/** Serves `current`, which need not be there yet, on a free port, by its address for a name; nothing is asked of an origin. */
export async function serveMirror(current: string): Promise<Edge> {
  const scratch = await mkdtemp(join(tmpdir(), 'holdfast-edge-'));
  const port = await freePort();
  const place = { port, filesPort: 0, dir: dirname(current), scratch };
  for (const [path, text] of Object.entries(nginx.place(configured(place.dir), place)))
    await writeFile(join(scratch, path), text);
  const [program, ...args] = nginx.serve(place)[0] ?? ['nginx'];
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  const onExit = () => child.kill('SIGKILL'); // this process ends without having closed it
  process.once('exit', onExit);
  const edge: Edge = {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      process.off('exit', onExit);
      if (child.exitCode === null) {
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        await ended;
      }
      await rm(scratch, { recursive: true, force: true });
    },
  };
  for (const ends = Date.now() + READY_MS; Date.now() < ends && child.exitCode === null; await wait(25)) {
    const isUp = await fetch(edge.url).then(
      () => true,
      () => false,
    );
    if (isUp) return edge;
  }
  await edge.close();
  throw new Error(`nginx did not come up: ${said}`);
}

function configured(dir: string) {
  const limits = { connections: 1000, requestsPerSecond: 10_000, burst: 10_000 };
  const config = configSchema.parse(
    smallConfig('http://127.0.0.1:9', {
      site: { name: 'Story', url: 'http://127.0.0.1' },
      edge: { limits },
      destinations: [{ use: 'mirror', dir }],
    }),
  );
  const loaded = { config, environment: 'production', root: dir, path: dir, stateDir: dir, secrets: [] };
  return fillEdge('nginx', edgeFacts(loaded, { name: 'nginx', to: undefined, holding: HOLDING }));
}
