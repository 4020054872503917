import { STATUS_CODES } from 'node:http';

/** The words beside a status, which HTTP/1.1 wants there and nobody reads. */
export const reasonOf = (status: number): string => STATUS_CODES[status] ?? 'Unknown';
