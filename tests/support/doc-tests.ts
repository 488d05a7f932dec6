/**
 * What the pages for users show is true: their commands load and attach (`--dry-run`: they would run until Ctrl-C), their scripts
 * do as well, and where a page says what a script prints, it prints that.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { listFiles } from '../../scripts/list-files.ts';
import { docCommands, docScripts } from './doc-blocks.ts';
import { projectRoot } from './paths.ts';
import { skipUnless } from './requirements.ts';
import { type RunResult, runTetrace, tetracePath } from './run-tetrace.ts';

const pages = [
  'README.md',
  ...listFiles(join(projectRoot, 'docs'), '.md').map((path) => path.slice(projectRoot.length + 1)),
];
const found = pages.map((path) => {
  const page = readFileSync(join(projectRoot, path), 'utf8');
  return { path, commands: docCommands(page), scripts: docScripts(page) };
});

/** Where the pages are tried. */
export interface DocBackend {
  /** Options that name it. */
  readonly options: readonly string[];
  /** Skips a test and says why, where nothing can be tried. */
  readonly isPossible: (t: TestContext) => boolean;
  /** Why a run that failed could not do otherwise there; undefined: it should have worked. */
  readonly excuse: (run: RunResult) => string | undefined;
}

/** Declares the tests of all pages. */
export function testDocs({ options, isPossible, excuse }: DocBackend): void {
  test('there is something to check', () => {
    assert.ok(found.some(({ commands }) => commands.length >= 5));
    assert.ok(found.some(({ scripts }) => scripts.some(({ output }) => output !== undefined)));
  });

  const isExcused = (t: TestContext, run: RunResult): boolean => {
    const reason = excuse(run);
    return !skipUnless(t, reason === undefined, reason ?? '');
  };
  for (const { path, commands, scripts } of found) {
    describe(path, () => {
      for (const { line, text } of commands) {
        test(`line ${line}: ${text.split('\n', 1)[0]}`, async (t) => {
          if (!isPossible(t)) return;
          const shell = `tetrace() { "$TETRACE" ${options.join(' ')} --dry-run "$@"; }\n${text}\n`;
          const env = { TETRACE: tetracePath };
          const run = await runTetrace(['-c', shell], { program: '/bin/sh', env });
          if (isExcused(t, run)) return;
          assert.equal(run.stderr, '');
          assert.equal(run.code, 0);
        });
      }
      for (const { line, text, output } of scripts) {
        test(`script at line ${line}`, async (t) => {
          if (!isPossible(t)) return;
          const dryRun = output === undefined ? ['--dry-run'] : [];
          const run = await runTetrace([...options, '-q', ...dryRun, '-e', text]);
          if (isExcused(t, run)) return;
          assert.equal(run.stderr, '');
          // The empty lines in front of the maps are there without maps too.
          if (output !== undefined) assert.equal(run.stdout.trimEnd(), output.trimEnd());
          assert.equal(run.code, 0);
        });
      }
    });
  }
}
