import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type CommentsConfig, configSchema, type HoldfastConfig } from '../../src/config/schema.ts';
import { type Comment, commentHash } from '../../src/model/comment.ts';
import { isHoldfastError } from '../../src/model/errors.ts';
import type { Json } from '../../src/model/json.ts';
import { createSite } from '../../src/model/site.ts';
import { createOrigin, type Origin } from '../../src/origin/client.ts';
import { createSource } from '../../src/snapshot/comments/index.ts';
import { isCommentsDue } from '../../src/snapshot/comments/look.ts';
import type { Changes, CommentSource } from '../../src/snapshot/comments/source.ts';
import { type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';
import { FORMS, type Form, type Said } from './comment-forms.ts';

const { signal } = new AbortController();

/** One source, the server or program behind it, and what is known of it. */
interface Rig {
  readonly source: CommentSource;
  readonly known: Map<string, Comment>;
  readonly origin: ScriptedSite;
  /** Where its program, if it is one, finds `comments.json`. */
  readonly dir: string;
  /** What the source shows from now on. */
  say(comments: readonly Said[]): Promise<void>;
  /** Asks until there is no more, and takes what is said. */
  ask(resync?: boolean, isTold?: boolean): Promise<readonly Changes[]>;
  close(): Promise<void>;
}

async function rigOf(form: Form): Promise<Rig> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-comments-'));
  const origin = await startSite();
  const config = configSchema.parse({
    site: { name: 'Pools', url: 'https://www.example.org' },
    origin: { url: origin.url, requestsPerSecond: 0 },
    lanes: [{ name: 'hot', paths: ['/post/'], every: '1m' }],
    destinations: [{ use: 'mirror', dir: 'mirror' }],
    comments: [{ page: '/post/', ...form.config(origin.url, dir) }],
  } as HoldfastConfig);
  const site = createSite({ name: 'Pools', url: 'https://www.example.org', origin: origin.url, aliases: [] });
  const client: Origin = createOrigin({ config: config.origin, siteUrl: 'https://www.example.org', version: '0' });
  const entry = config.comments[0];
  assert.ok(entry);
  const records = { pages: { get: () => undefined } } as never;
  const source = await createSource(entry, { site, origin: client, elsewhere: () => client, records, root: dir });
  const known = new Map<string, Comment>();
  let cursor: Json | undefined;
  return {
    source,
    known,
    origin,
    dir,
    say: async (comments) => {
      form.show(origin, comments);
      await writeFile(join(dir, 'comments.json'), JSON.stringify(comments));
    },
    ask: async (resync = false, isTold = false) => {
      const all: Changes[] = [];
      for (let isMore = true; isMore; ) {
        const versions = async () => new Map([...known].map(([id, comment]) => [id, commentHash(comment)]));
        const question = { known: { cursor, size: known.size, versions }, resync: resync && all.length === 0, isTold };
        const changes = await source.changes(question, signal);
        all.push(changes);
        isMore = changes.kind === 'changed' && changes.more;
        if (changes.kind === 'unchanged') continue;
        cursor = JSON.parse(JSON.stringify(changes.cursor)) as Json;
        for (const comment of changes.upserts) known.set(comment.id, comment);
        for (const id of changes.removed) assert.ok(known.delete(id), `${id} was known`);
      }
      return all;
    },
    close: async () => {
      await client.close();
      await origin.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function said(id: number, text = `Number ${id}.`, more: Partial<Said> = {}): Said {
  const minute = String(id % 60).padStart(2, '0');
  const hour = String(Math.floor(id / 60) % 24).padStart(2, '0');
  return { id, author: `Reader ${id % 7}`, date: `2026-05-04T${hour}:${minute}:00Z`, html: `<p>${text}</p>`, ...more };
}

const range = (from: number, to: number): Said[] => Array.from({ length: to - from + 1 }, (_, n) => said(from + n));

const idsOf = ({ known }: Rig): readonly number[] => [...known.keys()].map(Number).sort((a, b) => a - b);

for (const [name, form] of Object.entries(FORMS)) {
  const test = suite(`comments from ${name}`);
  const check = (title: string, body: (rig: Rig) => Promise<void>) =>
    test(title, async () => {
      const rig = await rigOf(form);
      try {
        await body(rig);
      } finally {
        await rig.close();
      }
    });

  check('all fields are read, and no others', async (rig) => {
    const one = said(5, 'Tom &amp; <em>Jerry</em>', { author: 'Zoë & Co', url: 'https://example.org/~zoe' });
    await rig.say([one, said(6, 'To you.', { parent: 5 })]);
    await rig.ask();
    const [first, second] = [rig.known.get('5'), rig.known.get('6')];
    assert.ok(first && second);
    const allowed = ['author', 'date', 'html', 'id', ...(form.lacks.includes('url') ? [] : ['url'])];
    assert.equal(Object.keys(first).sort(), allowed.sort());
    assert.is(first.author, 'Zoë & Co');
    assert.is(first.date, '2026-05-04T00:05:00Z');
    assert.match(first.html, 'Tom &amp; <em>Jerry</em>');
    if (!form.lacks.includes('url')) assert.is(first.url, 'https://example.org/~zoe');
    if (!form.lacks.includes('parent')) assert.is(second.parent, '5');
  });

  check('what is asked again with nothing new says so', async (rig) => {
    await rig.say(range(2, 9));
    await rig.ask();
    const again = await rig.ask();
    assert.equal(again, [{ kind: 'unchanged' }]);
    const resynced = await rig.ask(true);
    for (const changes of resynced)
      if (changes.kind === 'changed') assert.equal([changes.upserts, changes.removed], [[], []]);
  });

  check('new, edited and removed ones are told, each once', async (rig) => {
    await rig.say(range(2, 9));
    await rig.ask();
    await rig.say([...range(2, 4), said(5, 'Said anew.'), ...range(7, 9), said(10)]);
    await rig.ask();
    assert.equal(idsOf(rig), form.lacks.includes('removed') ? [2, 3, 4, 5, 6, 7, 8, 9, 10] : [2, 3, 4, 5, 7, 8, 9, 10]);
    assert.match(rig.known.get('5')?.html ?? '', 'Said anew.');
  });

  check('a long thread is read to its end, and each comment once', async (rig) => {
    await rig.say(range(2, 451));
    await rig.ask();
    assert.is(rig.known.size, 450);
    assert.equal(await rig.ask(), [{ kind: 'unchanged' }]);
  });

  check('an edit far back is found when all are looked at again', async (rig) => {
    const all = range(2, 301);
    await rig.say(all);
    await rig.ask();
    await rig.say(all.map((one) => (one.id === 60 ? said(60, 'Said long ago, said anew.') : one)));
    await rig.ask(true);
    assert.match(rig.known.get('60')?.html ?? '', 'Said long ago, said anew.');
  });

  check('an answer that is no answer changes nothing, and says why in one line', async (rig) => {
    await rig.say(range(2, 9));
    await rig.ask();
    const before = [...rig.known];
    for (const nonsense of ['<h1>Error establishing a database connection</h1>', '{"a":1}', '', '[{"id":{}}]']) {
      rig.origin.trouble = { headers: { 'x-wp-total': '3' }, body: nonsense };
      await writeFile(join(rig.dir, 'comments.json'), nonsense);
      const error = await rig.ask().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      assert.ok(isHoldfastError(error, 'comments-failed'), `${nonsense}: ${error}`);
      assert.not.match(error.message, '\n');
    }
    assert.equal([...rig.known], before);
  });

  test.run();
}

const due = suite('when comments are due');
const patience: readonly [looks: number, minutes: number][] = [
  [0, 1],
  [1, 1],
  [2, 2],
  [3, 4],
  [9, 16],
];
for (const [looks, minutes] of patience)
  due(`after ${looks} failures in a row, ${minutes} minutes after the last look where each minute was wanted`, () => {
    const nothing = { isWhole: true, size: 0, count: 0, keys: {}, layout: '', newest: [], purged: [] };
    const state = { ...nothing, began: 0, ...(looks === 0 ? {} : { trouble: { text: '', since: 0, looks } }) };
    const entry = { every: 60_000 } as CommentsConfig;
    assert.is(isCommentsDue(state, entry, minutes * 60_000), true);
    assert.is(isCommentsDue(state, entry, minutes * 60_000 * 0.8), false);
  });
due(
  'what shows its newest or its first only is looked at again as a whole each hour; other sources show all, or nothing more',
  () => {
    const comments = Object.values(FORMS).map((form) => ({
      page: '/post/',
      ...form.config('https://x.example', '/tmp'),
    }));
    const { comments: entries } = configSchema.parse({
      site: { name: 'Pools', url: 'https://www.example.org' },
      origin: { url: 'https://origin.example.org' },
      lanes: [{ name: 'hot', paths: ['/post/'], every: '1m' }],
      destinations: [{ use: 'mirror', dir: 'mirror' }],
      comments: comments.map((entry, index) => ({ ...entry, page: `/post-${index}/` })),
    } as HoldfastConfig);
    const resynced = entries.flatMap((entry) => ('resync' in entry ? [`${entry.from} ${entry.resync}`] : []));
    assert.equal([...new Set(resynced)].sort(), ['discourse 3600000', 'wordpress 3600000']);
  },
);
due.run();

const letters = suite('comments in the charset of an older forum');
const PLACES: readonly [form: string, path: string, says: (body: string) => string][] = [
  ['a page', '/viewtopic.php', (body) => body.replace('<title>', '<meta charset="iso-8859-1"><title>')],
  ['an RSS feed', '/post/feed/', (body) => body.replace('version="1.0"', 'version="1.0" encoding="ISO-8859-1"')],
];
for (const [name, path, says] of PLACES)
  letters(`${name} in Latin-1 is read as that`, async () => {
    const rig = await rigOf(FORMS[name] as Form);
    try {
      await rig.say([said(5, 'Tide für alle', { author: 'Zoë' })]);
      const shown = rig.origin.pages.get(path) as string | { readonly headers: object; readonly body: string };
      const script = typeof shown === 'string' ? { headers: { 'content-type': 'text/html' }, body: shown } : shown;
      rig.origin.pages.set(path, { ...script, body: Buffer.from(says(script.body), 'latin1') } as never);
      await rig.ask();
      assert.is(rig.known.get('5')?.author, 'Zoë');
      assert.match(rig.known.get('5')?.html ?? '', 'Tide für alle');
    } finally {
      await rig.close();
    }
  });
letters.run();

const list = suite('the list of a WordPress');

list('one far back that is approved later is found, and the walk ends where the count is right', async () => {
  const rig = await rigOf(FORMS['wordpress'] as Form);
  try {
    const all = range(2, 501);
    await rig.say(all.filter(({ id }) => id !== 250));
    await rig.ask();
    rig.origin.hits();
    await rig.say(all);
    await rig.ask();
    assert.ok(rig.known.has('250'));
    assert.is(rig.origin.hits().length, 4);
  } finally {
    await rig.close();
  }
});

/** Opens a WordPress that shows these, already read. */
async function readWordPress(comments: readonly Said[], use: (rig: Rig) => Promise<void>): Promise<void> {
  const rig = await rigOf(FORMS['wordpress'] as Form);
  try {
    await rig.say(comments);
    await rig.ask();
    rig.origin.hits();
    await use(rig);
  } finally {
    await rig.close();
  }
}

const rowsAsked = ({ origin }: Rig) => origin.hits().map((path) => Number(/per_page=(\d+)/.exec(path)?.[1]));

list('nothing new, or up to nine new ones, cost one short answer', () =>
  readWordPress(range(2, 301), async (rig) => {
    await rig.ask();
    for (const last of [302, 311]) {
      await rig.say(range(2, last));
      await rig.ask();
      assert.equal(
        idsOf(rig),
        range(2, last).map(({ id }) => id),
      );
    }
    assert.equal(rowsAsked(rig), [10, 10, 10]);
  }),
);

list(
  'more new ones than a short answer holds are all read, though others went and the count alone would look right',
  () =>
    readWordPress(range(2, 301), async (rig) => {
      const gone = new Set([20, 21, 22, 23, 24]);
      const shown = range(2, 316).filter(({ id }) => !gone.has(id));
      await rig.say(shown);
      await rig.ask();
      assert.ok(idsOf(rig).includes(302), 'the oldest new one is on the second answer');
      assert.equal(rowsAsked(rig).slice(0, 2), [10, 100]);
      assert.equal(
        idsOf(rig),
        shown.map(({ id }) => id),
      );
    }),
);

list('an edit beyond the newest ten is found by one long answer where somebody says that there is one', () =>
  readWordPress(range(2, 301), async (rig) => {
    await rig.say(range(2, 301).map((one) => (one.id === 230 ? said(230, 'Said anew.') : one)));
    await rig.ask();
    assert.not.match(rig.known.get('230')?.html ?? '', 'Said anew.');
    await rig.ask(false, true);
    assert.match(rig.known.get('230')?.html ?? '', 'Said anew.');
    assert.equal(rowsAsked(rig), [10, 100]);
  }),
);

list(
  'an edit further back is found by a walk where somebody says that there is one, and no walk follows what was found at once',
  () =>
    readWordPress(range(2, 301), async (rig) => {
      const edited = range(2, 301).map((one) => (one.id === 30 ? said(30, 'Said anew.') : one));
      await rig.say(edited);
      await rig.ask(false, true);
      assert.match(rig.known.get('30')?.html ?? '', 'Said anew.');
      assert.equal(rowsAsked(rig), [100, 100, 100, 100]);
      await rig.say([...edited, said(302)]);
      await rig.ask(false, true);
      assert.ok(rig.known.has('302'));
      assert.equal(rowsAsked(rig), [100]);
    }),
);

list(
  'a run that was killed between its comments and what says that they were read leaves nothing that cannot be gone on from',
  async () => {
    const rig = await rigOf(FORMS['wordpress'] as Form);
    const versions = new Map<string, string>();
    const look = async (cursor: Json | undefined, size: number) => {
      const known = { cursor, size, versions: async () => new Map(versions) };
      const changes = await rig.source.changes({ known, resync: false, isTold: false }, signal);
      assert.ok(changes.kind === 'changed');
      for (const comment of changes.upserts) versions.set(comment.id, commentHash(comment));
      for (const id of changes.removed) versions.delete(id);
      return changes;
    };
    try {
      await rig.say(range(2, 9));
      const { cursor } = await look(undefined, 0);
      await rig.say([...range(2, 5), ...range(7, 11)]);
      await look(cursor, 8);
      // The comments are on the disk, and how many there are is not.
      const again = await look(cursor, 8);
      assert.equal([again.upserts, again.removed, versions.size], [[], [], 9]);
    } finally {
      await rig.close();
    }
  },
);

list('a count that stays wrong is a failure, and nothing is taken for gone', async () => {
  const rig = await rigOf(FORMS['wordpress'] as Form);
  try {
    await rig.say(range(2, 9));
    await rig.ask();
    const rows = rig.origin.pages.get('/wp-json/wp/v2/comments');
    assert.ok(typeof rows === 'function');
    rig.origin.pages.set('/wp-json/wp/v2/comments', (request, response) => {
      const head = response.writeHead.bind(response);
      response.writeHead = ((status: number, headers: object) =>
        head(status, { ...headers, 'x-wp-total': '9' })) as never;
      rows(request, response);
    });
    const error = await rig.ask().catch((thrown: unknown) => thrown);
    assert.ok(isHoldfastError(error, 'comments-failed'));
    assert.match(error.message, 'said to have 9 comments, and 8 are listed');
    assert.is(rig.known.size, 8);
  } finally {
    await rig.close();
  }
});

list('a list with one that waits for moderation is refused whole', async () => {
  const rig = await rigOf(FORMS['wordpress'] as Form);
  try {
    const row = { id: 4, post: 7, date_gmt: '2026-05-04T00:00:00', content: { rendered: 'x' }, status: 'hold' };
    rig.origin.pages.set('/wp-json/wp/v2/comments', { headers: { 'x-wp-total': '1' }, body: JSON.stringify([row]) });
    const error = await rig.ask().catch((thrown: unknown) => thrown);
    assert.ok(isHoldfastError(error, 'comments-failed'));
    assert.match(error.message, 'hold');
  } finally {
    await rig.close();
  }
});

list.run();
