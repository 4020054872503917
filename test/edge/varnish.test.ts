// takes: 25 s

import { matrix } from './matrix.ts';
import { serving } from './serving.ts';
import { varnish } from './varnish-driver.ts';

matrix(varnish);
serving(varnish);
