import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type DwarfFixture,
  type DwarfVariant,
  dwarfFixture,
  dwarfVariants,
} from '../../tests/support/dwarf-sections.ts';
import { type Dwarf, DwarfError, dwarfTypeText, openDwarf, type SplitFile, VOID_TYPE } from './index.ts';

const variants = Object.keys(dwarfVariants) as DwarfVariant[]; // the keys of that very object
const fixtures = new Map(variants.map((variant) => [variant, dwarfFixture(variant)]));

function sectionsOf(bytes: ReadonlyMap<string, Uint8Array>) {
  return { section: (name: string) => bytes.get(name) };
}

function openIfAny({ binary, split }: DwarfFixture, asked: SplitFile[] = []): Dwarf | undefined {
  return openDwarf({
    sections: sectionsOf(binary),
    split: (wanted) => {
      asked.push(wanted);
      return split.size === 0 ? undefined : sectionsOf(split);
    },
  });
}

function open(made: DwarfFixture, asked: SplitFile[] = []): Dwarf {
  const dwarf = openIfAny(made, asked);
  assert.ok(dwarf);
  return dwarf;
}

function fixture(variant: DwarfVariant): DwarfFixture {
  const found = fixtures.get(variant);
  assert.ok(found);
  return found;
}

for (const variant of variants) {
  test(`${variant}: a function and its parameters`, () => {
    const { functions } = fixture(variant);
    const dwarf = open(fixture(variant));
    const draw = dwarf.functionAt(functions['draw'] ?? 0);
    assert.ok(draw);
    assert.equal(draw.name, 'draw');
    assert.equal(draw.address, functions['draw']);
    assert.equal(dwarfTypeText(dwarf, draw.returns), 'int');
    assert.deepEqual(
      draw.params.map(({ name, type }) => `${dwarfTypeText(dwarf, type)} ${name}`),
      [
        'struct Shape* shape',
        'const char* text',
        'unsigned char level',
        'const point_t at',
        'double scale',
        'char* const* rest',
      ],
    );
    // The last byte of it, and the one in front of it.
    assert.equal(dwarf.functionAt((functions['draw'] ?? 0) + 1)?.name, 'draw');
    assert.notEqual(dwarf.functionAt((functions['draw'] ?? 0) - 1)?.name, 'draw');
    assert.equal(dwarf.functionAt(1), undefined);
  });

  test(`${variant}: a struct`, () => {
    const { functions } = fixture(variant);
    const dwarf = open(fixture(variant));
    const shape = dwarf.typeNamed('struct', 'Shape', functions['draw']);
    assert.ok(shape !== undefined);
    const type = dwarf.type(shape);
    assert.ok(type.kind === 'struct');
    assert.equal(type.size, 72);
    assert.deepEqual(
      type.members.map(
        ({ name, type: id, bitOffset, bitfieldSize }) =>
          `${bitOffset}${bitfieldSize > 0 ? `:${bitfieldSize}` : ''} ${dwarfTypeText(dwarf, id)} ${name}`,
      ),
      [
        '0 int id',
        '32 char[10] name',
        '112 short int[3] sides',
        '160:3 unsigned int filled',
        '163:5 unsigned int dashed',
        '192 struct Shape* next',
        '256 union <anonymous> ',
        '320 enum Color color',
        '384 double weight',
        '448 struct Point[2] corners',
      ],
    );
    const color = dwarf.typeNamed('enum', 'Color');
    assert.ok(color !== undefined);
    const colors = dwarf.type(color);
    assert.ok(colors.kind === 'enum' && colors.signed);
    assert.deepEqual(
      colors.values.map(({ name, value }) => `${name}=${value}`),
      ['RED=0', 'GREEN=7', 'BLUE=-1'],
    );
    assert.equal(dwarf.sizeOf(type.members[9]?.type ?? VOID_TYPE), 16);
    assert.equal(dwarf.typeNamed('struct', 'Color'), undefined);
  });

  test(`${variant}: units are found without the table of addresses as well`, () => {
    const made = fixture(variant);
    const { draw = 0, main = 0 } = made.functions;
    const table = made.binary.get('.debug_aranges');
    assert.ok(table);
    const tables = {
      told: table,
      none: undefined,
      ofNothing: new Uint8Array(0),
      damaged: table.slice(0, 20),
    };
    const seen = Object.values(tables).map((bytes) => {
      const { '.debug_aranges': _left, ...rest } = Object.fromEntries(made.binary);
      const binary = new Map(
        Object.entries(bytes === undefined ? rest : { ...rest, '.debug_aranges': bytes }),
      );
      const dwarf = open({ ...made, binary });
      const around = [draw - 0x2000, draw - 1, draw, draw + 5, main, main + 5, main + 0x2000, 1];
      return around.map((address) => dwarf.framesAt(address));
    });
    assert.ok((seen[0]?.[2]?.length ?? 0) > 0);
    for (const other of seen) assert.deepEqual(other, seen[0]);
  });

  test(`${variant}: lines, and the functions inlined there`, () => {
    const { functions } = fixture(variant);
    const dwarf = open(fixture(variant));
    const found = dwarf.linesOf('shapes.c', 25, 0);
    assert.equal(found.kind, 'found');
    assert.equal(found.kind === 'found' && found.rows[0]?.address, functions['draw']);
    assert.equal(dwarf.linesOf('apes.c', 24, 0).kind, 'no-file');
    assert.deepEqual(dwarf.linesOf('/shapes/shapes.c', 14, 0).kind, 'no-line');
    const inner = dwarf.linesOf('shapes.c', 20, 0);
    assert.ok(inner.kind === 'found');
    const frames = dwarf.framesAt(inner.rows.at(-1)?.address ?? 0);
    assert.deepEqual(
      frames.map(
        ({ name, inlined, place }) => `${inlined ? 'inlined ' : ''}${name} ${place?.file}:${place?.line}`,
      ),
      ['inlined tripled /shapes/shapes.c:20', 'draw /shapes/shapes.c:26'],
    );
    assert.ok((dwarf.inlinedPlaces('tripled')?.length ?? 0) > 0);
    assert.equal(dwarf.inlinedPlaces('draw'), undefined);
  });
}

