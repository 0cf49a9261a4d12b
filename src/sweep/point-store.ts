/**
 * The results folder of a sweep: one file per finished point, called by the point's identity.
 *
 * A file appears complete or not at all, whenever the process ends (files/atomic-file.ts); it carries the digest of what it
 * holds, so that a file damaged otherwise is as good as none. The identity covers all that decides the result: a folder may
 * be shared by shards, by studies and by runs at the same time, and a point is never taken for another. A failed point is
 * not kept: the next run tries it again.
 */
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AtomicFile } from '../files/atomic-file.js';
import { type FolderLock, lockFolder } from '../files/folder-lock.js';
import { systemReason } from '../files/system-reason.js';
import { removeLeftovers } from '../files/temporary.js';
import { UsageError } from '../trace/errors.js';
import type { Shard } from './shard.js';

/** First line of a file; the document follows as the second. */
interface PointHeader {
  readonly schema: typeof POINT_FORMAT;
  readonly id: string;
  /** SHA-256 of the document's line. */
  readonly sha256: string;
}

const POINT_FORMAT = 'smmuscope.point/3';

/** Digits of a study's identity that tell it from others in one folder. */
const STUDY_DIGITS = 16;

/** Finished points of this and earlier runs. */
export class PointStore {
  private constructor(private readonly folder: string) {}

  /**
   * Open the folder, or make it; the folder that it lies in must be there. What killed runs left half-written is removed.
   * @throws UsageError if it can be neither, or cannot be written to
   */
  static open(folder: string): PointStore {
    try {
      // Not with its parents: Node's recursive mkdirSync never returns where none can be made, such as /proc/x.
      if (!existsSync(folder)) mkdirSync(folder);
      if (!statSync(folder).isDirectory())
        throw new UsageError(`${folder}: expected a folder for results, found a file`);
      accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (error) {
      if (error instanceof UsageError) throw error;
      throw new UsageError(`${folder}: expected a folder for results, found ${systemReason(error)}`);
    }
    removeLeftovers(folder);
    return new PointStore(folder);
  }

  /**
   * Be the only run of this part of the study in the folder, until the end or `release`. Other parts and other studies may
   * run at the same time.
   * @throws UsageError if a process of this machine is at it
   */
  claim(study: string, shard: Shard | undefined): FolderLock {
    const part = shard === undefined ? 'all' : `${shard.index}-of-${shard.count}`;
    const lock = lockFolder(this.folder, `${study.slice(0, STUDY_DIGITS)}-${part}`);
    if ('release' in lock) return lock;
    const what = shard === undefined ? 'this study' : `shard ${shard.index}/${shard.count} of this study`;
    throw new UsageError(
      `${this.folder}: expected one run of ${what} at a time, found process ${lock.processId} at it`,
    );
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
    } finally {
      file.discard();
    }
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
