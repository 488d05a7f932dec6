import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { runInPage } from '../support/browser-entry.ts';
import { projectRoot } from '../support/paths.ts';
import { requireProgram } from '../support/requirements.ts';

const script = `
  struct point { int x; int y; };
  let @board : int8[4];
  begin { @board[2] = 7; printf("%s %d %s\\n", comm, ppid, strerror(2)); @h = hist(9); @x[1, "k"] = (2, "v"); }
  interval:ms:100 { @ticks = count(); $i = 0; while ($i < 100) { @sum += $i; $i++; } }
  profile:hz:50 { @on[cpu] = count(); }
  end { print((sizeof(struct point), @sum > 0)); }`;
const wrong = 'begin { print($x); }';
const empty = 'begin { $a = kptr(8); print(*(uint64 *)$a); }';

const engines = ['interpreter', 'wasm'] as const;
/** What every place has to print. */
const expected = await Promise.all(
  engines.map((engine) => Promise.all([script, wrong, empty].map((text) => runInPage(text, engine)))),
);

async function bundle(): Promise<{ readonly text: string; readonly inputs: readonly string[] }> {
  const result = await build({
    absWorkingDir: projectRoot,
    entryPoints: ['tests/support/browser-entry.ts'],
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'tetrace',
    target: 'es2022',
    write: false,
    metafile: true,
    // Newer than the ECMAScript of some browsers, and than that of a fresh context of Node.js 20.
    banner: { js: "Symbol.dispose ??= Symbol.for('Symbol.dispose');" },
    logLevel: 'silent',
  });
  assert.deepEqual(result.warnings, []);
  const { inputs, outputs } = result.metafile;
  for (const output of Object.values(outputs)) assert.deepEqual(output.imports, []);
  return { text: result.outputFiles[0]!.text, inputs: Object.keys(inputs) };
}

/** Calls in the page: a promise of what they say, as JSON. */
const question = `Promise.all(${JSON.stringify(engines)}.map((engine) =>
  Promise.all(${JSON.stringify([script, wrong, empty])}.map((text) => tetrace.runInPage(text, engine))))).then(JSON.stringify)`;

describe('compiler, machine, report and replay in a browser', () => {
  it('make one bundle without a module of Node.js or a package', async () => {
    const { text, inputs } = await bundle();
    assert.deepEqual(
      inputs.filter((input) => !/^(src|tests\/support)\//.test(input)),
      [],
    );
    const linuxOnly = /^src\/(kernel|runtime|cli)\//;
    assert.deepEqual(
      inputs.filter((input) => linuxOnly.test(input)),
      [],
    );
    for (const name of builtinModules) assert.ok(!text.includes(`require("${name}")`), name);
    assert.doesNotMatch(text, /\bnode:[a-z]|\bkoffi\b|\bprocess\.(env|platform|arch)\b/);
  });

  it('run scripts where there are the names of ECMAScript and TextEncoder alone', async () => {
    const { text } = await bundle();
    const context = createContext({ TextEncoder, TextDecoder });
    runInContext(text, context);
    assert.deepEqual(JSON.parse(await runInContext(question, context)), expected);
  });

  it('run scripts in Chromium', async (t) => {
    if (!requireProgram(t, 'chromium')) return;
    const { text } = await bundle();
    const directory = mkdtempSync(join(tmpdir(), 'tetrace-page-'));
    try {
      const page = join(directory, 'page.html');
      // Characters that HTML would understand are kept from it.
      const shown = `${question}.then((answer) => { document.body.textContent = encodeURIComponent(answer); })`;
      writeFileSync(join(directory, 'tetrace.js'), `${text}\n${shown};`);
      writeFileSync(page, '<!doctype html><meta charset="utf-8"><body><script src="tetrace.js"></script>');
      const run = spawnSync(
        'chromium',
        [...quietChromium, `--user-data-dir=${directory}/profile`, `file://${page}`],
        {
          encoding: 'utf8',
          timeout: 60_000,
        },
      );
      const answer = /<body>([^<]*)<\/body>/.exec(run.stdout)?.[1];
      assert.ok(answer, run.stderr);
      assert.deepEqual(JSON.parse(decodeURIComponent(answer)), expected);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

/** Without a window, without a sandbox (which root cannot have), and without talking to anybody. */
const quietChromium = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--dump-dom',
];
