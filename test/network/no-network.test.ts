/**
 * Network: does no command reach for one? Each runs with everything of Node that could forbidden and logged. `npm run
 * test:network` asks the kernel the same, by strace.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT, runCli, Sandbox } from '../support/cli.js';

const COMMANDS: readonly string[] = JSON.parse(readFileSync(join(import.meta.dirname, 'commands.json'), 'utf8'));
const HOOK = pathToFileURL(join(import.meta.dirname, 'no-network.mjs')).href;

const sandbox = new Sandbox();
afterAll(() => sandbox.remove());

/** Run without a network; what was reached for all the same. */
async function reached(command: string, log: string) {
  const args = command.split(' ').map((arg) => arg.replace('{tmp}', sandbox.path('.')));
  const env = { NODE_OPTIONS: `--import ${HOOK}`, SMMUSCOPE_NETWORK_LOG: sandbox.path(log), HOME: sandbox.path('.') };
  const { code } = await runCli(args, { env });
  return { code, log: existsSync(env.SMMUSCOPE_NETWORK_LOG) ? sandbox.read(log) : '' };
}

describe('no command reaches for a network', () => {
  it.concurrent.each(COMMANDS.map((command, at) => [command, at] as const))('%s', async (command, at) => {
    const { code, log } = await reached(command, `log-${at}`);
    expect([log, code]).toEqual(['', 0]);
  });

  it('and all commands are asked', () => {
    const commands = readdirSync(join(ROOT, 'src/commands'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) =>
        name
          .replace(/\.ts$/, '')
          .replace(/\/index$/, '')
          .replace('/', ' '),
      );
    expect(commands.filter((name) => !COMMANDS.some((command) => `${command} `.startsWith(`${name} `)))).toEqual([]);
  });

  it.concurrent.each([
    ['', "fetch('http://127.0.0.1:9').catch(() => {})", 'fetch'],
    ["import { connect } from 'node:net';", 'connect(9)', 'net connect'],
    ["import { promises } from 'node:dns';", "promises.lookup('localhost')", 'dns lookup'],
    ["import { get } from 'node:http';", "get('http://127.0.0.1:9')", 'http get'],
    ["import { createSocket } from 'node:dgram';", "createSocket('udp4').bind()", 'dgram bind'],
  ])('this would be noticed, even where a failure is swallowed: %s %s', async (imports, call, what) => {
    const mine = readFileSync(join(ROOT, 'docs/examples/deferred-ioctl.mjs'), 'utf8');
    sandbox.write(`${what.replace(' ', '-')}.mjs`, `${imports}\ntry { ${call}; } catch {}\n${mine}`);
    const { code, log } = await reached(`strategies show {tmp}/${what.replace(' ', '-')}.mjs`, `log-${what}`);
    expect([code, log]).toEqual([0, `${what}\n`]);
  });
});
