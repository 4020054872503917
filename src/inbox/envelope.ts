import { hash } from 'node:crypto';

/** `\n`, ten digits, a space, a SHA-256 in hex, `\n`: of one size, so that `head -c -77` gives what was wrapped. */
const TRAILER = /^\n(\d{10}) ([0-9a-f]{64})\n$/;
export const TRAILER_BYTES = 77;

/** Bytes with their length and SHA-256 behind them: a file that was torn shows. */
export function wrap(bytes: Uint8Array): Buffer {
  const trailer = `\n${String(bytes.length).padStart(10, '0')} ${hash('sha256', bytes)}\n`;
  return Buffer.concat([bytes, Buffer.from(trailer, 'latin1')]);
}

/** What was wrapped; undefined where the file is torn or was changed. */
export function unwrap(file: Buffer): Buffer | undefined {
  const bytes = file.subarray(0, Math.max(0, file.length - TRAILER_BYTES));
  const [, length, sha256] = TRAILER.exec(file.subarray(bytes.length).toString('latin1')) ?? [];
  return Number(length) === bytes.length && sha256 === hash('sha256', bytes) ? bytes : undefined;
}
