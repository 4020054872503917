// takes: 20 s
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { HoldfastConfig } from '../../src/config/schema.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { page, type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const test = suite('holding pages and what the balancers in front can hold');

let site: ScriptedSite;
let project: Project;

const config = (more: Partial<HoldfastConfig>): HoldfastConfig => smallConfig(site.url, more);
const write = async (lead: string): Promise<void> => {
  await mkdir(join(project.dir, 'content/holding'), { recursive: true });
  const front = ['---', 'name: busy', 'title: We are busy', `lead: ${lead}`, '---', 'words', ''];
  await writeFile(join(project.dir, 'content/holding/busy.md'), front.join('\n'));
};

test.before.each(async () => {
  site = await startSite({ '/': page('Home', '<p>Edition 1</p>') });
  project = await openProject(config({}));
});

test.after.each(async () => {
  await site.close();
  await project.close();
});

for (const [edge, lead, message] of [
  [
    'haproxy',
    'so many came '.repeat(900),
    /_holdfast\/holding\/busy\.html is \d{5} bytes plain with its headers: HAProxy's error file holds 15360/,
  ],
  [
    'alb',
    'so many came '.repeat(60),
    /_holdfast\/tiny\/busy\.html is 1[1-9]\d\d characters: a fixed response of an AWS load balancer holds 1024/,
  ],
] as const) {
  test(`a page too long for ${edge} fails the build where ${edge} is in front, and nowhere else`, async () => {
    await write(lead);
    const without = await project.publish('--now');
    assert.is(without.exit, 0, without.stderr);
    await project.configure(config({ edge: { for: ['nginx', edge] } }));
    const { exit, stderr } = await project.publish('--now');
    assert.is(exit, 1, stderr);
    assert.match(stderr, message);
    await write('so many came');
    const short = await project.publish('--now');
    assert.is(short.exit, 0, short.stderr);
    const names = await readdir(join(project.current, '_holdfast'));
    assert.not.ok(names.includes('tiny'), 'a small form is no file of the release');
  });
}

/** The small form of `busy`, as the balancer's rules have it. */
async function bodyOf(): Promise<string> {
  const ran = await project.run(['edge', 'alb', '--out', 'alb']);
  assert.is(ran.exit, 0, ran.stderr);
  const line = /^ +"busy": (.*)$/m.exec(await readFile(join(project.dir, 'alb/rules.yaml'), 'utf8'))?.[1] ?? '{}';
  return (JSON.parse(line) as { Body: string }).Body;
}

test('the small form has a policy that names its own style, and none where that is too long for it', async () => {
  await project.configure(config({ edge: { for: ['alb'] } }));
  await write('so many came');
  const roomy = await bodyOf();
  const [, style = ''] = /<style>([^<]*)<\/style>/.exec(roomy) ?? [];
  const [, policy = ''] = /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/i.exec(roomy) ?? [];
  assert.match(policy, `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`);
  assert.match(policy, "default-src 'none'");
  await write('so many came '.repeat(38));
  const tight = await bodyOf();
  assert.not.match(tight, /Content-Security-Policy/i);
  assert.ok(roomy.length <= 1024 && tight.length <= 1024, `${roomy.length}, ${tight.length}`);
});

test('the small form carries what counts visitors, and the pixel alone where no more fits', async () => {
  const analytics: HoldfastConfig['analytics'] = [
    { use: 'plausible', domain: 'example.org' },
    { use: 'umami', website: '0b7f4c4e-9a2d-4d4e-8a53-6a2f5a1e9c11' },
  ];
  await write('so many came');
  await project.configure(config({ analytics, edge: { for: ['alb'] } }));
  const roomy = await bodyOf();
  assert.match(roomy, 'data-domain="example.org"');
  assert.match(roomy, '<meta name="robots" content="noindex">');
  await write('so many came '.repeat(25));
  const tight = await bodyOf();
  assert.not.match(tight, 'data-domain');
  assert.match(tight, 'src="/_holdfast/pixel.gif?kind=holding');
  assert.match(tight, '&amp;name=busy"');
  assert.ok(tight.length <= 1024, `${tight.length}`);
});

test('a load balancer that is not in front has no small pages, and is told so in one line', async () => {
  const { exit, stderr } = await project.run(['edge', 'alb']);
  assert.is(exit, 2);
  assert.match(
    stderr,
    /^config: edge\.for: "alb" is not among them, so no holding page was made for it \[edge-refused\]/,
  );
});

test.run();
