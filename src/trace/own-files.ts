/**
 * Files of the tool by the `schema` that they carry, so that one given in the wrong place is called by its name.
 */

/** Kinds that are no JSON of a report: what they are, and where they belong. */
const WRITTEN_BY_HAND: Readonly<Record<string, string>> = {
  'smmuscope.study': 'a study, which `smmuscope sweep` runs',
  'smmuscope.topology': 'a topology, which --topology takes',
};

/** `schema: smmuscope.KIND/VERSION` as a key of the top, in YAML or JSON. */
const SCHEMA = /^(?:\{\s*|\s*)["']?schema["']?:\s*["']?(smmuscope\.[a-z-]+)\/(\d+)\b/m;

/** Characters of a file within which its schema stands. */
const HEAD = 2 ** 14;

/** A file of the tool. */
export interface OwnFile {
  /** `smmuscope.KIND/VERSION`. */
  readonly schema: string;
  /** In words, with its article and where it belongs. */
  readonly what: string;
}

/** The file that `text` begins; undefined if it is none of the tool's. */
export function ownFile(text: string): OwnFile | undefined {
  const found = SCHEMA.exec(text.slice(0, HEAD));
  if (found === null) return undefined;
  const [, kind, version] = found;
  const schema = `${kind}/${version}`;
  return {
    schema,
    what: WRITTEN_BY_HAND[kind] ?? `a document of the tool (${schema}), which \`smmuscope report\` shows`,
  };
}
