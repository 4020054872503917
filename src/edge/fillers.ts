import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HoldfastError } from '../model/errors.ts';
import { fillAlb } from './alb.ts';
import { fillCaddy } from './caddy.ts';
import { fillCloudfront } from './cloudfront.ts';
import type { EdgeFacts, EdgeFile, EdgeFiller, EdgeName } from './facts.ts';
import { fillHaproxy } from './haproxy.ts';
import { fillNginx } from './nginx.ts';
import { fillVarnish } from './varnish.ts';

export type { EdgeFacts, EdgeFile, EdgeName, HoldingPage } from './facts.ts';
export { type KnownRedirects, redirectsOf } from './redirects.ts';

/** The package's texts, one folder a server. */
const TEXTS = fileURLToPath(new URL('../../publish/edge/', import.meta.url));

const FILLERS: Readonly<Record<EdgeName, EdgeFiller>> = {
  nginx: fillNginx,
  haproxy: fillHaproxy,
  varnish: fillVarnish,
  caddy: fillCaddy,
  alb: fillAlb,
  cloudfront: fillCloudfront,
};

/** They are part of the package, and read once. */
const textsRead = new Map<EdgeName, ReadonlyMap<string, string>>();

function textsFor(name: EdgeName): ReadonlyMap<string, string> {
  const known = textsRead.get(name);
  if (known !== undefined) return known;
  const folder = join(TEXTS, name);
  const texts = new Map(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
  textsRead.set(name, texts);
  return texts;
}

/** What to install for that server; reads the texts of `publish/edge/<name>/`. Throws what an `EdgeFiller` does. */
export function fillEdge(name: EdgeName, facts: EdgeFacts): readonly EdgeFile[] {
  const { holding } = facts.rules;
  if (!facts.holding.some((page) => page.name === holding))
    throw new HoldfastError('usage', `edge.holding: there is no holding page ${holding}`, {
      hint: `there is ${facts.holding.map((page) => page.name).join(', ')}`,
    });
  return FILLERS[name](facts, textsFor(name));
}
