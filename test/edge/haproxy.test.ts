// takes: 15 s
import { haproxy } from './haproxy-driver.ts';
import { matrix } from './matrix.ts';

matrix(haproxy);
