import type { Command } from './commands.ts';
import type { RetryFlags, ShowFlags } from './inbox-entries.ts';
import type { VerbIo } from './io.ts';

/** What the program gives a verb that has verbs of its own. */
export interface Inboxing<Flags> {
  /** A verb of `parent`, with the flags all verbs share. */
  verb(parent: Command, name: string, summary: string): Command;
  /** Runs it, for its exit code. */
  run(flags: Flags, work: (io: VerbIo) => Promise<number>): Promise<void>;
}

/** What `holdfast inbox` does, and what is done with what it kept. */
export function addInbox<Flags>(inbox: Command, { verb, run }: Inboxing<Flags>): void {
  // Flags after a verb's name are that verb's own.
  inbox.enablePositionalOptions();
  inbox.action((flags: Flags) => run(flags, async (io) => (await import('./inbox.ts')).inboxVerb(io)));
  const entries = () => import('./inbox-entries.ts');
  const of = (name: string, summary: string) => verb(inbox, name, summary);
  of('list', 'what waits, what was delivered, what was refused and why').action((flags: Flags) =>
    run(flags, async (io) => (await entries()).inboxListVerb(io)),
  );
  of('show', 'what a submission says')
    .argument('<receipt>', 'the receipt, or its beginning')
    .option('--identity <file>', 'the private key that it is sealed to')
    .action((receipt: string, flags: Flags & ShowFlags) =>
      run(flags, async (io) => (await entries()).inboxShowVerb(io, receipt, flags)),
    );
  of('retry', 'have it delivered again at the next replay')
    .argument('[receipt]', 'a submission that was refused or put off')
    .option('--all', 'every submission that was refused')
    .action((receipt: string | undefined, flags: Flags & RetryFlags) =>
      run(flags, async (io) => (await entries()).inboxRetryVerb(io, receipt, flags)),
    );
  of('drop', 'remove a submission from the disk')
    .argument('<receipt>', 'the receipt, or its beginning')
    .action((receipt: string, flags: Flags) => run(flags, async (io) => (await entries()).inboxDropVerb(io, receipt)));
  of('replay', 'deliver what waits to the origin, once it is well').action((flags: Flags) =>
    run(flags, async (io) => (await import('./inbox-replay.ts')).inboxReplayVerb(io)),
  );
}
