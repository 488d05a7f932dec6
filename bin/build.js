// Builds dist/: one CommonJS bundle of src/cli/main.ts and its V8 code cache. Run by setup.js, which holds the lock.
'use strict';

const {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs');
const { createHash } = require('node:crypto');
const { join } = require('node:path');
const { builtSources, listSources } = require('./freshness.js');
const { bundleWithRooms } = require('./rooms.js');
const { root, distDir, buildStamp, bundleName, cacheName, runBuild } = require('./tetrace');

/**
 * A build is a folder of its own, named after its content, so that bundle and cache always belong together (V8 checks no
 * more of a source than its length). The last step is a rename of the stamp that names it: a reader sees the old
 * build or the new one.
 */
async function build() {
  const sources = listSources(); // before anything is read: a file that changes meanwhile makes this build stale, not wrong
  mkdirSync(distDir, { recursive: true });
  const fresh = join(distDir, `new-${process.pid}`);
  mkdirSync(fresh, { recursive: true });
  try {
    const { main, rooms } = await bundle();
    writeFileSync(join(fresh, bundleName), `${main}${rooms}`);
    const mainLines = main.split('\n').length - 1;
    const { exports, makeCache } = runBuild({ dir: fresh, mainBytes: main.length, mainLines });
    await exports.warmUp();
    for (const part of ['main', 'rooms']) writeFileSync(join(fresh, cacheName(part)), makeCache(part));
    const name = createHash('sha256')
      .update(readFileSync(join(fresh, bundleName)))
      .update(readFileSync(join(__dirname, 'tetrace'))) // the flags that the caches are tied to
      .update(cacheName(''))
      .digest('hex')
      .slice(0, 16);
    const target = join(distDir, name);
    // Sources that changed and say the same: the old folder stays, another process may be loading it.
    if (!existsSync(join(target, cacheName('main')))) {
      rmSync(target, { recursive: true, force: true });
      renameSync(fresh, target);
    }
    writeWhole(join(distDir, 'package.json'), '{ "type": "commonjs" }\n');
    writeWhole(
      join(distDir, 'cli.js'),
      "#!/usr/bin/env node\nrequire('../bin/tetrace').loadBundle().runFromCommandLine();\n",
    );
    writeWhole(buildStamp, `${name} ${main.length} ${mainLines}\n`);
    writeWhole(builtSources, sources);
    removeOthers(name);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
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

/** Older builds go, except the one before: a process that has just read the old stamp may still be about to load it. */
function removeOthers(kept) {
  const builds = readdirSync(distDir)
    .filter((name) => /^[0-9a-f]{16}$/.test(name) && name !== kept)
    .map((name) => ({ name, age: statSync(join(distDir, name)).mtimeMs }))
    .sort((a, b) => b.age - a.age);
  for (const { name } of builds.slice(1)) rmSync(join(distDir, name), { recursive: true, force: true });
}

build().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
