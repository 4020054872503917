import { asHoldfastError, EXIT } from '../model/errors.ts';
import { VERSION } from '../version.ts';
import type { CheckFlags } from './check.ts';
import { Command, CommanderError, count, option, verb } from './commands.ts';
import type { PurgeFlags } from './comments.ts';
import type { EdgeFlags } from './edge.ts';
import type { HoldFlags } from './hold.ts';
import { addInbox } from './inbox-program.ts';
import type { InitFlags } from './init.ts';
import type { InstallFlags } from './install.ts';
import type { Outside } from './io.ts';
import type { LaunchFlags } from './launch.ts';
import type { PreviewFlags } from './preview.ts';
import type { PublishFlags } from './publish.ts';
import type { ReportFlags } from './report.ts';
import type { RollbackFlags } from './rollback.ts';
import type { RunFlags } from './run.ts';
import { type CommonFlags, ioFor, printError, type Session } from './session.ts';
import type { StatusFlags } from './status.ts';
import type { UnpinFlags } from './unpin.ts';
import type { VerifyFlags } from './verify.ts';
import type { WithdrawFlags } from './withdraw.ts';

/** Runs one command line to its end; the exit code is one of the README's table. Never throws. */
export async function runProgram(args: readonly string[], outside: Outside): Promise<number> {
  const session: Session = { ...outside, exitCode: EXIT.done.code, secrets: [] };
  try {
    await build(session).parseAsync(args, { from: 'user' });
    return session.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done.code : EXIT.usage.code;
    const told = asHoldfastError(error);
    printError(session, told);
    if (told.code === 'unexpected' && session.env['HOLDFAST_DEBUG'] !== undefined)
      session.err(`${told.cause instanceof Error ? told.cause.stack : told.stack}\n`);
    return told.exit;
  }
}

function build(session: Session): Command {
  const program = new Command('holdfast')
    .description('Keeps a dynamic site standing on the day everybody comes.')
    .version(VERSION)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: session.out,
      writeErr: session.err,
      outputError: (text, write) => write(text.replace(/^error: /, 'command: ')),
    })
    .showHelpAfterError('run holdfast --help for what there is');
  addInit(program, session);
  verb(program, 'check', 'find now what would fail later').action(async (flags: CommonFlags & CheckFlags) => {
    const { checkVerb } = await import('./check.ts');
    session.exitCode = await checkVerb(ioFor(session, flags), flags);
  });
  addPublish(program, session);
  addPreview(program, session);
  addRun(program, session);
  verb(program, 'status', 'what is live where, and how old each lane is')
    .option('--watch', 'tell it every five seconds, until stopped')
    .action(async (flags: CommonFlags & StatusFlags) => {
      const { statusVerb } = await import('./status.ts');
      session.exitCode = await statusVerb(ioFor(session, flags), flags);
    });
  verb(program, 'releases', 'what is live, and what can be returned to').action(async (flags: CommonFlags) => {
    const { releasesVerb } = await import('./releases.ts');
    session.exitCode = await releasesVerb(ioFor(session, flags));
  });
  addWaysBack(program, session);
  verb(program, 'withdraw', 'take a page down, at once and until --undo')
    .argument('<path>', 'the page, as in /news/')
    .option('--undo', 'let the page come back')
    .action(async (path: string, flags: CommonFlags & WithdrawFlags) => {
      const { withdrawVerb } = await import('./withdraw.ts');
      session.exitCode = await withdrawVerb(ioFor(session, flags), path, flags);
    });
  addHold(program, session);
  addInbox<CommonFlags>(verb(program, 'inbox', 'take comments, and keep them while the origin is away'), {
    verb,
    run: async (flags, work) => {
      session.exitCode = await work(ioFor(session, flags));
    },
  });
  addComments(program, session);
  addReport(program, session);
  addEdge(program, session);
  addSchedule(program, session);
  return program;
}

