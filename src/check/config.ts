import { stat } from 'node:fs/promises';
import { basename, relative, resolve } from 'node:path';
import { type LoadedConfig, PRODUCTION } from '../config/load.ts';
import type { DestinationConfig } from '../config/schema.ts';
import { createAnalytics } from '../render/analytics/index.ts';
import type { Finding } from './finding.ts';

const ok = (text: string): Finding => ({ concern: 'config', level: 'ok', text });
const warn = (text: string, hint: string): Finding => ({ concern: 'config', level: 'warn', text, hint });
const fail = (text: string, hint: string): Finding => ({ concern: 'config', level: 'fail', text, hint });

/** What the schema cannot see: folders that meet, an origin that is also the public address, nothing hot, nobody counted. */
export async function checkConfig(loaded: LoadedConfig): Promise<readonly Finding[]> {
  return [
    summary(loaded),
    ...addresses(loaded),
    ...lanes(loaded),
    ...analytics(loaded),
    ...folders(loaded),
    ...places(loaded),
    ...(await composed(loaded)),
  ];
}

function summary({ path, config, environment }: LoadedConfig): Finding {
  const names = (list: readonly { name: string }[]): string => list.map(({ name }) => name).join(', ');
  const closed = environment === PRODUCTION ? '' : ', closed to search engines';
  return ok(
    `${basename(path)}, environment ${environment}${closed}: lanes ${names(config.lanes)}; destinations ${names(config.destinations)}`,
  );
}

function addresses({ config: { site, origin } }: LoadedConfig): Finding[] {
  if (new URL(site.url).host !== new URL(origin.url).host) return [];
  return [
    warn(
      `the origin and the public address are both ${new URL(site.url).host}`,
      "once a mirror answers there, Holdfast would look at itself: give origin.url an address that stays the origin's, and its name as origin.host",
    ),
  ];
}

function lanes({ config }: LoadedConfig): Finding[] {
  if (config.lanes.some((lane) => lane.paths !== undefined)) return [];
  return [
    warn(
      'no lane names a page by path',
      'list the pages that matter most in `paths` of a fast lane: they are looked at first, and checked here',
    ),
  ];
}

function analytics({ config }: LoadedConfig): Finding[] {
  const pixel = "add { use: 'pixel' } to analytics, which needs no script and no service";
  if (config.analytics.length === 0) return [warn('no analytics: nobody is counted', pixel)];
  const drivers = config.analytics.map(createAnalytics);
  const blind = drivers.flatMap(({ name, unscripted }) => (unscripted.counted ? [] : [`${name}: ${unscripted.why}`]));
  if (blind.length === 0) return [];
  const text = `visitors without scripts are not counted by ${blind.join('; ')}`;
  return [blind.length === drivers.length ? warn(text, pixel) : ok(text)];
}

function folders({ config, root }: LoadedConfig): Finding[] {
  const own = ['.holdfast', config.compose.templates, config.compose.content].map((folder) => resolve(root, folder));
  const mirrors = config.destinations.filter((destination) => destination.use === 'mirror');
  return mirrors.flatMap(({ name, dir }, index) => {
    const folder = resolve(root, dir);
    const twin = mirrors.slice(0, index).find((other) => resolve(root, other.dir) === folder);
    if (twin !== undefined)
      return [fail(`destinations ${twin.name} and ${name} are one folder`, 'give each a `dir` of its own')];
    const shared = own.find((other) => isIn(folder, other) || isIn(other, folder));
    if (shared === undefined) return [];
    return [
      fail(
        `destination ${name} and ${relative(root, shared)} lie one in the other`,
        'move `dir` out of the project, or into a folder of its own',
      ),
    ];
  });
}

/** Destinations elsewhere, each as a text that is the same for those that are one place, and what to change then. */
function placeOf(destination: DestinationConfig): readonly [place: string, hint: string] | undefined {
  if (destination.use === 'mirror') return undefined;
  if (destination.use === 'rsync') {
    const { to, port = 22, dir } = destination;
    return [JSON.stringify([to.replace(/^.*@/, ''), port, dir]), 'give each a `dir` of its own'];
  }
  const { endpoint, bucket, prefix } = destination;
  return [JSON.stringify([endpoint, bucket, prefix.replace(/\/+$/, '')]), 'give each a `prefix` of its own'];
}

function places({ config: { destinations } }: LoadedConfig): Finding[] {
  return destinations.flatMap((one, index) => {
    const [place, hint = ''] = placeOf(one) ?? [];
    const twin = destinations.slice(0, index).find((other) => place !== undefined && placeOf(other)?.[0] === place);
    return twin === undefined ? [] : [fail(`destinations ${twin.name} and ${one.name} are one place`, hint)];
  });
}

function isIn(inner: string, outer: string): boolean {
  return !/^\.\.(\/|$)/.test(relative(outer, inner));
}

async function composed({ config, root }: LoadedConfig): Promise<Finding[]> {
  const absent: string[] = [];
  for (const folder of [config.compose.templates, config.compose.content]) {
    if (!(await stat(resolve(root, folder)).catch(() => undefined))?.isDirectory()) absent.push(folder);
  }
  return absent.map((folder) =>
    warn(`there is no folder ${folder}`, "Holdfast's own is used; holdfast init writes one to edit"),
  );
}
