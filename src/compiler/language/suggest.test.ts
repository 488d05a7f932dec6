import assert from 'node:assert/strict';
import { test } from 'node:test';
import { suggest } from './suggest.ts';

test('the closest name is suggested, and nothing that is far away', () => {
  const names = ['print', 'printf', 'count', 'kprobe', 'kretprobe', 'nsecs'];
  assert.equal(suggest('pritn', names), "Did you mean 'print'?");
  assert.equal(suggest('printff', names), "Did you mean 'printf'?");
  assert.equal(suggest('Count', names), "Did you mean 'count'?");
  assert.equal(suggest('krteprobe', names), "Did you mean 'kretprobe'?");
  assert.equal(suggest('nsec', names), "Did you mean 'nsecs'?");
  assert.equal(suggest('banana', names), undefined);
  assert.equal(suggest('print', ['print']), undefined);
  assert.equal(suggest('x', []), undefined);
});
