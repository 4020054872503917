// takes: 25 s
import { haproxy } from './haproxy-driver.ts';
import { matrix } from './matrix.ts';
import { serving } from './serving.ts';

matrix(haproxy);
serving(haproxy);
