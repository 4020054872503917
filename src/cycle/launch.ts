import { rm } from 'node:fs/promises';
import type { Config } from '../config/schema.ts';
import type { Lane } from '../snapshot/lanes.ts';
import { readJson, writeAtomic } from '../store/files.ts';
import { stateFiles } from './workplace.ts';

/** The launch mode of one environment; every run on this machine heeds it. */
export interface Launch {
  /** Milliseconds since 1970, both. */
  readonly since: number;
  readonly until: number;
}

/** The launch mode that is on at `now`; undefined where it is off or over. Throws `state-damaged`. */
export async function launchAt(stateDir: string, now: number): Promise<Launch | undefined> {
  const launch = await readJson<Launch>(stateFiles(stateDir).launch);
  return launch !== undefined && now < launch.until ? launch : undefined;
}

/** Turns it on, or off. What runs now heeds it from its next cycle on. */
export async function setLaunch(stateDir: string, launch: Launch | undefined): Promise<void> {
  const { launch: path } = stateFiles(stateDir);
  if (launch === undefined) await rm(path, { force: true });
  else await writeAtomic(path, JSON.stringify(launch));
}

/** One for each configuration, so that what is made of its lanes is made once. */
const made = new WeakMap<Config, Config>();

/** The configuration that looks go by while launch mode is on: hot lanes come round faster. Nothing else differs. */
export function atLaunch(config: Config): Config {
  const known = made.get(config) ?? withFasterLanes(config);
  made.set(config, known);
  return known;
}

function withFasterLanes(config: Config): Config {
  const { every, hot } = config.launch;
  const lanes = config.lanes.map((lane) =>
    lane.every <= hot ? { ...lane, every: Math.min(lane.every, every) } : lane,
  );
  return { ...config, lanes };
}

/** Names of the lanes that are looked at every few minutes; the fastest one where none is. */
export function hotLanes({ lanes, launch }: Config): readonly string[] {
  const hot = lanes.filter(({ every }) => every <= launch.hot);
  const fastest = lanes.toSorted((a, b) => a.every - b.every).slice(0, 1);
  return (hot.length > 0 ? hot : fastest).map(({ name }) => name);
}

/** While launch mode is on only hot lanes are looked at. */
export function isTail({ launch }: Config): (lane: Lane) => boolean {
  return ({ every }) => every > launch.hot;
}
