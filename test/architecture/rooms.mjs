/** Holds src/ to src/rooms.txt: `node test/architecture/rooms.mjs`. What no line allows is a breach, and so is a circle of files. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';

/** One sentence per breach of `table` (the text of rooms.txt) by the modules under the folder `source`. */
export function breaches(source, table) {
  const found = [];
  const rooms = new Map();
  for (const [, room, list] of table.matchAll(/^([^#\s:]+):(.*)$/gm)) {
    const [allowed, packages = []] = list.split('|').map((names) => names.split(' ').filter(Boolean));
    for (const one of allowed.filter((name) => !rooms.has(name))) found.push(`${room} names ${one}: expected a room above it`);
    rooms.set(room, [...allowed, ...packages, room]);
  }
  const names = [...rooms.keys()].sort((a, b) => b.length - a.length);
  const roomOf = (file) => names.find((name) => file === name || file.startsWith(`${name}/`)) ?? `no room of the table (${file})`;
  const graph = new Map();
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'));
  for (const file of files.filter((name) => name.endsWith('.ts'))) {
    const specifiers = specifiersOf(file, readFileSync(join(source, file), 'utf8')).filter((one) => !one.startsWith('node:'));
    if (!rooms.has(roomOf(file))) found.push(`${file} is in ${roomOf(file)}`);
    const imported = (one) => (one.startsWith('.') ? posix.join(posix.dirname(file), one).replace(/\.js$/, '.ts') : undefined);
    graph.set(file, specifiers.map(imported).filter(Boolean));
    for (const one of specifiers) {
      const target = imported(one) === undefined ? one.match(/^(@[^/]+\/)?[^/]+/)[0] : roomOf(imported(one));
      if (rooms.get(roomOf(file))?.includes(target) === false) found.push(`${file} may not import ${one}: ${target} is not in its room's line`);
    }
  }
  const done = new Set();
  const walk = (file, path) => {
    if (path.includes(file)) found.push(`circle of files: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`);
    else if (!done.has(file)) for (const next of graph.get(file) ?? []) walk(next, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) walk(file, []);
  return found;
}

/** Everything that a module imports or exports from: its types, too, and what it imports or requires while it runs. */
function specifiersOf(file, text) {
  const found = [];
  const add = ({ source }) => source?.type === 'Literal' && found.push(source.value);
  const require = ({ callee, arguments: [source] }) => callee.name === 'require' && add({ source });
  const imports = { ImportDeclaration: add, ImportExpression: add, TSImportType: add, CallExpression: require };
  new Visitor({ ...imports, ExportNamedDeclaration: add, ExportAllDeclaration: add }).visit(parseSync(file, text).program);
  return found;
}

if (process.argv[1] === import.meta.filename) {
  const found = breaches('src', readFileSync('src/rooms.txt', 'utf8'));
  for (const one of found) console.error(one);
  process.exitCode = Math.min(found.length, 1);
}
