/** The figures in bench/README.md: per group a fenced block between two comments, replaced as a whole. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = join(import.meta.dirname, 'README.md');
const END = '<!-- end of figures -->\n';

/** Put `table`, what group `name` printed, between its two comments. */
export function writeFigures(name, table) {
  const begin = `<!-- figures: npm run bench -- ${name} --write -->\n`;
  const text = readFileSync(FILE, 'utf8');
  const from = text.indexOf(begin);
  const to = text.indexOf(END, from);
  if (from < 0 || to < 0) throw new Error(`bench/README.md: expected ${begin.trim()} and ${END.trim()} after it`);
  writeFileSync(FILE, `${text.slice(0, from)}${begin}\n\`\`\`\n${table}\`\`\`\n\n${text.slice(to)}`);
}
