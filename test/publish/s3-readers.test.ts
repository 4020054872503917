// takes: 15 s
import * as assert from 'uvu/assert';
import { type Release, read, releaseOf } from '../conformance/releases.ts';
import { publishWith } from '../faults/cycle.ts';
import { suite } from '../support/suite.ts';
import { openPlace } from './bucket.ts';

const test = suite('visitors of a bucket while it is published to', { needs: ['ceph'] });

const PUBLISHES = 60;
const RETURNS = 6;
const READERS = 4;

/** The n-th edition: each page names the style it needs, whose name changes with each edition; the last two styles stay. */
function edition(n: number): Release {
  const page = (name: string) =>
    `<!doctype html><link rel=stylesheet href=/style-${n}.css><p>${name}, edition ${n}</p></html>`;
  const styles = [n, n - 1, n - 2].filter((each) => each >= 0).map((each) => [`style-${each}.css`, `/* ${each} */`]);
  return releaseOf(n, {
    'index.html': page('front'),
    'news/index.html': page('news'),
    'news/tide/index.html': page('tide'),
    ...Object.fromEntries(styles),
  });
}

test(`through ${PUBLISHES} publishes and ${RETURNS} returns every page is whole, and finds the style that it names`, async () => {
  const place = await openPlace();
  try {
    const publisher = place.open();
    await publishWith(publisher, edition(0));
    let isOver = false;
    let visits = 0;
    const reader = async () => {
      const visitor = place.open();
      for (let turn = 0; !isOver; turn++) {
        const path = ['index.html', 'news/index.html', 'news/tide/index.html'][turn % 3] ?? '';
        const html = String((await read(visitor, path)) ?? '');
        const [, style] = /href=\/(style-\d+\.css)>.*<\/html>$/.exec(html) ?? [];
        assert.ok(style, `${path} is not whole: ${html}`);
        assert.ok(await read(visitor, style), `${path} needs ${style}, which is not there`);
        visits += 1;
      }
    };
    const readers = Array.from({ length: READERS }, reader);
    const publishing = (async () => {
      for (let n = 1; n <= PUBLISHES; n++) {
        await publishWith(publisher, edition(n));
        if (n % (PUBLISHES / RETURNS) === 0) await publishWith(publisher, edition(n - 1));
      }
    })().finally(() => {
      isOver = true;
    });
    await Promise.all([publishing, ...readers]);
    assert.ok(visits > PUBLISHES, `${visits} visits`);
  } finally {
    place.close();
  }
});

test.run();
