/**
 * Command line, `profiles show PROFILE KEY`: is a parameter told in full, and is what is said of its use what replays do with
 * it? Every read of a profile in a set of replays that has everything on is recorded, with the module that asked.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { profileDocument } from '../../src/cli/listings.js';
import { LoadedProfile, PARAMETER_SPECS } from '../../src/profiles/loaded-profile.js';
import { MODEL_PARTS } from '../../src/profiles/model-parts.js';
import { runReplays } from '../../src/session/run.js';
import { PARAMETER_OF_COST } from '../../src/strategies/path/costs.js';
import { WarmCli } from '../support/warm-cli.js';
import { OPTIONS } from '../topology/run.js';

/** Structures and ways that the default profile has off. */
const EVERYTHING_ON = [
  ...['tlb.tcu.enable=on', 'cache.ipa.enable=on', 'software.sync_wait=poll-backoff', 'oracle.recorded=qemu-iotlb'],
  ...['s1', 's2'].flatMap((stage) => [0, 1, 2].map((level) => `cache.walk_${stage}.entries_l${level}=0`)),
];

/** The part of the model that a module is, by its name; undefined: a path, or the table of costs. */
const PART_OF_MODULE: readonly (readonly [RegExp, string])[] = [
  [/command-engine/, 'the command engine'],
  [/sync-backoff/, 'the driver’s wait for a CMD_SYNC'],
  [/atc-links/, 'ATC invalidations'],
  [/smmu-settings/, 'translations: caches, walks, latencies'],
  [/pools/, 'translations beside each other (--dma timed)'],
  [/faults/, 'errors: --fault, and those of the trace'],
  [/simulated-host/, 'attaching a stream'],
  [/run-trace/, 'the oracle of recorded hits and misses'],
];

/** Parts that asked for each key. */
const asked = new Map<string, Set<string>>();
const original = LoadedProfile.prototype.parameter;

beforeAll(async () => {
  LoadedProfile.prototype.parameter = function (this: LoadedProfile, key: string) {
    const frames = (new Error().stack ?? '').split('\n').slice(2);
    const module =
      frames.find((frame) => frame.includes('/src/') && !/(loaded-profile|\/transport)\.ts/.test(frame)) ?? '';
    const parts = asked.get(key) ?? new Set();
    const [, part] = PART_OF_MODULE.find(([name]) => name.test(module)) ?? [];
    if (part !== undefined) parts.add(part);
    asked.set(key, parts);
    return original.call(this, key);
  };
  try {
    for (const dma of ['ordered', 'timed'] as const) {
      const options = { ...OPTIONS, set: EVERYTHING_ON, strategies: ['all'], dma };
      await runReplays(['traces/csv/ats-four-devices.csv'], { ...options, faults: ['silent-device=0x8'] });
    }
  } finally {
    LoadedProfile.prototype.parameter = original;
  }
});

const warm = new WarmCli();
afterAll(() => warm.close());

describe('the use of a parameter', () => {
  it('is that of the replays: every part of the model reads what is listed for it, and nothing else', () => {
    const listed = (key: string) => MODEL_PARTS.flatMap(({ name, keys }) => (keys.includes(key) ? [name] : []));
    const isPart = (key: string) => listed(key).length > 0 || (asked.get(key)?.size ?? 0) > 0;
    const keys = PARAMETER_SPECS.map(({ key }) => key).filter(isPart);
    const read = keys.map((key) => [key, [...(asked.get(key) ?? [])].sort()]);
    expect(read).toEqual(keys.map((key) => [key, listed(key).sort()]));
  });

  it.each(PARAMETER_SPECS.map(({ key }) => key))('%s has one', (key) => {
    const [{ uses }] = profileDocument(undefined, [], key).parameters;
    expect(uses?.length).toBeGreaterThan(0);
    expect(uses?.some((use) => use.startsWith('stage '))).toBe(PARAMETER_OF_COST.includes(key));
  });

  it('is nothing for those of structures that only walks look into', () => {
    const unused = PARAMETER_SPECS.filter(({ key }) =>
      profileDocument(undefined, [], key).parameters[0].uses?.[0].startsWith('nothing'),
    );
    expect(unused.map(({ key }) => key)).toEqual(['cache.walk_s1.slots', 'cache.walk_s2.slots', 'cache.ipa.slots']);
    for (const { help } of unused) expect(help).toMatch(/; not modelled: walk\.slots bounds the walks$/);
  });

  it.each([
    ['software.syscall_ioctl_ns', ['stage ioctl: v1-patch, ioctl, ioctl-batched, ecmdq, virtio-iommu']],
    ['software.kthread_poll_period_ns', ['stage wake_up: sw-vcmdq:worker=poll']],
    ['smmu.vcmdqs_per_vm', ['set-up of hw-vcmdq']],
    ['atc.rtt_ns', ['stage atc: no path for TLBIs and a CMD_SYNC alone', 'ATC invalidations']],
  ])('%s: %j', (key, uses) => {
    expect(profileDocument(undefined, [], key).parameters[0].uses).toEqual(uses);
  });
});

describe('profiles show', () => {
  const show = (line: string, env: NodeJS.ProcessEnv = {}) =>
    warm.run(['profiles', 'show', ...line.split(' ').filter((word) => word !== '')], { env });
  const { source, help } = profileDocument('grace-cmdqv', [], 'smmu.vcmdq_sid_slots').parameters[0];

  it('tells one parameter in full', async () => {
    const { code, stdout, stderr } = await show('grace-cmdqv smmu.vcmdq_sid_slots');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = [`meaning: ${help}`, 'value: 16 (slots)', 'tag: V, read at the source', `source: ${source}`];
    const uses = ['L, M and N26 are the pages of docs/facts/', 'used by: set-up of hw-vcmdq, hw-vcmdq-overlay'];
    expect(stdout).toBe(
      ['smmu.vcmdq_sid_slots of grace-cmdqv', ...[...lines, ...uses].map((line) => `  ${line}`), '']
        .join('\n')
        .replaceAll('’', "'"),
    );
  });

  it('says what --set makes of it, and wraps in a width that is asked for', async () => {
    const { stdout } = await show('grace-cmdqv smmu.vcmdq_sid_slots --set smmu.vcmdq_sid_slots=8', { COLUMNS: '60' });
    expect(stdout).toContain('\n  value: 8 (slots)\n  tag: U, set by the user\n  source: --set on the command line\n');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
  });

  it('cuts nothing in a pipe, and fits a width that is asked for', async () => {
    const [piped, narrow] = [await show('grace-cmdqv'), await show('grace-cmdqv', { COLUMNS: '80' })];
    expect(piped.stdout).toContain(`${source.replaceAll('’', "'")}`);
    expect(piped.stdout).toContain(help.replaceAll('’', "'"));
    expect(piped.stdout).not.toMatch(/~|no room for/);
    expect(narrow.stdout).toContain('~');
  });

  it('refuses an unknown parameter, with the nearest one', async () => {
    const { code, stdout, stderr } = await show('grace-cmdqv smmu.vcmdq_sid_slot');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      /^smmuscope: expected a parameter, found smmu\.vcmdq_sid_slot; did you mean smmu\.vcmdq_sid_slots\?/,
    );
  });
});
