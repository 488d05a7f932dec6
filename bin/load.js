// Loads the bundle with V8's code cache, which saves compiling it at every start.
'use strict';

const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { join } = require('node:path');
const v8 = require('node:v8');
const vm = require('node:vm');
const { builtDir } = require('./freshness.js');

const bundleName = 'cli.js';
// Most of what a start runs, it runs a few times: V8's baseline compiler costs memory there and gains little, and where machine code that
// was just written is dear to run (an emulated machine) it costs a quarter of the time. The optimising compiler is to wait for what runs four
// times as long as by default (in bytes of bytecode): it took a sixth of a start for functions that were hardly used again, and what runs
// for long still gets it soon. Set before anything is compiled: the cache is tied to the flags.
v8.setFlagsFromString('--no-sparkplug');
v8.setFlagsFromString('--interrupt-budget=540000');
// New objects are copied twice before they count as old, and the room for them begins at a megabyte and doubles: a start copied them eleven times.
// Growing eightfold it is six times.
v8.setFlagsFromString('--semi-space-growth-factor=8');
// Marking beside the program is for heaps that live long. Here it began in the middle of compiling a script, for a heap of 11 MB, and where there
// is one processor it took a twentieth of the start. It is there again when the start is over: a timer fires when nothing else is left to do.
v8.setFlagsFromString('--no-incremental-marking');
setTimeout(() => v8.setFlagsFromString('--incremental-marking'), 1000).unref();

/** A cache serves one version of V8 only; another one would be refused. */
const cacheName = `cli-${process.versions.v8}-${process.arch}.cache`;

/**
 * Compiles the bundle of a build. The file is one function expression with the five parameters of a CommonJS module
 * (see build.js) and pure ASCII, so that V8 keeps it at one byte a character.
 */
function compileBundle(dir) {
  const filename = join(dir, bundleName);
  const source = readFileSync(filename, 'latin1');
  let cachedData;
  try {
    cachedData = readFileSync(join(dir, cacheName));
  } catch {
    // Built under another Node.js: only slower.
  }
  // Node.js 20.10 and newer; the bundle imports nothing dynamically that is not inside it.
  const importModuleDynamically = vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  return new vm.Script(source, {
    filename,
    cachedData,
    ...(importModuleDynamically && { importModuleDynamically }),
  });
}

/** Runs a compiled bundle and returns what it exports. */
function evaluateBundle(script, dir) {
  const filename = join(dir, bundleName);
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(filename), module, filename, dir);
  return module.exports;
}

/** The exports of src/cli/main.ts, as built. */
function loadBundle() {
  let dir = builtDir();
  if (dir === undefined) throw new Error('tetrace: nothing is built here; run "npm run build"');
  try {
    return evaluateBundle(compileBundle(dir), dir);
  } catch (error) {
    // Another process may just have put a newer build in this one's place.
    if (error.code !== 'ENOENT' || builtDir() === dir) throw error;
    dir = builtDir();
    return evaluateBundle(compileBundle(dir), dir);
  }
}

module.exports = { bundleName, cacheName, compileBundle, evaluateBundle, loadBundle };
