// Builds dist/: one CommonJS bundle of src/cli/main.ts and its V8 code cache. Run by setup.js, which holds the lock.
'use strict';

const { mkdirSync, renameSync, rmSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
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
    writeWhole(
      join(distDir, 'cli.js'),
      "#!/usr/bin/env node\nrequire('../bin/tetrace').loadBundle().runFromCommandLine();\n",
    );
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

function writeWhole(path, text) {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}

build().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
