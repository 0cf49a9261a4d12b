/**
 * The licences of everything that is installed with the tool (`npm run licences`), dependencies of dependencies included:
 * reads package-lock.json and the package.json of each. Ends with 1 for a licence that is missing or not among those below,
 * for one that differs from the lock file's, and for a package that would run a script when it is installed; that one is
 * asked of what development needs, too, because `npm ci` would run it.
 *
 * Usage: licences.mjs [FOLDER]   (default: the folder above)
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Permissive ones, by SPDX identifier: their terms ask for notices at most. */
const ALLOWED = new Set([
  ...['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'CC0-1.0', 'ISC', 'MIT', 'Python-2.0'],
  ...['Unlicense', 'Zlib'],
]);

/** Scripts of a package that npm runs when somebody installs it. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall'];

const root = process.argv[2] ?? join(import.meta.dirname, '../..');
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const installed = Object.entries(lock.packages).filter(([path]) => path !== '');

const faults = [];
const byLicence = new Map();
for (const [path, locked] of installed) {
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const folder = join(root, path);
  if (!existsSync(folder)) {
    // What is for another system only is not here to be read.
    if (locked.hasInstallScript) faults.push(`${path}: expected no install script, found one in the lock file`);
    else if (!locked.optional) faults.push(`${path}: expected it to be installed (npm ci), found nothing`);
    continue;
  }
  const { license, licenses, scripts = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const script = INSTALL_SCRIPTS.find((one) => scripts[one] !== undefined);
  if (script !== undefined) faults.push(`${path}: expected no install script, found ${script}: ${scripts[script]}`);
  else if (locked.hasInstallScript || existsSync(join(folder, 'binding.gyp'))) {
    faults.push(`${path}: expected no install script, found a build by node-gyp`);
  }
  if (locked.dev || locked.devOptional) continue;
  // A list is the way of old packages.
  const licence = license ?? licenses?.map(({ type }) => type).join(' OR ');
  if (locked.license !== undefined && locked.license !== licence) {
    faults.push(`${path}: expected the licence of the lock file, ${locked.license}, found ${licence}`);
  } else if (!isAllowed(licence)) {
    faults.push(`${path}: expected a licence among ${[...ALLOWED].join(', ')}, found ${licence ?? 'none'}`);
  }
  byLicence.set(licence, [...(byLicence.get(licence) ?? []), `${name} ${locked.version}`]);
}

for (const licence of [...byLicence.keys()].sort()) {
  const names = [...new Set(byLicence.get(licence))].sort();
  console.log(`${licence} (${names.length}): ${names.join(', ')}`);
}
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;

/** Whether an SPDX expression can be met by allowed licences: one side of each OR, both of each AND. */
function isAllowed(expression) {
  if (typeof expression !== 'string') return false;
  const words = expression.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  const one = () => {
    const word = words[at++];
    if (word !== '(') return ALLOWED.has(word);
    const inner = any();
    return words[at++] === ')' && inner;
  };
  const all = () => {
    let is = one();
    while (words[at] === 'AND' && ++at) is = one() && is;
    return is;
  };
  const any = () => {
    let is = all();
    while (words[at] === 'OR' && ++at) is = all() || is;
    return is;
  };
  return any() && at === words.length;
}
