/** Runs the built tool as a user does: a process of its own, `bin/run.js` over `dist/`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Root of the repository; commands run here, so `traces/…` is a valid path. */
export const ROOT = join(import.meta.dirname, '../..');
/** The recorded trace of the README's examples. */
export const RECORDED_TRACE = 'traces/rebind-strict.qemu-7.2.log.xz';

/** How a run ended. */
export interface CliResult {
  /** Exit code, or null if a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run. */
export interface CliOptions {
  readonly cwd?: string;
  /** Fed to stdin, which is then closed; stdin is empty without it. */
  readonly input?: string | Uint8Array;
  readonly env?: NodeJS.ProcessEnv;
}

/** Commands that have not ended, and the folder of each. */
const running = new Map<ChildProcess, string>();

/** Start `smmuscope ...args` and leave its streams to the caller. */
export function startCli(args: readonly string[], options: CliOptions = {}): ChildProcess {
  if (!existsSync(join(ROOT, 'dist/commands'))) throw new Error('dist/ is missing: run `npm run build` first');
  const cwd = options.cwd ?? ROOT;
  const child = spawn(process.execPath, [join(ROOT, 'bin/run.js'), ...args], {
    cwd,
    env: toolEnvironment(options.env),
  });
  running.set(child, cwd);
  child.on('close', () => running.delete(child));
  return child;
}

/** The environment of the tests with `env` on top, without what a terminal would say of its width and colours. */
export function toolEnvironment(env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _colour, COLUMNS: _columns, ...environment } = process.env;
  return { ...environment, ...env };
}

/** Run `smmuscope ...args` to its end. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const child = startCli(args, options);
  child.stdin?.on('error', () => {}); // the tool may end without reading it all
  child.stdin?.end(options.input ?? '');
  return finished(child);
}

/** Collect what `child` prints and wait for its end. */
export function finished(child: ChildProcess): Promise<CliResult> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({ code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
    );
  });
}

/** Run a shell pipeline in which `smmuscope` is the tool; fails like its last failing part. */
export function runPipeline(pipeline: string): Promise<CliResult> {
  const tool = `smmuscope() { '${process.execPath}' '${join(ROOT, 'bin/run.js')}' "$@"; }`;
  return finished(spawn('bash', ['-c', `set -o pipefail; ${tool}; ${pipeline}`], { cwd: ROOT }));
}

/** A folder of its own for one test. */
export class Sandbox {
  readonly folder = mkdtempSync(join(tmpdir(), 'smmuscope-test-'));

  /** Absolute path of `name` in the folder. */
  path(name: string): string {
    return join(this.folder, name);
  }

  /** Write `content` to `name`; returns its path. */
  write(name: string, content: string | Uint8Array): string {
    writeFileSync(this.path(name), content);
    return this.path(name);
  }

  /** Text of `name`. */
  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  /** Names of everything in the folder, hidden files included. */
  list(): string[] {
    return readdirSync(this.folder).sort();
  }

  /** Also ends what a test that failed has left running in it. */
  remove(): void {
    for (const [child, cwd] of running) if (cwd.startsWith(this.folder)) child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A native CSV trace: two vCPUs, two submissions, three translations; small enough to check by hand. */
export const SMALL_TRACE = `time_ns,event,vcpu,opcode,sid,asid,iova,access,page_size
1000,dma,,,0x8,1,0x10000,read,4096
2000,cmd,0,TLBI_NH_VA,,1,0x10000,,
2000,cmd,0,SYNC,,,,,
2000,doorbell,0,,,,,,
2500,sync-done,0,,,,,,
3000,dma,,,0x8,1,0x10000,read,4096
4000,cmd,1,TLBI_NH_ASID,,1,,,
4000,cmd,1,SYNC,,,,,
4000,doorbell,1,,,,,,
5000,sync-done,1,,,,,,
6000,dma,,,0x10,1,0x20000,write,4096
7000,cmd,0,TLBI_NH_VA,,1,0x20000,,
`;
