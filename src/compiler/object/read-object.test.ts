import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { objectOfFunctions } from '../../../tests/support/c-object.ts';
import { elfObject } from './elf-object.ts';
import { type KernelNames, linkObjects, ObjectError, readObject } from './index.ts';

const kernel: KernelNames = {
  btf: undefined,
  hasFunction: () => true,
  address: () => undefined,
  config: () => undefined,
  hasCookies: () => true,
  hasSyscallWrappers: () => false,
};

test('functions with their calls, parameters and stack', () => {
  const { funcs, maps } = readObject(objectOfFunctions(), kernel);
  assert.deepEqual(
    funcs.map(({ name, params, stackBytes, links }) => [name, params, stackBytes, [...links]]),
    [
      ['add_one', 1, 0, []],
      [
        'add_two',
        1,
        16,
        [
          [1, { kind: 'func', name: 'add_one' }],
          [3, { kind: 'func', name: 'add_one' }],
        ],
      ],
      ['length', 1, 0, [[0, { kind: 'kfunc', name: 'bpf_strlen' }]]],
    ],
  );
  assert.deepEqual(maps, []);
});

describe('maps and global data', () => {
  test('a section of data is an array of one entry, a definition a map', () => {
    const { funcs, maps } = readObject(objectOfFunctions({ withMaps: true }), kernel);
    assert.deepEqual(
      maps.map(({ name, type, keySize, valueSize, maxEntries, flags, frozen }) => [
        name,
        type,
        keySize,
        valueSize,
        maxEntries,
        flags,
        frozen ?? false,
      ]),
      [
        ['.data', 'BPF_MAP_TYPE_ARRAY', 4, 16, 1, 0, false],
        ['.rodata', 'BPF_MAP_TYPE_ARRAY', 4, 8, 1, 0x80, true],
        ['seen', 'BPF_MAP_TYPE_HASH', 4, 8, 16, 1, false],
      ],
    );
    const use = funcs.find(({ name }) => name === 'use_maps');
    assert.deepEqual(
      [...(use?.links ?? [])],
      [
        [0, { kind: 'map-value', map: 0, offset: 8 }],
        [1, { kind: 'map-value', map: 1, offset: 4 }],
        [2, { kind: 'map', map: 2 }],
      ],
    );
  });

  test('static functions of two objects may have one name, and maps are numbered on', () => {
    const objects = [
      readObject(objectOfFunctions({ withMaps: true }), kernel),
      readObject(objectOfFunctions({ withMaps: true, prefix: 'other_' }), kernel),
    ];
    const { funcs, maps } = linkObjects(objects, 5);
    assert.equal(maps.length, 6);
    const names = funcs.map(({ name }) => name);
    assert.deepEqual(
      names.filter((name) => /add_one/.test(name)),
      ['add_one', 'add_one__2'],
    );
    const linksOf = (name: string) => [...(funcs.find((func) => func.name === name)?.links.values() ?? [])];
    assert.deepEqual(linksOf('other_add_two')[0], { kind: 'func', name: 'add_one__2' });
    assert.deepEqual(linksOf('other_use_maps')[2], { kind: 'map', map: 10 });
  });
});

describe('what cannot be linked is refused', () => {
  const refused = (bytes: Uint8Array, reason: RegExp): void =>
    assert.throws(
      () => readObject(bytes, kernel),
      (error) => error instanceof ObjectError && reason.test(error.message),
    );

  test('files of other kinds', () => {
    refused(new Uint8Array(100), /no object file for BPF/);
    refused(elfObject([], []), /no BTF/);
  });

  test('a file that was cut off or changed', () => {
    const whole = objectOfFunctions({ withMaps: true });
    for (let length = 0; length < whole.length; length += 7) {
      try {
        readObject(whole.slice(0, length), kernel);
      } catch (error) {
        assert.ok(error instanceof ObjectError, `${length} bytes: ${error}`);
      }
    }
  });

  test('maps of other types and with other properties', () => {
    refused(
      objectOfFunctions({ withMaps: true, mapType: 12 }),
      /its map seen is a BPF_MAP_TYPE_ARRAY_OF_MAPS/,
    );
    refused(
      objectOfFunctions({ withMaps: true, mapProperty: 'pinning' }),
      /its map seen has the property pinning/,
    );
  });
});
