/** What a user's module exports, held against the contract of a transport: every violation in words. */
import { strategyNames } from '../registry.js';
import { TARGETINGS } from '../targeting/registry.js';

type Unknown = Readonly<Record<string, unknown>>;

const KEBAB_CASE = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const OPTION_KEY = /^[a-z][a-z0-9_-]*$/;
/** Keys of options that every strategy has. */
const RESERVED_OPTIONS = ['atc'];

/** A value as a sentence names it: `"text"`, `7`, `a function`, `nothing`. */
export function named(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Promise) return 'a promise';
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

/** Violations of TransportDefinition, each as "field: expected …, found …". */
export function definitionFaults(definition: unknown): string[] {
  if (!isObject(definition)) return [`default export: expected a TransportDefinition, found ${named(definition)}`];
  const { name, summary, defaultAtc, walkStage, options, create } = definition;
  const targetings = TARGETINGS.map((targeting) => targeting.name);
  const faults = [
    fault('name', 'a kebab-case name', name, typeof name === 'string' && KEBAB_CASE.test(name)),
    fault(
      'name',
      'a name other than the built-in ones',
      name,
      name !== 'all' && !strategyNames().includes(String(name)),
    ),
    fault('summary', 'one line of text', summary, isLine(summary)),
    fault('defaultAtc', targetings.join(' or '), defaultAtc, targetings.includes(String(defaultAtc))),
    fault('walkStage', 'nested or s1', walkStage, walkStage === 'nested' || walkStage === 's1'),
    fault('options', 'an array of OptionSpecs', options, Array.isArray(options)),
    fault('create', 'a function', create, typeof create === 'function'),
  ];
  if (Array.isArray(options)) faults.push(...options.flatMap((option, at) => optionFaults(option, at, options)));
  return faults.filter((sentence) => sentence !== '');
}

/** Violations of Transport, of what `create` returned. */
export function transportFaults(transport: unknown): string[] {
  if (!isObject(transport)) return [`create(): expected a Transport, found ${named(transport)}`];
  const { queueCount, workerCount, isWorkerPolling, workerSpinNs, gather } = transport;
  const isGathering = workerCount !== 0 && gather !== undefined;
  const needed = [
    'forward',
    'submit',
    ...(workerCount === 0 ? [] : ['wakeWorker', 'drain']),
    ...(isGathering ? ['gather'] : []),
  ];
  const isPollingKnown = typeof isWorkerPolling === 'boolean' || (workerCount === 0 && isWorkerPolling === undefined);
  return [
    fault('create(): queueCount', 'an integer from 1 up', queueCount, isCount(queueCount, 1)),
    fault('create(): workerCount', 'an integer from 0 up', workerCount, isCount(workerCount, 0)),
    fault('create(): isWorkerPolling', 'true or false', isWorkerPolling, isPollingKnown),
    fault(
      'create(): workerSpinNs',
      'an integer from 0 up',
      workerSpinNs,
      workerSpinNs === undefined || isCount(workerSpinNs, 0),
    ),
    ...needed.map((key) =>
      fault(`create(): ${key}`, 'a function', transport[key], typeof transport[key] === 'function'),
    ),
  ].filter((sentence) => sentence !== '');
}

function optionFaults(option: unknown, at: number, all: readonly unknown[]): string[] {
  const where = `options[${at}]`;
  if (!isObject(option)) return [fault(where, 'an OptionSpec', option, false)];
  const { key, help, choices, range } = option;
  const isRepeated = all.some((other, index) => index < at && isObject(other) && other.key === key);
  const hasRange = Array.isArray(range) && range.length === 2 && isCount(range[0], 0) && isCount(range[1], range[0]);
  return [
    fault(`${where}.key`, 'a lower-case word', key, typeof key === 'string' && OPTION_KEY.test(key)),
    fault(`${where}.key`, 'a key of its own', key, !isRepeated && !RESERVED_OPTIONS.includes(String(key))),
    fault(`${where}.help`, 'one line of text', help, isLine(help)),
    fault(`${where}.choices`, 'an array of texts', choices, choices === undefined || isChoices(choices)),
    fault(`${where}.range`, 'two integers, the smaller first', range, range === undefined || hasRange),
    fault(`${where}.default`, legalValues(option), option.default, isLegalDefault(option)),
  ];
}

function legalValues({ choices, range }: Unknown): string {
  if (isChoices(choices)) return `one of ${choices.join(', ')}`;
  return Array.isArray(range) ? `the text of an integer from ${range.join(' to ')}` : 'the text of an integer';
}

function isLegalDefault({ default: value, choices, range }: Unknown): boolean {
  if (typeof value !== 'string') return false;
  if (isChoices(choices)) return choices.includes(value);
  if (!/^\d+$/.test(value)) return false;
  return !Array.isArray(range) || (Number(value) >= range[0] && Number(value) <= range[1]);
}

const fault = (where: string, expected: string, found: unknown, isGood: boolean): string =>
  isGood ? '' : `${where}: expected ${expected}, found ${named(found)}`;

const isObject = (value: unknown): value is Unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Promise);

const isLine = (value: unknown): boolean => typeof value === 'string' && /^\S[^\n]*$/.test(value);

const isCount = (value: unknown, least: number): boolean => Number.isSafeInteger(value) && Number(value) >= least;

const isChoices = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.every((choice) => typeof choice === 'string');
