import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type Agent, type IncomingHttpHeaders, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Config, configSchema, type EdgeConfig, type HoldfastConfig } from '../../src/config/schema.ts';
import { edgeFacts } from '../../src/cycle/edge.ts';
import type { EdgeFile, EdgeName } from '../../src/edge/fillers.ts';
import { fillEdge } from '../../src/edge/fillers.ts';
import { smallConfig } from '../support/project.ts';
import type { Need } from '../support/suite.ts';
import { type ScriptedOrigin, startScriptedOrigin } from './origin.ts';
import { HOLDING, MANIFEST, RELEASE, setHold, writeMirror } from './release.ts';

/** Where an edge under test listens and writes. */
export interface EdgePlace {
  readonly port: number;
  /** A second port: what `edge.files` names. */
  readonly filesPort: number;
  /** The mirror. */
  readonly dir: string;
  /** A folder of its own for what the server writes; its access log is `<scratch>/access.log`. */
  readonly scratch: string;
}

export type Command = readonly [program: string, ...args: string[]];

/** How one server is run. Files are put into `scratch`; only ports and places of the system may be changed in their text. */
export interface EdgeDriver {
  readonly name: EdgeName;
  readonly needs: readonly Need[];
  /** The web server that it stands before, where it serves no files. */
  readonly before?: EdgeDriver;
  /** Texts as they are written to `scratch`, by path. */
  place(files: readonly EdgeFile[], place: EdgePlace): Readonly<Record<string, string>>;
  /** The server's own check of them; a program that exits 0. */
  check(place: EdgePlace): Command;
  /** What runs in the foreground; the last is the edge, before it what writes its access log. */
  serve(place: EdgePlace): readonly Command[];
  /** True where the edge itself writes its access log to standard output. */
  readonly logsToStdout?: boolean;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly agent?: Agent;
}

export interface Served {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** An origin, a mirror and an edge in front of them. */
export interface Rig {
  readonly origin: ScriptedOrigin;
  readonly rules: EdgeConfig;
  readonly place: EdgePlace;
  ask(path: string, asked?: Asked): Promise<Served>;
  /** Returns when the edge has seen it. */
  hold(name: string | undefined): Promise<void>;
  /** Ends the web server behind an edge that serves no files. */
  stopFiles(): Promise<void>;
  close(): Promise<void>;
}

/** Rules of the rig where a test names none: a forum, a search, limits that no test meets by chance. */
export const RULES: HoldfastConfig['edge'] = {
  dynamic: [
    { path: '/forum/**', connections: 4 },
    { path: '/', query: ['s'] },
  ],
  deadline: '3s',
  limits: { connections: 5000, requestsPerSecond: 100_000, burst: 10_000 },
};

/** Far above what a server takes on a busy machine. */
const SEEN_MS = 30_000;
/** nginx's workers know of files for a second, each by itself: what one of them shows another may not have seen yet. */
const KNOWN_MS = 1_100;
const HOST = 'www.example.org';

/** Starts all of it. Where `edge` is given it is laid over `RULES`; `inbox` is where one listens. */
export async function startRig(driver: EdgeDriver, edge: HoldfastConfig['edge'] = {}, inbox?: string): Promise<Rig> {
  const origin = await startScriptedOrigin();
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-edge-'));
  await chmod(folder, 0o755);
  const place = {
    port: await freePort(),
    filesPort: await freePort(),
    dir: join(folder, 'www'),
    scratch: join(folder, driver.name),
  };
  await writeMirror(place.dir);
  const config = configSchema.parse(
    smallConfig(origin.url, {
      edge: { for: [driver.name], ...RULES, files: `127.0.0.1:${place.filesPort}`, ...edge },
      destinations: [{ use: 'mirror', dir: place.dir }],
      ...(inbox === undefined ? {} : { inbox: { listen: inbox } }),
    }),
  );
  const end = async () => {
    await origin.close();
    await rm(folder, { recursive: true });
  };
  const running = await serveAll(driver, place, config).catch(async (error: unknown) => {
    await end();
    throw error;
  });
  const ask = (path: string, asked: Asked = {}) => askEdge(place.port, path, asked);
  return {
    origin,
    rules: config.edge,
    place,
    ask,
    async hold(name) {
      await setHold(place.dir, name);
      if ((driver.before ?? driver).name === 'nginx') await wait(KNOWN_MS);
      const status = name === undefined ? 200 : RELEASE.holding(name)?.status;
      const words = name === undefined ? '<title>a page' : `<title>holding ${name}`;
      await until(async () => {
        const { status: got, body } = await ask('/a/');
        return got === status && body.includes(words);
      });
    },
    stopFiles: () => running.behind?.close() ?? Promise.resolve(),
    async close() {
      await running.close();
      await running.behind?.close();
      await end();
    },
  };
}

interface Running {
  close(): Promise<void>;
  readonly behind?: Running;
}

/** The edge, and before it the web server behind it. */
async function serveAll(driver: EdgeDriver, place: EdgePlace, config: Config): Promise<Running> {
  if (driver.before === undefined) return serve(driver, place, config);
  const scratch = `${place.scratch}-files`;
  const behind = await serve(driver.before, { ...place, port: place.filesPort, scratch }, config);
  try {
    return { ...(await serve(driver, place, config)), behind };
  } catch (error) {
    await behind.close();
    throw error;
  }
}

async function serve(driver: EdgeDriver, place: EdgePlace, config: Config): Promise<Running> {
  const { dir, scratch } = place;
  const loaded = { config, environment: 'production', root: dir, path: join(dir, 'x'), stateDir: dir, secrets: [] };
  const files = driver.place(
    fillEdge(driver.name, edgeFacts(loaded, { name: driver.name, to: undefined, holding: HOLDING, live: MANIFEST })),
    place,
  );
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(scratch, path)), { recursive: true });
    await writeFile(join(scratch, path), text);
  }
  const env = { ...process.env, HOME: scratch, XDG_DATA_HOME: scratch, XDG_CONFIG_HOME: scratch };
  const [program, ...args] = driver.check(place);
  await promisify(execFile)(program, args, { env, cwd: scratch });
  const said = process.env['EDGE_VERBOSE'] === undefined ? 'ignore' : 'inherit';
  const log = driver.logsToStdout === true ? openSync(join(scratch, 'access.log'), 'w') : undefined;
  const children = driver
    .serve(place)
    .map(([command, ...rest]) => spawn(command, rest, { env, cwd: scratch, stdio: ['ignore', log ?? 'ignore', said] }));
  if (log !== undefined) closeSync(log);
  const onExit = () => {
    for (const child of children) child.kill('SIGKILL');
  };
  process.once('exit', onExit);
  const close = async () => {
    process.off('exit', onExit);
    await Promise.all(children.map(stop));
  };
  try {
    await until(async () => {
      if (children.some(({ exitCode }) => exitCode !== null)) throw new Error(`${driver.name} ended`);
      return (await askEdge(place.port, '/a/', {}).catch(() => undefined))?.status === 200;
    });
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

/** Waits until `isSo`, looking each 50 ms; throws when that never comes. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const ends = Date.now() + SEEN_MS; !(await isSo()); await wait(50))
    if (Date.now() > ends) throw new Error('it never came to be so');
}

/** One request as it is written, its path not normalised, with the site's host. */
function askEdge(port: number, path: string, { method = 'GET', headers = {}, body, agent }: Asked): Promise<Served> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      path,
      method,
      headers: { host: HOST, ...headers },
      ...(agent === undefined ? {} : { agent }),
    };
    const asked = request(options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
      );
    });
    asked.on('error', reject).end(body);
  });
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
