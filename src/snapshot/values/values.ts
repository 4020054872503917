import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config, ValueConfig } from '../../config/schema.ts';
import type { Clock } from '../../model/clock.ts';
import { makeFolder, readJson, writeAtomic } from '../../store/files.ts';
import { isRunning, startedAt } from '../../store/processes.ts';
import { environmentOfPrograms } from '../command.ts';
import { hasPassed } from '../lanes.ts';
import { type KeptAnswer, readAnswer } from './answers.ts';
import type { RunnerJob } from './runner.ts';

/** Values of the configuration, and where their answers lie. */
export interface ValuesContext {
  readonly config: Pick<Config, 'site' | 'origin' | 'values'>;
  readonly root: string;
  /** The folder of their answers. */
  readonly dir: string;
  readonly clock: Clock;
}

/** One value as it is known now. */
export interface KnownValue {
  readonly name: string;
  readonly answer: KeptAnswer | undefined;
  /** Since when it is being computed, in ms since 1970; undefined where it is not. */
  readonly computing: number | undefined;
}

/** Who computes a value. */
interface Marker {
  readonly pid: number;
  readonly started: string;
  readonly began: number;
}

/** The runner's file: beside this one, with this one's ending, both as TypeScript and compiled. */
const RUNNER = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './runner.ts' : './runner.js', import.meta.url));
/** A value that was never computed is waited for so long, so that a quick one is there from the first run on. */
const FIRST_WAIT_MS = 2000;
const POLL_MS = 25;

/** Starts the computations that are due, each in a process of its own, and waits for none. One that is under way is not started again. */
export async function beginValues(context: ValuesContext, looks: 'due' | 'all' | 'none'): Promise<void> {
  if (looks === 'none') return;
  for (const value of context.config.values) {
    const marker = await markerOf(context, value.name);
    if (marker !== undefined && (await isRunning(marker.pid, marker.started))) continue;
    const isDue = marker === undefined || hasPassed(marker.began, value.every, context.clock.now());
    if (looks === 'all' || isDue) await begin(context, value);
  }
}

/** What is known of each value, in the order of the configuration. */
export async function knownValues(context: ValuesContext): Promise<readonly KnownValue[]> {
  return Promise.all(
    context.config.values.map(async ({ name }) => {
      const marker = await markerOf(context, name);
      const isComputing = marker !== undefined && (await isRunning(marker.pid, marker.started));
      const computing = isComputing ? marker.began : undefined;
      return { name, computing, answer: await readAnswer(answerFile(context, name)) };
    }),
  );
}

/** The same, after a short wait for those that were just begun and never computed before. Throws the signal's reason. */
export async function settledValues(context: ValuesContext, signal: AbortSignal): Promise<readonly KnownValue[]> {
  const { clock } = context;
  const isNew = ({ answer, computing }: KnownValue): boolean =>
    answer === undefined && computing !== undefined && Math.abs(clock.now() - computing) < FIRST_WAIT_MS;
  for (;;) {
    const known = await knownValues(context);
    if (!known.some(isNew)) return known;
    await clock.sleep(POLL_MS, signal);
  }
}

const answerFile = ({ dir }: ValuesContext, name: string): string => join(dir, `${name}.json`);
const markerFile = ({ dir }: ValuesContext, name: string): string => join(dir, `${name}.run.json`);

async function markerOf(context: ValuesContext, name: string): Promise<Marker | undefined> {
  return readJson<Marker>(markerFile(context, name)).catch(() => undefined);
}

async function begin(context: ValuesContext, value: ValueConfig): Promise<void> {
  const { config, root, dir, clock } = context;
  await makeFolder(dir);
  const loaders = RUNNER.endsWith('.ts') ? process.execArgv.filter((word) => !word.startsWith('--inspect')) : [];
  const child = spawn(process.execPath, [...loaders, RUNNER], {
    // Credentials come with its job, where it needs one.
    env: environmentOfPrograms(),
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  const { pid, stdin } = child;
  // One that did not start leaves no answer, and is tried again by the next run.
  child.on('error', () => {});
  stdin.on('error', () => {});
  if (pid === undefined) return;
  const started = (await startedAt(pid)) ?? '';
  await writeAtomic(
    markerFile(context, value.name),
    JSON.stringify({ pid, started, began: clock.now() } satisfies Marker),
  );
  const { site, origin } = config;
  const job: RunnerJob = { config: { site, origin }, value, root, file: answerFile(context, value.name) };
  stdin.end(JSON.stringify(job));
  await Promise.race([once(stdin, 'finish'), once(child, 'exit')]).catch(() => {});
  child.unref();
}