function addComments(program: Command, session: Session): void {
  const comments = program.command('comments').description('comments of visitors');
  verb(comments, 'purge', 'take a comment out of what is live and of what is kept')
    .argument('<id>', 'its number, as in #comment-211')
    .addOption(option('--page <path>', 'on this page only'))
    .option('--undo', 'let it come back, where the source still shows it')
    .action(async (id: string, flags: CommonFlags & PurgeFlags) => {
      const { purgeVerb } = await import('./comments.ts');
      session.exitCode = await purgeVerb(ioFor(session, flags), id, flags);
    });
}

function addPreview(program: Command, session: Session): void {
  verb(program, 'preview', 'the site and every holding page as visitors would get them, following what is saved')
    .addOption(option('--port <n>', 'where to listen; the next that is free').argParser(count))
    .addOption(option('--share', 'publish it beside what is live, at an address that cannot be guessed'))
    .addOption(option('--unshare', 'take down what was shared'))
    .action(async (flags: CommonFlags & PreviewFlags) => {
      const { previewVerb } = await import('./preview.ts');
      session.exitCode = await previewVerb(ioFor(session, flags), flags);
    });
}

function addReport(program: Command, session: Session): void {
  program
    .command('report')
    .description('count page requests and addresses in access logs, by kind')
    .argument('<log...>', 'nginx JSON, Caddy JSON, combined or CloudFront logs, plain or gzip; - for standard input')
    .option('--html <file>', 'write a page with plots')
    .option('--since <time>', 'count from then on, as in 2026-11-21T09:30 (UTC)')
    .option('--until <time>', 'count what came before then')
    .option('--json', 'print one JSON object as the last line')
    .action(async (logs: string[], flags: CommonFlags & ReportFlags) => {
      const { reportVerb } = await import('./report.ts');
      session.exitCode = await reportVerb(ioFor(session, flags), logs, flags);
    });
}

function addHold(program: Command, session: Session): void {
  const group = program.command('hold').description('put visitors on a holding page, at once, and back');
  const to = () => option('--to <name>', 'this destination only');
  verb(group, 'on', 'put visitors on a holding page')
    .argument('[name]', 'the holding page; that of `edge.holding` where there is none')
    .addOption(to())
    .action(async (name: string | undefined, flags: CommonFlags & HoldFlags) => {
      const { holdVerb } = await import('./hold.ts');
      session.exitCode = await holdVerb(ioFor(session, flags), name, flags);
    });
  verb(group, 'off', 'let visitors have the release again')
    .addOption(to())
    .action(async (flags: CommonFlags & HoldFlags) => {
      const { holdVerb } = await import('./hold.ts');
      session.exitCode = await holdVerb(ioFor(session, flags), null, flags);
    });
  verb(group, 'status', 'what visitors are on').action(async (flags: CommonFlags) => {
    const { holdStatusVerb } = await import('./hold.ts');
    session.exitCode = await holdStatusVerb(ioFor(session, flags));
  });
}

function addEdge(program: Command, session: Session): void {
  verb(program, 'edge', 'print the configuration of a web server or balancer in front of the release')
    .argument('<name>', 'nginx, haproxy, varnish, caddy, alb or cloudfront')
    .addOption(option('--to <name>', 'the destination behind it, where there are several'))
    .addOption(option('--out <folder>', 'write it there'))
    .action(async (name: string, flags: CommonFlags & EdgeFlags) => {
      const { edgeVerb } = await import('./edge.ts');
      session.exitCode = await edgeVerb(ioFor(session, flags), name, flags);
    });
}

function addSchedule(program: Command, session: Session): void {
  verb(program, 'schedule', 'print what starts a cycle each minute')
    .argument('<name>', 'cron or systemd')
    .addOption(option('--out <folder>', 'write it there'))
    .action(async (name: string, flags: CommonFlags & InstallFlags) => {
      const { scheduleVerb } = await import('./schedule.ts');
      session.exitCode = await scheduleVerb(ioFor(session, flags), name, flags);
    });
}

