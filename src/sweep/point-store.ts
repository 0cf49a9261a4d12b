/**
 * The results folder of a sweep: one file per finished point, called by the point's identity.
 *
 * A file appears complete or not at all, whenever the process ends (files/atomic-file.ts); it carries the digest of what it
 * holds, so that a file damaged otherwise is as good as none. The identity covers all that decides the result: a folder may
 * be shared by shards, by studies and by runs at the same time, and a point is never taken for another. A failed point is
 * not kept: the next run tries it again.
 */
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AtomicFile } from '../files/atomic-file.js';
import { systemReason } from '../files/system-reason.js';
import { UsageError } from '../trace/errors.js';

/** First line of a file; the document follows as the second. */
interface PointHeader {
  readonly schema: typeof POINT_FORMAT;
  readonly id: string;
  /** SHA-256 of the document's line. */
  readonly sha256: string;
}

const POINT_FORMAT = 'smmuscope.point/3';

/** Temporary file of a point, as `AtomicFile` calls it: what a killed run may leave behind. */
const LEFTOVER = /^\.([0-9a-f]{64})\.json\.[0-9a-f]+\.tmp$/;

/** Finished points of this and earlier runs. */
export class PointStore {
  private constructor(
    private readonly folder: string,
    /** Temporary files that were there before, by point. */
    private readonly leftovers: ReadonlyMap<string, readonly string[]>,
  ) {}

  /**
   * Open the folder, or make it; the folder that it lies in must be there.
   * @throws UsageError if it can be neither, or cannot be written to
   */
  static open(folder: string): PointStore {
    const leftovers = new Map<string, string[]>();
    try {
      // Not with its parents: Node's recursive mkdirSync never returns where none can be made, such as /proc/x.
      if (!existsSync(folder)) mkdirSync(folder);
      if (!statSync(folder).isDirectory())
        throw new UsageError(`${folder}: expected a folder for results, found a file`);
      accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
      for (const name of readdirSync(folder)) {
        const [, id] = LEFTOVER.exec(name) ?? [];
        if (id !== undefined) leftovers.set(id, [...(leftovers.get(id) ?? []), name]);
      }
    } catch (error) {
      if (error instanceof UsageError) throw error;
      throw new UsageError(`${folder}: expected a folder for results, found ${systemReason(error)}`);
    }
    return new PointStore(folder, leftovers);
  }

  /** The document of point `id` as JSON text; undefined if the point has to be run. */
  load(id: string): string | undefined {
    let text: string;
    try {
      text = readFileSync(this.pathOf(id), 'utf8');
    } catch {
      return undefined;
    }
    const [first = '', json = '', ...rest] = text.split('\n');
    const header = parseHeader(first);
    const isWhole = rest.length === 1 && rest[0] === '';
    return isWhole && header?.id === id && header.sha256 === digest(json) ? json : undefined;
  }

  /**
   * Keep the document of point `id`.
   * @throws UsageError if it cannot be written
   */
  save(id: string, json: string): void {
    const header: PointHeader = { schema: POINT_FORMAT, id, sha256: digest(json) };
    const file = AtomicFile.open(this.pathOf(id));
    try {
      file.write(Buffer.from(`${JSON.stringify(header)}\n${json}\n`));
      file.commit();
    } catch (error) {
      file.discard();
      // Another run that found this one's temporary file has kept the same point: it is there all the same.
      if (this.load(id) === undefined) throw error;
    }
    for (const name of this.leftovers.get(id) ?? []) rmSync(join(this.folder, name), { force: true });
  }

  private pathOf(id: string): string {
    return join(this.folder, `${id}.json`);
  }
}

function parseHeader(line: string): PointHeader | undefined {
  try {
    const header = JSON.parse(line) as PointHeader;
    return header?.schema === POINT_FORMAT ? header : undefined;
  } catch {
    return undefined;
  }
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
