/** Arabic and its relatives, and the scripts of India and its neighbours, which write with joiners. */
const joining = [
  ...['Arabic', 'Syriac', 'Nko', 'Mandaic', 'Mongolian', 'Devanagari', 'Bengali', 'Gurmukhi'],
  ...['Gujarati', 'Oriya', 'Tamil', 'Telugu', 'Kannada', 'Malayalam', 'Sinhala', 'Khmer'],
  ...['Tibetan', 'Myanmar'],
]
  .map((script) => `\\p{Script=${script}}`)
  .join('');

/**
 * Joiners and variation selectors where writing needs them: U+200C and U+200D after a letter or
 * mark of a script that joins; U+200D between emoji; a variation selector after an emoji or a
 * Chinese character.
 */
const needed = new RegExp(
  [
    `(?<=[${joining}])[\\u200C\\u200D]`,
    '(?<=\\p{Extended_Pictographic}[\\uFE0F\\u{1F3FB}-\\u{1F3FF}]?)\\u200D(?=\\p{Extended_Pictographic})',
    '(?<=\\p{Emoji})[\\uFE0E\\uFE0F]',
    '(?<=\\p{Script=Han})[\\uFE00-\\uFE0F\\u{E0100}-\\u{E01EF}]',
  ].join('|'),
  'gu',
);

const ignorable = /\p{Default_Ignorable_Code_Point}/gu;

/**
 * What keeps a text from being a line for people, such as a name; undefined where nothing does. A
 * name shows all that it holds: control characters and line separators are refused, and so are
 * characters that reorder the text around them (such as U+202E) or cannot be seen (such as U+200B).
 * A joiner is allowed where writing needs it: in "خانه‌ها" and "👩‍🔬", not in "a‍b".
 * @returns what was expected, in words that follow "expected"
 */
export function lineProblem(text: string): string | undefined {
  if (/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(text)) return 'text without control characters';
  const seen = text.replace(needed, '');
  const hidden = /[\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/u.exec(seen)?.[0];
  if (hidden === undefined) return undefined;
  const code = hidden.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
  return `text without invisible characters and marks of direction (U+${code})`;
}

/**
 * Equal for names that look alike: in Unicode's form NFKC, without what cannot be seen, spaces as
 * one. Letters of different scripts or cases that look alike, such as a Latin and a Cyrillic a,
 * are still two: alphabets are legitimate sets of classes.
 */
export function nameKey(name: string): string {
  const bare = (text: string): string => text.replace(ignorable, '');
  return bare(bare(name).normalize('NFKC')).replace(/\s+/g, ' ').trim();
}
