import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type * as Load from '../src/config/load.ts';
import type { LoadedConfig } from '../src/config/load.ts';
import type * as Kept from '../src/cycle/premises.ts';
import type * as ReportModule from '../src/cycle/report.ts';
import { systemClock } from '../src/model/clock.ts';
import type * as Pipeline from '../src/pipeline.ts';
import type * as Faces from '../src/run/face/routes.ts';
import type * as Run from '../src/run/runner.ts';
import { importBuilt } from '../test/support/built.ts';
import { writeSite } from './site.ts';
import { inFolder, median, row, startNginx } from './support.ts';

/**
 * What a resident process costs: a quiet cycle of a large site with one hot lane of 5 pages, memory over a day's worth of cycles, and its status page.
 * Cycles follow one another at once: the hot lane is due at each.
 */
const PAGES = Number(process.env['BENCH_PAGES'] ?? 10_000);
const CYCLES = Number(process.env['BENCH_CYCLES'] ?? 1440);
/** Memory is held against what it is once everything has been loaded and compiled. */
const WARM_CYCLES = 60;

const { loadConfig } = await importBuilt<typeof Load>('config/load');
const { keepPremises } = await importBuilt<typeof Kept>('cycle/premises');
const { newReport } = await importBuilt<typeof ReportModule>('cycle/report');
const { createRunner } = await importBuilt<typeof Run>('run/runner');
const { createFaces } = await importBuilt<typeof Faces>('run/face/routes');
const { publishIn } = await importBuilt<typeof Pipeline>('pipeline');

/** How long the status page takes, and how large it is, when nobody has asked a moment ago. */
async function page(loaded: LoadedConfig): Promise<void> {
  const runner = await createRunner({ loaded, load: async () => loaded, clock: systemClock, tell: () => undefined });
  const options = {
    runner,
    clock: systemClock,
    isWell: () => true,
    alarms: () => [],
    certificates: () => [],
    redact: (text: string) => text,
  };
  const faces = createFaces(options);
  const show = async () => {
    faces.tell({ kind: 'ready' });
    const began = performance.now();
    const reply = await faces.routes['GET /']?.(undefined as never, undefined as never);
    return { ms: performance.now() - began, bytes: Buffer.byteLength(reply?.body ?? '') };
  };
  const first = await show();
  const times: number[] = [];
  for (let index = 0; index < 50; index++) times.push((await show()).ms);
  faces.close();
  row('status page, first and after', `${first.ms.toFixed(0)} ms, ${median(times).toFixed(1)} ms`, '≤ 50 ms');
  row('status page', `${(first.bytes / 1000).toFixed(1)} KB`, '≤ 50 KB');
}

await inFolder(async (dir) => {
  const www = join(dir, 'www');
  await writeSite(www, PAGES);
  const nginx = await startNginx(dir, `root ${www}; etag on;`);
  try {
    const project = join(dir, 'project');
    await mkdir(project);
    const config = {
      site: { name: 'Bench', url: 'https://www.example.org' },
      origin: { url: nginx.url, requestsPerSecond: 0, concurrency: 8 },
      lanes: [
        { name: 'hot', every: '1ms', paths: ['/', '/p/1/', '/p/2/', '/p/3/', '/p/4/'] },
        { name: 'tail', every: '30d', sitemap: '/sitemap.xml', limit: 50_000 },
      ],
      assets: { every: '30d' },
      destinations: [{ use: 'mirror', dir: 'mirror' }],
    };
    await writeFile(join(project, 'holdfast.config.json'), JSON.stringify(config));
    const loaded = await loadConfig({ cwd: project, env: {} });
    const premises = await keepPremises(loaded);
    const cycle = async () => {
      const wish = { looks: 'due', force: false, dryRun: false, maxDeletes: 256, acceptShrink: false } as const;
      const report = newReport();
      const before = process.cpuUsage();
      await publishIn(premises, { wish, report }, new AbortController().signal);
      const { user, system } = process.cpuUsage(before);
      return { ms: (user + system) / 1000, requests: report.origin.requests, stages: report.stages };
    };
    const first = await cycle().catch(cycle);
    console.log(`first: ${Math.round(first.ms)} ms of processor, ${first.requests} requests`);
    const costs: number[] = [];
    const memory: number[] = [];
    for (let index = 0; index < CYCLES + WARM_CYCLES; index++) {
      const { ms, requests, stages } = await cycle();
      if (index < 3) console.log(`quiet: ${Math.round(ms)} ms, ${requests} requests`, stages);
      costs.push(ms);
      if (index % 20 === 0) {
        globalThis.gc?.();
        memory.push(process.memoryUsage.rss() / 1e6);
      }
    }
    await premises.close();
    await page(loaded);
    const warm = memory[WARM_CYCLES / 20] ?? Number.NaN;
    const last = median(memory.slice(-5));
    row('quiet cycle, processor time, median', `${median(costs).toFixed(0)} ms`, '≤ 150 ms');
    row('memory, warm and after all cycles', `${warm.toFixed(0)} MB, ${last.toFixed(0)} MB`, '≤ 10 % more');
  } finally {
    await nginx.stop();
  }
});
