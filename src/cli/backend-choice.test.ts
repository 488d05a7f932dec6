import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type BackendChoice,
  type ChoiceFacts,
  chooseBackend,
  standInNotice,
  tellRefusal,
} from './backend-choice.ts';

const REFUSED = 'Operation not permitted';

test('the kernel, unless bpf(2) is out of reach or another backend was named', () => {
  const lets = (): undefined => undefined;
  const refuses = (): string => REFUSED;
  const never = (): never => assert.fail('bpf(2) is not asked');
  const tetrace = { name: 'tetrace', given: undefined } as const;
  const rows: [facts: ChoiceFacts, choice: BackendChoice][] = [
    [
      { ...tetrace, missing: undefined, ask: lets },
      { kind: 'given', backend: 'kernel' },
    ],
    [
      { ...tetrace, missing: undefined, ask: refuses },
      { kind: 'stand-in', refusal: { missing: undefined, reason: REFUSED } },
    ],
    [
      { ...tetrace, missing: 'CAP_BPF', ask: refuses },
      { kind: 'stand-in', refusal: { missing: 'CAP_BPF', reason: REFUSED } },
    ],
    // A capability besides those of BPF is missing.
    [
      { ...tetrace, missing: 'CAP_DAC_OVERRIDE', ask: lets },
      { kind: 'refused', refusal: { missing: 'CAP_DAC_OVERRIDE', reason: undefined } },
    ],
    [
      { ...tetrace, given: 'kernel', missing: 'CAP_BPF', ask: never },
      { kind: 'refused', refusal: { missing: 'CAP_BPF', reason: undefined } },
    ],
    [
      { ...tetrace, given: 'embedded', missing: 'CAP_BPF', ask: never },
      { kind: 'given', backend: 'embedded' },
    ],
    [
      { name: 'bpftrace', given: undefined, missing: 'CAP_BPF', ask: never },
      { kind: 'refused', refusal: { missing: 'CAP_BPF', reason: undefined } },
    ],
    [
      { name: 'bpftrace', given: undefined, missing: undefined, ask: never },
      { kind: 'given', backend: 'kernel' },
    ],
  ];
  for (const [facts, choice] of rows) assert.deepEqual(chooseBackend(facts), choice);
});

test('what is said: one line when the machine stands in, and what it could serve when it cannot', async () => {
  const words = {
    who: { euid: 1000, capabilities: 0n },
    name: 'tetrace',
    command: ['tetrace', '-e', 'x y'],
  } as const;
  const notice = standInNotice({ missing: 'CAP_BPF', reason: REFUSED }, words);
  assert.equal(
    notice,
    "NOTE: runs in the embedded machine of this process, not in the kernel: bpf(2): Operation not permitted. For the kernel: sudo tetrace -e 'x y'",
  );
  const said: string[] = [];
  const say = (text: string): void => void said.push(text);
  const messages = { error: say, warning: say, hint: say, plain: say };
  await tellRefusal({ missing: 'CAP_BPF', reason: REFUSED }, words, messages, true);
  assert.match(said[0] ?? '', /^Missing CAP_BPF/);
  assert.match(said[2] ?? '', /--backend embedded serves .*interval.* -c COMMAND .*raw_syscalls/);
  said.length = 0;
  await tellRefusal({ missing: undefined, reason: REFUSED }, words, messages, false);
  assert.deepEqual([said.length, said[0]], [2, 'bpf(2) is out of reach: Operation not permitted.']);
});
