import type { Dice } from './dice.ts';

/** Stands for a value that JSON.stringify could not write: nesting deeper than its own stack. */
const deep = '\u0001deep';
const depths = [20, 1_000, 20_000, 200_000];

/** What a field is not expected to hold. */
const odd: readonly unknown[] = [
  ...[null, true, 0, -1, 0.5, 1e308, -1e-308, 2 ** 31, 2 ** 32, 2 ** 53, 256],
  ...['', ' ', '0', '1', 'NaN', '__proto__', 'constructor', 'toString', '../../x', 'idx'],
  ...['\u001b[2J\u0007', '\u009b31m', '\u202ea\u200b', '\ud800', '\u0000', 'x'.repeat(50_000)],
  ...['2026-02-30T25:61:61Z', '9999-12-31T23:59:59Z', 'f'.repeat(64), 'file:///', 'http:///u:p@h/'],
  ...[[], {}, [[]], [null], { length: 1e9 }, Array.from({ length: 3_000 }, (_, i) => i)],
  ...[JSON.parse('{"__proto__":{"schemaVersion":1}}'), deep],
];

const oddKeys = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'length',
  'then',
  '',
  '0',
  'x',
];

type Container = Record<string, unknown>;
/** A value by where it is held. */
type Place = [container: Container, key: string];

const isContainer = (value: unknown): value is Container =>
  typeof value === 'object' && value !== null && Object.keys(value).length > 0;

/** Goes down from a container and stops anywhere: what lies near the top is met the most often. */
function placeIn(container: Container, dice: Dice): Place {
  const key = dice.pick(Object.keys(container));
  const value = container[key];
  return isContainer(value) && dice.below(4) > 0 ? placeIn(value, dice) : [container, key];
}

type Change = (place: Place, dice: Dice, root: Container) => void;

/** Sets an own field, whatever it is called. */
const set = (container: Container, key: string, value: unknown): void =>
  void Object.defineProperty(container, key, {
    value,
    ...{ enumerable: true, configurable: true, writable: true },
  });

const replace: Change = ([container, key], dice) => set(container, key, dice.pick(odd));

const changes: readonly Change[] = [
  replace,
  replace,
  ([container, key]) => void delete container[key],
  ([container], dice) => set(container, dice.pick(oddKeys), dice.pick(odd)),
  ([container, key], dice) => {
    const value = container[key];
    delete container[key];
    set(container, dice.pick(oddKeys), value);
  },
  ([container, key], dice, root) => {
    const [from, name] = placeIn(root, dice);
    // A copy: what holds itself could not be written down.
    set(container, key, structuredClone(from[name]));
  },
  ([container, key], dice) => {
    const value = container[key];
    if (typeof value === 'number') set(container, key, value + dice.pick([-1, 1, 0.1, 1e6]));
    else if (typeof value === 'string') set(container, key, mutateText(value, dice));
    else if (Array.isArray(value)) value.push(...value.slice(0, 1_000));
  },
];

/** Texts may be JSON themselves. */
function mutateText(text: string, dice: Dice): string {
  const json = dice.below(2) === 0 ? mutateJson(text, dice) : undefined;
  if (json !== undefined) return json;
  const at = dice.below(text.length + 1);
  return `${text.slice(0, at)}${dice.pick(['', '0', '-', ' ', '.', '\n', 'é', '"', ','])}${text.slice(at + 1)}`;
}

/** Changes one value of a JSON text; undefined where it is none, or too deep. */
export function mutateJson(text: string, dice: Dice): string | undefined {
  try {
    const root: Container = { value: JSON.parse(text) };
    dice.pick(changes)(placeIn(root, dice), dice, root);
    const depth = dice.pick(depths);
    const [before, after] = dice.pick([
      ['[', ']'],
      ['{"a":', '}'],
    ] as const);
    const written = JSON.stringify(root.value) ?? '';
    return written.replace(
      JSON.stringify(deep),
      () => `${before.repeat(depth)}1${after.repeat(depth)}`,
    );
  } catch {
    return undefined;
  }
}
