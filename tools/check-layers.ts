import { dirname, join, normalize } from 'node:path';
import { findImports, type Import } from './imports.ts';
import { type Room, rooms, testPackages, testRooms } from './layers.ts';
import { codeEndings, isTestFile, readSources, report, repository, type SourceFile } from './source-tree.ts';
import { tokenize } from './tokens.ts';

export type Table = Readonly<Record<string, Room>>;

/** What a file of a room may name, before its imports are looked at. */
type Allowance = {
  readonly room: string;
  readonly rooms: readonly string[];
  readonly packages: readonly string[];
  readonly node: boolean;
};

/** Complaints about every import of every `.ts` file that the table does not allow. */
export function checkImports(files: readonly SourceFile[], table: Table): readonly string[] {
  return files.flatMap((file) => {
    const room = file.path.split('/')[0] ?? '';
    const entry = table[room];
    if (entry === undefined) return [`${file.path}: the folder "${room}" is no room, tools/layers.ts must name it`];
    const allowance = allow(room, entry, isTestFile(file.path));
    return findImports(tokenize(file.text)).flatMap((found) => {
      const complaint = checkImport(file.path, found, allowance, table);
      return complaint === null ? [] : [`${file.path}:${found.line}: ${complaint}`];
    });
  });
}

function allow(room: string, entry: Room, isTest: boolean): Allowance {
  if (!isTest)
    return {
      room,
      rooms: entry.rooms,
      packages: entry.packages,
      node: entry.kind === 'node' || entry.kind === 'program',
    };
  return { room, rooms: [...entry.rooms, ...testRooms], packages: [...entry.packages, ...testPackages], node: true };
}

function checkImport(path: string, found: Import, allowance: Allowance, table: Table): string | null {
  const { specifier } = found;
  if (specifier.startsWith('.')) return checkRelative(path, specifier, allowance.room);
  if (specifier.startsWith('node:')) return allowance.node ? null : `"${specifier}" in a room without Node`;
  if (specifier.startsWith('@bulkhead/')) return checkRoom(specifier, allowance, table);
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  return allowance.packages.includes(name) ? null : `"${specifier}" is not a package this room may import`;
}

function checkRelative(path: string, specifier: string, room: string): string | null {
  const target = normalize(join(dirname(path), specifier));
  if (target.split('/')[0] !== room) return `"${specifier}" leaves the room, @bulkhead/<room>/<file>.ts is needed`;
  return null;
}

function checkRoom(specifier: string, allowance: Allowance, table: Table): string | null {
  const target = specifier.split('/')[1] ?? '';
  if (target === allowance.room) return `"${specifier}" is this room, a relative path is needed`;
  if (['program', 'browser'].includes(table[target]?.kind ?? ''))
    return `"${specifier}" is a program, it can only be started`;
  return allowance.rooms.includes(target) ? null : `"${specifier}" is not a room this one may import`;
}

export type PackageFile = { readonly room: string; readonly dependencies: readonly string[] };

/** Complaints about package.json dependencies that the table does not allow, and about rooms without a package.json. */
export function checkPackages(packages: readonly PackageFile[], table: Table): readonly string[] {
  const complaints = packages.flatMap(({ room, dependencies }) => {
    const entry = table[room];
    if (entry === undefined) return [`${room}/package.json: the folder is no room, tools/layers.ts must name it`];
    const allowed = [...entry.packages, ...entry.rooms.map((name) => `@bulkhead/${name}`)];
    const refused = dependencies.filter((name) => !allowed.includes(name));
    return refused.map((name) => `${room}/package.json: "${name}" is not something this room may depend on`);
  });
  const present = new Set(packages.map((file) => file.room));
  const absent = Object.keys(table).filter((room) => !present.has(room));
  return [...complaints, ...absent.map((room) => `tools/layers.ts: the room "${room}" has no package.json`)];
}

function readPackages(): readonly PackageFile[] {
  const files = readSources(repository, ['package.json']).filter((file) => file.path !== 'package.json');
  return files.map((file) => ({
    room: dirname(file.path),
    dependencies: Object.keys((JSON.parse(file.text) as { dependencies?: Record<string, string> }).dependencies ?? {}),
  }));
}

if (import.meta.main) {
  const files = readSources(repository, codeEndings);
  report('layers', files.length, [...checkImports(files, rooms), ...checkPackages(readPackages(), rooms)]);
}
