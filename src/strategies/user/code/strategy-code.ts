/**
 * All the code that a strategy from a file consists of: the file, what it imports and what that imports. It is read, never
 * run, so that the identity of a study's point can be told before anybody has allowed the code to run.
 *
 * Files are followed import by import; a package is taken whole, with the packages that it declares. What can depend on more
 * than that (import() of an expression, files, clocks, the net) is named: results of such code are no one's to reuse.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { UsageError } from '../../../trace/errors.js';
import { inputsOf, type WrittenImport } from './imports-of.js';
import { dependenciesOf, findPackage, packageName, packageSha256 } from './packages.js';

/** A file, by its path from the strategy's folder, or a package; as it stands in a result's provenance. */
export type ImportedCode =
  | { readonly file: string; readonly sha256: string }
  | { readonly package: string; readonly version: string; readonly sha256: string };

/** What a strategy's code is, as its files stand. */
export interface StrategyCode {
  /** Of the strategy's own file, in hexadecimal. */
  readonly sha256: string;
  /** What it imports, directly and through others, in order. */
  readonly imports: readonly ImportedCode[];
  /** What it may depend on besides, each as `FILE:LINE uses …`; empty: nothing. */
  readonly notCovered: readonly string[];
  /** SHA-256 over all of it. */
  readonly digest: string;
}

/** Modules of Node that only compute. */
const PURE = new Set(['assert', 'buffer', 'events', 'path', 'querystring', 'string_decoder', 'url', 'util']);

/** The tool itself: known by its build (session/tool-identity.ts). */
const TOOL = join(import.meta.dirname, '../../../..');

/**
 * The code of the strategy in `file` (as the user wrote it; messages repeat it), as it is now.
 * @throws UsageError for a file that cannot be read
 */
export function strategyCode(file: string): StrategyCode {
  const path = resolve(file);
  const content = readStrategy(file, path);
  return new CodeReader(path).read(content);
}

function readStrategy(file: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const found = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'a directory' : code;
    throw new UsageError(`${file}: expected a strategy module, found ${found}`);
  }
}

/** Follows the imports of one strategy. */
class CodeReader {
  private readonly files = new Map<string, string>();
  private readonly packages = new Map<string, ImportedCode>();
  private readonly absent = new Set<string>();
  private readonly notCovered = new Set<string>();
  /** Without symbolic links, as Node takes the place of a module. */
  private readonly entry: string;
  private readonly folder: string;

  constructor(private readonly path: string) {
    this.entry = realpathSync(path);
    this.folder = dirname(this.entry);
  }

  read(content: Buffer): StrategyCode {
    const sha256 = sha256Of(content);
    this.files.set(this.entry, sha256);
    this.follow(this.entry, content);
    this.files.delete(this.entry);
    const files = [...this.files].map(([path, sha256]) => ({ file: this.nameOf(path), sha256 }));
    const imports = [...sortedBy(files, ({ file }) => file), ...sortedBy([...this.packages.values()], nameOfPackage)];
    const notCovered = [...this.notCovered].sort();
    const digest = sha256Of(JSON.stringify([sha256, imports, [...this.absent].sort(), notCovered]));
    return { sha256, imports, notCovered, digest };
  }

  private follow(path: string, content: Buffer): void {
    const extension = extname(path);
    if (extension === '.json') return;
    const isRead = ['.js', '.mjs', '.cjs'].includes(extension) || path === this.entry;
    const inputs = isRead ? inputsOf(content.toString('utf8'), extension) : undefined;
    if (inputs === undefined) {
      this.notCovered.add(`${this.nameOf(path)} is no JavaScript that can be read`);
      return;
    }
    for (const { what, line } of inputs.hidden) this.hide(path, line, what);
    for (const written of inputs.imports) this.take(path, written);
  }

  private take(from: string, written: WrittenImport): void {
    const { specifier, line } = written;
    if (isBuiltin(specifier)) {
      if (!PURE.has(specifier.replace(/^node:/, '').split('/')[0])) this.hide(from, line, specifier);
    } else if (/^(\.{0,2}\/|\.{1,2}$|file:)/.test(specifier)) {
      this.takeFile(from, written);
    } else if (/^(#|[a-z][a-z+.-]+:)/i.test(specifier)) {
      this.hide(from, line, specifier.slice(0, 80));
    } else if (!this.takePackage(packageName(specifier), dirname(from))) {
      this.hide(from, line, `${specifier}, which is not in any node_modules above it`);
    }
  }

  private takeFile(from: string, { specifier, isRequire, line }: WrittenImport): void {
    let path: string;
    let content: Buffer;
    try {
      path = realpathSync(
        isRequire ? createRequire(from).resolve(specifier) : fileURLToPath(new URL(specifier, pathToFileURL(from))),
      );
      if (this.files.has(path) || isInside(path, join(TOOL, 'dist'))) return;
      content = readFileSync(path);
    } catch {
      this.hide(from, line, `${specifier}, which is not there`);
      return;
    }
    this.files.set(path, sha256Of(content));
    this.follow(path, content);
  }

  /** @returns false if there is no such package for code in `folder` */
  private takePackage(name: string, folder: string): boolean {
    const found = findPackage(name, folder);
    if (found === undefined) return false;
    if (this.packages.has(found.folder) || found.folder === realpathSync(TOOL)) return true;
    const { version } = found;
    this.packages.set(found.folder, { package: name, version, sha256: packageSha256(found.folder) });
    for (const needed of dependenciesOf(found.folder)) {
      if (!this.takePackage(needed, found.folder)) this.absent.add(`${name} ${needed}`);
    }
    return true;
  }

  private hide(path: string, line: number, what: string): void {
    this.notCovered.add(`${this.nameOf(path)}:${line} uses ${what}`);
  }

  private nameOf(path: string): string {
    if (path === this.entry) return basename(this.path);
    return relative(this.folder, path).replaceAll(sep, '/');
  }
}

const sha256Of = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex');

const nameOfPackage = (code: ImportedCode): string =>
  'package' in code ? `${code.package} ${code.version} ${code.sha256}` : code.file;

/** By code units, which are the same everywhere. */
function sortedBy<T>(values: readonly T[], key: (value: T) => string): T[] {
  return [...values].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

/** True for a file of the tool's own build, wherever a link leads. */
function isInside(path: string, folder: string): boolean {
  return existsSync(folder) && path.startsWith(realpathSync(folder) + sep);
}
