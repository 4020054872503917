import type { Readable } from 'node:stream';
import type { LoadedConfig } from '../config/load.ts';
import type { SecretPart } from '../config/secrets.ts';
import type { HoldfastError } from '../model/errors.ts';

/** What the program has of the world it was started in; `main.ts` is that of a process. */
export interface Outside {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Ends what is under way, with its reason. */
  readonly signal: AbortSignal;
  /** Standard input, for a verb that was told to read it. */
  input(): Readable;
  /** Text for standard output, with its line ends. */
  out(text: string): void;
  /** Text for standard error, with its line ends. */
  err(text: string): void;
  /** Where standard output and standard error are a terminal that a person looks at. */
  readonly terminal?: Terminal;
  /** Calls `listener` whenever somebody wants the configuration read again (SIGHUP). */
  onReload?(listener: () => void): void;
}

/** A terminal, as it is now. */
export interface Terminal {
  /** Characters a line. */
  readonly columns: number;
  /** True where it shows colours and nobody asked for none. */
  readonly hasColours: boolean;
  /** Puts text on it as it is, with what moves the cursor. */
  draw(text: string): void;
}

/** What a verb may do to the outside: it prints through these and returns its exit code; only main.ts owns the process. */
export interface VerbIo {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Standard input. */
  input(): Readable;
  /** One line to standard output. */
  print(line: string): void;
  /** One line to standard error: progress and explanations. */
  note(line: string): void;
  /** An error to standard error, one line a problem; `subject` names the destination it is about. */
  noteError(error: HoldfastError, subject?: string): void;
  /** True where the last line of standard output is to be one JSON object. */
  readonly json: boolean;
  readonly terminal?: Terminal;
  onReload(listener: () => void): void;
  /** The text without any secret of the configuration, however it is written in JSON: for what leaves by another way than `print`. */
  redact(text: string): string;
  readonly signal: AbortSignal;
  /** The configuration that the flags and the environment name, with the credentials of the parts named, by default of the origin and of caches; these are redacted from all that is printed from then on. */
  load(secrets?: readonly SecretPart[]): Promise<LoadedConfig>;
}
