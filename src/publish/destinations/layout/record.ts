import { createHash } from 'node:crypto';
import { HoldfastError } from '../../../model/errors.ts';
import { parseControl } from '../../control.ts';
import type { ControlState } from '../../destination.ts';

/** A record without a look at what is live. */
export type StoredRecord = Omit<ControlState, 'settled'>;

/** The record in the text of `path`. Throws `destination-damaged` where it is none of this version. */
export function recordIn(text: string, path: string, name: string): StoredRecord {
  const record = parseControl(text);
  if (record !== undefined) return { record, version: versionOf(text) };
  throw new HoldfastError('destination-damaged', `${name}: ${path} is not a control record of this version`, {
    hint: 'use the version that wrote it; where it is damaged, remove it and run publish --force',
  });
}

/** The version of a record: the SHA-256 of its text. */
export function versionOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
