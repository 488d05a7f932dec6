import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { utcOf } from '../../tests/support/report-run.ts';
import { nanoseconds, strftime, utcFields } from './strftime.ts';

const NS = 1_000_000_000n;

/** As glibc formats it in UTC, but for the zone's name. */
const everything =
  '%a %A %b %B|%c|%C %d %D %e|%F %g %G %h %H %I %j|%m %M%n%p %P %r %R %S %T %u %U %V %w %W %x %X %y %Y %z %Z%%';
const glibc: readonly (readonly [seconds: bigint, text: string])[] = [
  [
    1795351131n,
    'Sun Sunday Nov November|Sun Nov 22 12:38:51 2026|20 22 11/22/26 22|2026-11-22 26 2026 Nov 12 12 326|11 38\nPM pm 12:38:51 PM 12:38 51 12:38:51 7 47 47 0 46 11/22/26 12:38:51 26 2026 +0000 UTC%',
  ],
  [
    1735603200n,
    'Tue Tuesday Dec December|Tue Dec 31 00:00:00 2024|20 31 12/31/24 31|2024-12-31 25 2025 Dec 00 12 366|12 00\nAM am 12:00:00 AM 00:00 00 00:00:00 2 52 01 2 53 12/31/24 00:00:00 24 2024 +0000 UTC%',
  ],
  [
    951782399n,
    'Mon Monday Feb February|Mon Feb 28 23:59:59 2000|20 28 02/28/00 28|2000-02-28 00 2000 Feb 23 11 059|02 59\nPM pm 11:59:59 PM 23:59 59 23:59:59 1 09 09 1 09 02/28/00 23:59:59 00 2000 +0000 UTC%',
  ],
  [
    1609718399n,
    'Sun Sunday Jan January|Sun Jan  3 23:59:59 2021|20 03 01/03/21  3|2021-01-03 20 2020 Jan 23 11 003|01 59\nPM pm 11:59:59 PM 23:59 59 23:59:59 7 01 53 0 00 01/03/21 23:59:59 21 2021 +0000 UTC%',
  ],
  [
    1199145600n,
    'Tue Tuesday Jan January|Tue Jan  1 00:00:00 2008|20 01 01/01/08  1|2008-01-01 08 2008 Jan 00 12 001|01 00\nAM am 12:00:00 AM 00:00 00 00:00:00 2 00 01 2 00 01/01/08 00:00:00 08 2008 +0000 UTC%',
  ],
];

for (const [seconds, expected] of glibc) {
  test(`all conversions at ${seconds}`, () => {
    const ns = seconds * NS;
    assert.equal(strftime(everything, utcFields(ns), ns, { fractions: false }), expected);
  });
}

test('flags and widths, and what C means by %k and %l', () => {
  const ns = 1767323045n * NS;
  const format = '%_d|%-d|%05d|%10a|%^a|%k|%l|%s|%_H %-H %-j %5Y %^B %#p %Ey %Od %Q %f %';
  assert.equal(
    strftime(format, utcFields(ns), ns, { fractions: false }),
    ' 2|2|00002|       Fri|FRI| 3| 3|1767323045| 3 3 2 02026 JANUARY am 26 02 %Q %f %',
  );
});

test('fractions of the second are what strftime() of the language shows', () => {
  const ns = 1767323045n * NS + 7_012_345n;
  assert.equal(
    strftime('%S.%l %S.%f %S.%k %%k', utcFields(ns), ns, { fractions: true }),
    '05.007 05.007012 05.007012345 %k',
  );
});

test('zones are shown as they are given', () => {
  const fields = { ...utcFields(0n), zone: 'NST', offsetMinutes: -210 };
  assert.equal(strftime('%z %Z', fields, 0n, { fractions: false }), '-0330 NST');
});

test('utcFields agrees with Date', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 253_402_300_799n), (seconds) => {
      assert.deepEqual(utcFields(seconds * NS), utcOf(seconds * NS));
    }),
    { seed: 7 },
  );
});

test('nanoseconds are 9 digits, before 1970 too', () => {
  assert.equal(nanoseconds(1_000_000_005n), '000000005');
  assert.equal(nanoseconds(-1n), '999999999');
});
