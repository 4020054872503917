// takes: 10 s
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { suite } from '../support/suite.ts';

const test = suite('what the program prints to be installed elsewhere');
let project: Project;

test.before(async () => {
  const config = smallConfig('http://127.0.0.1:9', {
    destinations: [
      { use: 'mirror', name: 'here', dir: 'mirror' },
      { use: 'mirror', name: 'there', dir: '/srv/there' },
    ],
  });
  project = await openProject(config);
});
test.after(() => project.close());

test('one file is printed as it is, for the destination that is asked for', async () => {
  const { exit, stdout, stderr } = await project.spawn(['edge', 'nginx', '--to', 'there']);
  assert.equal([exit, stderr], [0, '']);
  assert.match(stdout, /^# nginx in front of/);
  assert.match(stdout, '\troot "/srv/there/current";');
  const json = await project.run(['edge', 'nginx', '--json']);
  const [file] = (JSON.parse(json.stdout) as { files: { path: string; text: string }[] }).files;
  assert.is(file?.path, 'holdfast.conf');
  assert.match(file?.text ?? '', `\troot "${join(project.dir, 'mirror/current')}";`);
});

test('several files are printed under their names, or written to a folder that may not be there yet', async () => {
  const printed = await project.run(['edge', 'haproxy']);
  assert.is(printed.exit, 0, printed.stderr);
  const names = [...printed.stdout.matchAll(/^==> (.+) <==$/gm)].map(([, name]) => name);
  assert.is(names[0], 'haproxy.cfg');
  assert.ok(names.includes('busy.http') && names.length > 4);
  const written = await project.run(['edge', 'haproxy', '--out', 'etc/haproxy']);
  const folder = join(project.dir, 'etc/haproxy');
  assert.equal(
    written.stdout.trimEnd().split('\n'),
    names.map((name) => join(folder, String(name))),
  );
  assert.equal((await readdir(folder)).toSorted(), names.toSorted());
  assert.match(await readFile(join(folder, 'busy.http'), 'latin1'), /^HTTP\/1\.1 503 /);
});

for (const [args, says] of [
  [['edge', 'apache'], /there is no edge apache.*\n.*nginx, haproxy, varnish, caddy, alb, cloudfront/],
  [['edge', 'nginx', '--to', 'nowhere'], /nowhere/],
  [['edge', 'cloudfront'], /cloudfront serves a bucket, and here is a folder/],
  [['schedule', 'at'], /there is no scheduler at.*\n.*cron, systemd/],
] as const)
  test(`${args.join(' ')} exits 2 and says what there is`, async () => {
    const { exit, stdout, stderr } = await project.run(args);
    assert.equal([exit, stdout], [2, '']);
    assert.match(stderr, says);
  });

test('a schedule is printed, or written to a folder, and says as whom it runs', async () => {
  const cron = await project.spawn(['schedule', 'cron']);
  assert.is(cron.exit, 0, cron.stderr);
  assert.match(cron.stdout, /^\* \* \* \* \* \S+ /m);
  assert.match(cron.stderr, /it runs as \S+, who must own the mirror/);
  const systemd = await project.run(['schedule', 'systemd', '--out', 'units']);
  assert.is(systemd.exit, 0, systemd.stderr);
  const files = await readdir(join(project.dir, 'units'));
  assert.equal(files.map((name) => name.split('.').at(-1)).toSorted(), ['service', 'timer']);
});

test.run();
