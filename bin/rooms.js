// Makes the text of the bundle. What every run needs of src/ is one part, evaluated at once. What few runs need is split off into rooms: a room is one
// function of the bundle, of which V8 knows no more than its text until somebody enters it. To know and to evaluate all the code was a tenth of a start.
'use strict';

const { join } = require('node:path');
const { build } = require('esbuild');

/** Where the main part begins. A dynamic import of one of them finds it evaluated. */
const everyRun = ['src/cli/main.ts', 'src/cli/run.ts'];

/**
 * Doors behind static imports: few runs call what these modules export, which has to be functions alone. Who imports one of them gets functions
 * that enter its room first. What is imported dynamically is behind a door as well.
 */
const seldomCalled = [
  'src/base/plain-data.ts',
  'src/bpf/disassemble.ts',
  'src/bpf/helper-signatures.ts',
  'src/bpf/operation.ts',
  'src/btf/print-header.ts',
  'src/btf/subset.ts',
  'src/cli/compiler-bench.ts',
  'src/cli/replace-file.ts',
  'src/cli/unwinding.ts',
  'src/cli/usage.ts',
  'src/cli/warm-up.ts',
  'src/compiler/builtins/lowerings/seq-file.ts',
  'src/compiler/check/incomplete-members.ts',
  'src/compiler/check/kernel-calls.ts',
  'src/compiler/check/kernel-constants.ts',
  'src/compiler/check/meta.ts',
  'src/compiler/cpreproc/c-section.ts',
  'src/compiler/cpreproc/compiler-macros.ts',
  'src/compiler/cpreproc/expand-identifier.ts',
  'src/compiler/imports/path.ts',
  'src/compiler/ir/check.ts',
  'src/compiler/language/format.ts',
  'src/compiler/language/print-tree.ts',
  'src/compiler/language/suggest.ts',
  'src/compiler/list-script.ts',
  'src/compiler/lower/unwind-stack.ts',
  'src/compiler/noted-program.ts',
  'src/compiler/object/read-object.ts',
  'src/compiler/object/write-object.ts',
  'src/compiler/opt/note-events.ts',
  'src/compiler/portability.ts',
  'src/compiler/probes/fentry-bpf.ts',
  'src/compiler/probes/fentry.ts',
  'src/compiler/probes/iter.ts',
  'src/compiler/probes/listing/attachments.ts',
  'src/compiler/probes/listing/pattern.ts',
  'src/compiler/probes/listing/types.ts',
  'src/compiler/probes/source-place.ts',
  'src/compiler/probes/uprobe.ts',
  'src/compiler/probes/usdt.ts',
  'src/compiler/probes/watchpoint.ts',
  'src/compiler/typed/print-typed.ts',
  'src/dwarf/frame-header.ts',
  'src/dwarf/open-dwarf.ts',
  'src/dwarf/type-text.ts',
  'src/dwarf/unwind-table.ts',
  'src/elf/dynamic-section.ts',
  'src/elf/notes.ts',
  'src/elf/usdt-notes.ts',
  'src/elf/zip-member.ts',
  'src/kernel/imagined-kernel.ts',
  'src/kernel/iterator.ts',
  'src/kernel/loaded-progs.ts',
  'src/kernel/prog-frames.ts',
  'src/kernel/uprobe-multi.ts',
  'src/kernel/uprobe.ts',
  'src/program/saved-program.ts',
  'src/report/diagnostics.ts',
  'src/report/gfp-flags.ts',
  'src/report/inet.ts',
  'src/report/json.ts',
  'src/report/strftime.ts',
  'src/report/test-results.ts',
  'src/report/timeseries.ts',
  'src/runtime/attach/iterator.ts',
  'src/runtime/attach/threads.ts',
  'src/runtime/attach/uprobe.ts',
  'src/runtime/attach/watchpoint.ts',
  'src/runtime/binary-lookup.ts',
  'src/runtime/compile-c.ts',
  'src/runtime/debug-sections.ts',
  'src/runtime/foreign-root.ts',
  'src/runtime/kernel-config.ts',
  'src/runtime/mini-debug-info.ts',
  'src/runtime/path-glob.ts',
  'src/runtime/perf-map.ts',
  'src/runtime/process-maps.ts',
  'src/runtime/program-files.ts',
  'src/runtime/system-include-dirs.ts',
  'src/runtime/unwind/open-tables.ts',
  'src/runtime/unwind/run-to-entry.ts',
  'src/runtime/usdt-probes.ts',
  'src/runtime/vmlinux-files.ts',
  'src/tracer/benchmarks.ts',
  'src/tracer/captured-run.ts',
  'src/tracer/rejection.ts',
  'src/tracer/tests.ts',
];

