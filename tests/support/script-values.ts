import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Feature } from '../../src/program/index.ts';
import { requireRoot } from './requirements.ts';
import { type BeginOptions, type BeginOutput, runBegin } from './run-begin.ts';

/** The body of a `begin`, or a whole script; what it prints, maps included. */
type Row = readonly [script: string, stdout: string];

/** What expressions, maps and loops come to, in the kernel or in the machine. */
export function testScriptValues(backend: NonNullable<BeginOptions['backend']>): void {
  const isPossible = (t: TestContext): boolean => backend === 'embedded' || requireRoot(t);
  const run = (script: string, options: BeginOptions = {}): BeginOutput =>
    runBegin(script, { ...options, backend });

  function runs(title: string, rows: readonly Row[], options: BeginOptions = {}): void {
    describe(title, () => {
      for (const [script, expected] of rows) {
        test(script, (t) => {
          if (!isPossible(t)) return;
          const { stdout, stderr } = run(wholeScript(script), options);
          assert.equal(stdout, expected);
          assert.equal(stderr, '');
        });
      }
    });
  }

  function wholeScript(script: string): string {
    return /(^|\s)begin\b/.test(script) ? script : `begin { ${script} }`;
  }

  runs('stacks of no frames', [
    ['print(kstack(0)); @[kstack(raw, 0)] = 1; $s = kstack(perf, $1);', '\n\n@[\n]: 1\n'],
  ]);

  runs('statistics of one key', [
    [
      '@s[1]=stats(5); @s[1]=stats(-9); @=stats(2); print(@s[1]); print(@s[7]); clear(@s);',
      '{ .count = 2, .average = -2, .total = -4 }\n{ .count = 0, .average = 0, .total = 0 }\n@: { .count = 1, .average = 2, .total = 2 }\n',
    ],
  ]);

  runs('values', [
    ['print((1,"a",(2,true,(x=1,y="z")),(5,)));', '(1, a, (2, true, { .x = 1, .y = z }), (5))\n'],
    [
      'printf("%s %s %s\\n", (uint8[4])(uint32)513, (int16[2])(uint32)65535, pton("1.2.3.4"));',
      '[1,2,0,0] [-1,0] [1,2,3,4]\n',
    ],
    [
      'printf("%p %p %s %s %d\\n", (void*)0, (void*)255, (void*)0, (int8*)16, (void*)7);',
      '0 0xff 0x0 0x10 7\n',
    ],
    [
      'enum C { R, G=7 }; begin { $x=3; printf("%s %d [%3s] %s\\n", G, G, R, (enum C)$x); @[G]=R; }',
      'G 7 [  R] 3\n@[G]: R\n',
    ],
    [
      '$b=true; printf("%s %d %s %x %s\\n", $b, $b, !$b, true, (2==2, $b+1, 3 && 0));',
      'true 1 false 1 (true, 2, false)\n',
    ],
    [
      '$v=0x123456789a; printf("%d %u %x %ld %lx %hhx %c|%5s|%-5s|%%\\n", $v,$v,$v,$v,$v,$v,65,"ab","cd");',
      '878082202 878082202 3456789a 78187493530 123456789a 9a A|   ab|cd   |%\n',
    ],
    [
      '$a=buf((uint8[4])(uint32)0x80410a5c,4); printf("%r %rh %rx %gr\\n", $a,$a,$a,0xdc0);',
      '\\\\x0aA\\x80 5c 0a 41 80 \\x5c\\x0a\\x41\\x80 GFP_KERNEL|__GFP_ZERO\n',
    ],
    [
      '$m=(uint64)0xff030201fe00; print((ntop(0x0200000a), ntop(pton("fe80::1")), bswap((uint16)0x1234), macaddr((uint8*)&$m)));',
      '(10.0.0.2, fe80::1, 13330, 00:FE:01:02:03:FF)\n',
    ],
    [
      '$z=0; $i=(int16)7; print((-$i, 0-$i, ~$i, ~0, (uint8)300, (int8)200, (uint64)-1, "abc"+"d", "abcd"+1, "a"[0]));',
      '(-7, -7, -8, 18446744073709551615, 44, -56, 18446744073709551615, abcd, bcd, 97)\n',
    ],
    [
      '$x=(uint8)250; $x+=10; $i=-10; print(($x, -7/2, -8>>1, $i>>1, (uint64)$i/3, 1<<2+1, 6&3==3, 5>3==1, 9223372036854775807+1));',
      '(260, -3, -4, 9223372036854775803, 6148914691236517202, 8, 0, true, 9223372036854775808)\n',
    ],
    [
      '$i = 1; $i += $i++; $j = (int8)1; $j -= $j++; $k = 4; $k /= $k--; @x = 1; @x += @x++; @y[1] = 1; @y[1] += @y[1]++; @z["a"] = 2; @z["a"] *= @z["a"]++; print(($i, $j, $k)); @x += delete(@y, 1); @z["a"] -= {@z["a"] = 1; 1};',
      '(2, 0, 1)\n@x: 3\n@z[a]: 3\n',
    ],
    [
      '$i = (int32)-5; print((comptime ((int32)-5 >> 1), $i >> 1, comptime ((int64)-7 / 2), comptime ((int64)9223372036854775807 + 1)));',
      '(9223372036854775805, 9223372036854775805, 9223372036854775804, -9223372036854775808)\n',
    ],
    [
      '@k[1] = 1; @k[-3] = 2; @k[(uint64)18446744073709551615] = 3; print((len(@k), @k[-1], (uint64)18446744073709551615 + 1)); clear(@k);',
      '(3, 3, 0)\n',
    ],
    [
      'print((true && false, true || false, 1 ? 2 : 3, !true)); $y = cpu >= 0 ? "abc" : "de"; print($y);',
      '(false, true, 2, false)\nabc\n',
    ],
    [
      '$z = {let $q = 5; $q + 1}; print($z); let $s : string[8]; if (cpu > 10000) { $s = "x"; } print(($s,1));',
      '6\n(, 1)\n',
    ],
    [
      '$b = (int8)-3; $c = (uint64)-1; $z = cpu * 0; print((($b < 0)+0, ($b <= -3)+0, ($b > -3)+0, ($b != -3)+0, ($b == -3)+0, ($c > 5)+0, ($c < 5)+0, ($z==0)+0, ($z>=0)+0));',
      '(1, 1, 0, 0, 1, 1, 0, 1, 1)\n',
    ],
    [
      '$a = (uint8[4])(uint32)0x04030201; $i = (uint64)2; print(($a[$i], $a[0], (uint32)$a));',
      '(3, 1, 67305985)\n',
    ],
  ]);

  runs('bit-fields and packed members, by pointer and in a variable', [
    [
      `struct q { int a:3; int b:5; unsigned c:24; };
       struct t { int a:31; int b:1; long long c:40; long long d:24; };
       begin {
         $z = ((uint64)0xfedcba9876543210, (uint64)0xf1e2d3c4b5a69788);
         $q = (struct q *)&$z; $q1 = *$q; print(($q->a, $q->b, $q->c)); print(($q1.a, $q1.b, $q1.c));
         $t = (struct t *)&$z; $t1 = *$t; print(($t->a, $t->b, $t->c, $t->d)); print(($t1.a, $t1.b, $t1.c, $t1.d));
       }`,
      '(0, 2, 7754802)\n(0, 2, 7754802)\n(1985229328, 0, 844861183880, 15852243)\n(1985229328, 0, 844861183880, 15852243)\n',
    ],
    [
      `struct p { unsigned long long a:5; unsigned long long b:60; unsigned char c; } __attribute__((packed));
       struct u { unsigned char a; unsigned int b; short c; } __attribute__((packed));
       begin {
         $z = ((uint64)0xfedcba9876543210, (uint64)0xf1e2d3c4b5a69788);
         $p = (struct p *)&$z; $p1 = *$p; print(($p->a, $p->b, $p->c)); print(($p1.a, $p1.b, $p1.c));
         $u = (struct u *)&$z; $u1 = *$u; print(($u->a, $u->b, $u->c)); print(($u1.a, $u1.b, $u1.c));
       }`,
      '(16, 573898704515408272, 151)\n(16, 573898704515408272, 151)\n(16, 2557891634, -9030)\n(16, 2557891634, -9030)\n',
    ],
  ]);

  runs('strings', [
    [
      `struct s { char name[8]; char two[2][4]; };
       begin {
         $x = ((uint64)0x4141414100434241, (uint64)0x4141004141410042); $p = (struct s *)&$x; $s = *$p; @w = *$p; $y = "ABC";
         print(($s.name == $y, @w.name == $y, $p->name == $y, $s.name == "ABC")); $k = ($s.name, 1); print($k.0 == $y);
         @[$s.name] = 1; @[@w.name] = 2; @["ABC"] = 3; @t[$s.two[0]] = 4; @t[$p->two[0]] = 5; clear(@w);
       }`,
      '(true, true, true, true)\ntrue\n@[ABC]: 3\n@t[B]: 5\n',
    ],
    ['print("\\xc3a"[0]); $s = "\\xc3a"; print($s[0]); print("abc"[1]);', '18446744073709551555\n-61\n98\n'],
    [
      'print((strstr("abcd","cd"), strstr("a","z"), strcontains("ab",""), strncmp("abX","abY",2), strncmp("a","b",1), strlen("ab"), strcap("ab"), signal_name(9), sizeof((1,"a")), sizeof(comm())));',
      '(2, -1, true, 0, 1, 2, 3, Killed, 3, 16)\n',
    ],
    [
      '$h = "hello world, hello"; print((strstr($h,"hello"), strstr($h,"d, hello"), strstr($h,"d"), strstr($h,""), strstr($h,"hellox"), strstr("", $h), strstr("aaaaaaaab","aab")));',
      '(0, 10, 10, 0, -1, -1, 6)\n',
    ],
    [
      'let $a : uint8[127]; let $b : uint8[128]; for $i : 0..127 { $a[$i] = (uint8)(97 + (uint64)$i % 26); } for $i : 0..100 { $b[$i] = $a[(uint64)$i + 26]; } $h = str(&$a, 128); $n = str(&$b, 128); print((sizeof($h), sizeof($n), strstr($h, $n), strcontains($h, $n), strstr($n, $h)));',
      '(129, 129, 0, true, -1)\n',
    ],
    [
      '$s = "bpftrace"; $p = kptr((int8*)&$s); $n = cpu * 0 + 5; print((str($p,5), str($p,$n), str("hello",3), buf($p,3), str($p,0), strlen($p), strlen($s)));',
      '(bpft, bpft, hel, bpf, , 8, 8)\n',
    ],
    [
      'config={max_strlen=4; str_trunc_trailer="+"} begin { $s = (uint64)0x6563617274667062; $p = kptr((int8*)&$s); printf("[%7s]%s\\n", str($p), str($p,3)); @[str($p)] = 1; }',
      '[  bpft+]bp\n@[bpft+]: 1\n',
    ],
    [
      '$s = "ab"; if ($s == "ab") { print(1); } if ($s != "abc") { print(2); } $t = comm; if ($t == comm) { print(3); } print(str_concat($s, "cd"));',
      '1\n2\n3\nabcd\n',
    ],
    [
      'print(syscall_name(1)); print((strerror(2), strerror(9999), signal_name(0), signal_name(65), syscall_name(99999)));',
      'write\n(No such file or directory, Unknown error, Unknown signal 0, N/A, Unknown syscall)\n',
    ],
    ['$s = comm; $s = "x"; @[$s] = 1; $s = "longer"; @[$s] = 2;', '@[x]: 1\n@[longer]: 2\n'],
  ]);

  runs('maps', [
    [
      '@s=stats(4); @s=stats(-1); @k["x"]=stats(2); @av=avg(-3); @av=avg(-4); @mn=min(3); @mn=min(-2);',
      '@av: -3\n@k[x]: { .count = 1, .average = 2, .total = 2 }\n@mn: -2\n@s: { .count = 2, .average = 1, .total = 3 }\n',
    ],
    [
      '@n["b"]=(int64)2; @n["a"]=(int64)3; @n["c"]=(int64)-1; @_[3,"b"]="p"; @_[3,"a"]="q";',
      '@_[3, a]: q\n@_[3, b]: p\n@n[c]: -1\n@n[b]: 2\n@n[a]: 3\n',
    ],
    [
      '@["a"]=(int64)1; @["b"]=(int64)25; @["c"]=(int64)-9; print(@,2,10); clear(@); print(len(@));',
      '@[a]: 0\n@[b]: 2\n3\n',
    ],
    [
      'if (pid == 0) { @w=1; @h=hist(1); @k[1]=1; @t="s"; } print(@w); print(@h); print(@k); print(@t);',
      '@w: 0\n@t: \n',
    ],
    [
      '@p[(void*)0x20,"a b"]=(1,(2,)); @r[(a=1,b=(2,3))]=true; @n[(1,2),3]="s";',
      '@n[(1, 2), 3]: s\n@p[0x20, a b]: (1, (2))\n@r[{ .a = 1, .b = (2, 3) }]: true\n',
    ],
    [
      '@c=count(); @c=count(); print((int64)@c); @d["a"]=count(); @d["a"]=count(); if (@d["a"]>1) { print("big"); } print(@d["a"]); @a=avg(3); @a=avg(6); print((uint64)@a); @m["z"]=max(4); @m["z"]=max(2); print((int64)@m["z"]); clear(@c); clear(@d); clear(@a); clear(@m);',
      '2\nbig\n2\n4\n4\n',
    ],
    [
      '@e[1]=1; @e[2]=2; print((delete(@e,1), has_key(@e,1), has_key(@e,2), len(@e), delete(@e,7))); clear(@e);',
      '(true, false, true, 1, false)\n',
    ],
    ['@c=count(); @q=5; print((delete(@c), delete(@q), delete(@q), @q));', '(true, true, false, 0)\n'],
    [
      '@a[1]++; @a[1]+=5; @a[2]--; @x++; ++@x; print((@a[1],@a[2],@x--)); $p=(int32*)100; $p++; print($p);',
      '(6, -1, 2)\n0x68\n@a[2]: -1\n@a[1]: 6\n@x: 1\n',
    ],
    [
      '@t[1] = ("a", 5); @t[1] = ("bcd", 6); $v = @t[1]; $v = ($v.0, $v.1 + 1); print($v); if (find(@t, 1, $v)) { print($v.1); } if (!find(@t, 2, $v)) { print("none"); } clear(@t);',
      '(bcd, 7)\n6\nnone\n',
    ],
    [
      '@h=hist(-3); @h=hist(0); @h=hist(3); print((has_key(@k, 1), delete(@k, 1), delete(@k, 1))); @k[1]=hist(9); clear(@h); clear(@k);',
      '(false, false, false)\n',
    ],
    [
      '@k[1]=lhist(5,0,10,2); @k[1]=lhist(50,0,10,2); print((has_key(@k, 1), delete(@k, 1), has_key(@k, 1)));',
      '(true, true, false)\n',
    ],
  ]);

  runs('maps with a table', [
    [
      '$i = 0; unroll(4) { @b[$i] = $i * 2; $i++; } @b[2] += 5; @b[100] = 7; @b[-1] = 10; print((@b[0], @b[1], @b[2], @b[3], @b[100], @b[-1], @b[50]));',
      '(0, 2, 9, 6, 7, 10, 0)\n@b[0]: 0\n@b[1]: 2\n@b[3]: 6\n@b[100]: 7\n@b[2]: 9\n@b[-1]: 10\n',
    ],
    [
      '@b[1] = 5; @b[3] = 6; @b[-1] = 7; print((len(@b), has_key(@b,3), has_key(@b,2), delete(@b,3), delete(@b,3), delete(@b,-1), len(@b), @b[3]));',
      '(3, true, false, true, false, true, 1, 0)\n@b[1]: 5\n',
    ],
    [
      '@b[3] = 6; $v = 0; if (find(@b, 3, $v)) { print($v); } if (!find(@b, 4, $v)) { print("none"); } clear(@b);',
      '6\nnone\n',
    ],
    [
      '@p[1] = (int32*)16; @p[2] = (int32*)32; @f[0] = true; print((@p[1], @p[3], @f[0], @f[7]));',
      '(0x10, 0x0, true, false)\n@f[0]: true\n@p[1]: 0x10\n@p[2]: 0x20\n',
    ],
  ]);

  runs('histograms', [
    [
      '@b["k"]=hist(9,2); @g=hist(1073741823);',
      '@b[k]:\n[8, 10)                1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|\n\n@g:\n[512M, 1G)             1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|\n\n',
    ],
    [
      '@=lhist(-1,0,4,2); @=lhist(4,0,4,2);',
      '@:\n(..., 0)               1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|\n[0, 2)                 0 |                                                    |\n[2, 4)                 0 |                                                    |\n[4, ...)               1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|\n\n',
    ],
  ]);

  const loopRows: readonly Row[] = [
    [
      'for $i : (-1)..2 { printf("%d ", $i); } for $j : 3..3 { print("never"); } for $k : 5..2 { print("never"); }',
      '-1 0 1 ',
    ],
    [
      '$s=0; for $i : 0..10 { if ($i==7) { break; } if ($i==2) { continue; } $s += $i; } print($s); unroll(3) { $s++; } print($s);',
      '19\n22\n',
    ],
    [
      '$s=0; for $i : 0..300 { $i = $i + 5; $s++; } print($s); $t = 0; for $i : 0..3 { for $j : 0..3 { if ($j == $i) { break; } $t += 10 * $i + $j; } } print($t);',
      '300\n51\n',
    ],
    ['for $i : 0..5 { if ($i == 3) { print($i); return; } } print("never");', '3\n'],
  ];

  const withoutLoops: readonly Feature[] = ['open-coded-iterators', 'bpf-loop', 'bounded-loops'];
  runs('counted loops', loopRows);
  runs('loops without loops', loopRows.slice(0, 2), { without: withoutLoops });

  const longRows: readonly Row[] = [
    ['for $i : 0..100000 { @n++; } print(@n); clear(@n);', '@n: 100000\n'],
    [
      '$n = (uint64)cpu * 0 + 20000; $s = 0; for $i : 0..$n { if ($i == 15000) { break; } if ($i == 2) { continue; } for $j : 0..$n { if ($j == 5) { break; } $s++; } } print($s);',
      '74995\n',
    ],
  ];
  runs('long loops through iterators', longRows);
  runs('long loops through callbacks', longRows, { without: ['open-coded-iterators'] });
  const outlinedRows: readonly Row[] = [
    [
      '$n = 0; $k = (uint8)250; unroll (40) { $j = 3; unroll (20) { @a[$j]++; $n += @a[$j] % 3; $j++; } if ($n > 100) { $k += 1; } } printf("%d %d\\n", $n, $k); print(@a[4]); clear(@a);',
      '800 286\n40\n',
    ],
    [
      '$s = "begin"; $t = (1, "x"); $n = 0; for $i : 10..200 { if ($i == 100) { $s = "end"; $t = ((int64)$i, "y"); } $own = $i * 2; $n += $own; @b[$i, 1] = $own; } printf("%s %d %s %d\\n", $s, $t.0, $t.1, $n); print(len(@b)); clear(@b);',
      'end 100 y 39710\n190\n',
    ],
    [
      'unroll (100) { unroll (3) { @n += 1; if (@n % 100 == 0) { printf("%d\\n", @n); } } @c[@n % 4] = 1; } print(len(@c)); clear(@c); clear(@n);',
      '100\n200\n300\n4\n',
    ],
  ];
  runs('dear loops', outlinedRows);
  runs('dear loops as calls', outlinedRows, { without: ['open-coded-iterators'] });
  runs('dear loops as calls, on verifiers that take every number for an important one', outlinedRows, {
    without: ['open-coded-iterators', 'cgrp-storage', 'bpf-loop'],
  });
  runs('while', [
    ['$i=0; while ($i < 5) { if ($i == 3) { break; } $i++; } print($i);', '3\n'],
    ['$p = nsecs; $n = 0; while ($p != 0) { $p = $p >> 1; $n++; } print($n > 20 && $n < 65);', 'true\n'],
    [
      '$n=0; while (1) { $n++; if ($n % 2 == 0) { continue; } if ($n > 20000) { break; } } print($n);',
      '20001\n',
    ],
  ]);
  runs('map loops', [
    [
      '$n=0; @it[1]=10; @it[2]=20; for $kv : @it { $n += $kv.0 + $kv.1; } print($n); @w["a"]=sum(5); @w["b"]=sum(6); for $kv : @w { $n += $kv.1; } print($n); clear(@it); clear(@w);',
      '33\n44\n',
    ],
    [
      '@a[1]=2; @a[2]=3; $n=0; for $x : @a { $own = $x.1; for $y : @a { if ($y.0 == $x.0) { continue; } $n += $own * 10 + $y.1; } } print($n); clear(@a);',
      '55\n',
    ],
    [
      '@a[1]=1; for $x : @a { print($x); delete(@a, $x.0); } print(len(@a)); @b[1]=1; @b[2]=2; for $x : @b { return; } print("never");',
      '(1, 1)\n0\n@b[1]: 1\n@b[2]: 2\n',
    ],
  ]);

  runs('functions', [
    [
      'fn add($a : int64, $b : int64) : int64 { if ($a > 100) { return 1; } return $a + $b; } fn say($s : string[8]) : void { printf("%s!\\n", $s); } begin { print(add(1,2)); print(add(101,2)); say("hey"); $n=0; for $i : 0..3 { $n += add($i, 1); } print($n); }',
      '3\n1\nhey!\n6\n',
    ],
  ]);

  runs('named parameters', [
    ['print(getopt("abc", 5, "d")); print(getopt("s","xy")); print(getopt("bb"));', '5\nxy\nfalse\n'],
  ]);

  describe('what goes wrong at run time', () => {
    const cases: readonly (readonly [
      script: string,
      stdout: string,
      stderr: RegExp,
      options?: BeginOptions,
    ])[] = [
      [
        '$z=cpu*0; print((9/$z, 9%$z));',
        '(1, 1)\n',
        /1:\d+-\d+: WARNING: Divide or modulo by 0 detected[\s\S]*Divide or modulo/,
      ],
      ['$z=cpu*0; print(9/$z);', '1\n', /^$/, { runtimeWarnings: 'none' }],
      ['$i=nsecs; $a=(uint8[8])nsecs; print($a[$i]);', '0\n', /Array access out of bounds/],
      [
        'let @a = hash(2); begin { unroll(3) { @n++; @a[@n] = 1; } clear(@a); clear(@n); }',
        '',
        /helper: map_update_elem, retcode: -7/,
      ],
      [
        'let @a = percpuhash(1); begin { @a[1]=count(); @a[2]=count(); clear(@a); }',
        '',
        /^(?=[\s\S]*retcode: -7)(?![\s\S]*retcode[\s\S]*retcode)/,
      ],
      [
        'print(*(uint64*)kptr((uint64)8)); print(@m[1]); if (pid == 0) { @m[1] = 1; }',
        '0\n0\n',
        /probe_read_kernel, retcode: -\d+[\s\S]*Can't lookup map element/,
        { runtimeWarnings: 'all' },
      ],
      ['print(*(uint64*)kptr((uint64)8)); print(@m[1]); if (pid == 0) { @m[1] = 1; }', '0\n0\n', /^$/],
      ['print(cpid);', '0\n', /cpid is zero/],
      ['for $i : 0..9000000 { print($i); }', '', /helper: loop, retcode: -7/],
      [
        'for $i : 0..9000000 { print($i); }',
        '',
        /helper: loop, retcode: -7/,
        { without: ['open-coded-iterators'] },
      ],
    ];
    for (const [script, stdout, stderr, options] of cases) {
      test(`${script} ${options?.runtimeWarnings ?? ''} ${options?.without ?? ''}`, (t) => {
        if (!isPossible(t)) return;
        const output = run(wholeScript(script), options);
        assert.equal(output.stdout, stdout);
        assert.match(output.stderr, stderr);
      });
    }
  });

  test('exit() leaves loops and the probe; assert() says why and exits with 1', (t) => {
    if (!isPossible(t)) return;
    assert.deepEqual(run('begin { while (1) { @n++; exit(3); } print("never"); }'), {
      stdout: '@n: 1\n',
      stderr: '',
      exitCode: 3,
    });
    const { stderr, exitCode } = run('begin { assert(cpu > 100000, "boo"); print("never"); }');
    assert.match(
      stderr,
      /^stdlib\/base\.bt:6:5-37: ERROR: assert failed: boo\nstdin:\d+:[\d-]+: ERROR: expanded from\n/m,
    );
    assert.equal(exitCode, 1);
  });
}
