#!/usr/bin/env node
// Many small files are read, hashed and made durable: Node's default of four threads would be the bottleneck.
process.env['UV_THREADPOOL_SIZE'] ??= '12';

import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { asHoldfastError, EXIT, HoldfastError } from '../model/errors.ts';
import { VERSION } from '../version.ts';
import { type CheckFlags, checkVerb } from './check.ts';
import { claimVerb } from './claim.ts';
import { type InitFlags, initVerb } from './init.ts';
import type { VerbIo } from './io.ts';
import { type PublishFlags, publishVerb } from './publish.ts';
import { releasesVerb } from './releases.ts';
import { type RollbackFlags, rollbackVerb } from './rollback.ts';
import { statusVerb } from './status.ts';
import { type UnpinFlags, unpinVerb } from './unpin.ts';
import { type VerifyFlags, verifyVerb } from './verify.ts';
import { type WithdrawFlags, withdrawVerb } from './withdraw.ts';

interface CommonFlags {
  readonly config?: string;
  readonly env?: string;
  readonly json?: boolean;
}

const stopping = new AbortController();
let exitCode: number = EXIT.done.code;
let secrets: readonly string[] = [];

/** Flags go before the environment, the environment before the file. */
function option(flags: string, text: string): Option {
  const made = new Option(flags, text);
  return made.env(`HOLDFAST_${(made.long ?? '').slice(2).toUpperCase().replaceAll('-', '_')}`);
}

function count(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It is not a whole number.');
  return Number(text);
}

function redacted(line: string): string {
  return secrets.reduce((text, secret) => text.replaceAll(secret, '[redacted]'), line);
}

function printError(error: HoldfastError, subject?: string): void {
  const where = subject === undefined ? error.stage : `${error.stage} ${subject}`;
  const parts = [error.message, error.hint, error.visitors].filter((part) => part !== undefined);
  for (const line of parts.join('\n  ').split('\n')) {
    process.stderr.write(`${redacted(line.startsWith('  ') ? line : `${where}: ${line} [${error.code}]`)}\n`);
  }
}

function ioFor(flags: CommonFlags): VerbIo {
  return {
    cwd: process.cwd(),
    env: process.env,
    json: flags.json === true,
    signal: stopping.signal,
    print: (line) => process.stdout.write(`${redacted(line)}\n`),
    note: (line) => process.stderr.write(`${redacted(line)}\n`),
    noteError: printError,
    load: async (): Promise<LoadedConfig> => {
      const loaded = await loadConfig({
        cwd: process.cwd(),
        env: process.env,
        ...(flags.config === undefined ? {} : { path: flags.config }),
        ...(flags.env === undefined ? {} : { environment: flags.env }),
      });
      secrets = loaded.secrets;
      return loaded;
    },
  };
}

/** A verb with the flags all verbs share. */
function verb(program: Command, name: string, summary: string): Command {
  return program
    .command(name)
    .description(summary)
    .addOption(option('--config <file>', 'the configuration file'))
    .addOption(option('--env <name>', 'the environment: one of `environments`, or production'))
    .addOption(option('--json', 'print one JSON object as the last line'));
}

function build(): Command {
  const program = new Command('holdfast')
    .description('Keeps a dynamic site standing on the day everybody comes.')
    .version(VERSION)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'command: ')) })
    .showHelpAfterError('run holdfast --help for what there is');
  addInit(program);
  verb(program, 'check', 'find now what would fail later').action(async (flags: CommonFlags & CheckFlags) => {
    exitCode = await checkVerb(ioFor(flags), flags);
  });
  addPublish(program);
  verb(program, 'status', 'what is live where, and how old each lane is').action(async (flags: CommonFlags) => {
    exitCode = await statusVerb(ioFor(flags));
  });
  verb(program, 'releases', 'what is live, and what can be returned to').action(async (flags: CommonFlags) => {
    exitCode = await releasesVerb(ioFor(flags));
  });
  addWaysBack(program);
  verb(program, 'withdraw', 'take a page down, at once and until --undo')
    .argument('<path>', 'the page, as in /news/')
    .option('--undo', 'let the page come back')
    .action(async (path: string, flags: CommonFlags & WithdrawFlags) => {
      exitCode = await withdrawVerb(ioFor(flags), path, flags);
    });
  return program;
}

function addWaysBack(program: Command): void {
  const to = () => option('--to <name>', 'this destination only');
  verb(program, 'rollback', 'make an earlier release live, and keep it live until unpin')
    .argument('[id]', 'the release, whole or its last part; the one before the live one where there is none')
    .addOption(to())
    .action(async (id: string | undefined, flags: CommonFlags & RollbackFlags) => {
      exitCode = await rollbackVerb(ioFor(flags), id, flags);
    });
  verb(program, 'unpin', 'let publishes go live again after a rollback')
    .addOption(to())
    .action(async (flags: CommonFlags & UnpinFlags) => {
      exitCode = await unpinVerb(ioFor(flags), flags);
    });
  verb(program, 'verify', 'read what visitors get back, and compare hashes')
    .addOption(to())
    .addOption(option('--all', 'every asset, not a sample'))
    .action(async (flags: CommonFlags & VerifyFlags) => {
      exitCode = await verifyVerb(ioFor(flags), flags);
    });
  verb(program, 'claim', 'take over a destination of another site, environment or machine')
    .argument('<name>', 'the destination')
    .action(async (name: string, flags: CommonFlags) => {
      exitCode = await claimVerb(ioFor(flags), name);
    });
}

function addInit(program: Command): void {
  program
    .command('init')
    .description('look at an origin and write a configuration that works')
    .argument('[dir]', 'where to write', '.')
    .addOption(option('--origin <url>', 'the dynamic site'))
    .addOption(option('--url <url>', 'the public address, where that is another'))
    .addOption(option('--name <name>', 'what the site is called'))
    .option('--offline', 'do not look at the origin')
    .option('--force', 'overwrite what is there')
    .option('--json', 'print one JSON object as the last line')
    .action(async (dir: string, flags: CommonFlags & InitFlags) => {
      exitCode = await initVerb(ioFor(flags), dir, flags);
    });
}

function addPublish(program: Command): void {
  verb(program, 'publish', 'one cycle: look, render, release, publish')
    .addOption(option('--now', 'look at every lane, due or not'))
    .addOption(option('--dry-run', 'look and print the plan; publish nothing'))
    .addOption(option('--only <glob>', 'look at the pages that match, keep the rest'))
    .addOption(option('--to <name>', 'publish to this destination only'))
    .addOption(option('--force', 'send every file again'))
    .addOption(option('--max-deletes <n>', 'most files one publish may remove').argParser(count).default(256))
    .addOption(option('--accept-shrink', 'let a large part of a lane go, this once'))
    .action(async (flags: CommonFlags & PublishFlags) => {
      exitCode = await publishVerb(ioFor(flags), flags);
    });
}

for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => {
    stopping.abort(new HoldfastError('interrupted', `stopped by ${name}`, { visitors: 'what was live stays live' }));
    process.once(name, () => process.exit(EXIT.failed.code));
  });
}

try {
  await build().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) exitCode = error.exitCode === 0 ? EXIT.done.code : EXIT.usage.code;
  else {
    const told = asHoldfastError(error);
    printError(told);
    if (told.code === 'unexpected' && process.env['HOLDFAST_DEBUG'] !== undefined)
      process.stderr.write(`${told.cause instanceof Error ? told.cause.stack : told.stack}\n`);
    exitCode = told.exit;
  }
}
process.exitCode = exitCode;
