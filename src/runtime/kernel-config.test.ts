import assert from 'node:assert/strict';
import { test } from 'node:test';
import { optionsOf } from './kernel-config.ts';

test('options are the lines with a value', () => {
  const text = '#\n# CONFIG_A is not set\nCONFIG_HZ=250\nCONFIG_B=y\r\nCONFIG_LSM="a,b=c"\nOTHER=1\n';
  assert.deepEqual(
    [...optionsOf(text)],
    [
      ['CONFIG_HZ', '250'],
      ['CONFIG_B', 'y'],
      ['CONFIG_LSM', '"a,b=c"'],
    ],
  );
});
