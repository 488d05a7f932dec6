import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { errnoName, errnos, errnoText } from '../../base/index.ts';
import { checked, isKernelError, KernelError } from './index.ts';

test('error numbers are those of this system', () => {
  for (const [name, number] of Object.entries(constants.errno)) {
    const known = errnoName(number);
    // Some numbers have two names: EAGAIN is EWOULDBLOCK, EOPNOTSUPP is ENOTSUP.
    if (name in errnos) assert.equal(known, name);
    else assert.ok(known !== undefined, name);
  }
  assert.equal(errnoText(1), 'Operation not permitted');
  assert.equal(errnoText(12345), 'Unknown error 12345');
});

test('a refusal names the call, the error and what was asked', () => {
  assert.equal(checked('x', 3), 3);
  assert.throws(
    () => checked('perf_event_open', -2, 'kprobe at nope'),
    (error) => {
      assert.ok(isKernelError(error, 'ENOENT'));
      assert.equal(error.message, 'perf_event_open: No such file or directory [ENOENT] (kprobe at nope)');
      return true;
    },
  );
  assert.equal(
    KernelError.fromNode('read x', Object.assign(new Error('boom'), { errno: -13 })).code,
    'EACCES',
  );
});
