import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openFiles } from '../../tests/support/open-files.ts';
import { PcapFile } from './pcap-file.ts';
import { OutputError } from './write-whole.ts';

test('a capture file whose header cannot be written is closed', () => {
  const open = () => openFiles(/^\/dev\/full$/);
  assert.deepEqual(open(), []);
  assert.throws(() => new PcapFile('/dev/full'), OutputError);
  assert.deepEqual(open(), []);
});