/**
 * Modules of Node.js that few runs call. Each is loaded by the first call of one of its functions: what is not in the snapshot that Node.js starts
 * from is compiled at every start, as the code caches it has for that are refused under flags of V8; and some bring networks and streams with them.
 */
const seldomLoaded = ['node:child_process', 'node:crypto', 'node:module', 'node:os', 'node:zlib'];

/**
 * The statements of the bundle, for two functions. One is a CommonJS module, its exports are those of src/cli/main.ts; the other is called with
 * what it has lent when the first room is entered, and returns the rooms.
 *
 *     main:   const lent = {}, entered = [], door = (room, path) => …;  main part
 *     rooms:  return [exports => {…}, …];
 *
 * @param options esbuild's, for every part.
 */
async function bundleWithRooms(root, options) {
  const part = {
    ...options,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    absWorkingDir: root,
    outdir: 'dist',
    metafile: true,
    write: false,
  };
  const { metafile } = await build({ ...part, entryPoints: everyRun });
  const plan = planRooms(metafile.inputs);
  const names = await exportedNames(part, plan);
  const buildPart = async (lines, room) => {
    const stdin = { contents: lines.join('\n'), resolveDir: root, loader: 'js' };
    const { outputFiles } = await build({ ...part, stdin, plugins: [borders(root, plan, names, room)] });
    return outputFiles[0].text;
  };
  const rooms = [];
  for (const [room, doors] of plan.doors.entries()) {
    const opened = doors.map((path) => `exports[${quoted(path)}] = () => require(${quoted(`./${path}`)});`);
    rooms.push(`exports => {${await buildPart(opened, room)}\nreturn exports}`);
  }
  const main = await buildPart([
    `export * from ${quoted(`./${everyRun[0]}`)};`,
    ...[...everyRun, ...plan.lent].map((path) => lend(path, names.get(path))),
  ]);
  return {
    main: [
      'let rooms; const lent = {}, entered = [],',
      'door = (room, path) => (entered[room] ??= (rooms ??= module.rooms(lent, door))[room]({}))[path]();',
      main,
    ].join('\n'),
    rooms: `return [\n${rooms.join(',\n')}\n];\n`,
  };
}

/** `lent[path]()` is what a module of the main part exports. */
function lend(path, names) {
  const own = names.map((name) => ({ name, alias: `${name}_of_${path.replace(/\W/g, '_')}` }));
  const imported = own.map(({ name, alias }) => `${name} as ${alias}`);
  const given = own.map(({ name, alias }) => `${name}: ${alias}`);
  return `import { ${imported} } from ${quoted(`./${path}`)}; lent[${quoted(path)}] = () => ({ ${given} });`;
}

/**
 * Which modules are of the main part, which of those rooms use, and the doors of each room. A module behind several doors is there once: it
 * makes one room of what is behind them.
 */
