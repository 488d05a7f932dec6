import { test } from 'node:test';
import { warmUp } from './warm-up.ts';

test('the sample of a build compiles, and warming up touches nothing', async () => {
  await warmUp();
});
