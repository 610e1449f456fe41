import { expect, test } from 'vitest';
import { interleave } from './interleave.ts';

test('contenders take turns, and the first round is not counted', async () => {
  const turns: string[] = [];
  const contender = (name: string) => ({
    async repetition() {
      turns.push(name);
      return turns.length;
    },
  });
  const times = await interleave([contender('a'), contender('b')], { count: 2 });
  expect(turns).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
  expect(times).toEqual([
    [3, 5],
    [4, 6],
  ]);
});
