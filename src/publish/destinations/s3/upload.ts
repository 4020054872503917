import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { HoldfastError } from '../../../model/errors.ts';
import { PART_BYTES, partsOf } from './bytes.ts';
import { tagIn } from './faults.ts';
import { type Form, isAs } from './form.ts';
import { CLEARING_MS, type Shared } from './shared.ts';

export interface Large {
  readonly key: string;
  readonly form: Form;
  readonly source: () => Readable;
  /** Called when all bytes are there and right, before visitors get them. */
  readonly beforeShown: () => Promise<unknown>;
}

interface Upload {
  readonly key: string;
  readonly id: string;
}

/** Sends a large file in parts, one after the other; one part is in memory. Nothing is visible, and nothing stays, where it fails. */
export async function uploadLarge(shared: Shared, large: Large, signal: AbortSignal): Promise<void> {
  const upload = await begun(shared, large, signal);
  try {
    const etags: string[] = [];
    for await (const part of partsOf(large.source(), large.form.ref, PART_BYTES))
      etags.push(await sendPart(shared, { ...upload, part, number: etags.length + 1 }, signal));
    await large.beforeShown();
    await complete(shared, { ...upload, etags, form: large.form }, signal);
  } catch (error) {
    const { key, id } = upload;
    const call = { method: 'DELETE', key, query: { uploadId: id } } as const;
    await shared.store.multipart(call, AbortSignal.timeout(CLEARING_MS)).catch(() => undefined);
    throw error;
  }
}

async function begun({ store, name }: Shared, { key, form }: Large, signal: AbortSignal): Promise<Upload> {
  const call = { method: 'POST', key, query: { uploads: '' }, headers: form.headers } as const;
  const answer = await store.multipart(call, signal);
  const id = answer && tagIn(answer.text, 'UploadId');
  if (id !== undefined) return { key, id };
  throw new HoldfastError('destination-unwritable', `${name}: the store began no upload of ${key}`, {
    hint: 'see whether it takes multipart uploads, which files above 16 MB need',
  });
}

interface Part extends Upload {
  readonly part: Buffer;
  readonly number: number;
}

async function sendPart(
  { store, name }: Shared,
  { key, id, part, number }: Part,
  signal: AbortSignal,
): Promise<string> {
  const call = {
    method: 'PUT',
    key,
    query: { partNumber: String(number), uploadId: id },
    headers: { 'content-md5': createHash('md5').update(part).digest('base64') },
    body: part,
    sha256: createHash('sha256').update(part).digest('hex'),
  } as const;
  const answer = await store.multipart(call, signal);
  if (answer === undefined) throw lost(name, key);
  return answer.etag;
}

interface Completion extends Upload {
  readonly etags: readonly string[];
  readonly form: Form;
}

async function complete(
  { store, name }: Shared,
  { key, id, etags, form }: Completion,
  signal: AbortSignal,
): Promise<void> {
  const parts = etags.map((etag, n) => `<Part><PartNumber>${n + 1}</PartNumber><ETag>${etag}</ETag></Part>`).join('');
  const body = Buffer.from(`<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>`);
  const sha256 = createHash('sha256').update(body).digest('hex');
  const call = { method: 'POST', key, query: { uploadId: id }, body, sha256 } as const;
  if ((await store.multipart({ ...call, headers: { 'content-type': 'application/xml' } }, signal)) !== undefined)
    return;
  // Not known any more: an earlier try, whose answer was lost, may have completed it.
  if (!isAs(await store.head(key, signal), form.headers)) throw lost(name, key);
}

function lost(name: string, key: string): HoldfastError {
  return new HoldfastError('destination-unwritable', `${name}: the upload of ${key} is not known any more`, {
    hint: 'run again; let no rule of the bucket end uploads that are under way',
  });
}
