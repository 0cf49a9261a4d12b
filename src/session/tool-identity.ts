import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';

/** Which tool made a document. */
export interface ToolIdentity {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the built tool, in hexadecimal (see `buildDigest`). */
  readonly build: string;
}

const ROOT = join(import.meta.dirname, '../..');

/** What runs: programs and built-in profiles. Maps and types decide nothing, and a published package has no maps. */
const RUNS = /\.(js|yaml)$/;

let known: ToolIdentity | undefined;

/**
 * Name, version and build of this tool, for the provenance of results and the identities of points. Reads all of dist/
 * when it is first asked for, some 20 ms: nothing that prints help does.
 */
export function toolIdentity(): ToolIdentity {
  known ??= identify();
  return known;
}

function identify(): ToolIdentity {
  const { name, version, dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return { name, version, build: buildDigest(join(ROOT, 'dist'), dependencies) };
}

/**
 * SHA-256 over the names and contents of what runs in `folder`, and the versions of the libraries, which package.json pins.
 * The same source gives the same digest on any machine.
 */
export function buildDigest(folder: string, dependencies: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256').update(JSON.stringify(Object.entries(dependencies).sort()));
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => RUNS.test(name));
  for (const name of names.map((one) => one.replaceAll(sep, '/')).sort()) {
    const content = readFileSync(join(folder, name));
    hash.update(`\n${name}\n${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}
