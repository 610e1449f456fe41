import { expect, test } from 'vitest';
import { describeNetwork } from './describe-network.ts';

test('a module that does not end is ended, and it is said which', async () => {
  const image = { height: 2, width: 2, channels: 1 };
  const request = { name: 'mine.ts', source: 'for (;;);', options: {}, image, classes: 2 };
  await expect(describeNetwork(request, 1)).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringMatching(/does not come to an end[\s\S]*mine\.ts[\s\S]*1 seconds/),
  });
});
