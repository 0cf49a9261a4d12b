import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Name and version of this tool, from its package.json, for the provenance of results. */
export function toolIdentity(): { readonly name: string; readonly version: string } {
  const file = join(import.meta.dirname, '../../package.json');
  const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as { name: string; version: string };
  return { name, version };
}
