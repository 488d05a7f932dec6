// Builds dist/: one CommonJS bundle of src/cli/main.ts with its V8 code cache, and what starts it. Run by setup.js, which holds the lock.
'use strict';

const { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { transform } = require('esbuild');
const { builtSources, listSources } = require('./freshness.js');
const { bundleWithRooms } = require('./rooms.js');
const { root, distDir, buildFile, parts, cachedFor, writeHeader, runBuild } = require('./tetrace');

/**
 * A build is one file, so that bundle and caches always belong together (V8 checks no more of a source than its length). The last step is a
 * rename: a reader sees the old build or the new one.
 */
async function build() {
  const sources = listSources(); // before anything is read: a file that changes meanwhile makes this build stale, not wrong
  mkdirSync(distDir, { recursive: true });
  const fresh = `${buildFile}.${process.pid}`;
  try {
    const bundled = await bundle();
    const texts = parts.map((part) => bundled[part]);
    const layout = {
      cachedFor,
      texts: texts.map(({ length }) => length),
      lines: bundled.main.split('\n').length - 1,
      caches: [0, 0],
    };
    writeFileSync(fresh, [writeHeader(layout), ...texts].join(''));
    const { exports, makeCache } = runBuild(fresh);
    await exports.warmUp();
    const caches = parts.map(makeCache);
    const header = writeHeader({ ...layout, caches: caches.map(({ length }) => length) });
    writeFileSync(fresh, Buffer.concat([Buffer.from([header, ...texts].join(''), 'latin1'), ...caches]));
    writeWhole(join(distDir, 'package.json'), '{ "type": "commonjs" }\n');
    writeWhole(join(distDir, 'cli.js'), await command(), 0o755);
    renameSync(fresh, buildFile);
    writeWhole(builtSources, sources);
  } finally {
    rmSync(fresh, { force: true });
  }
}

/** The two parts of the bundle: function expressions, as runBuild() calls them. */
async function bundle() {
  const { main, rooms } = await bundleWithRooms(root, {
    target: 'node20',
    external: ['koffi'], // it finds its native part beside its own files
    charset: 'ascii',
    legalComments: 'none',
    // A third less text to read at every start. Names stay, and lines short, so that a stack trace says something.
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 160,
    logLevel: 'warning',
    define: {
      'import.meta.filename': '__filename',
      'import.meta.dirname': '__dirname',
    },
  });
  return {
    // The wrapper that Node.js puts around a CommonJS module, written down so that nothing is joined at start.
    main: `(function (exports, require, module, __filename, __dirname) {\n${main}})\n`,
    rooms: `(function (lent, door, require, __filename, __dirname) {\n${rooms}})\n`,
  };
}

/**
 * What the kernel reads of a file's first line to see what runs it, and what it takes for one argument. Source: uapi/linux/binfmts.h, BINPRM_BUF_SIZE;
 * execve(2).
 */
const SHEBANG_BYTES = 256;

/**
 * The text of bin/tetrace, started by the Node.js that builds and not by what sh finds: no other program runs before it, which saves a millisecond, and
 * forty on an emulated machine.
 */
async function command() {
  const [, line, ...lines] = readFileSync(join(root, 'bin/tetrace'), 'utf8').split('\n');
  const [, flag] = /exec node (\S+) /.exec(line);
  const { code } = await transform(lines.join('\n'), { minifyWhitespace: true });
  const shebang = `#!${process.execPath} ${flag}\n`;
  const isTaken = !/\s/.test(process.execPath) && shebang.length < SHEBANG_BYTES;
  return `${isTaken ? shebang : '#!/usr/bin/env node\n'}${code}`;
}

function writeWhole(path, text, mode = 0o644) {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, text, { mode });
  renameSync(temporary, path);
}

build().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
