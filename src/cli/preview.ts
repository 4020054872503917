import { once } from 'node:events';
import { share } from '../cycle/sharing.ts';
import { HoldfastError } from '../model/errors.ts';
import type { VerbIo } from './io.ts';

export interface PreviewFlags {
  readonly port?: number;
  /** Put it beside what is live, in a folder that cannot be guessed. */
  readonly share?: boolean;
  /** Take that down. */
  readonly unshare?: boolean;
}

/** `holdfast preview`: shows what would be published, until it is stopped. */
export async function previewVerb(io: VerbIo, { port, share: isShared, unshare }: PreviewFlags): Promise<number> {
  if (isShared === true && unshare === true) throw new HoldfastError('usage', '--share or --unshare, not both');
  if (isShared === true || unshare === true) return shareVerb(io, isShared === true ? 'share' : 'unshare');
  const loaded = await io.load();
  const { openPreview } = await import('../preview/preview.ts');
  const preview = await openPreview(loaded, port === undefined ? {} : { port }, io.signal);
  io.print(
    io.json ? JSON.stringify({ url: preview.url }) : `${preview.url} shows what would be published; Ctrl-C ends it`,
  );
  if (!io.signal.aborted) await once(io.signal, 'abort');
  await preview.close();
  return 0;
}

async function shareVerb(io: VerbIo, wish: 'share' | 'unshare'): Promise<number> {
  const { shared, warnings } = await share(await io.load(), wish, io.signal);
  for (const { code, path, text } of warnings) io.note(`warning ${code}: ${path} ${text}`);
  if (io.json) io.print(JSON.stringify({ shared, warnings }));
  else
    for (const { destination, url, files } of shared)
      io.print(
        url === null ? `${destination}: nothing is shared any more` : `${destination}: ${files} files at ${url}`,
      );
  return 0;
}
