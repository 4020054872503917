import type { Readable } from 'node:stream';
import { detectingReader } from './formats/detect.ts';
import { eachLine } from './lines.ts';
import type { Salt } from './sketch.ts';
import { type Counted, createTally } from './tally.ts';

/** One log: its name for messages, and its bytes, plain or gzip. */
export interface Log {
  readonly name: string;
  bytes(): Readable;
}

/** Milliseconds since 1970; requests of `since` on and before `until` are counted. */
export interface Span {
  readonly since: number;
  readonly until: number;
}

/** What was read of one log. */
export interface LogRead {
  readonly name: string;
  /** Undefined where no line was of a known format. */
  readonly format: string | undefined;
  /** Lines of requests, in the span or not. */
  readonly read: number;
  /** Lines that are of no known format, or longer than any server writes. */
  readonly bad: number;
  /** True where compressed bytes ended early. */
  readonly cut: boolean;
}

/** What all logs come to. */
export interface LogReport extends Counted {
  readonly logs: readonly LogRead[];
}

/** Reads logs one after the other, in one pass; a line that cannot be read is counted and never fatal. */
export async function readLogs(
  logs: readonly Log[],
  { salt, span }: { readonly salt: Salt; readonly span: Span },
  signal: AbortSignal,
): Promise<LogReport> {
  const tally = createTally(salt);
  const reads: LogRead[] = [];
  for (const log of logs) {
    const reader = detectingReader();
    let [read, bad] = [0, 0];
    const take = (line: string): void => {
      const request = reader(line);
      if (request === undefined) bad += 1;
      else if (request !== 'remark') {
        read += 1;
        if (request.at >= span.since && request.at < span.until) tally.add(request);
      }
    };
    const { tooLong, cut } = await eachLine(log.bytes(), take, signal);
    reads.push({ name: log.name, format: reader.format(), read, bad: bad + tooLong, cut });
  }
  return { logs: reads, ...tally.counted() };
}
