/**
 * Draws docs/report.png, the picture in docs/report.md, from the built tool: npm run build && node test/reporters/screenshot.mjs
 * Needs Chromium: SMMUSCOPE_CHROMIUM, else chromium on PATH. The page is that of the command in docs/report.md.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const COMMAND = [
  ...['bin/run.js', 'compare', 'traces/rebind-strict.qemu-7.2.log.xz'],
  ...['--strategies', 'ioctl,sw-vcmdq,hw-vcmdq,native', '--baseline', 'ioctl', '--reporter', 'html'],
];
const WIDTH = 1280;

const folder = mkdtempSync(join(tmpdir(), 'smmuscope-'));
try {
  const page = join(folder, 'report.html');
  const { status, stderr } = spawnSync(process.execPath, [...COMMAND, '--output', page], { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  await draw(page);
} finally {
  rmSync(folder, { recursive: true });
}

/** The whole page, light. */
async function draw(path) {
  const browser = await chromium.launch({ executablePath: binary(), args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage({ viewport: { width: WIDTH, height: 900 }, colorScheme: 'light' });
    await page.goto(pathToFileURL(path).href);
    await page.screenshot({ path: join(ROOT, 'docs/report.png'), fullPage: true });
  } finally {
    await browser.close();
  }
}

function binary() {
  const named = process.env.SMMUSCOPE_CHROMIUM;
  if (named) return named;
  const found = spawnSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).stdout.trim();
  if (found === '') throw new Error('no chromium on PATH: install it, or name another binary in SMMUSCOPE_CHROMIUM');
  return found;
}
