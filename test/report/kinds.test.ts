import * as assert from 'uvu/assert';
import { createPixel } from '../../src/render/analytics/pixel.ts';
import { kindOf } from '../../src/report/kinds.ts';
import { type LoggedRequest, partTarget } from '../../src/report/request.ts';
import { labelOf } from '../../src/report/table.ts';
import { suite } from '../support/suite.ts';

const test = suite('kinds of requests');

function kind(target: string, more: Partial<LoggedRequest> = {}): string {
  const plain = { at: 0, address: '', method: 'GET', status: 200, bytes: 0, referrer: '', kind: '' };
  return labelOf(kindOf({ ...plain, ...partTarget(target), ...more }));
}

const table: [target: string, more: Partial<LoggedRequest>, expected: string][] = [
  ['/', {}, 'static'],
  ['/a/?utm_source=x.css', {}, 'static'],
  ['/a', { status: 304 }, 'static'],
  ['/feed/', {}, 'static'],
  ['/wp-login.php', {}, 'dynamic'],
  ['/wp-admin/', {}, 'dynamic'],
  ['/a/', { method: 'POST' }, 'dynamic'],
  ['/a/', { kind: 'dynamic' }, 'dynamic'],
  ['/a/', { status: 503 }, 'holding (5xx, not named)'],
  ['/a/', { status: 503, kind: 'holding:busy' }, 'holding busy'],
  ['/a/', { kind: 'holding:launch' }, 'holding launch'],
  ['/a/', { kind: 'holding:<script>' }, 'holding (5xx, not named)'],
  ['/_holdfast/holding/busy.html', {}, 'holding busy'],
  ['/a/', { status: 404 }, '404'],
  ['/a/', { status: 410 }, '404'],
  ['/a.png', { status: 404 }, 'asset'],
  ['/a.png', { status: 404, kind: '404' }, '404'],
  ['/robots.txt', {}, 'asset'],
  ['/_holdfast/origin.json', {}, 'asset'],
  ['/wp-comments-post.php', { method: 'POST', status: 302 }, 'inbox'],
  ['/wp-comments-post.php', {}, 'dynamic'],
  ['/old', { status: 301 }, 'redirect'],
  ['/a/', { status: 499 }, 'refused'],
  ['/a/', { status: 429 }, 'refused'],
  ['', { method: '', status: 400 }, 'refused'],
  ['/matomo.php?idsite=1', {}, 'beacon'],
  ['/api/event', { method: 'POST', status: 202 }, 'beacon'],
  ['/a/', { kind: 'nonsense' }, 'static'],
  ['/_holdfast/pixel.gif', { kind: 'asset' }, 'pixel other'],
  ['/_holdfast/pixel.gif?kind=holding&path=%2F&name=%3Cb%3E', {}, 'pixel holding'],
  ['/_holdfast/pixel.gif?kind=admin', {}, 'pixel other'],
];
for (const [target, more, expected] of table)
  test(`${target} ${JSON.stringify(more)} is ${expected}`, () => assert.is(kind(target, more), expected));

test('the pixel of each page says what the page was', () => {
  const asked = (page: Parameters<ReturnType<typeof createPixel>['snippet']>[0]): string =>
    (/src="([^"]*)"/.exec(createPixel().snippet(page).body)?.[1] ?? '').replaceAll('&amp;', '&');
  const address = '/a/' as Parameters<typeof asked>[0]['address'];
  assert.is(kind(asked({ kind: 'page', address })), 'pixel page');
  assert.is(kind(asked({ kind: '404', address })), 'pixel 404');
  assert.is(kind(asked({ kind: 'holding', address, name: 'busy' })), 'pixel holding busy');
});

test.run();
