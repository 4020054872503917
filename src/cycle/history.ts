import { open, readFile, stat } from 'node:fs/promises';
import type { HoldfastError } from '../model/errors.ts';
import { appendLine, writeAtomic } from '../store/files.ts';
import { type OriginUse, type PageCounts, pageCounts, type Report } from './report.ts';
import { stateFiles } from './workplace.ts';

/** About a week of runs a minute apart; when the file grows beyond, its older half goes. */
const MAX_BYTES = 4_000_000;

/** One line of `runs.jsonl`: what a run did, for `status`. */
export interface Run {
  /** ISO 8601. */
  readonly ended: string;
  readonly seconds: number;
  readonly exit: number;
  readonly releases: readonly string[];
  readonly pages: PageCounts;
  readonly requests: number;
  /** What the origin took for them in seconds, and how fast it was asked at the end; absent in lines of earlier versions. */
  readonly origin?: Omit<OriginUse, 'requests'>;
  readonly warnings: number;
  /** Seconds by stage. */
  readonly stages: Report['stages'];
  readonly error?: string;
}

export interface RunEnd {
  readonly seconds: number;
  readonly exit: number;
  readonly error: HoldfastError | undefined;
}

/** Writes a run down. */
export async function appendRun(stateDir: string, report: Report, { seconds, exit, error }: RunEnd): Promise<void> {
  const { runs } = stateFiles(stateDir);
  const { requests, ...origin } = report.origin;
  const run: Run = {
    ended: new Date().toISOString(),
    seconds: Math.round(seconds * 1000) / 1000,
    exit,
    releases: report.releases,
    pages: pageCounts(report),
    requests,
    origin,
    warnings: report.tally.warnings.size,
    stages: report.stages,
    ...(error === undefined ? {} : { error: `${error.code}: ${error.message}` }),
  };
  await appendLine(runs, JSON.stringify(run));
  if ((await stat(runs)).size > MAX_BYTES) await dropOlderHalf(runs);
}

async function dropOlderHalf(path: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  await writeAtomic(path, text.slice(text.indexOf('\n', text.length / 2) + 1));
}

/** The last runs, oldest first, at most `count`; torn lines are passed over. */
export async function lastRuns(stateDir: string, count: number): Promise<readonly Run[]> {
  const text = await endOf(stateFiles(stateDir).runs, count * MOST_BYTES_A_RUN).catch(() => '');
  return text.trimEnd().split('\n').slice(-count).flatMap(runIn);
}

/** A line is a third of that, unless its error is long. */
const MOST_BYTES_A_RUN = 1500;

/** The last bytes of a file; its first line may be cut. */
async function endOf(path: string, bytes: number): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(size, bytes));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

function runIn(line: string): readonly Run[] {
  try {
    return [JSON.parse(line) as Run];
  } catch {
    return [];
  }
}
