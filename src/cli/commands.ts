import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';

export { Command, CommanderError };

/** Flags go before the environment, the environment before the file. */
export function option(flags: string, text: string): Option {
  const made = new Option(flags, text);
  return made.env(`HOLDFAST_${(made.long ?? '').slice(2).toUpperCase().replaceAll('-', '_')}`);
}

/** A whole number, as an argument. */
export function count(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It is not a whole number.');
  return Number(text);
}

/** A verb with the flags all verbs share. What it does is loaded when it is called: a run each minute waits for no other. */
export function verb(program: Command, name: string, summary: string): Command {
  return program
    .command(name)
    .description(summary)
    .addOption(option('--config <file>', 'the configuration file'))
    .addOption(option('--env <name>', 'the environment: one of `environments`, or production'))
    .addOption(option('--json', 'print one JSON object as the last line'));
}