test('places of parameters: registers where optimised code has them, nothing where the stack does not hold them yet', () => {
  const places = (variant: DwarfVariant) => {
    const { functions } = fixture(variant);
    return open(fixture(variant))
      .functionAt(functions['draw'] ?? 0)
      ?.params.map(({ place }) => place);
  };
  assert.deepEqual(places('version-5')?.slice(0, 3), [
    { kind: 'register', register: 5 },
    { kind: 'register', register: 4 },
    { kind: 'register', register: 1 },
  ]);
  assert.deepEqual(places('version-5-plain')?.[0], { kind: 'unknown' });
});

test('the split file is asked for by its name, once', () => {
  const asked: SplitFile[] = [];
  const { functions } = fixture('split-5');
  const dwarf = open(fixture('split-5'), asked);
  dwarf.functionAt(functions['draw'] ?? 0);
  dwarf.functionAt(functions['main'] ?? 0);
  assert.deepEqual(asked, [{ name: 'shapes.dwo', directory: '/shapes' }]);
});

test('without its split file a binary still has lines', () => {
  const { binary } = fixture('split-5');
  const { functions } = fixture('split-5');
  const dwarf = open({ functions, binary, split: new Map() });
  assert.equal(dwarf.functionAt(functions['draw'] ?? 0), undefined);
  assert.equal(dwarf.sourceAt(functions['draw'] ?? 0)?.line, 25);
});

/** Asks everything there is to ask; a DwarfError is an answer. */
function askEverything({ functions, binary, split }: DwarfFixture): void {
  const questions: readonly ((dwarf: Dwarf) => unknown)[] = [
    (dwarf) => {
      const draw = dwarf.functionAt(functions['draw'] ?? 0);
      return draw?.params.map(({ type }) => dwarfTypeText(dwarf, type) + dwarf.sizeOf(type));
    },
    (dwarf) => dwarf.framesAt((functions['draw'] ?? 0) + 9),
    (dwarf) => dwarf.linesOf('shapes.c', 20, 0),
    (dwarf) => dwarf.inlinedPlaces('tripled'),
    (dwarf) => {
      const id = dwarf.typeNamed('struct', 'Shape');
      const type = id === undefined ? undefined : dwarf.type(id);
      if (type?.kind === 'struct') for (const member of type.members) dwarfTypeText(dwarf, member.type);
      if (type?.kind === 'struct') for (const member of type.members) dwarf.sizeOf(member.type);
    },
  ];
  const dwarf = openIfAny({ functions, binary, split });
  if (dwarf === undefined) return; // nothing is left of the units
  for (const ask of questions) {
    try {
      ask(dwarf);
    } catch (error) {
      if (!(error instanceof DwarfError)) throw error;
    }
  }
}

test('damaged bytes give a DwarfError or an answer, never anything else', () => {
  const damage = fc.record({
    variant: fc.constantFrom(...variants),
    section: fc.nat(),
    edits: fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255) }), { minLength: 1, maxLength: 12 }),
    keep: fc.option(fc.nat(), { freq: 6 }),
  });
  fc.assert(
    fc.property(damage, ({ variant, section, edits, keep }) => {
      const original = fixture(variant);
      const damaged = (bytes: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, Uint8Array> => {
        const names = [...bytes.keys()];
        const name = names[section % Math.max(names.length, 1)];
        const found = name === undefined ? undefined : bytes.get(name);
        if (name === undefined || !found || found.length === 0) return bytes;
        const copy = found.slice(0, keep === null ? found.length : keep % (found.length + 1));
        for (const { at, byte } of edits) if (copy.length > 0) copy[at % copy.length] = byte;
        return new Map(bytes).set(name, copy);
      };
      askEverything({
        functions: original.functions,
        binary: damaged(original.binary),
        split: damaged(original.split),
      });
    }),
    { seed: 20261122, numRuns: 1500 },
  );
});
