/**
 * What a terminal obeys instead of showing, and what nobody sees: control characters (C0, DEL, C1)
 * but for tab and line feed, line separators, halves of surrogate pairs, characters that reorder
 * the text around them (bidi), and the other characters that Unicode calls default ignorable. The
 * joiners U+200C and U+200D and variation selectors stay: Persian, Indic scripts and emoji need
 * them, and they do nothing to what stands further away.
 */
const unprintable =
  /(?!\r\n|[\n\t]|[\u200C-\u200D]|[\uFE00-\uFE0F])[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/gu;

const escaped = (character: string): string =>
  Array.from({ length: character.length }, (_, i) => {
    const unit = character.charCodeAt(i).toString(16).padStart(4, '0');
    return `\\u${unit}`;
  }).join('');

/**
 * Text from elsewhere (an HTTP answer, a record, a file) as a terminal or a log may have it:
 * everything that a terminal would obey is shown as JSON writes it, `\u001b`. JSON stays the same
 * JSON.
 */
export const printable = (text: string): string => text.replace(unprintable, escaped);

/** The same on one line, so that no line of a log or a table is somebody else's. */
export const oneLine = (text: string): string => printable(text).replace(/\s*\n\s*/g, ' | ');

/** The first of them, and how many more there are. */
export function firstFew(items: readonly string[], most: number, separator = ', '): string {
  const shown = items.slice(0, most).join(separator);
  const more = items.length - most;
  if (more <= 0) return shown;
  return `${shown}${separator.includes('\n') ? separator : ' '}and ${more.toLocaleString('en')} more`;
}

/** At most so many characters, and how many were left out. */
export function bounded(text: string, most: number): string {
  if (text.length <= most) return text;
  // Not between the halves of a surrogate pair.
  const end = /[\uD800-\uDBFF]/.test(text[most - 1]!) ? most - 1 : most;
  const left = (text.length - end).toLocaleString('en');
  return `${text.slice(0, end)}… (${left} more characters)`;
}
