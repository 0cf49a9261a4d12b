/** Packages that a user's code imports: found as Node finds them, and known by version and content. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** A package as it is installed. */
export interface InstalledPackage {
  /** The name by which it was asked for. */
  readonly name: string;
  /** Of its package.json; empty if it has none. */
  readonly version: string;
  /** Its folder, without symbolic links. */
  readonly folder: string;
}

/** Folders of a package that are not its own files. */
const FOREIGN = new Set(['node_modules', '.git']);

/** Name of the package in a bare specifier: `name/path` → `name`, `@scope/name/path` → `@scope/name`. */
export function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The package `name` that code in `folder` gets: that of the nearest node_modules; undefined if there is none. */
export function findPackage(name: string, folder: string): InstalledPackage | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const candidate = join(at, 'node_modules', name);
    if (existsSync(candidate)) {
      const real = realpathSync(candidate);
      return { name, version: String(manifestOf(real).version ?? ''), folder: real };
    }
    if (at === dirname(at)) return undefined;
  }
}

/** Names of the packages that the package in `folder` says it uses, in order. */
export function dependenciesOf(folder: string): string[] {
  const { dependencies, optionalDependencies, peerDependencies } = manifestOf(folder);
  return [...new Set([dependencies, optionalDependencies, peerDependencies].flatMap(namesIn))].sort();
}

/** SHA-256 over the names and contents of all files of the package in `folder`. */
export function packageSha256(folder: string): string {
  const hash = createHash('sha256');
  for (const file of [...filesIn(folder)].sort()) {
    const content = readFileSync(file);
    hash.update(`${relative(folder, file).replaceAll(sep, '/')}\n${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}

function* filesIn(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    // A link that leads nowhere is no file; one to a folder could lead in a circle, and holds files of others.
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isFile()) yield path;
    else if (stat?.isDirectory() && !FOREIGN.has(name) && realpathSync(path) === path) yield* filesIn(path);
  }
}

function manifestOf(folder: string): Readonly<Record<string, unknown>> {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return typeof manifest === 'object' && manifest !== null ? (manifest as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

const namesIn = (list: unknown): string[] => (typeof list === 'object' && list !== null ? Object.keys(list) : []);
