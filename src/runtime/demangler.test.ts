import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Demangler } from './demangler.ts';

const demangler = new Demangler();

const names: readonly (readonly [mangled: string, shown: string])[] = [
  ['_ZN2ns2fnEi', 'ns::fn(int)'],
  ['_ZN2ns2fnEPKcd', 'ns::fn(char const*, double)'],
  ['_ZNK2ns1S3getEv', 'ns::S::get() const'],
  ['_Z3vecRSt6vectorIiSaIiEE', 'vec(std::vector<int, std::allocator<int> >&)'],
  ['_ZN4core3fmt9Formatter9write_fmt17h05af221e174051e9E', 'core::fmt::Formatter::write_fmt'],
  ['_RNvCs1234_7mycrate3foo', 'mycrate::foo'],
];

test('names of C++ and Rust are shown as they are written', () => {
  for (const [mangled, shown] of names) assert.equal(demangler.demangle(mangled), shown);
});

test('other names stay: also those that would be the name of a type', () => {
  for (const name of ['printf', 'f', 'i', 'Pi', 'main.main', '_start', '__libc_start_main', '', '_', 'Z']) {
    assert.equal(demangler.demangle(name), name);
  }
});

test('a name made to grow, or to nest, ends', () => {
  const nested = `_Z1f${'P'.repeat(4000)}i`;
  assert.equal(typeof demangler.demangle(nested), 'string');
  let growing = '_Z1fI';
  for (let i = 0; i < 30; i++) growing += `NS${i === 0 ? '' : i - 1}_E`;
  assert.equal(typeof demangler.demangle(growing), 'string');
  assert.equal(demangler.demangle(`_Z${'1f'.repeat(5000)}`).length, 10_002);
  assert.equal(demangler.demangle('_ZN2ns2fnEi'), 'ns::fn(int)');
});
