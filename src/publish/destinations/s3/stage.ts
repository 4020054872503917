import type { ReleaseFile } from '../../../model/manifest.ts';
import type { OpenFile } from '../../destination.ts';
import { WHOLE_BYTES, wholeOf } from './bytes.ts';
import { encodingOf, formOf, holds } from './form.ts';
import type { Shared } from './shared.ts';
import { uploadLarge } from './upload.ts';

/** What is smaller is sent as fast as it is copied, and then nothing of it need lie there before. Bytes. */
export const STAGED_FROM = 65_536;

/**
 * Puts a large file where kept copies lie, by its SHA-256, from where it is copied within the store once it may be seen. A prune may take it away
 * again with a dropped release that had the same file; then it is sent as any other.
 */
export async function stageFile(
  shared: Shared,
  { file, open }: { readonly file: ReleaseFile; readonly open: OpenFile },
  signal: AbortSignal,
): Promise<boolean> {
  const { store, keys, isIdentity, staged } = shared;
  const form = formOf(file, isIdentity);
  const { ref, encoding, headers } = form;
  if (file.kind === 'internal' || ref.size < STAGED_FROM) return false;
  const key = keys.kept(file.sha256, encoding);
  if (staged.has(key)) return true;
  const seen = await store.head(key, signal);
  if (!holds(seen, file) || seen === undefined || encodingOf(seen) !== encoding) {
    const source = () => open(encoding);
    if (ref.size > WHOLE_BYTES)
      await uploadLarge(shared, { key, form, source, beforeShown: async () => undefined }, signal);
    else await store.put(key, { body: await wholeOf(source(), ref), sha256: ref.sha256, headers }, signal);
  }
  staged.add(key);
  return true;
}
