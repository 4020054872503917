import { claim } from '../cycle/claim.ts';
import type { VerbIo } from './io.ts';

/** `holdfast claim NAME`: takes over a destination that belongs to another site, environment or machine. */
export async function claimVerb(io: VerbIo, name: string): Promise<number> {
  const loaded = await io.load();
  const claimed = await claim(loaded, name, io.signal);
  const { from, to } = claimed;
  if (io.json) io.print(JSON.stringify(claimed));
  else
    io.print(
      `${name}: ${from === null || from === to ? `is ${to}'s` : `was ${from}'s, is ${to}'s now; what lies there stays until a publish puts its own over it`}`,
    );
  return 0;
}
