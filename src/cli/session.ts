import { type LoadedConfig, loadConfig } from '../config/load.ts';
import type { HoldfastError } from '../model/errors.ts';
import type { Outside, VerbIo } from './io.ts';

/** Flags that nearly every verb has. */
export interface CommonFlags {
  readonly config?: string;
  readonly env?: string;
  readonly json?: boolean;
}

/** One command line under way. */
export interface Session extends Outside {
  /** Set by the verb that ran. */
  exitCode: number;
  /** Never printed. */
  secrets: readonly string[];
}

/** A secret may stand in a line of JSON, too, where some of its characters are written otherwise. */
function redacted({ secrets }: Session, line: string): string {
  const forms = secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  return forms.reduce((text, secret) => text.replaceAll(secret, '[redacted]'), line);
}

/** An error to standard error, one line a problem; `subject` names what it is about. */
export function printError(session: Session, error: HoldfastError, subject?: string): void {
  const where = subject === undefined ? error.stage : `${error.stage} ${subject}`;
  const parts = [error.message, error.hint, error.visitors].filter((part) => part !== undefined);
  for (const line of parts.join('\n  ').split('\n')) {
    session.err(`${redacted(session, line.startsWith('  ') ? line : `${where}: ${line} [${error.code}]`)}\n`);
  }
}

/** What a verb of this session may do to the outside. */
export function ioFor(session: Session, flags: CommonFlags): VerbIo {
  const { cwd, env, signal, input } = session;
  return {
    cwd,
    env,
    input,
    json: flags.json === true,
    signal,
    ...(session.terminal === undefined ? {} : { terminal: session.terminal }),
    onReload: (listener) => session.onReload?.(listener),
    redact: (text) => redacted(session, text),
    print: (line) => session.out(`${redacted(session, line)}\n`),
    note: (line) => session.err(`${redacted(session, line)}\n`),
    noteError: (error, subject) => printError(session, error, subject),
    load: async (secrets): Promise<LoadedConfig> => {
      const loaded = await loadConfig({
        cwd,
        env,
        ...(secrets === undefined ? {} : { secrets }),
        ...(flags.config === undefined ? {} : { path: flags.config }),
        ...(flags.env === undefined ? {} : { environment: flags.env }),
      });
      // One that was replaced may stand in what is still under way.
      session.secrets = [...new Set([...loaded.secrets, ...session.secrets])].sort((a, b) => b.length - a.length);
      return loaded;
    },
  };
}
