/**
 * The process that computes one value beside the cycles: it outlives the run that started it, so that a query of a quarter of an hour
 * holds up nothing. It gets its job on standard input, and writes its answer to a file when it has one.
 */
import type { Config, ValueConfig } from '../../config/schema.ts';
import { keepAnswer } from './answers.ts';
import { openValueSource } from './open.ts';

/** What a runner is to compute. */
export interface RunnerJob {
  readonly config: Pick<Config, 'site' | 'origin'>;
  readonly value: ValueConfig;
  readonly root: string;
  /** Where the answer goes. */
  readonly file: string;
}

/** After this much more than the deadline something is stuck. */
const GRACE_MS = 10_000;

async function run({ config, value, root, file }: RunnerJob): Promise<void> {
  const began = Date.now();
  const { signal } = new AbortController();
  const source = openValueSource(value, { config, root });
  const answer = await source.read(signal).then(
    (found) => ({ value: found }),
    (error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }),
  );
  await keepAnswer(file, { began, ended: Date.now(), ...answer });
  await source.close();
}

async function main(): Promise<void> {
  const parts: Buffer[] = [];
  for await (const chunk of process.stdin) parts.push(chunk as Buffer);
  const job = JSON.parse(Buffer.concat(parts).toString('utf8')) as RunnerJob;
  setTimeout(() => process.exit(1), job.value.deadline + GRACE_MS).unref();
  await run(job);
}

void main();
