/**
 * Transforms in one word, as an axis of a study has them: the flags without their dashes, joined by `+`, such as
 * `guest-ats+guest-ril=off+time-scale=0.5`; `none` is the trace as recorded. Their order means nothing.
 */

import { suggestion, UsageError } from '../../trace/errors.js';
import { ERAS, eraOfKernel, type GuestEra } from '../driver/eras.js';
import type { TransformOptions } from './transform.js';

/** The trace as recorded. */
const NO_TRANSFORMS = 'none';

/** What each flag makes of its value; those without a value are true. */
const FLAGS: Readonly<Record<string, (value: string | undefined) => TransformOptions>> = {
  'guest-ats': (value) => ({ guestAts: parseSwitch('guest-ats', value) }),
  'guest-ril': (value) => ({ guestRil: parseRil(value) }),
  'guest-lazy': (value) => ({ guestLazy: parseSwitch('guest-lazy', value) }),
  'guest-kernel': (value) => ({ guestKernel: parseKernel('guest-kernel', value ?? '') }),
  'time-scale': (value) => ({ timeScale: parseFactor('time-scale', value ?? '') }),
  repeat: (value) => ({ repeat: parseTimes(value ?? '') }),
};

/**
 * The transforms that `text` asks for.
 * @throws UsageError for a name that is none, one that is there twice, a value that is none
 */
export function parseTransformList(text: string): TransformOptions {
  if (text === NO_TRANSFORMS) return {};
  const seen = new Set<string>();
  const options: TransformOptions = {};
  for (const part of text.split('+')) {
    const [, name = part, value] = /^([^=]*)=(.*)$/s.exec(part) ?? [];
    if (!Object.hasOwn(FLAGS, name)) {
      const known = [NO_TRANSFORMS, ...Object.keys(FLAGS)];
      throw new UsageError(`unknown transform ${JSON.stringify(name)}${suggestion(name, known)}`);
    }
    if (seen.has(name)) throw new UsageError(`expected every transform once, found ${name} twice`);
    seen.add(name);
    Object.assign(options, FLAGS[name](value));
  }
  return options;
}

/**
 * The era that `text` names; `flag` is what the message calls it.
 * @throws UsageError for anything but a version or an era
 */
export function parseKernel(flag: string, text: string): GuestEra {
  const era = eraOfKernel(text);
  if (era !== undefined) return era;
  const eras = ERAS.map((rules) => rules.era).join(', ');
  throw new UsageError(
    `${flag}: expected a Linux version such as 6.12 or an era (${eras}), found ${JSON.stringify(text)}`,
  );
}

/**
 * The factor of a time scale.
 * @throws UsageError for anything but a number in range
 */
export function parseFactor(flag: string, text: string): number {
  const factor = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && factor > 0 && factor <= 1e6) return factor;
  throw new UsageError(`${flag}: expected a number above 0 and at most 1000000, found ${JSON.stringify(text)}`);
}

function parseSwitch(name: string, value: string | undefined): true {
  if (value === undefined) return true;
  throw new UsageError(`${name}: expected no value, found ${JSON.stringify(value)}`);
}

function parseRil(value = ''): 'on' | 'off' {
  if (value === 'on' || value === 'off') return value;
  throw new UsageError(`guest-ril: expected on or off, found ${JSON.stringify(value)}`);
}

function parseTimes(text: string): number {
  const times = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(times) && times >= 1) return times;
  throw new UsageError(`repeat: expected an integer from 1, found ${JSON.stringify(text)}`);
}
