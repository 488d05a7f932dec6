/** Recorded on the kernel, replayed in the embedded machine: tools print the same bytes. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { inFolder } from '../support/loads.ts';
import { projectRoot } from '../support/paths.ts';
import { requireCheckout, requireRoot, skipUnless } from '../support/requirements.ts';
import { type RunResult, runTetrace } from '../support/run-tetrace.ts';
import { runProgram, traceLoad } from '../support/trace-load.ts';
import { obstacleTo, runTool, upstreamTools } from '../support/upstream-tools.ts';

/** What all tools see something of: programs start, open files, read, send signals, sleep, compute and fail. */
const load = `
  ls /etc /usr/lib > /dev/null
  cat /etc/hostname /missing/file 2> /dev/null
  env true 'two words'
  kill -URG $$
  getent hosts localhost
  dd if=/dev/zero of=/dev/null bs=1 count=200 status=none
  i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done
  sleep 0.3
  sh -c 'exit 3'
  true`;

/** Tools that come along, and what they print of this load. */
const ownTools: Readonly<Record<string, RegExp>> = {
  opensnoop: /cat .*\/missing\/file/,
  execsnoop: /true.* two words/,
  exitsnoop: /sh +/,
  killsnoop: /sh/,
  syscount: /^@calls\[\w+\]: \d+$/m,
  runqlat: /\[.*\) +\d+ \|@/,
  runqlen: /\[/,
  offcputime: /sleep/,
  profile: /sh/,
  gethostlatency: /localhost/,
};

/** Ten whose probes every kernel has. */
const upstream = [
  ...['bitesize', 'execsnoop', 'gethostlatency', 'killsnoop', 'naptime', 'opensnoop', 'setuids', 'statsnoop'],
  ...['syncsnoop', 'syscount', 'threadsnoop', 'writeback', 'biosnoop'],
];

async function replayed(recording: string, ...words: string[]): Promise<RunResult> {
  const result = await runTetrace(['--replay', recording, ...words]);
  assert.equal(result.code, 0, result.stderr);
  return result;
}

describe('our tools, recorded, print the same again', () => {
  for (const [name, expected] of Object.entries(ownTools)) {
    test(name, async (t: TestContext) => {
      if (!requireRoot(t)) return;
      await inFolder(async (folder) => {
        const recording = join(folder, 'run.rec');
        const tool = join(projectRoot, 'tools', `${name}.bt`);
        const recorded = await traceLoad(['--record', recording, tool], async () => {
          await runProgram(['sh', '-c', load]);
        });
        assert.match(recorded.stdout, expected);
        assert.doesNotMatch(recorded.stderr, /the kernel refuses/);
        assert.equal((await replayed(recording)).stdout, recorded.stdout);
      });
    });
  }
});

describe("upstream's tools, recorded, print the same again", () => {
  for (const name of upstream) {
    test(name, async (t) => {
      const checkout = requireCheckout(t, 'TETRACE_UPSTREAM');
      const tool = upstreamTools[name];
      if (checkout === undefined || tool === undefined || !requireRoot(t)) return;
      const obstacle = obstacleTo(tool);
      if (!skipUnless(t, obstacle === undefined, obstacle ?? '')) return;
      await inFolder(async (folder) => {
        const recording = join(folder, 'run.rec');
        const printed = await runTool(join(checkout, 'tools', `${name}.bt`), tool, ['--record', recording]);
        assert.notEqual(printed, '');
        assert.equal((await replayed(recording)).stdout, printed);
      });
    });
  }
});
