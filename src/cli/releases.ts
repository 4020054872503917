import { destinationsOf } from '../cycle/workplace.ts';
import type { Destination } from '../publish/destination.ts';
import { readManifest } from '../publish/manifests.ts';
import type { VerbIo } from './io.ts';

interface ReleaseLine {
  readonly destination: string;
  readonly id: string;
  readonly created: string;
  readonly files: number;
  readonly bytes: number;
  readonly live: boolean;
}

/** `holdfast releases`: what is live and what can be returned to, newest first, a destination at a time. */
export async function releasesVerb(io: VerbIo): Promise<number> {
  const loaded = await io.load();
  const lists = await Promise.all(destinationsOf(loaded).map((destination) => releasesOf(destination, io.signal)));
  const lines = lists.flat();
  if (io.json) io.print(JSON.stringify({ releases: lines }));
  else if (lines.length === 0) io.print('nothing was published yet');
  else
    for (const { destination, id, files, bytes, live } of lines)
      io.print(`${destination}  ${id}  ${files} files  ${(bytes / 1e6).toFixed(1)} MB${live ? '  live' : ''}`);
  return 0;
}

async function releasesOf(destination: Destination, signal: AbortSignal): Promise<readonly ReleaseLine[]> {
  const record = (await destination.control.read(signal))?.record;
  const manifests = await Promise.all((record?.releases ?? []).map((id) => readManifest(destination, id, signal)));
  return manifests.flatMap((manifest) => {
    if (manifest === undefined) return [];
    const { id, created, files } = manifest;
    const bytes = files.reduce((sum, file) => sum + file.size, 0);
    return [{ destination: destination.name, id, created, files: files.length, bytes, live: id === record?.live }];
  });
}
