/**
 * Writes what commands print into the pages that show it, from the built tool: npm run build && node test/results/write-outputs.mjs
 * (first the results that docs/examples carries, then every text block right behind a sh block in README.md and docs/*.md,
 * which is the output of that block's last command, and those behind the js blocks of docs/library.md; tests hold them to it).
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const PAGES = ['README.md', ...readdirSync(join(ROOT, 'docs')).flatMap((name) => (/\.md$/.test(name) ? `docs/${name}` : []))];
const SHOWN = /(```sh\n([\s\S]*?)```\n\n```text\n)[\s\S]*?```/g;

/** Results that pages show and tests read, and the commands that make them. */
const EXAMPLES = [
  [
    'rebind-strict.result.json',
    'compare traces/rebind-strict.qemu-7.2.log.xz --strategies ioctl,hw-vcmdq,native --json',
  ],
  [
    'rebind-slower-ioctl.result.json',
    'compare traces/rebind-strict.qemu-7.2.log.xz --strategies ioctl,hw-vcmdq --set software.syscall_ioctl_ns=198 --json',
  ],
  ['boot-strict.result.json', 'compare traces/boot-strict.qemu-7.2.log.xz --strategies ioctl,hw-vcmdq --json'],
  ...[1, 2].map((shard) => [
    `shard-${shard}-of-2.json`,
    `sweep docs/examples/two-points.yaml --jobs 1 --shard ${shard}/2 --json`,
  ]),
];

for (const [file, command] of EXAMPLES) write(`docs/examples/${file}`, run(command));
for (const page of PAGES) {
  const text = readFileSync(join(ROOT, page), 'utf8');
  write(
    page,
    text.replace(SHOWN, (_block, head, script) => {
      const command = script.trim().split('\n').at(-1).replace(/^smmuscope /, '');
      return `${head}${run(command)}\`\`\``;
    }),
  );
}

// Examples of the library are followed by their output, too (test/library/docs.test.ts).
const LIBRARY = 'docs/library.md';
write(
  LIBRARY,
  readFileSync(join(ROOT, LIBRARY), 'utf8').replace(
    /(```js\n([\s\S]*?)```\n\n```text\n)[\s\S]*?```/g,
    (_block, head, code) => `${head}${printed(['--input-type=module', '--eval', code])}\`\`\``,
  ),
);

/** What `command` prints in a pipe; the width is that of the tests. */
function run(command) {
  return printed([join(ROOT, 'bin/run.js'), ...command.split(/\s+/)]);
}

/** What Node prints with `args`. */
function printed(args) {
  const { COLUMNS: _width, FORCE_COLOR: _colour, ...env } = process.env;
  const stdio = ['ignore', 'pipe', 'inherit'];
  return execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1e8, env, stdio });
}

/** Write `text` if it is another one, and say so. */
function write(file, text) {
  const path = join(ROOT, file);
  if (readFileSync(path, 'utf8') === text) return;
  writeFileSync(path, text);
  process.stdout.write(`${file}\n`);
}
