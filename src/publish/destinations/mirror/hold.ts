import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbsent, syncFolder, writeAtomic } from '../../../store/files.ts';
import type { ControlRecord } from '../../control.ts';
import { HOLD_ON, type Layout } from '../layout/paths.ts';

/**
 * Makes the flags what the record says, whatever is there: a run may have been killed between the two. There is no moment at which
 * neither page's flag is there when one hold takes the place of another.
 */
export async function showHold({ hold: folder, own }: Layout, hold: ControlRecord['hold']): Promise<void> {
  const names = await namesOf(folder);
  const on = join(folder, HOLD_ON);
  if (hold === null) {
    if (names === undefined) return;
    await rm(on, { force: true });
    await rm(folder, { recursive: true, force: true });
    return syncFolder(own);
  }
  const text = `${hold.page}\n`;
  const isShown = names?.includes(hold.page) === true && names.length === 2;
  if (isShown && (await readFile(on, 'utf8').catch(() => '')) === text) return;
  await writeAtomic(join(folder, hold.page), text);
  await writeAtomic(on, text);
  for (const name of names ?? [])
    if (name !== HOLD_ON && name !== hold.page) await rm(join(folder, name), { recursive: true, force: true });
}

/** Undefined where there is no folder. */
async function namesOf(folder: string): Promise<readonly string[] | undefined> {
  return readdir(folder).catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
}
