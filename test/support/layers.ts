import { posix } from 'node:path';
import { importsOf, membersOf } from './imports.ts';

/** Source files by their path below src/: 'cli/main.ts'. */
export type Sources = ReadonlyMap<string, string>;

/** What the house allows. */
export interface LayerRules {
  /** Rooms from the lowest floor up; a room imports itself and rooms of lower floors. */
  readonly floors: readonly (readonly string[])[];
  /** The room of each file that lies in no folder. */
  readonly loose: ReadonlyMap<string, string>;
  /** May import every room; nobody imports it. */
  readonly front: string;
  /** Packages that one file only may import, and the room that file is in. */
  readonly drivers: ReadonlyMap<string, string>;
  /** Every package that may be imported at all. */
  readonly packages: readonly string[];
  /** The one file that prints and exits. */
  readonly mouth: string;
  /** Files that are the main file of a child process: they may exit, and print nothing. */
  readonly children: readonly string[];
}

interface Import {
  readonly file: string;
  readonly target: string;
}

const SPEAKS: readonly [object: string, members: readonly string[] | 'any'][] = [
  ['console', 'any'],
  ['process', ['exit', 'exitCode', 'stdout', 'stderr']],
];
const SPEAKING_MODULES = new Set(['node:console', 'console', 'node:process', 'process']);

/** Every breach of the rules, a line each; empty when the house stands. */
export function breachesOf(sources: Sources, rules: LayerRules): string[] {
  const imports = [...sources].flatMap(([file, source]) => importsOf(source).map((target) => ({ file, target })));
  const inner = imports.filter(({ target }) => target.startsWith('.')).map(resolved);
  const outer = imports.filter(({ target }) => !target.startsWith('.') && !target.startsWith('node:'));
  return [
    ...[...sources.keys()].flatMap((file) => homeless(file, rules)),
    ...inner.flatMap((one) => floorBreach(one, rules, sources)),
    ...cyclesOf(sources, inner),
    ...driverBreaches(outer, rules),
    ...outer
      .filter(({ target }) => !rules.packages.includes(packageOf(target)))
      .map((one) => `${one.file} imports ${one.target}, which is not a dependency`),
    ...[...sources].filter(([file]) => file !== rules.mouth).flatMap(([file, source]) => speech(file, source, rules)),
  ];
}

const resolved = ({ file, target }: Import): Import => ({ file, target: posix.join(posix.dirname(file), target) });

function roomOf(file: string, rules: LayerRules): string {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : (rules.loose.get(file) ?? file);
}

function floorOf(file: string, rules: LayerRules): number {
  return rules.floors.findIndex((rooms) => rooms.includes(roomOf(file, rules)));
}

function homeless(file: string, rules: LayerRules): string[] {
  return file === rules.front || floorOf(file, rules) >= 0 ? [] : [`${file} is in no room that has a floor`];
}

function floorBreach({ file, target }: Import, rules: LayerRules, sources: Sources): string[] {
  if (!sources.has(target)) return [`${file} imports ${target}, which is not there`];
  if (target === rules.front) return [`${file} imports ${target}, which nobody may`];
  if (file === rules.front || roomOf(file, rules) === roomOf(target, rules)) return [];
  const [from, to] = [floorOf(file, rules), floorOf(target, rules)];
  if (to < from) return [];
  return [`${file} imports ${target}, ${to === from ? 'a peer on the same floor' : 'which is on a floor above'}`];
}

function packageOf(target: string): string {
  return target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
}

function driverBreaches(outer: readonly Import[], rules: LayerRules): string[] {
  return [...rules.drivers].flatMap(([name, room]) => {
    const files = [...new Set(outer.filter(({ target }) => packageOf(target) === name).map((one) => one.file))];
    const many =
      files.length > 1 ? [`${name} is imported by ${files.length} files, not by one driver: ${files.join(', ')}`] : [];
    const misplaced = files
      .filter((file) => !file.startsWith(room))
      .map((file) => `${file} imports ${name}, which belongs in ${room}`);
    return [...many, ...misplaced];
  });
}

function cyclesOf(sources: Sources, imports: readonly Import[]): string[] {
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): string[] => {
    const seen = trail.indexOf(file);
    if (seen >= 0) return [`a cycle: ${[...trail.slice(seen), file].join(' -> ')}`];
    if (done.has(file)) return [];
    done.add(file);
    return imports.filter((one) => one.file === file).flatMap((one) => visit(one.target, [...trail, file]));
  };
  return [...sources.keys()].flatMap((file) => visit(file, []));
}

function speech(file: string, source: string, rules: LayerRules): string[] {
  const mayExit = rules.children.includes(file);
  const said = SPEAKS.flatMap(([object, members]) =>
    membersOf(source, object)
      .filter((member) => (members === 'any' || members.includes(member)) && !(mayExit && member === 'exit'))
      .map((member) => `${object}.${member}`),
  );
  const modules = importsOf(source).filter((target) => SPEAKING_MODULES.has(target));
  return [...new Set([...said, ...modules])].map(
    (what) => `${file} uses ${what}; only the command line's main file prints and exits`,
  );
}
