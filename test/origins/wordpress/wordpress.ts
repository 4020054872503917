import { chmod, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Program } from '../../support/programs.ts';
import { type Layout, layoutOf, nginxConfig, phpConfig, SEED_HOST } from './layout.ts';
import { php, run, sql, startDatabase, startNginx, startPhp } from './programs.ts';
import { seededState } from './seeded.ts';

export { SECRET } from './seeded.ts';

/** How a WordPress is started. */
export interface WordPressOptions {
  /** twentytwentythree, a block theme, is the default; twentytwentyone is the last classic one. */
  readonly theme?: 'twentytwentythree' | 'twentytwentyone';
  /** Default: a free one. */
  readonly port?: number;
}

/** A post or page as the seed made it. */
export interface Place {
  readonly id: number;
  readonly path: string;
}

/** A line of nginx's log. */
export interface Hit {
  /** Seconds since the epoch. */
  readonly at: number;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly status: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly agent: string;
  readonly from: string;
}

/** What the comment form answered; `id` is there when it took the comment. */
export interface Posted {
  readonly status: number;
  readonly id?: number;
}

interface Seeded {
  readonly announcement: Place;
  /** 205 posts beside the announcement, oldest first. */
  readonly posts: readonly Place[];
  readonly pages: readonly Place[];
  /** Ids of posts no visitor may read: draft, private, future, protected, trash. */
  readonly hidden: Readonly<Record<'draft' | 'private' | 'future' | 'protected' | 'trash', number>>;
}

/** A running WordPress of its own, seeded: 206 posts, one with 1,000 comments. */
export interface WordPress extends Seeded {
  /** 'http://127.0.0.1:41234', without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** The state folder. */
  readonly dir: string;
  /** Runs PHP within WordPress, as its editor; returns what it echoes. Rejects on a PHP error. */
  wp(code: string): Promise<string>;
  /** Posts a comment through the form, each time from another loopback address, so that the flood check stays on. */
  comment(post: number, text: string, fields?: Readonly<Record<string, string>>): Promise<Posted>;
  /** Requests nginx answered since the last call. */
  hits(): Promise<Hit[]>;
  /** nginx then answers 502 to all but files. */
  stopPhp(): Promise<void>;
  startPhp(): Promise<void>;
  /** Stops everything by pid and removes the state folder. */
  close(): Promise<void>;
}

/** Long enough for nginx to write the line of a request whose answer has arrived. */
const LOG_MS = 100;

