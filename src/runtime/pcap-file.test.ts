import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { PcapFile } from './pcap-file.ts';
import { OutputError } from './write-whole.ts';

test('a capture file whose header cannot be written is closed', () => {
  const before = readdirSync('/proc/self/fd').length;
  assert.throws(() => new PcapFile('/dev/full'), OutputError);
  assert.equal(readdirSync('/proc/self/fd').length, before);
});
