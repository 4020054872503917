import { checkAll } from '../check/all.ts';
import { summaryOf } from '../check/finding.ts';
import { EXIT } from '../model/errors.ts';
import { tableOf } from './check-table.ts';
import type { VerbIo } from './io.ts';
import { paintFor } from './paint.ts';

/** `check` has no flags of its own. */
export type CheckFlags = object;

/** `holdfast check`: what would fail later, told now. 0 when nothing fails, warnings or not, else 1; a wrong configuration is thrown (2). */
export async function checkVerb(io: VerbIo, _flags: CheckFlags): Promise<number> {
  const { load, signal, terminal } = io;
  const findings = await checkAll({ loaded: await load(), load }, signal);
  const failed = findings.some(({ level }) => level === 'fail');
  const place = { columns: terminal?.columns, paint: paintFor(terminal) };
  if (io.json) io.print(JSON.stringify({ ok: !failed, findings }));
  else for (const line of [...tableOf(findings, place), summaryOf(findings)]) io.print(line);
  return failed ? EXIT.failed.code : EXIT.done.code;
}
