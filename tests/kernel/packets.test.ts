/** skboutput(): packets of this machine in a capture file. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { conversation, inFolder } from '../support/loads.ts';
import { requireRoot } from '../support/requirements.ts';
import { traceLoad } from '../support/trace-load.ts';

const FILE_HEADER_BYTES = 24;
const PACKET_HEADER_BYTES = 16;

test('packets go to a file as they are sent, each with its own length', async (t) => {
  if (!requireRoot(t)) return;
  await inFolder(async (folder) => {
    const file = join(folder, 'packets.pcap');
    const script = `rawtracepoint:net_dev_start_xmit { @sent[skboutput("${file}", args.skb, args.skb.len, 0)] = sum(args.skb.len); }`;
    const { stdout, stderr } = await traceLoad(['-e', script], async () => {
      await conversation();
    });
    assert.doesNotMatch(stderr, /ERROR|WARNING/);
    const [, sent = ''] = /^@sent\[0\]: (\d+)$/m.exec(stdout) ?? [];
    assert.doesNotMatch(stdout, /^@sent\[[^0]/m);
    const bytes = readFileSync(file);
    assert.equal(bytes.readUInt32LE(0), 0xa1b23c4d);
    const packets: Buffer[] = [];
    for (let at = FILE_HEADER_BYTES; at < bytes.length; ) {
      const length = bytes.readUInt32LE(at + 8);
      assert.equal(bytes.readUInt32LE(at + 12), length);
      packets.push(bytes.subarray(at + PACKET_HEADER_BYTES, at + PACKET_HEADER_BYTES + length));
      at += PACKET_HEADER_BYTES + length;
    }
    assert.equal(
      packets.map(({ length }) => length).reduce((sum, length) => sum + length, 0),
      Number(sent),
    );
    for (const text of ['hello', 'welcome']) {
      assert.equal(packets.filter((packet) => packet.toString('latin1').endsWith(text)).length, 1, text);
    }
  });
});
