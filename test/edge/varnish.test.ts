// takes: 15 s

import { matrix } from './matrix.ts';
import { varnish } from './varnish-driver.ts';

matrix(varnish);
