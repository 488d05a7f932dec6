import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FeatureProbe, features, type KernelFeature, openVmlinuxBtf } from '../../src/kernel/index.ts';
import { requireRoot } from '../support/requirements.ts';

/** What no configuration takes away: a kernel of this version that lacks it means a wrong probe. */
const always: readonly KernelFeature[] = [
  'ring-buffer',
  'bounded-loops',
  'large-insn-limit',
  'global-data',
  'cpu-v4',
  'bpf-loop',
  'for-each-map-elem',
  'map-lookup-percpu-elem',
  'get-func-ip',
  'attach-cookie',
  'ktime-get-boot-ns',
  'ktime-get-tai-ns',
  'jiffies64',
  'get-ns-current-pid-tgid',
  'send-signal',
  'send-signal-thread',
  'probe-read-kernel',
  'dynptr',
  'symbol-names',
  'perf-link',
  'map-batch',
];

test('a kernel that has what implies a feature has the feature', (t) => {
  if (!requireRoot(t)) return;
  const btf = openVmlinuxBtf();
  for (const [feature, row] of Object.entries(features) as [KernelFeature, object][]) {
    if (!('impliedBy' in row)) continue;
    for (const other of row.impliedBy as readonly KernelFeature[]) {
      if (!new FeatureProbe(() => btf).has(other)) continue;
      // One that knows of nothing else asks the kernel.
      assert.equal(new FeatureProbe(() => btf).ask(feature).kind, 'yes', `${other} implies ${feature}`);
    }
  }
});

test('every feature has a clear answer, and none contradicts the version', (t) => {
  if (!requireRoot(t)) return;
  const btf = openVmlinuxBtf();
  const probe = new FeatureProbe(() => btf);
  const [major = 0, minor = 0] = readFileSync('/proc/sys/kernel/osrelease', 'latin1').split('.').map(Number);
  for (const feature of Object.keys(features) as KernelFeature[]) {
    const answer = probe.ask(feature);
    assert.notEqual(answer.kind, 'unknown', `${feature}: ${answer.kind === 'unknown' ? answer.why : ''}`);
    const [sinceMajor = 0, sinceMinor = 0] = features[feature].since.split('.').map(Number);
    const isOldEnough = major > sinceMajor || (major === sinceMajor && minor >= sinceMinor);
    if (!isOldEnough) assert.equal(answer.kind, 'no', `${feature} before its time`);
    else if (always.includes(feature)) assert.equal(answer.kind, 'yes', feature);
    assert.equal(probe.ask(feature), answer, 'clear answers are kept');
  }
});
