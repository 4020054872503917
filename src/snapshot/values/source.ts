import type { ValueConfig } from '../../config/schema.ts';
import { type Json, pick } from '../../model/json.ts';
import { runProgram } from '../command.ts';
import { type Askable, askFor, jsonOf } from '../comments/ask.ts';

/**
 * Computes one value. `read` may take as long as the value's deadline says, and no longer; asked twice it computes twice. Throws an error that
 * says in one line why there is no value, or the signal's reason.
 */
export interface ValueSource {
  readonly name: string;
  read(signal: AbortSignal): Promise<Json>;
}

/** What sources of values work with. */
export interface ValueContext extends Askable {
  /** Folder of the configuration. */
  readonly root: string;
}

/** The source that an entry of `values` names. */
export function createValueSource(config: ValueConfig, context: ValueContext): ValueSource {
  const { name, deadline, maxOutput } = config;
  if (config.from === 'command') {
    const program = { run: config.run, deadline, maxOutput, cwd: context.root };
    return { name, read: async (signal) => outputAsJson(await runProgram(program, signal), config.run) };
  }
  const { url, headers, pick: path } = config;
  return {
    name,
    read: async (signal) => {
      const whole = jsonOf(await askFor(context, headers)(url, 'json', signal), url);
      const value = path === undefined ? whole : pick(whole, path);
      if (value === undefined) throw new Error(`${url}: there is nothing at ${path}`);
      return value as Json;
    },
  };
}

function outputAsJson(output: Buffer, [name]: readonly string[]): Json {
  try {
    return JSON.parse(output.toString('utf8')) as Json;
  } catch {
    throw new Error(`${name}: its output is not JSON`);
  }
}
