import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MappingEvent } from '../kernel/index.ts';
import { NotedMappings } from './noted-mappings.ts';

function mapped(pid: number, path: string): MappingEvent {
  return { kind: 'map', pid, start: 0x1000n, length: 0x1000n, offset: 0n, file: '00:01:1', path };
}

test('of two mappings at one place the newer comes first, in children and their children too', () => {
  const events: MappingEvent[] = [
    { kind: 'exec', pid: 1 },
    mapped(1, 'old'),
    mapped(1, 'new'),
    { kind: 'fork', pid: 2, parent: 1 },
    mapped(2, 'own'),
    { kind: 'fork', pid: 3, parent: 2 },
  ];
  using noted = new NotedMappings(() => undefined, {
    take: () => events.splice(0),
    [Symbol.dispose]: () => undefined,
  });
  noted.look();
  const pathsOf = (pid: number) => noted.of(pid)?.map(({ path }) => path);
  assert.deepEqual(pathsOf(1), ['new', 'old']);
  assert.deepEqual(pathsOf(2), ['own', 'new', 'old']);
  assert.deepEqual(pathsOf(3), ['own', 'new', 'old']);
  assert.equal(pathsOf(4), undefined);
});
