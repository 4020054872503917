import { shortId } from '../cycle/report.ts';
import { type RolledBack, rollback } from '../cycle/rollback.ts';
import { assertDestination } from './destinations.ts';
import type { VerbIo } from './io.ts';

export interface RollbackFlags {
  readonly to?: string;
}

/** `holdfast rollback [ID]`: makes an earlier release live, and keeps it live until `unpin`. */
export async function rollbackVerb(io: VerbIo, id: string | undefined, { to }: RollbackFlags): Promise<number> {
  const loaded = await io.load();
  assertDestination(to, loaded.config.destinations);
  const { results, warnings } = await rollback(loaded, { id, to }, io.signal);
  for (const { code, path, text } of warnings) io.note(`warning ${code}: ${path} ${text}`);
  if (io.json) io.print(JSON.stringify({ destinations: results, warnings }));
  else for (const line of results.map(lineOf)) io.print(line);
  return 0;
}

function lineOf({ name, wanted, live, put, deleted }: RolledBack): string {
  const as =
    live === wanted ? '' : ` as ${shortId(live)}, with assets of what was live or without what was withdrawn since`;
  return `${name}: back at ${shortId(wanted)}${as}: ${put} put, ${deleted} removed; pinned until holdfast unpin`;
}
