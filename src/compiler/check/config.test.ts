import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSource, parseScript } from '../language/index.ts';
import { compileSettings, configTable, resolveConfig, runSettings } from './config.ts';

function resolve(block: string, environment: Readonly<Record<string, string>> = {}) {
  const { script, diagnostics } = parseScript(createSource('stdin', `config = { ${block} } begin { }`));
  assert.deepEqual(diagnostics, []);
  const result = resolveConfig(script.config, environment);
  return { ...result, messages: result.diagnostics.map((diagnostic) => diagnostic.message) };
}

test('without settings every value is its default', () => {
  const { values, messages } = resolve('');
  assert.deepEqual(messages, []);
  for (const [name, row] of Object.entries(configTable))
    assert.equal(values[name as keyof typeof values], row.fallback);
});

test('the environment wins over the script; keys are of any case and may have the prefix', () => {
  const { values } = resolve('MAX_STRLEN = 50; BPFTRACE_MAX_MAP_KEYS = 10; stack_mode = perf', {
    BPFTRACE_MAX_STRLEN: '60',
    BPFTRACE_STACK_MODE: 'raw',
    BPFTRACE_LOG_SIZE: '5',
    HOME: '/root',
    BPFTRACE_SOMETHING_ELSE: '1',
  });
  assert.equal(values.max_strlen, 60n);
  assert.equal(values.max_map_keys, 10n);
  assert.equal(values.stack_mode, 'raw');
  assert.equal(values.log_size, 5n);
});

test('a setting has the place of the text that says it last', () => {
  const block = 'max_map_keys = 7; max_probes = 8; map_keys_max = 9';
  const { places } = resolve(block, { BPFTRACE_MAX_PROBES: '10' });
  assert.deepEqual(Object.keys(places), ['max_map_keys']);
  assert.equal(places.max_map_keys?.start, `config = { ${block}`.length - 'map_keys_max = 9'.length);
});

test('values are read by the kind of the setting', () => {
  const { values } = resolve(
    'print_maps_on_exit = 5; cache_user_symbols = 0; license = "Dual MIT/GPL"; missing_probes = warn; unstable_typeinfo = true; max_cat_bytes = 1_000',
  );
  assert.equal(values.print_maps_on_exit, true);
  assert.equal(values.cache_user_symbols, 'NONE');
  assert.equal(values.license, 'Dual MIT/GPL');
  assert.equal(values.missing_probes, 'warn');
  assert.equal(values.unstable_typeinfo, 'enable');
  assert.equal(values.max_cat_bytes, 1000n);
});

test('booleans may be said in words', () => {
  for (const [word, meaning] of [
    ['yes', true],
    ['On', true],
    ['TRUE', true],
    ['no', false],
    ['off', false],
  ] as const) {
    assert.equal(resolve(`print_maps_on_exit = "${word}"`).values.print_maps_on_exit, meaning);
  }
});

test('in the environment a boolean is no other number than 0 and 1', () => {
  assert.equal(resolve('', { BPFTRACE_PRINT_MAPS_ON_EXIT: '0' }).values.print_maps_on_exit, false);
  assert.deepEqual(resolve('', { BPFTRACE_PRINT_MAPS_ON_EXIT: '5' }).messages, [
    'print_maps_on_exit: Invalid bool value: valid values are true, false, 1 or 0.',
  ]);
});

test('wrong settings are errors that name the key', () => {
  const cases: readonly [string, string][] = [
    ['max_strlen = many', 'max_strlen: expecting a number, got many'],
    ['cpp_demangle = maybe', 'cpp_demangle: Invalid bool value: valid values are true, false, 1 or 0.'],
    [
      'missing_probes = never',
      'missing_probes: Invalid value for missing_probes: valid values are ignore, warn, and error.',
    ],
    ['max_strlem = 1', 'max_strlem: not a known configuration option'],
    ['max_map_keys = 4294967296', 'max_map_keys: 4294967296 is over 4294967295'],
    ['btf = "x"', 'btf: can only be set as an environment variable'],
  ];
  for (const [block, message] of cases) assert.deepEqual(resolve(block).messages, [message]);
  assert.match(
    resolve('license = MIT').messages[0] ?? '',
    /^Invalid value for license\. Found: MIT\. Valid values: Dual MIT\/GPL,/,
  );
});

test('old names still work, with a warning; names without effect only warn', () => {
  const old = resolve('strlen = 70; no_cpp_demangle = true; symbol_source = 1');
  assert.equal(old.values.max_strlen, 70n);
  assert.equal(old.values.cpp_demangle, false);
  assert.deepEqual(old.messages, [
    'strlen has been renamed, please use max_strlen',
    'no_cpp_demangle has been renamed, please use cpp_demangle',
    'symbol_source is deprecated and has no effect',
  ]);
});

test('short strings get room for their NUL', () => {
  assert.equal(runSettings(resolve('max_strlen = 64').values).maxStrlen, 65);
  assert.equal(
    compileSettings(resolve('max_strlen = 1024').values, { runtimeWarnings: 'default' }, {}).maxStrlen,
    1024,
  );
});

test('every other setting reaches the run or the compiler', () => {
  const { values, messages } = resolve(
    'max_bpf_progs = 7; on_stack_limit = 16; perf_rb_pages = 8; show_debug_info = false; unstable_dw_ustack = enable; use_blazesym = false; avg_decimals = 30',
  );
  assert.deepEqual(messages, []);
  assert.equal(values.max_bpf_progs, 7n);
  assert.equal(values.unstable_dw_ustack, 'enable');
  assert.equal(values.use_blazesym, false);
  const run = runSettings(values);
  assert.deepEqual([run.perfRbPages, run.showDebugInfo, run.avgDecimals], [8, false, 18]);
  assert.equal(compileSettings(values, { runtimeWarnings: 'default' }, {}).onStackLimit, 16);
});
