import { resolve } from 'node:path';
import { EXIT, HoldfastError } from '../model/errors.ts';
import { lookAtOrigin, type Sight, unseen, type Wish } from './init/look.ts';
import { assertFree, type Placed, place } from './init/place.ts';
import { configText } from './init/text.ts';
import type { VerbIo } from './io.ts';

export interface InitFlags {
  /** The dynamic site to look at. */
  readonly origin?: string;
  /** The public address, where the origin does not tell it. */
  readonly url?: string;
  readonly name?: string;
  /** Writes a plain configuration without a look. */
  readonly offline?: boolean;
  /** Overwrites what is there. */
  readonly force?: boolean;
}

/** `holdfast init [dir]`: looks at an origin and writes a configuration that works, templates and content. */
export async function initVerb(io: VerbIo, dir: string, flags: InitFlags): Promise<number> {
  const wish = wishOf(flags);
  const folder = resolve(io.cwd, dir);
  await assertFree(folder, flags.force === true);
  const sight = flags.offline === true ? unseen(wish) : await lookAtOrigin(wish, io.signal);
  const placed = await place(folder, configText(sight), flags.force === true);
  if (io.json) io.print(JSON.stringify({ dir: folder, kind: sight.kind, ...placed, notes: sight.notes }));
  else for (const line of story(sight, placed, dir)) io.print(line);
  return EXIT.done.code;
}

function wishOf({ origin, url, name }: InitFlags): Wish {
  if (origin === undefined) {
    throw new HoldfastError('usage', 'init needs the address of the dynamic site', {
      hint: 'holdfast init --origin http://10.0.0.5',
    });
  }
  const wish = {
    origin: plainAddress('--origin', origin),
    ...(url === undefined ? {} : { url: plainAddress('--url', url) }),
  };
  return name === undefined ? wish : { ...wish, name };
}

/** Never repeats what was given where it may hold a password. */
function plainAddress(flag: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && (url.username !== '' || url.password !== '')) {
    const hint = 'send it as a header: origin.headers in the configuration, by env:NAME or file:PATH';
    throw new HoldfastError('config-secret', `${flag}: a user name or password must not stand in an address`, { hint });
  }
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (url !== undefined && isWeb && url.pathname === '/' && url.search === '' && url.hash === '') return url.origin;
  throw new HoldfastError(
    'usage',
    `${flag}: ${JSON.stringify(text)} is not an http(s) address without a path, such as https://www.example.org`,
  );
}

function* story(sight: Sight, { wrote, kept }: Placed, dir: string): Generator<string> {
  if (sight.kind === 'wordpress')
    yield `${sight.name} is a WordPress at ${sight.origin.url}, seen by visitors at ${sight.publicUrl}`;
  if (sight.kind === 'other')
    yield `${sight.name} answers at ${sight.origin.url}, seen by visitors at ${sight.publicUrl}`;
  if (sight.kind === 'unseen') yield `${sight.origin.url} was not looked at: the configuration is a plain one`;
  for (const note of sight.notes) yield `note: ${note}`;
  if (wrote.length > 0) yield `wrote ${wrote.join(', ')}`;
  if (kept.length > 0) yield `left as they were: ${kept.join(', ')}`;
  yield `next: ${dir === '.' ? '' : `cd ${dir}, then `}npx holdfast check, then npx holdfast publish --now`;
}
