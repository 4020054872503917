import { once } from 'node:events';
import { openPreview } from '../preview/preview.ts';
import type { VerbIo } from './io.ts';

export interface PreviewFlags {
  readonly port?: number;
}

/** `holdfast preview`: shows what would be published, until it is stopped. */
export async function previewVerb(io: VerbIo, { port }: PreviewFlags): Promise<number> {
  const loaded = await io.load();
  const preview = await openPreview(loaded, port === undefined ? {} : { port }, io.signal);
  io.print(
    io.json ? JSON.stringify({ url: preview.url }) : `${preview.url} shows what would be published; Ctrl-C ends it`,
  );
  if (!io.signal.aborted) await once(io.signal, 'abort');
  await preview.close();
  return 0;
}
