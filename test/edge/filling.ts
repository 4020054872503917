import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { configSchema } from '../../src/config/schema.ts';
import type { EdgeFacts } from '../../src/edge/facts.ts';
import { fillEdge } from '../../src/edge/fillers.ts';
import { patternSource } from '../../src/edge/patterns.ts';
import { HoldfastError } from '../../src/model/errors.ts';
import { smallConfig } from '../support/project.ts';
import { suite } from '../support/suite.ts';
import { HOLDING } from './release.ts';
import { type EdgeDriver, type EdgePlace, freePort } from './rig.ts';

/** What a server's own language, or a parser of it, says that a filled file holds. */
export interface ReadBack {
  /** Sources of the regular expressions that `edge.comments.paths` became, in their order. */
  readonly patterns: readonly string[];
  /** The folder of the release; undefined where the server serves none. */
  readonly root: string | undefined;
}

const BATCHES = 10;
/** Of the paths of a batch, those that are dynamic too; each takes a server some memory. */
const DYNAMIC = 10;
/** Signs that mean something in some server's language, and a few that do not. */
const SIGNS = [
  ...';{}"\'`\\$#()<>[]|^~*?&=%,:!@+ \n\r\t\0aZ0é漢/.-_',
  '{$',
  '${',
  '{{',
  '<<',
  '%0A',
  '%22',
  '%5C',
  '%60',
  '%7B',
  '%24',
  '%C3%A9',
  '**',
];
const text = fc.array(fc.constantFrom(...SIGNS), { minLength: 1, maxLength: 24 }).map((signs) => signs.join(''));
const strings = fc.record({
  paths: fc.array(
    text.map((path) => `/${path}`),
    { minLength: 490, maxLength: 490 },
  ),
  cookies: fc.array(text, { minLength: 8, maxLength: 8 }),
  dir: text,
  host: text,
});

/** 5,000 generated strings: refused with one line, by the configuration's rules or by the filler, or taken by the server for what they are. */
export function filling(driver: EdgeDriver, readBack: (place: EdgePlace) => Promise<ReadBack>): void {
  const test = suite(`5,000 strings in the configuration of ${driver.name}`, { needs: driver.needs });

  test('each is refused with one line, or is what the server reads', async () => {
    const scratch = await mkdtemp(join(tmpdir(), 'holdfast-fill-'));
    const [port, filesPort] = [await freePort(), await freePort()];
    let taken = 0;
    try {
      for (const { paths, cookies, dir, host } of fc.sample(strings, { numRuns: BATCHES, seed: 4 })) {
        const good = {
          paths: paths.filter((path) =>
            isTaken(driver, { edge: { comments: { paths: [path] }, dynamic: [{ path }] } }),
          ),
          cookies: cookies.filter((cookie) => isTaken(driver, { edge: { loginCookies: [cookie] } })),
          dir: isTaken(driver, { dir: `/srv/${dir}` }) ? `/srv/${dir}` : '/srv/www',
          url: isTaken(driver, { url: `http://${host}` }) ? `http://${host}` : 'https://www.example.org',
        };
        const dynamic = good.paths.slice(0, DYNAMIC).map((path) => ({ path }));
        const edge = { comments: { paths: good.paths }, dynamic, loginCookies: good.cookies };
        const place = { port, filesPort, dir: good.dir, scratch };
        const facts = factsOf({ edge, dir: good.dir, url: good.url });
        assert.ok(facts);
        await write(driver, place, fillEdge(driver.name, facts as EdgeFacts));
        const [program, ...args] = driver.check(place);
        await promisify(execFile)(program, args, {
          cwd: scratch,
          env: { ...process.env, HOME: scratch, XDG_DATA_HOME: scratch },
        });
        const { patterns, root } = await readBack(place);
        assert.is(patterns.join('|'), good.paths.map(patternSource).join('|'));
        if (root !== undefined) assert.is(root, `${good.dir}/current`);
        taken += good.paths.length;
      }
      assert.ok(taken > 500, `${taken} paths were taken`);
    } finally {
      await rm(scratch, { recursive: true });
    }
  });

  test.run();
}

interface Given {
  readonly edge?: NonNullable<Parameters<typeof smallConfig>[1]>['edge'];
  readonly dir?: string;
  readonly url?: string;
}

/** Refusals must be one clear line, of a code that names the configuration. */
function isTaken(driver: EdgeDriver, given: Given): boolean {
  try {
    const facts = factsOf(given);
    if (facts === undefined) return false;
    fillEdge(driver.name, facts);
    return true;
  } catch (error) {
    assert.ok(error instanceof HoldfastError && error.code === 'edge-refused', String(error));
    assert.not.match(error.message, /[\n\r]/);
    return false;
  }
}

/** Undefined where the configuration's own rules refuse it. */
function factsOf({ edge = {}, dir = '/srv/www', url = 'https://www.example.org' }: Given): EdgeFacts | undefined {
  const parsed = configSchema.safeParse(
    smallConfig('http://127.0.0.1:9', { edge, site: { name: 'x', url }, destinations: [{ use: 'mirror', dir }] }),
  );
  const [destination] = parsed.data?.destinations ?? [];
  if (parsed.data === undefined || destination === undefined) return undefined;
  const origin = new URL(parsed.data.origin.url);
  return {
    site: new URL(parsed.data.site.url),
    origin: { url: origin, host: origin.host },
    rules: parsed.data.edge,
    inbox: undefined,
    destination,
    holding: HOLDING,
  };
}

async function write(driver: EdgeDriver, place: EdgePlace, files: Parameters<EdgeDriver['place']>[0]): Promise<void> {
  for (const [path, content] of Object.entries(driver.place(files, place))) {
    await mkdir(dirname(join(place.scratch, path)), { recursive: true });
    await writeFile(join(place.scratch, path), content);
  }
}
