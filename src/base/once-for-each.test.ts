import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onceForEach } from './index.ts';

test('something is made once for each object, whatever it is', () => {
  const asked: string[] = [];
  const nothing = onceForEach(({ name }: { readonly name: string }) => {
    asked.push(name);
    return undefined;
  });
  const [one, other] = [{ name: 'one' }, { name: 'other' }];
  for (const each of [one, other, one, other]) assert.equal(nothing(each), undefined);
  assert.deepEqual(asked, ['one', 'other']);
});
