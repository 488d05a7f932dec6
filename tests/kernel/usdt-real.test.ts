/** Static probes of programs that people trace: Python, PostgreSQL, and what sys/sdt.h makes. Each needs the program installed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { ElfFiles } from '../../src/runtime/elf-files.ts';
import { readUsdtProbes } from '../../src/runtime/usdt-probes.ts';
import { CProgram } from '../support/c-program.ts';
import { requireProgram, requireRoot, skipUnless } from '../support/requirements.ts';
import { runTetrace, startTetrace } from '../support/run-tetrace.ts';

function hasProbe(path: string, name: string): boolean {
  return (
    existsSync(path) && readUsdtProbes(new ElfFiles(), path)?.some((probe) => probe.name === name) === true
  );
}

test('Python: functions, imports, collections', async (t) => {
  if (!requireRoot(t)) return;
  const path = '/usr/bin/python3';
  if (!skipUnless(t, hasProbe(path, 'function__entry'), `${path} has no static probes`)) return;
  const folder = mkdtempSync(join(tmpdir(), 'tetrace-python-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const script = join(folder, 'traced.py');
  writeFileSync(
    script,
    'import gc, json\ndef grind(n):\n    return n + 1\nfor n in range(5):\n    grind(n)\ngc.collect(2)\n',
  );
  // function__entry is left out: Python 3.11 comes by it for a few functions only.
  const program = `usdt:${path}:python:function__return /str(arg1) == "grind"/ { @returns[str(arg0), arg2] = count(); }
    usdt:${path}:python:import__find__load__start /str(arg0) == "json"/ { @imports = count(); }
    usdt:${path}:python:gc__start { @generation[arg0] = count(); }`;
  const { stdout, stderr } = await runTetrace(['-q', '-e', program, '-c', `${path} ${script}`]);
  assert.equal(stderr, '');
  assert.match(stdout, new RegExp(`^@returns\\[${script}, 3\\]: 5$`, 'm'));
  assert.match(stdout, /^@imports: 1$/m);
  assert.match(stdout, /^@generation\[2\]: [1-9]/m);
});

/** The server of the newest PostgreSQL that Debian has installed. */
function findPostgres(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root) : [];
  return versions.map((version) => join(root, version, 'bin/postgres')).findLast((path) => existsSync(path));
}

test('PostgreSQL: queries', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'setpriv')) return;
  const path = findPostgres();
  const isTraceable = path !== undefined && hasProbe(path, 'query__start');
  if (!skipUnless(t, isTraceable, 'no PostgreSQL with static probes is installed') || !path) return;
  const folder = mkdtempSync(join(tmpdir(), 'tetrace-postgres-'));
  t.after(() => rmSync(folder, { recursive: true }));
  // It refuses to run as root; any other user will do.
  const nobody = 65534;
  chownSync(folder, nobody, nobody);
  const asNobody = ['--reuid', `${nobody}`, '--regid', `${nobody}`, '--clear-groups', '--'];
  const data = join(folder, 'data');
  const made = spawnSync(
    'setpriv',
    [
      ...asNobody,
      join(dirname(path), 'initdb'),
      '-D',
      data,
      '-U',
      'postgres',
      '--no-sync',
      '-E',
      'UTF8',
      '--no-locale',
    ],
    { encoding: 'utf8', cwd: folder },
  );
  assert.equal(made.status, 0, made.stderr);
  using tracer = startTetrace([
    '-e',
    `usdt:${path}:postgresql:query__start { printf("start %s\\n", str(arg0)); }
     usdt:${path}:postgresql:query__done { printf("done %s\\n", str(arg0)); }`,
  ]);
  await tracer.waitFor(/Attached 2 probes/, 'stderr');
  const asked = spawnSync('setpriv', [...asNobody, path, '--single', '-D', data, 'postgres'], {
    input: 'SELECT 6 * 7 AS answer;\n',
    encoding: 'utf8',
    cwd: folder,
  });
  assert.match(asked.stdout, /answer = "42"/);
  await tracer.waitFor(/^done SELECT 6 \* 7 AS answer;/m);
  assert.match(tracer.stdout(), /^start SELECT 6 \* 7 AS answer;/m);
});

test('what sys/sdt.h makes', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'gcc')) return;
  const headers = ['/usr/include/sys/sdt.h', '/usr/include/x86_64-linux-gnu/sys/sdt.h'];
  if (
    !skipUnless(
      t,
      headers.some((header) => existsSync(header)),
      'needs sys/sdt.h',
    )
  )
    return;
  for (const flags of [['-O0'], ['-O2'], ['-O2', '-static']]) {
    using program = new CProgram(
      `#include <sys/sdt.h>
struct item { int count; char name[8]; };
int main(int count, char **words) {
  struct item item = { 3, "three" };
  for (int i = 0; i < item.count; i++) DTRACE_PROBE3(app, tick, i, item.name, (long)i << 40);
  DTRACE_PROBE(app, done);
  return 0;
}
`,
      flags,
    );
    const script = `usdt:${program.path}:app:tick { printf("%d %s %d\\n", arg0, str(arg1), arg2 >> 40); }
      usdt:${program.path}:app:d* { printf("%s\\n", probe); }`;
    const { stdout, stderr } = await runTetrace(['-q', '-e', script, '-c', program.path]);
    assert.equal(stderr, '');
    assert.deepEqual(stdout.trim().split('\n'), [
      '0 three 0',
      '1 three 1',
      '2 three 2',
      `usdt:${program.path}:app:done`,
    ]);
  }
});
