import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { configSchema } from '../../src/config/schema.ts';
import type { EdgeFacts } from '../../src/edge/facts.ts';
import { type EdgeFile, fillEdge, redirectsOf } from '../../src/edge/fillers.ts';
import { patternSource } from '../../src/edge/patterns.ts';
import { HoldfastError } from '../../src/model/errors.ts';
import type { Manifest, ReleaseFile } from '../../src/model/manifest.ts';
import { smallConfig } from '../support/project.ts';
import { suite } from '../support/suite.ts';
import { HOLDING } from './release.ts';
import { type EdgeDriver, type EdgePlace, freePort } from './rig.ts';

/** What a server's own language, or a parser of it, says that a filled text holds. */
export interface ReadBack {
  /** What `edge.comments.paths` became, in their order; see `Filling.expected`. */
  readonly patterns: readonly string[];
  /** The folder of the release; undefined where the server serves none. */
  readonly root: string | undefined;
  /** Markers of redirects and where these lead, a tab between; undefined where the server is told of none. */
  readonly redirects?: readonly string[];
  /** All that is not within quotation marks. No string of the configuration changes it. */
  readonly shape?: readonly string[];
}

/** A server whose texts are filled; where it has no `check` its texts are only read back. */
export type Filled = Pick<EdgeDriver, 'name' | 'needs'> & Partial<Pick<EdgeDriver, 'place' | 'check'>>;

