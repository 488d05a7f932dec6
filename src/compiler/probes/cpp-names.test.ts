import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containedText, cppMatcher, withoutParams } from './cpp-names.ts';

const names: Readonly<Record<string, string>> = {
  _ZN2ns2fnEi: 'ns::fn(int)',
  _ZN2ns2fnEPKcd: 'ns::fn(char const*, double)',
  _ZNK2ns1S3getEv: 'ns::S::get() const',
  _ZN2ns1SC1Ei: 'ns::S::S(int)',
  _ZN2nsplERKNS_1SES2_: 'ns::operator+(ns::S const&, ns::S const&)',
  _ZNSsC1Ev: 'std::string::string()',
  plain: 'plain',
};

function matches(pattern: string): readonly string[] {
  return Object.keys(names).filter(cppMatcher(pattern, (symbol) => names[symbol] ?? symbol));
}

test('a name without parameters is every overload, one with parameters a single function', () => {
  assert.deepEqual(matches('ns::fn'), ['_ZN2ns2fnEi', '_ZN2ns2fnEPKcd']);
  assert.deepEqual(matches('ns::fn(int)'), ['_ZN2ns2fnEi']);
  assert.deepEqual(matches('ns::S::get'), ['_ZNK2ns1S3getEv']);
  assert.deepEqual(matches('ns::S::S'), ['_ZN2ns1SC1Ei']);
  assert.deepEqual(matches('ns::operator+'), ['_ZN2nsplERKNS_1SES2_']);
  assert.deepEqual(matches('std::string::string'), ['_ZNSsC1Ev']);
  assert.deepEqual(matches('fn'), []);
});

test('patterns, mangled names and functions of C match as well', () => {
  assert.deepEqual(matches('ns::*f*'), ['_ZN2ns2fnEi', '_ZN2ns2fnEPKcd']);
  assert.deepEqual(matches('*get*'), ['_ZNK2ns1S3getEv']);
  assert.deepEqual(matches('ns::fn(*double)'), ['_ZN2ns2fnEPKcd']);
  assert.deepEqual(matches('_ZN2ns2fnEi'), ['_ZN2ns2fnEi']);
  assert.deepEqual(matches('plain'), ['plain']);
  assert.deepEqual(matches('*'), Object.keys(names));
  assert.deepEqual(matches('std::*tring'), ['_ZNSsC1Ev']);
});

test('what is looked for before a name is demangled', () => {
  assert.equal(containedText('ns::Shape<int>::draw(char const*)'), 'draw');
  assert.equal(containedText('std::basic_string'), '');
  assert.equal(containedText('ns::*'), '');
  assert.equal(containedText('*str*'), '');
});

test('parameters are what the last closing parenthesis closes', () => {
  assert.equal(withoutParams('ns::call(void (*)(int), int) const'), 'ns::call');
  assert.equal(withoutParams('ns::operator()(int)'), 'ns::operator()');
  assert.equal(withoutParams('plain'), 'plain');
});
