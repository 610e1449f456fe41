/** Does some work for each item, for so many of them at the same time. */
export async function eachAtOnce<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let at = 0;
  const next = async (): Promise<void> => {
    while (at < items.length) await work(items[at++]!);
  };
  await Promise.all(Array.from({ length: atOnce }, next));
}
