import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ResourceStack } from './resource-stack.ts';

test('resources are released in reverse, all of them, and the first error is told', () => {
  const released: string[] = [];
  const resource = (name: string, fails = false): Disposable => ({
    [Symbol.dispose]() {
      released.push(name);
      if (fails) throw new Error(name);
    },
  });
  assert.throws(() => {
    using stack = new ResourceStack();
    stack.use(resource('a'));
    stack.use(resource('b', true));
    stack.use(resource('c'));
  }, /^Error: b$/);
  assert.deepEqual(released, ['c', 'b', 'a']);
});

test('moved resources belong to the new stack', () => {
  const released: string[] = [];
  let kept: ResourceStack | undefined;
  {
    using stack = new ResourceStack();
    stack.use({ [Symbol.dispose]: () => void released.push('a') });
    kept = stack.move();
  }
  assert.deepEqual(released, []);
  kept[Symbol.dispose]();
  kept[Symbol.dispose]();
  assert.deepEqual(released, ['a']);
});
