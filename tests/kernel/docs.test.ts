/**
 * What the pages for users show is true: their commands load and attach (`--dry-run`: they would run until Ctrl-C), their scripts
 * do as well, and where a page says what a script prints, it prints that.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { listFiles } from '../../scripts/list-files.ts';
import { docCommands, docScripts } from '../support/doc-blocks.ts';
import { projectRoot } from '../support/paths.ts';
import { requireRoot } from '../support/requirements.ts';
import { runTetrace, tetracePath } from '../support/run-tetrace.ts';

const pages = [
  'README.md',
  ...listFiles(join(projectRoot, 'docs'), '.md').map((path) => path.slice(projectRoot.length + 1)),
];
const found = pages.map((path) => {
  const page = readFileSync(join(projectRoot, path), 'utf8');
  return { path, commands: docCommands(page), scripts: docScripts(page) };
});

/** The message about old kernels is none about the script. */
function complaints(stderr: string): string {
  return stderr.replace(/^WARNING: Kernel version .*\n/m, '');
}

test('there is something to check', () => {
  assert.ok(found.some(({ commands }) => commands.length >= 5));
  assert.ok(found.some(({ scripts }) => scripts.some(({ output }) => output !== undefined)));
});

for (const { path, commands, scripts } of found) {
  describe(path, () => {
    for (const { line, text } of commands) {
      test(`line ${line}: ${text.split('\n', 1)[0]}`, async (t) => {
        if (!requireRoot(t)) return;
        const shell = `tetrace() { "$TETRACE" --dry-run "$@"; }\n${text}\n`;
        const env = { TETRACE: tetracePath };
        const { code, stderr } = await runTetrace(['-c', shell], { program: '/bin/sh', env });
        assert.equal(complaints(stderr), '');
        assert.equal(code, 0);
      });
    }
    for (const { line, text, output } of scripts) {
      test(`script at line ${line}`, async (t) => {
        if (!requireRoot(t)) return;
        const options = output === undefined ? ['-q', '--dry-run'] : ['-q'];
        const result = await runTetrace([...options, '-e', text]);
        assert.equal(complaints(result.stderr), '');
        // The empty lines in front of the maps are there without maps too.
        if (output !== undefined) assert.equal(result.stdout.trimEnd(), output.trimEnd());
        assert.equal(result.code, 0);
      });
    }
  });
}
