/** The browser in which pages are tested: never downloaded, never left out silently. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What the browser is called on PATH. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** SMMUSCOPE_NO_CHROMIUM=1 says that there is none, and that this is meant. */
export const WITHOUT_BROWSER = process.env.SMMUSCOPE_NO_CHROMIUM === '1';

/**
 * Path of Chromium: SMMUSCOPE_CHROMIUM, or the first on PATH.
 * @throws Error that says what to do, if there is none or the one that is named cannot be run
 */
export function chromiumPath(): string {
  const named = process.env.SMMUSCOPE_CHROMIUM;
  if (named !== undefined && named !== '') {
    if (isExecutable(named)) return named;
    throw new Error(`SMMUSCOPE_CHROMIUM: expected the path of a browser, found ${named}, which cannot be run`);
  }
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const found = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
  if (found !== undefined) return found;
  throw new Error(
    'no Chromium on PATH: install it (apt-get install chromium), name another binary in SMMUSCOPE_CHROMIUM, or set SMMUSCOPE_NO_CHROMIUM=1 to do without',
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
