import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { requireRoot } from './requirements.ts';
import { type BeginOptions, type BeginOutput, runBegin } from './run-begin.ts';

/** Arrays that scripts make: element by element, in variables and in maps. */
export function testScriptArrays(backend: NonNullable<BeginOptions['backend']>): void {
  const isPossible = (t: TestContext): boolean => backend === 'embedded' || requireRoot(t);
  const run = (script: string, options: BeginOptions = {}): BeginOutput =>
    runBegin(script, { ...options, backend });

  const rows: readonly (readonly [title: string, script: string, stdout: string])[] = [
    [
      'a map that is one array',
      `let @board : int8[6];
     begin { @board[5] = 1; @board[(uint64)2] = (int8)(@board[5] + 2); @board[2] -= 1; print(@board[2]); }`,
      '2\n@board: [0,0,2,0,0,1]\n',
    ],
    [
      'arrays in arrays',
      `let @grid : uint16[3][2];
     begin { @grid[1][2] = 9; $k = (uint64)1; @grid[(uint64)($k - 1)][$k] = 300; @grid[1][2] *= 2; }`,
      '@grid: [[0,300,0],[0,0,18]]\n',
    ],
    [
      'a variable, kept as one value of a map',
      `begin {
       let $row : int32[4];
       for ($i : 0..4) { $row[$i] = (int32)($i * $i); }
       @rows[1, "a"] = $row; $row[0] = 7; @rows[2, "b"] = $row; $copy = @rows[1, "a"];
       printf("%d %d %d\\n", $copy[3], $copy[0], sizeof($copy));
     }`,
      '9 0 16\n@rows[1, a]: [0,1,4,9]\n@rows[2, b]: [7,1,4,9]\n',
    ],
    [
      'elements of values with keys; one that is missing starts as zeros',
      `begin {
       let $r : uint8[3]; $r[0] = 1; @r["a"] = $r;
       @r["a"][1] = 2; @r["b"][2] = 200; @r["b"][2] += 100;
     }`,
      '@r[a]: [1,2,0]\n@r[b]: [0,0,44]\n',
    ],
    [
      'declared in a loop, they are zeros in every round, as tuples and structs are',
      `struct s { int a; int b; }
     fn f() : void { unroll (2) { let $u : uint8[2]; print($u); $u[1] = 3; } }
     begin {
       for ($i : 0..2) { let $row : int8[2]; $row[1] += 5; let $t; print(($row, $t)); $t = (1, 2); }
       $i = 0; while ($i < 2) { let $v : struct s; print($v.b); $p = (int64 *)&$v; $v = *(struct s *)kptr((uint64)&$i); $i++; }
       @m[1] = 1; @m[2] = 2; for ($kv : @m) { let $w : int8[2]; print($w); $w[0] = 1; } clear(@m); f();
     }`,
      '([0,5], (0, 0))\n([0,5], (0, 0))\n0\n0\n[0,0]\n[0,0]\n[0,0]\n[0,0]\n',
    ],
    [
      'filled in a loop over a map, whose body is a function of the kernel',
      `let @all : int64[3];
     begin { @m[0] = 5; @m[2] = 6; for ($kv : @m) { @all[(uint64)$kv.0] = $kv.1; } clear(@m); }`,
      '@all: [5,0,6]\n',
    ],
  ];

  for (const [title, script, expected] of rows) {
    test(title, (t) => {
      if (!isPossible(t)) return;
      assert.equal(run(script).stdout, expected);
    });
  }

  test('an index that turns out to be too large changes nothing and is reported', (t) => {
    if (!isPossible(t)) return;
    const { stdout, stderr } = run(
      'begin { let $r : int8[4]; $k = nsecs; $r[$k] = 3; $r[$k % 4] = 9; $n = 0; for ($i : 0..4) { $n += $r[$i]; } print($n); }',
    );
    assert.equal(stdout, '9\n');
    assert.match(stderr, /^stdin:1:39-49: WARNING: Array access out of bounds/m);
  });

  test('a while loop whose end can be seen goes round as often as it says', (t) => {
    if (!isPossible(t)) return;
    const { stdout } = run(
      'begin { $i = 0; $sum = 0; while ($i < 20000) { $sum += $i; $i++; } print($sum); }',
    );
    assert.equal(stdout, '199990000\n');
  });
}
