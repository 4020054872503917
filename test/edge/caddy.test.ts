import { caddy } from './caddy-driver.ts';
import { matrix } from './matrix.ts';
import { serving } from './serving.ts';

matrix(caddy);
serving(caddy);