function planRooms(inputs) {
  const importsOf = (path) => inputs[path]?.imports.filter(({ external }) => !external) ?? [];
  const isDoor = ({ path, kind }) =>
    !everyRun.includes(path) && (kind === 'dynamic-import' || seldomCalled.includes(path));
  const found = new Set();
  const reach = (starts, isOutside) => {
    const reached = new Set(starts);
    for (const path of reached) {
      for (const edge of importsOf(path)) {
        if (isDoor(edge)) found.add(edge.path);
        else if (!isOutside(edge.path)) reached.add(edge.path);
      }
    }
    return reached;
  };
  const main = reach(everyRun, () => false);
  let rooms = [];
  // Doors that are found behind doors follow.
  for (const door of found) {
    if (main.has(door)) continue;
    const modules = reach([door], (path) => main.has(path));
    const touching = rooms.filter((room) => [...modules].some((path) => room.modules.has(path)));
    rooms = rooms.filter((room) => !touching.includes(room));
    rooms.push({
      doors: [door, ...touching.flatMap(({ doors }) => doors)],
      modules: new Set([...modules, ...touching.flatMap((room) => [...room.modules])]),
    });
  }
  const roomOf = new Map(rooms.flatMap(({ modules }, room) => [...modules].map((path) => [path, room])));
  const used = [...roomOf.keys()].flatMap((path) => importsOf(path).map((edge) => edge.path));
  const lent = [...new Set([...used, ...found])].filter((path) => main.has(path) && !everyRun.includes(path));
  return { main, roomOf, lent, doors: rooms.map(({ doors }) => doors) };
}

/** By module: the names of what it exports. */
async function exportedNames(part, { lent, roomOf }) {
  const { metafile } = await build({
    ...part,
    bundle: false,
    format: 'esm',
    external: undefined,
    define: {},
    entryPoints: [...everyRun, ...lent, ...roomOf.keys()],
  });
  return new Map(Object.values(metafile.outputs).map(({ entryPoint, exports }) => [entryPoint, exports]));
}

/**
 * An esbuild plugin for the imports that lead out of a part: into the main part, or through a door.
 *
 * @param room of the part; undefined for the main part.
 */
function borders(root, { main, roomOf }, names, room) {
  const enter = (path) => `door(${roomOf.get(path)}, ${quoted(path)})`;
  const exportEach = (path, given) =>
    names
      .get(path)
      .map((name) => `export const ${name} = ${given(name)};`)
      .join('\n');
  const contents = {
    /** A static import out of a room into the main part. */
    lent: (path) =>
      `const from = lent[${quoted(path)}]();\n${exportEach(path, (name) => `/* @__PURE__ */ (() => from.${name})()`)}`,
    /** A static import through a door. */
    call: (path) =>
      `let inside;\n${exportEach(path, (name) => `(...args) => (inside ??= ${enter(path)}).${name}(...args)`)}`,
    /** A module of Node.js; what it exports beside functions is not to be had. */
    late: (path) =>
      Object.entries(require(path))
        .filter(([, value]) => typeof value === 'function')
        .map(([name]) => `export const ${name} = (...args) => require(${quoted(path)}).${name}(...args);`)
        .join('\n'),
    /** A dynamic import. */
    import: (path) => `module.exports = ${main.has(path) ? `lent[${quoted(path)}]()` : enter(path)};`,
  };
  return {
    name: 'borders',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^node:/ }, ({ path, namespace }) =>
        seldomLoaded.includes(path) && namespace !== 'late' ? { path, namespace: 'late' } : undefined,
      );
      onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir, kind }) => {
        const target = join(resolveDir, path).slice(root.length + 1);
        const isDynamic = kind === 'dynamic-import';
        const isInside = roomOf.get(target) === room && !(isDynamic && main.has(target));
        if (isInside) return undefined;
        return { path: target, namespace: isDynamic ? 'import' : main.has(target) ? 'lent' : 'call' };
      });
      for (const [namespace, contentsOf] of Object.entries(contents))
        onLoad({ filter: /.*/, namespace }, ({ path }) => ({ contents: contentsOf(path), resolveDir: root }));
    },
  };
}

const quoted = JSON.stringify;

module.exports = { bundleWithRooms, seldomCalled };
