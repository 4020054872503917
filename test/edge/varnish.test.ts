// takes: 60 s

import { matrix } from './matrix.ts';
import { varnish } from './varnish-driver.ts';

matrix(varnish);
