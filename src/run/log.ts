import { pino } from 'pino';

/** Levels of a log, the gravest first. */
export const LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type Level = (typeof LEVELS)[number];

/** Lines for people and for machines. */
export type Log = (level: Level, message: string, fields?: Readonly<Record<string, unknown>>) => void;

export interface LogOptions {
  /** What is less grave than this is left out. */
  readonly level: Level;
  /** Gets each line, without its end. */
  readonly write: (line: string) => void;
}

/** One JSON object a line: `level`, `time` (ISO 8601), `msg`, and fields of the event. */
export function jsonLog({ level, write }: LogOptions): Log {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => write(line.trimEnd()) },
  );
  return (at, message, fields = {}) => logger[at](fields, message);
}

/** A line a person reads: the time of day, the level where it is not info, and what happened. */
export function plainLog({ level, write }: LogOptions): Log {
  return (at, message) => {
    if (LEVELS.indexOf(at) > LEVELS.indexOf(level)) return;
    write(`${new Date().toTimeString().slice(0, 8)}  ${at === 'info' ? '' : `${at}: `}${message}`);
  };
}
