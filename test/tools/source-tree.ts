/**
 * The project's own files, and what can be read off them without running them. For the house rules.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type ESTree, parseSync, Visitor } from 'vite';

/** The project's folder. */
export const root = join(import.meta.dirname, '../..');

/** Made by tools, never committed. */
const notOurs = new Set(['node_modules', 'dist', '.cache', '.git']);

/** Paths of all files of the project, from its folder. */
export function projectFiles(folder = root): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (notOurs.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? projectFiles(path) : [relative(root, path)];
  });
}

export interface Import {
  /** What is imported: a path from the project's folder, or a package's name. */
  readonly target: string;
  readonly isPackage: boolean;
  /** Nothing of it is left at run time. */
  readonly isType: boolean;
  /** `?worker`: it runs in a worker of its own, the importer only learns its address. */
  readonly isWorker: boolean;
  readonly line: number;
}

/** A name used as a value or as a type, or `object.property` of two names. */
export interface Name {
  readonly text: string;
  readonly line: number;
}

export interface SourceFile {
  readonly path: string;
  readonly lines: readonly string[];
  readonly imports: readonly Import[];
  readonly names: readonly Name[];
  readonly comments: readonly {
    readonly text: string;
    readonly line: number;
    readonly end: number;
  }[];
  /** Lines of syntax that the house rules speak of. */
  readonly found: Readonly<Record<'async' | 'any' | 'as' | 'default', readonly number[]>>;
}

const cache = new Map<string, SourceFile>();

/** Reads and parses a TypeScript file. */
export function sourceFile(path: string): SourceFile {
  const known = cache.get(path);
  if (known !== undefined) return known;
  const file = parseSource(path, readFileSync(join(root, path), 'utf8'));
  cache.set(path, file);
  return file;
}

/** Parses a TypeScript file's text. */
export function parseSource(path: string, text: string): SourceFile {
  const lineAt = lineFinder(text);
  const { program, comments, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const imports: Import[] = [];
  const names: Name[] = [];
  const found = {
    async: new Set<number>(),
    any: new Set<number>(),
    as: new Set<number>(),
    default: new Set<number>(),
  };
  /**
   * Where an identifier is the name of a property, `a.Date` or `{ Date: 1 }`. Keys come before what
   * they contain.
   */
  const notNames = new Set<number>();
  const addImport = (source: string, isType: boolean, at: number) => {
    const isPackage = !source.startsWith('.');
    const target = isPackage ? packageOf(source) : join(dirname(path), source.replace(/\?.*$/, ''));
    const isWorker = /\?(?:\w+&)*worker\b/.test(source);
    imports.push({ target, isPackage, isType, isWorker, line: lineAt(at) });
  };
  const ifAsync = (node: { readonly async: boolean; readonly start: number }) => {
    if (node.async) found.async.add(lineAt(node.start));
  };
  new Visitor({
    ImportDeclaration: (node) => addImport(node.source.value, isTypeOnly(node), node.start),
    ExportNamedDeclaration: (node) => {
      if (node.source !== null)
        addImport(node.source.value, node.exportKind === 'type', node.start);
    },
    ExportAllDeclaration: (node) =>
      addImport(node.source.value, node.exportKind === 'type', node.start),
    ImportExpression: (node) => {
      if (node.source.type === 'Literal' && typeof node.source.value === 'string') {
        addImport(node.source.value, false, node.start);
      }
    },
    ExportDefaultDeclaration: (node) => void found.default.add(lineAt(node.start)),
    FunctionDeclaration: ifAsync,
    FunctionExpression: ifAsync,
    ArrowFunctionExpression: ifAsync,
    AwaitExpression: (node) => void found.async.add(lineAt(node.start)),
    TSAnyKeyword: (node) => void found.any.add(lineAt(node.start)),
    TSAsExpression: (node) => {
      if (!isConst(node.typeAnnotation)) found.as.add(lineAt(node.typeAnnotation.start));
    },
    Property: (node) => void (node.computed || node.shorthand || notNames.add(node.key.start)),
    PropertyDefinition: (node) => void (node.computed || notNames.add(node.key.start)),
    MethodDefinition: (node) => void (node.computed || notNames.add(node.key.start)),
    TSPropertySignature: (node) => void (node.computed || notNames.add(node.key.start)),
    TSMethodSignature: (node) => void (node.computed || notNames.add(node.key.start)),
    MemberExpression: (node) => {
      if (node.computed || node.property.type !== 'Identifier') return;
      notNames.add(node.property.start);
      if (node.object.type === 'Identifier') {
        names.push({ text: `${node.object.name}.${node.property.name}`, line: lineAt(node.start) });
      }
    },
    Identifier: (node) => {
      if (!notNames.has(node.start)) names.push({ text: node.name, line: lineAt(node.start) });
    },
  }).visit(program);
  return {
    path,
    lines: text.split('\n'),
    imports,
    names,
    comments: comments.map((comment) => ({
      text: comment.value,
      line: lineAt(comment.start),
      end: lineAt(comment.end),
    })),
    found: {
      async: [...found.async],
      any: [...found.any],
      as: [...found.as],
      default: [...found.default],
    },
  };
}

/** The files that a file needs at run time, itself included, each with the file that imports it. */
export function runtimeClosure(start: string): Map<string, string | undefined> {
  const reached = new Map<string, string | undefined>([[start, undefined]]);
  for (const path of reached.keys()) {
    if (!/\.tsx?$/.test(path)) continue;
    for (const { target, isPackage, isType, isWorker } of sourceFile(path).imports) {
      if (isPackage || isType || isWorker || reached.has(target) || !isFile(target)) continue;
      reached.set(target, path);
    }
  }
  return reached;
}

function isFile(path: string): boolean {
  return statSync(join(root, path), { throwIfNoEntry: false })?.isFile() === true;
}

function isTypeOnly(node: ESTree.ImportDeclaration): boolean {
  if (node.importKind === 'type') return true;
  return (
    node.specifiers.length > 0 &&
    node.specifiers.every((one) => one.type === 'ImportSpecifier' && one.importKind === 'type')
  );
}

function isConst(type: ESTree.TSType): boolean {
  return (
    type.type === 'TSTypeReference' &&
    type.typeName.type === 'Identifier' &&
    type.typeName.name === 'const'
  );
}

function packageOf(source: string): string {
  const parts = source.split('/');
  return source.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? source);
}

function lineFinder(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}
