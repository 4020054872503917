import { buffer } from 'node:stream/consumers';
import type { LoadedConfig } from '../config/load.ts';
import { siteOf, stateFiles } from '../cycle/workplace.ts';
import { addressOfFile } from '../model/address.ts';
import { isHoldfastError } from '../model/errors.ts';
import { pathMatcher } from '../model/globs.ts';
import { type Manifest, type ReleaseFile, uncoveredRelease } from '../model/manifest.ts';
import { sharedIn } from '../model/share.ts';
import type { Destination } from '../publish/destination.ts';
import { analyticsFor, assertAnalytics } from '../render/analytics/index.ts';
import { openRecords, type SnapshotRecord } from '../snapshot/records.ts';
import { viewSnapshot } from '../snapshot/snapshot.ts';
import { type Blobs, openBlobs } from '../store/blobs.ts';
import { openJournal } from '../store/journal.ts';
import { answersOf } from './answering.ts';
import { count, type Finding, findingsOf } from './finding.ts';
import { createLinkReader } from './links.ts';
import { checkRedirects, type KnownRedirect } from './redirects.ts';
import { whyAbsent } from './why-absent.ts';

/** What is live at a destination. */
export interface LiveRelease {
  readonly destination: Destination;
  readonly manifest: Manifest;
}

/** Files read at once, where they lie beyond a network. */
const AT_ONCE = 8;
/** Pages that lack an analytics named one by one. */
const MOST_NAMED = 1000;

/**
 * Reads every page and stylesheet of the live release once, from what is stored here or else from the destination: links, redirects, analytics. It
 * holds a few pages in memory, and addresses.
 */
export async function checkRelease(
  { destination, manifest: shown }: LiveRelease,
  loaded: LoadedConfig,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const manifest = uncoveredRelease(shown);
  const { config, stateDir } = loaded;
  const records = openRecords(await openJournal<SnapshotRecord>(stateFiles(stateDir).snapshot));
  const [site, answers] = [siteOf(loaded), answersOf(manifest, config)];
  const why = whyAbsent(records, config);
  const links = createLinkReader({ site, answers, isLeft: pathMatcher(config.assets.exclude), why });
  const counted = createCount(config.analytics);
  const absent: string[] = [];
  const store = { blobs: openBlobs(stateFiles(stateDir).blobs), destination };
  const files = manifest.files.filter(isRead);
  for (let at = 0; at < files.length; at += AT_ONCE) {
    signal.throwIfAborted();
    const some = files.slice(at, at + AT_ONCE);
    const read = await Promise.all(some.map((file) => bytesOf(file, store, signal)));
    for (const [index, bytes] of read.entries()) {
      const file = some[index];
      if (file === undefined) continue;
      if (bytes === undefined) absent.push(file.path);
      else {
        if (file.kind !== 'redirect') links.read({ address: addressOfFile(file.path), type: file.type, bytes });
        counted.read(file, bytes);
      }
    }
  }
  const redirects = redirectsOf(manifest, viewSnapshot(records, config).redirects());
  return [
    ...counted.findings(),
    ...links.findings(),
    ...checkRedirects(redirects, { site, answers }),
    ...unreadable(destination, absent),
  ];
}

/** Pages of every kind, and stylesheets; not what is shared as a preview, and nothing that only was carried over. */
function isRead({ path, kind, type, carried }: ReleaseFile): boolean {
  if (sharedIn(path) !== undefined || kind === 'internal' || carried !== undefined) return false;
  return /html/i.test(type) ? kind !== 'asset' : kind === 'asset' && /^text\/css/i.test(type);
}

async function bytesOf(
  { sha256, path }: ReleaseFile,
  { blobs, destination }: { readonly blobs: Blobs; readonly destination: Destination },
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  if (await blobs.has(sha256)) {
    const stored = await blobs.read(sha256).catch((error: unknown) => {
      if (!isHoldfastError(error, 'blob-damaged', 'blob-missing')) throw error;
    });
    if (stored !== undefined) return stored;
  }
  const published = await destination.open(path, signal);
  return published === undefined ? undefined : buffer(published);
}

/** What the snapshot knows of, circles too, and what only is published. */
function redirectsOf({ files }: Manifest, known: Iterable<KnownRedirect>): readonly KnownRedirect[] {
  const all = new Map<string, string>();
  for (const { path, headers } of files) {
    const { location } = headers;
    if (location !== undefined) all.set(addressOfFile(path), location);
  }
  for (const { address, to } of known) all.set(address, to);
  return [...all].map(([address, to]) => ({ address, to }));
}

/** Whether every page carries each analytics once. */
function createCount(configs: LoadedConfig['config']['analytics']) {
  const find = findingsOf('analytics');
  const [usual, holding] = [analyticsFor(configs, 'page'), analyticsFor(configs, 'holding')];
  const lacking: string[] = [];
  let pages = 0;
  return {
    read({ path, kind, type }: ReleaseFile, bytes: Buffer): void {
      if (configs.length === 0 || !/html/i.test(type)) return;
      pages += 1;
      try {
        assertAnalytics(bytes, kind === 'holding' ? holding : usual, path);
      } catch (error) {
        if (!isHoldfastError(error, 'analytics-missing')) throw error;
        lacking.push(error.message);
      }
    },
    findings(): readonly Finding[] {
      if (pages === 0) return [];
      if (lacking.length === 0)
        return [find('ok', `each of ${count(pages, 'page')} of the release carries each analytics once`)];
      const list = lacking.slice(0, MOST_NAMED).map((what) => ({ what, on: [], pages: 0 }));
      const hint = 'publish again: pages of a release that is older than the configuration are made anew';
      return [
        {
          ...find(
            'fail',
            `${count(lacking.length, 'page')} of ${pages.toLocaleString('en')} are not counted as configured`,
            hint,
          ),
          list,
        },
      ];
    },
  };
}

function unreadable({ name }: Destination, absent: readonly string[]): Finding[] {
  if (absent.length === 0) return [];
  const text = `${count(absent.length, 'file')} of the live release are not there`;
  const list = absent.slice(0, MOST_NAMED).map((what) => ({ what, on: [], pages: 0 }));
  const hint = 'holdfast verify finds what is damaged, and the next publish mends it';
  return [{ ...findingsOf('destination', name)('fail', text, hint), list }];
}
