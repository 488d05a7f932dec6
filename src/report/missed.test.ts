import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tracepoint } from '../../tests/support/played-scene.ts';
import { missedText } from './missed.ts';

test('missed events: those with most first, a few of them by name', () => {
  const probes = ['a', 'b', 'c', 'd', 'e', 'f'].map((event, index) => tracepoint(event, index));
  const because = 'because their processor was already busy with a BPF prog or map';
  assert.equal(
    missedText([{ probes: [1], events: 1n }], probes),
    `1 event was missed, ${because}: tracepoint:a:b (1)`,
  );
  const misses = [
    { probes: [0], events: 2n },
    { probes: [1, 2], events: 9n },
    { probes: [3], events: 1n },
    { probes: [4], events: 1n },
    { probes: [5], events: 1n << 60n },
  ];
  assert.equal(
    missedText(misses, probes),
    `${(1n << 60n) + 13n} events were missed, ${because}: tracepoint:a:f (${1n << 60n}), tracepoint:a:b and 1 more (9), tracepoint:a:a (2), 2 more`,
  );
});
