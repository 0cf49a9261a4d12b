/**
 * The results folder of a sweep: one file per finished point, called by the point's identity.
 *
 * A file is written under another name, flushed and renamed, so that a point is there complete or not at all, whenever the
 * process ends; it carries the digest of what it holds, so that a file damaged otherwise is as good as none. The identity
 * covers all that decides the result: a folder may be shared by shards and by studies, and a point is never taken for
 * another. A failed point is not kept: the next run tries it again.
 */
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../trace/errors.js';

/** First line of a file; the document follows as the second. */
interface PointHeader {
  readonly schema: typeof POINT_FORMAT;
  readonly id: string;
  /** SHA-256 of the document's line. */
  readonly sha256: string;
}

const POINT_FORMAT = 'smmuscope.point/1';

/** Finished points of this and earlier runs. */
export class PointStore {
  private constructor(private readonly folder: string) {}

  /**
   * Open the folder, or make it.
   * @throws UsageError if it can be neither
   */
  static open(folder: string): PointStore {
    try {
      mkdirSync(folder, { recursive: true });
    } catch (error) {
      throw new UsageError(
        `${folder}: expected a folder for results, found ${(error as NodeJS.ErrnoException).code ?? 'none'}`,
      );
    }
    return new PointStore(folder);
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
    // Always the same name: what a killed run left behind is overwritten by the run that finishes the point.
    const unfinished = join(this.folder, `.${id}.part`);
    try {
      const descriptor = openSync(unfinished, 'w');
      try {
        const bytes = Buffer.from(`${JSON.stringify(header)}\n${json}\n`);
        for (let at = 0; at < bytes.length; at += writeSync(descriptor, bytes, at));
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      renameSync(unfinished, this.pathOf(id));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new UsageError(`${this.folder}: expected a folder for results that can be written, found ${code}`);
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