export interface Filling {
  readBack(files: readonly EdgeFile[], place: EdgePlace): ReadBack | Promise<ReadBack>;
  /** How many of the batches the server itself checks; all, where it is left out. */
  readonly checks?: number;
  /** Most paths in one text; all of a batch, where it is left out. */
  readonly most?: number;
  /** What a path pattern is read back as; the expression of `patternSource`, where it is left out. */
  expected?(path: string): string;
  /** What is read back of a folder; `<dir>/current`, where it is left out. */
  rootOf?(dir: string): string;
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
const generated = fc.record({
  paths: fc.array(
    text.map((path) => `/${path}`),
    { minLength: 490, maxLength: 490 },
  ),
  cookies: fc.array(text, { minLength: 8, maxLength: 8 }),
  dir: text,
  host: text,
});

/** 5,000 generated strings: refused with one line, by the configuration's rules or by the filler, or taken by the server for what they are. */
export function filling(
  server: Filled,
  { readBack, checks = BATCHES, most = 490, expected = patternSource, rootOf = inCurrent }: Filling,
): void {
  const test = suite(`5,000 strings in the configuration of ${server.name}`, { needs: server.needs });

  test('each is refused with one line, or is what the server reads', async () => {
    const scratch = await mkdtemp(join(tmpdir(), 'holdfast-fill-'));
    // Varnish looks at its file as somebody else.
    await chmod(scratch, 0o755);
    const [port, filesPort] = [await freePort(), await freePort()];
    let taken = 0;
    try {
      for (const [batch, strings] of fc.sample(generated, { numRuns: BATCHES, seed: 4 }).entries()) {
        const all = takenOf(server, strings);
        const place = { port, filesPort, dir: all.dir, scratch };
        for (let first = 0; first < all.paths.length; first += most) {
          const good = { ...all, paths: all.paths.slice(first, first + most) };
          const files = filledWith(server, good);
          if (batch < checks) await check(server, files, place);
          const { patterns, root, shape, redirects } = await readBack(files, place);
          if (redirects !== undefined) {
            const { list } = redirectsOf(movedFrom(good.paths));
            assert.ok(list.length > 0);
            assert.equal(new Set(redirects), new Set(list.map(({ marker, to }) => `${marker}\t${to}`)));
          }
          assert.equal(patterns, good.paths.map(expected));
          if (root !== undefined) assert.is(root, rootOf(good.dir));
          if (shape !== undefined)
            assert.equal(shape, (await readBack(filledWith(server, harmless(good)), place)).shape);
          taken += good.paths.length;
        }
      }
      assert.ok(taken > 200, `${taken} paths were taken`);
    } finally {
      await rm(scratch, { recursive: true });
    }
  });

  test.run();
}

const inCurrent = (dir: string): string => `${dir}/current`;

interface Strings {
  readonly paths: readonly string[];
  readonly cookies: readonly string[];
  readonly dir: string;
  readonly url: string;
}

/** Those that the server's configuration takes; a folder and an address that it does not take give way to good ones. */
function takenOf(
  server: Filled,
  { paths, cookies, dir, host }: Record<'paths' | 'cookies', string[]> & Record<'dir' | 'host', string>,
): Strings {
  const [scheme, folder] = server.name === 'cloudfront' ? ['https', 'srv'] : ['http', '/srv'];
  return {
    paths: paths.filter((path) => isTaken(server, { edge: { comments: { paths: [path] }, dynamic: [{ path }] } })),
    cookies: cookies.filter((cookie) => isTaken(server, { edge: { loginCookies: [cookie] } })),
    dir: isTaken(server, { dir: `${folder}/${dir}` }) ? `${folder}/${dir}` : `${folder}/www`,
    url: isTaken(server, { url: `${scheme}://${host}` }) ? `${scheme}://${host}` : 'https://www.example.org',
  };
}

/** As many strings that mean nothing to anybody. */
const harmless = ({ paths, cookies, ...rest }: Strings): Strings => ({
  ...rest,
  paths: paths.map((_, index) => `/p${index}`),
  cookies: cookies.map((_, index) => `c${index}`),
});

function filledWith(server: Filled, { paths, cookies, dir, url }: Strings): readonly EdgeFile[] {
  const dynamic = paths.slice(0, DYNAMIC).map((path) => ({ path }));
  const facts = factsOf(server, {
    edge: { comments: { paths: [...paths] }, dynamic, loginCookies: [...cookies] },
    dir,
    url,
    moved: paths,
  });
  assert.ok(facts);
  return fillEdge(server.name, facts as EdgeFacts);
}

async function check(
  { place: placed, check: command }: Filled,
  files: readonly EdgeFile[],
  place: EdgePlace,
): Promise<void> {
  if (placed === undefined || command === undefined) return;
  const { scratch } = place;
  for (const [path, content] of Object.entries(placed(files, place))) {
    await mkdir(dirname(join(scratch, path)), { recursive: true });
    await writeFile(join(scratch, path), content);
  }
  const [program, ...args] = command(place);
  const env = { ...process.env, HOME: scratch, XDG_DATA_HOME: scratch };
  // Varnish prints the program that it makes of a text.
  await promisify(execFile)(program, args, { cwd: scratch, env, maxBuffer: 100_000_000 });
}

interface Given {
  readonly edge?: NonNullable<Parameters<typeof smallConfig>[1]>['edge'];
  readonly dir?: string;
  readonly url?: string;
  /** Addresses that lead elsewhere. */
  readonly moved?: readonly string[];
}

/** A release in which each path leads to one of its name elsewhere. */
function movedFrom(paths: readonly string[]): Pick<Manifest, 'id' | 'files'> {
  const moved = (path: string): ReleaseFile => ({
    path: `${path.slice(1)}/index.html`,
    kind: 'redirect',
    type: '',
    headers: { location: `https://e.org${path}` },
    status: 301,
    sha256: '',
    size: 1,
    variants: {},
  });
  return { id: 'R1', files: [...new Set(paths)].map(moved) };
}

/** Refusals must be one clear line, of a code that names the configuration. */
function isTaken(server: Filled, given: Given): boolean {
  try {
    const facts = factsOf(server, given);
    if (facts === undefined) return false;
    fillEdge(server.name, facts);
    return true;
  } catch (error) {
    assert.ok(error instanceof HoldfastError && error.code === 'edge-refused', String(error));
    assert.not.match(error.message, /[\n\r]/);
    return false;
  }
}

/** Undefined where the configuration's own rules refuse it. CloudFront has a bucket behind it, and an origin with a name. */
function factsOf({ name }: Filled, given: Given): EdgeFacts | undefined {
  const { edge = {}, url = 'https://www.example.org' } = given;
  const isBucket = name === 'cloudfront';
  const parsed = configSchema.safeParse(
    smallConfig(isBucket ? 'http://origin.example.net' : 'http://127.0.0.1:9', {
      edge,
      site: { name: 'x', url },
      destinations: [
        isBucket
          ? { use: 's3', bucket: 'words', prefix: given.dir ?? 'www' }
          : { use: 'mirror', dir: given.dir ?? '/srv/www' },
      ],
    }),
  );
  const [destination] = parsed.data?.destinations ?? [];
  if (parsed.data === undefined || destination === undefined) return undefined;
  const origin = new URL(parsed.data.origin.url);
  return {
    site: new URL(parsed.data.site.url),
    origin: { url: origin, host: origin.host },
    rules: parsed.data.edge,
    inbox: undefined,
    redirects: redirectsOf(movedFrom(given.moved ?? [])),
    destination,
    holding: HOLDING.map((page) => ({ ...page, tiny: Buffer.from(page.name) })),
  };
}
