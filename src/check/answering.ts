import type { Config } from '../config/schema.ts';
import { type EdgeWorld, routeOf } from '../edge/decide.ts';
import { viewRelease } from '../edge/view.ts';
import type { Address } from '../model/address.ts';
import type { Manifest, ReleaseFile } from '../model/manifest.ts';

/** What a visitor who follows a link is answered: a file, whatever the origin says, or nothing. */
export type Answering = { readonly by: 'file'; readonly file: ReleaseFile } | { readonly by: 'origin' | 'nobody' };

/** Tells, by the edge's own table, what answers an address of a release; each address is worked out once. */
export function answersOf(
  { files }: Pick<Manifest, 'files'>,
  { edge }: Pick<Config, 'edge'>,
): (address: Address) => Answering {
  const world: EdgeWorld = { rules: edge, release: viewRelease({ files }, []), hold: undefined };
  const known = new Map<Address, Answering>();
  return (address) => {
    const found = known.get(address) ?? answering(address, world);
    known.set(address, found);
    return found;
  };
}

function answering(path: Address, world: EdgeWorld): Answering {
  const route = routeOf({ method: 'GET', path, query: '', cookies: [], authorized: false }, world);
  if (route.from === 'release') return route.status === 200 ? { by: 'file', file: route.file } : { by: 'nobody' };
  return { by: route.from === 'origin' ? 'origin' : 'nobody' };
}
