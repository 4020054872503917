import type { Config } from '../config/schema.ts';
import { type EdgeWorld, routeOf } from '../edge/decide.ts';
import { viewRelease } from '../edge/view.ts';
import type { Address } from '../model/address.ts';
import type { Manifest, ReleaseFile } from '../model/manifest.ts';

/** What a visitor who follows a link is answered: a file, whatever the origin says, or nothing. */
export type Answering = { readonly by: 'file'; readonly file: ReleaseFile } | { readonly by: 'origin' | 'nobody' };

export type Answers = (address: Address, query?: string) => Answering;

/** Tells, by the edge's own table, what answers an address of a release; each is worked out once. */
export function answersOf({ files }: Pick<Manifest, 'files'>, { edge }: Pick<Config, 'edge'>): Answers {
  const world: EdgeWorld = { rules: edge, release: viewRelease({ files }, []), hold: undefined };
  const known = new Map<string, Answering>();
  return (address, query = '') => {
    const key = `${address}?${query}`;
    const found = known.get(key) ?? answering(address, query, world);
    known.set(key, found);
    return found;
  };
}

function answering(path: Address, query: string, world: EdgeWorld): Answering {
  const route = routeOf({ method: 'GET', path, query, cookies: [], authorized: false }, world);
  if (route.from === 'release') return route.status === 200 ? { by: 'file', file: route.file } : { by: 'nobody' };
  if (route.from === 'redirect') return { by: 'file', file: route.file };
  return { by: route.from === 'origin' ? 'origin' : 'nobody' };
}
