import { basename } from 'node:path';

/** Name of a trace in results: its file name, without the folder. */
export function traceName(path: string): string {
  return path === '-' ? '<stdin>' : basename(path);
}
