import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cgroups } from './cgroups.ts';

test('a path that is no directory of a cgroup hierarchy has no id', () => {
  const cgroups = new Cgroups();
  assert.equal(cgroups.id('/proc'), undefined);
  assert.equal(cgroups.id('/tmp'), undefined);
  assert.equal(cgroups.id('/not/there'), undefined);
});
