import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { LoadedProfile } from '../profiles/load.js';

/** Name of a trace in results: its file name, without the folder. */
export function traceName(path: string): string {
  return path === '-' ? '<stdin>' : basename(path);
}

/** SHA-256 over keys and values of all parameters: two profiles of one name may differ. */
export function parametersSha256({ parameters }: LoadedProfile): string {
  return createHash('sha256')
    .update(JSON.stringify(parameters.map(({ key, value }) => [key, value])))
    .digest('hex');
}
