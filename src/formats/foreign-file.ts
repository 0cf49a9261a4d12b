/** What a file is that stands where another kind was expected: a trace, or a file of the tool. */
import { ownFile } from '../trace/own-files.js';
import { SNIFF_BYTES } from './reader.js';
import { READERS } from './registry.js';

/** How compressed files begin once their bytes were read as UTF-8: gz, xz, zst. */
const COMPRESSED = ['\u001f\ufffd', '\ufffd7zXZ\0', '(\ufffd/\ufffd'];

/** What `text` is, in words, with its article and where it belongs; undefined if nothing here knows it. */
export function foreignFile(text: string): string | undefined {
  if (COMPRESSED.some((magic) => text.startsWith(magic)))
    return 'compressed data, as traces may be: `smmuscope inspect` reads those';
  const own = ownFile(text);
  if (own !== undefined) return own.what;
  const head = Buffer.from(text.slice(0, SNIFF_BYTES));
  const reader = READERS.find(({ sniff }) => sniff(head));
  return reader === undefined ? undefined : `a trace (${reader.name}), which \`smmuscope inspect\` reads`;
}