/** Starts a seeded WordPress. Needs root, and the packages of the need 'wordpress'. */
export async function startWordPress(options: WordPressOptions = {}): Promise<WordPress> {
  const state = await seededState();
  const layout = layoutOf(await mkdtemp(join(tmpdir(), 'holdfast-wordpress-run-')));
  const programs: Program[] = [];
  const close = async () => {
    for (const program of programs.reverse()) await program.stop();
    await rm(layout.dir, { recursive: true, force: true });
  };
  try {
    const port = options.port ?? (await freePort());
    await copyState(state, layout, port);
    programs.push(await startDatabase(layout));
    await settle(layout, port, options.theme ?? 'twentytwentythree');
    programs.push(await startPhp(layout), await startNginx(layout));
    const seeded = JSON.parse(await readFile(layout.seeded, 'utf8')) as Seeded;
    return { ...seeded, ...running(layout, port, programs), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function running(layout: Layout, port: number, programs: Program[]): Omit<WordPress, keyof Seeded | 'close'> {
  let read = 0;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    dir: layout.dir,
    wp: (code) => inWordPress(layout, port, code),
    comment: (post, text, fields = {}) =>
      postComment(port, { comment_post_ID: String(post), comment: text, ...fields }),
    async hits() {
      await sleep(LOG_MS);
      const [lines, size] = await linesFrom(layout.accessLog, read);
      read = size;
      return lines.map((line) => JSON.parse(line) as Hit);
    },
    async stopPhp() {
      await programs[PHP]?.stop();
    },
    async startPhp() {
      await rm(layout.phpSocket, { force: true });
      programs[PHP] = await startPhp(layout);
    },
  };
}

/** PHP's place among the programs: after the database, before nginx. */
const PHP = 1;

async function copyState(state: string, layout: Layout, port: number): Promise<void> {
  await run('/usr/bin/cp', ['-a', '--reflink=auto', `${state}/.`, layout.dir]);
  await chmod(layout.dir, 0o755);
  await mkdir(layout.run);
  await run('/usr/bin/chown', ['mysql:mysql', layout.run]);
  await writeFile(join(layout.run, 'php.conf'), phpConfig(layout));
  await writeFile(join(layout.run, 'nginx.conf'), nginxConfig(layout, port));
  await writeFile(layout.accessLog, '');
}

/** Moves the seeded site to its address of this run, and dresses it. */
async function settle(layout: Layout, port: number, theme: string): Promise<void> {
  const move = (table: string, column: string) =>
    `UPDATE wp_${table} SET ${column} = REPLACE(${column}, '${SEED_HOST}', '127.0.0.1:${port}') WHERE ${column} LIKE '%${SEED_HOST}%';`;
  const columns = [
    ['posts', 'post_content'],
    ['posts', 'guid'],
    ['postmeta', 'meta_value'],
    ['comments', 'comment_content'],
    ['options', 'option_value'],
  ] as const;
  await sql(layout, columns.map(([table, column]) => move(table, column)).join('\n'), 'courant');
  await inWordPress(layout, port, `if (get_stylesheet() !== '${theme}') switch_theme('${theme}');`);
}

async function inWordPress(layout: Layout, port: number, code: string): Promise<string> {
  const server = `$_SERVER = ['HTTP_HOST' => '127.0.0.1:${port}', 'REQUEST_URI' => '/', 'REQUEST_METHOD' => 'GET', 'SERVER_PROTOCOL' => 'HTTP/1.1', 'REMOTE_ADDR' => '127.0.0.1'] + $_SERVER;`;
  const { stdout } = await php([], {
    input: `<?php ${server} require '${layout.www}/wp-load.php'; wp_set_current_user(1);\n${code}`,
  });
  return stdout;
}

let posted = 0;

async function postComment(port: number, fields: Readonly<Record<string, string>>): Promise<Posted> {
  posted += 1;
  // From 127.1.0.1 on: WordPress takes one comment in 15 s from one address, and one from one e-mail.
  const localAddress = `127.${1 + (Math.floor(posted / 62_500) % 250)}.${Math.floor(posted / 250) % 250}.${1 + (posted % 250)}`;
  const form = new URLSearchParams({
    author: 'Reader',
    email: `reader-${process.pid}-${posted}@private.example`,
    comment_parent: '0',
    ...fields,
  }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(form) };
  return new Promise((resolve, reject) => {
    const asking = request(
      { host: '127.0.0.1', port, localAddress, method: 'POST', path: '/wp-comments-post.php', headers, agent: false },
      (answer) => {
        answer.resume();
        answer.once('end', () => {
          const id = /#comment-(\d+)$/.exec(answer.headers.location ?? '')?.[1];
          const status = answer.statusCode ?? 0;
          resolve(id === undefined ? { status } : { status, id: Number(id) });
        });
      },
    );
    asking.once('error', reject);
    asking.end(form);
  });
}

/** Whole lines of a file after so many bytes, and the bytes read up to now. */
async function linesFrom(path: string, from: number): Promise<[lines: string[], read: number]> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(size - from);
    await file.read(bytes, 0, bytes.length, from);
    const end = bytes.lastIndexOf('\n') + 1;
    return [bytes.subarray(0, end).toString('utf8').split('\n').filter(Boolean), from + end];
  } finally {
    await file.close();
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