function addWaysBack(program: Command, session: Session): void {
  const to = () => option('--to <name>', 'this destination only');
  verb(program, 'rollback', 'make an earlier release live, and keep it live until unpin')
    .argument('[id]', 'the release, whole or its last part; the one before the live one where there is none')
    .addOption(to())
    .action(async (id: string | undefined, flags: CommonFlags & RollbackFlags) => {
      const { rollbackVerb } = await import('./rollback.ts');
      session.exitCode = await rollbackVerb(ioFor(session, flags), id, flags);
    });
  verb(program, 'unpin', 'let publishes go live again after a rollback')
    .addOption(to())
    .action(async (flags: CommonFlags & UnpinFlags) => {
      const { unpinVerb } = await import('./unpin.ts');
      session.exitCode = await unpinVerb(ioFor(session, flags), flags);
    });
  verb(program, 'verify', 'read what visitors get back, and compare hashes')
    .addOption(to())
    .addOption(option('--all', 'every asset, not a sample'))
    .action(async (flags: CommonFlags & VerifyFlags) => {
      const { verifyVerb } = await import('./verify.ts');
      session.exitCode = await verifyVerb(ioFor(session, flags), flags);
    });
  verb(program, 'claim', 'take over a destination of another site, environment or machine')
    .argument('<name>', 'the destination')
    .action(async (name: string, flags: CommonFlags) => {
      const { claimVerb } = await import('./claim.ts');
      session.exitCode = await claimVerb(ioFor(session, flags), name);
    });
}

function addInit(program: Command, session: Session): void {
  program
    .command('init')
    .description('look at an origin and write a configuration that works')
    .argument('[dir]', 'where to write', '.')
    .addOption(option('--origin <url>', 'the dynamic site'))
    .addOption(option('--url <url>', 'the public address, where that is another'))
    .addOption(option('--name <name>', 'what the site is called'))
    .option('--offline', 'do not look at the origin')
    .option('--force', 'overwrite what is there')
    .option('--json', 'print one JSON object as the last line')
    .action(async (dir: string, flags: CommonFlags & InitFlags) => {
      const { initVerb } = await import('./init.ts');
      session.exitCode = await initVerb(ioFor(session, flags), dir, flags);
    });
}

function addPublish(program: Command, session: Session): void {
  verb(program, 'publish', 'one cycle: look, render, release, publish')
    .addOption(option('--now', 'look at every lane, due or not'))
    .addOption(option('--dry-run', 'look and print the plan; publish nothing'))
    .addOption(option('--at <instant>', 'prepare now, live at that second, as in 2027-02-02T09:00:00Z'))
    .addOption(option('--only <glob>', 'look at the pages that match, keep the rest'))
    .addOption(option('--to <name>', 'publish to this destination only'))
    .addOption(option('--force', 'send every file again'))
    .addOption(option('--max-deletes <n>', 'most files one publish may remove').argParser(count).default(256))
    .addOption(option('--accept-shrink', 'let a large part of a lane go, this once'))
    .action(async ({ at, ...flags }: CommonFlags & PublishFlags & { readonly at?: string }) => {
      const io = ioFor(session, flags);
      if (at === undefined) session.exitCode = await (await import('./publish.ts')).publishVerb(io, flags);
      else session.exitCode = await (await import('./publish-at.ts')).publishAtVerb(io, at, flags);
    });
}

function addRun(program: Command, session: Session): void {
  verb(program, 'run', 'stay, and publish whenever something is due')
    .addOption(option('--log-level <level>', 'error, warn, info or debug').default('info'))
    .action(async (flags: CommonFlags & RunFlags) => {
      const { runVerb } = await import('./run.ts');
      session.exitCode = await runVerb(ioFor(session, flags), flags);
    });
  verb(program, 'launch', 'the hours of a launch: hot lanes faster, the others paused')
    .argument('<on|off|status>')
    .option('--for <duration>', 'how long it stays on, as in 3h')
    .action(async (what: string, flags: CommonFlags & LaunchFlags) => {
      const { launchVerb } = await import('./launch.ts');
      session.exitCode = await launchVerb(ioFor(session, flags), what, flags);
    });
}
