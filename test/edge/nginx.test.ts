import { matrix } from './matrix.ts';
import { nginx } from './nginx-driver.ts';

matrix(nginx);
