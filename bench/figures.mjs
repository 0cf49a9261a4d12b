/** The table of figures in bench/README.md: a fenced block between two comments, replaced as a whole. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = join(import.meta.dirname, 'README.md');
const BEGIN = '<!-- figures: npm run bench -- --write -->\n';
const END = '<!-- end of figures -->\n';

/** Put `table`, as it was printed, between the two comments. */
export function writeFigures(table) {
  const text = readFileSync(FILE, 'utf8');
  const from = text.indexOf(BEGIN);
  const to = text.indexOf(END);
  if (from < 0 || to < from) throw new Error(`bench/README.md: expected ${BEGIN.trim()} and ${END.trim()} after it`);
  writeFileSync(FILE, `${text.slice(0, from)}${BEGIN}\n\`\`\`\n${table}\`\`\`\n\n${text.slice(to)}`);
}
