import { checkAll } from '../check/all.ts';
import { summaryOf, tableOf } from '../check/finding.ts';
import { EXIT } from '../model/errors.ts';
import type { VerbIo } from './io.ts';

/** `check` has no flags of its own. */
export type CheckFlags = object;

/** `holdfast check`: what would fail later, told now. 0 when nothing failed, else 1; a wrong configuration is thrown (2). */
export async function checkVerb(io: VerbIo, _flags: CheckFlags): Promise<number> {
  const findings = await checkAll(await io.load(), io.signal);
  const failed = findings.some(({ level }) => level === 'fail');
  if (io.json) io.print(JSON.stringify({ ok: !failed, findings }));
  else for (const line of [...tableOf(findings), summaryOf(findings)]) io.print(line);
  return failed ? EXIT.failed.code : EXIT.done.code;
}
