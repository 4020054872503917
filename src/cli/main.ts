#!/usr/bin/env node
import { EXIT, HoldfastError } from '../model/errors.ts';
import { SHOW_CURSOR } from './block.ts';
import { keepCompiled } from './compile-cache.ts';

keepCompiled(process.env);
const { runProgram } = await import('./program.ts');

const USUAL_COLUMNS = 80;
const stopping = new AbortController();

for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => {
    stopping.abort(new HoldfastError('interrupted', `stopped by ${name}`, { visitors: 'what was live stays live' }));
    process.once(name, () => {
      if (process.stderr.isTTY) process.stderr.write(SHOW_CURSOR);
      process.exit(EXIT.failed.code);
    });
  });
}

process.exitCode = await runProgram(process.argv.slice(2), {
  cwd: process.cwd(),
  env: process.env,
  signal: stopping.signal,
  input: () => process.stdin,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  onReload: (listener) => void process.on('SIGHUP', listener),
  ...(process.stdout.isTTY && process.stderr.isTTY ? { terminal: terminal() } : {}),
});

function terminal() {
  return {
    get columns() {
      // A terminal that was never told its size has none.
      return process.stderr.columns || USUAL_COLUMNS;
    },
    // Any value but an empty one asks for none (no-color.org).
    hasColours: (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb',
    draw: (text: string) => void process.stderr.write(text),
  };
}
