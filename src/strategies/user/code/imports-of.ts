/** What one file of a user's code imports, and what else it may depend on, read off its text. Nothing of it is run. */
import { createRequire } from 'node:module';
import type { AnyNode, Program } from 'acorn';

/** An import whose target is written down. */
export interface WrittenImport {
  readonly specifier: string;
  /** `require`, which looks for files otherwise than `import` does. */
  readonly isRequire: boolean;
  readonly line: number;
}

/** Something that no import names. */
interface HiddenInput {
  /** As a sentence names it, behind "uses". */
  readonly what: string;
  readonly line: number;
}

/** What the text of a module tells of what it depends on. */
export interface ModuleInputs {
  readonly imports: readonly WrittenImport[];
  readonly hidden: readonly HiddenInput[];
}

/** Globals through which code learns what its files do not hold: text that becomes code, the process, the net, clocks and chance. */
const REVEALING = new Set([
  ...['eval', 'Function', 'require', 'process', 'globalThis', 'global', 'fetch', 'WebSocket', 'EventSource'],
  ...['Date', 'Temporal', 'performance', 'crypto', 'Intl', 'navigator'],
]);

/** Names that are no uses of a variable, by the key under which a node has them. */
const NAME_KEYS: Readonly<Record<string, readonly string[]>> = {
  MemberExpression: ['property'],
  Property: ['key'],
  MethodDefinition: ['key'],
  PropertyDefinition: ['key'],
  ImportSpecifier: ['imported'],
  ExportSpecifier: ['exported'],
  ExportAllDeclaration: ['exported'],
  LabeledStatement: ['label'],
  BreakStatement: ['label'],
  ContinueStatement: ['label'],
};

/** What a file can be, by its extension; any other may be both. */
const KINDS: Readonly<Record<string, readonly ('module' | 'commonjs')[]>> = {
  '.mjs': ['module'],
  '.cjs': ['commonjs'],
};

/**
 * The inputs of the module with `text`.
 * @param extension of its file, with the dot: it decides how the text is read
 * @returns undefined if it cannot be read as JavaScript
 */
export function inputsOf(text: string, extension: string): ModuleInputs | undefined {
  const program = parse(text, extension);
  if (program === undefined) return undefined;
  const imports: WrittenImport[] = [];
  const hidden: HiddenInput[] = [];
  const visit = (node: AnyNode): void => {
    const line = node.loc?.start.line ?? 0;
    const add = (source: AnyNode | undefined, isRequire: boolean) => {
      const specifier = literalOf(source);
      if (specifier !== undefined) imports.push({ specifier, isRequire, line });
      else hidden.push({ what: `${isRequire ? 'require' : 'import'}() of an expression`, line });
    };
    let called: AnyNode | undefined;
    if (node.type === 'ImportDeclaration' || node.type === 'ExportAllDeclaration') add(node.source, false);
    else if (node.type === 'ExportNamedDeclaration' && node.source) add(node.source, false);
    else if (node.type === 'ImportExpression') add(node.source, false);
    else if (node.type === 'CallExpression' && isNamed(node.callee, 'require')) {
      called = node.callee;
      add(node.arguments[0], true);
    } else if (node.type === 'Identifier' && REVEALING.has(node.name)) hidden.push({ what: node.name, line });
    else if (isMember(node, 'Math', 'random')) hidden.push({ what: 'Math.random', line });
    else if (isMember(node, 'module', 'require')) hidden.push({ what: 'module.require', line });
    for (const child of childrenOf(node)) if (child !== called) visit(child);
  };
  visit(program);
  return { imports, hidden };
}

function parse(text: string, extension: string): Program | undefined {
  // When it is needed: few commands run a user's code.
  const acorn: typeof import('acorn') = createRequire(import.meta.url)('acorn');
  const kinds = KINDS[extension] ?? ['module', 'commonjs'];
  for (const sourceType of kinds) {
    try {
      return acorn.parse(text, { ecmaVersion: 'latest', sourceType, locations: true });
    } catch {} // the other kind, or none: Node itself will say what is wrong
  }
  return undefined;
}

/** The text of a literal; undefined for anything that has to be computed. */
function literalOf(node: AnyNode | undefined): string | undefined {
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node?.type === 'TemplateLiteral' && node.expressions.length === 0)
    return node.quasis[0].value.cooked ?? undefined;
  return undefined;
}

const isNamed = (node: AnyNode, name: string): boolean => node.type === 'Identifier' && node.name === name;

/** `object.property`, or `object[…]` with what may be it. */
function isMember(node: AnyNode, object: string, property: string): boolean {
  if (node.type !== 'MemberExpression' || !isNamed(node.object, object)) return false;
  return node.computed ? (literalOf(node.property) ?? property) === property : isNamed(node.property, property);
}

/** The nodes inside `node` but for names that stand for no variable. */
function* childrenOf(node: AnyNode): Generator<AnyNode> {
  const names = 'computed' in node && node.computed ? [] : (NAME_KEYS[node.type] ?? []);
  for (const [key, value] of Object.entries(node)) {
    const isShorthand = node.type === 'Property' && node.shorthand;
    if (names.includes(key) && !isShorthand) continue;
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === 'string') yield child as AnyNode;
    }
  }
}
