import type { EdgeConfig } from '../config/schema.ts';
import type { EdgeRequest } from '../edge/decide.ts';
import { addressOfFile } from '../model/address.ts';
import type { Draft } from './draft.ts';

/** A request that shows one rule of the edge at work. */
export interface Sample {
  readonly text: string;
  readonly request: EdgeRequest;
  readonly isLoggedIn: boolean;
}

/** One request for each kind of answer that the configuration can give. */
export function samplesOf({ written }: Pick<Draft, 'written'>, rules: EdgeConfig): readonly Sample[] {
  const page = written.find(({ kind }) => kind === 'page');
  const [dynamic] = rules.dynamic;
  const [comments] = rules.comments.paths;
  return [
    get('/'),
    ...(page === undefined ? [] : [get(addressOfFile(page.path))]),
    get('/nope'),
    ...(dynamic === undefined ? [] : [get(plain(dynamic.path), dynamic.query?.[0])]),
    { ...get('/'), text: '/ of who is logged in', isLoggedIn: true },
    ...(comments === undefined ? [] : [{ ...asking('POST', plain(comments)), text: 'a comment that is sent' }]),
    get('/robots.txt'),
  ];
}

function get(path: string, parameter?: string): Sample {
  const query = parameter === undefined ? '' : `${parameter}=tide`;
  return { ...asking('GET', path, query), text: query === '' ? path : `${path}?${query}` };
}

function asking(method: string, path: string, query = ''): Sample {
  return { text: path, request: { method, path, query, cookies: [], authorized: false }, isLoggedIn: false };
}

/** An address that a pattern takes: `/forum/` of `/forum/**`. */
function plain(pattern: string): string {
  return pattern.replace(/\*\*$/, '').replaceAll(/\*+/g, 'a');
}
