/**
 * Reads a topology file, YAML or JSON (which is YAML too). What is wrong with one is said in one sentence with its line.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseCheckedYaml, type YamlPath } from '../trace/checked-yaml.js';
import { UsageError } from '../trace/errors.js';
import {
  BINDING_SCHEMA,
  DEVICE_SCHEMA,
  GUEST_SCHEMA,
  SMMU_SCHEMA,
  TOPOLOGY_SCHEMA,
  type TopologyFile,
} from './schema.js';

/** A topology as the user declared it. */
export interface DeclaredTopology extends TopologyFile {
  /** Name of the file, without its folder. */
  readonly file: string;
  /** SHA-256 of its bytes, hex. */
  readonly sha256: string;
}

/**
 * Read the file at `path`.
 * @throws UsageError if it cannot be read or is not a valid topology: `FILE:LINE: KEY: expected …, found …`
 */
export function loadTopology(path: string): DeclaredTopology {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new UsageError(`${path}: expected a readable topology file, found ${(error as NodeJS.ErrnoException).code}`);
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { ...parseTopology(bytes.toString('utf8'), path), file: basename(path), sha256 };
}

/** Check `text`; `file` is its name in messages. */
export function parseTopology(text: string, file: string): TopologyFile {
  return parseCheckedYaml(text, file, {
    what: 'a topology',
    family: 'smmuscope.topology',
    schema: TOPOLOGY_SCHEMA,
    keysAt,
  }).content;
}

function keysAt([list]: YamlPath): string[] {
  if (list === 'devices') return Object.keys(DEVICE_SCHEMA.shape);
  if (list === 'smmus') return Object.keys(SMMU_SCHEMA.shape);
  if (list === 'guest') return Object.keys(GUEST_SCHEMA.shape);
  if (list === 'bindings') return Object.keys(BINDING_SCHEMA.shape);
  return Object.keys(TOPOLOGY_SCHEMA.shape);
}
