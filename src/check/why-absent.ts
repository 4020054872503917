import type { Config } from '../config/schema.ts';
import type { Address } from '../model/address.ts';
import type { Entry, Withdrawal } from '../model/snapshot.ts';
import { lanesOf } from '../snapshot/lanes.ts';
import type { Records } from '../snapshot/records.ts';

const WITHDRAWN: Readonly<Record<Withdrawal, string>> = {
  gone: 'gone at the origin',
  private: 'made private at the origin',
  'kept-too-long': 'failed for longer than maxKept',
  'by-hand': 'taken down by holdfast withdraw',
};

/** Why a release lacks a page, as far as the snapshot and the lanes tell. */
export function whyAbsent(
  records: Pick<Records, 'pages'>,
  { lanes: configs }: Pick<Config, 'lanes'>,
): (address: Address) => string {
  const lanes = lanesOf(configs);
  return (address) => {
    const entry = records.pages.get(address) ?? records.pages.get(otherSpelling(address));
    if (entry !== undefined) return whyOf(entry);
    return lanes.every((lane) => lane.excludes(address)) ? 'excluded from every lane' : 'never looked at';
  };
}

function whyOf({ withdrawn, trouble, good }: Entry): string {
  if (withdrawn !== undefined) return WITHDRAWN[withdrawn];
  if (trouble !== undefined) return `${trouble.problem}: ${trouble.text}`;
  return good === undefined ? 'not looked at yet' : 'not published yet';
}

/** Links are written with and without the slash. */
const otherSpelling = (address: Address): Address =>
  address.endsWith('/') ? address.slice(0, -1) || '/' : `${address}/`;
