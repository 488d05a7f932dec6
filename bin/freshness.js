// Is what is installed and built still what package-lock.json and src/ say? Asked at every start, so it only compares file times and sizes.
'use strict';

const { existsSync, readdirSync, readFileSync, statSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const distDir = join(root, 'dist');
/** Three parts, one after the other: the name of the build's folder under dist/, and the sources it was made of, one per line. */
const buildStamp = join(distDir, 'current');
/** Inside node_modules, so that it goes when they go: time and size of package-lock.json, then its SHA-256. */
const installStamp = join(root, 'node_modules', '.tetrace-installed');

/** A package from a registry has no src/: it comes built, and there is nothing to compare it with. */
function isPackaged() {
  return !existsSync(join(root, 'src'));
}

/** Every source the bundle may be made of, with time and size, one a line. Tests are left out. */
function listSources() {
  const lines = [];
  const visit = (dir) => {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      const path = `${dir}/${entry.name}`;
      if (entry.isDirectory()) visit(path);
      else if (!entry.name.endsWith('.test.ts')) lines.push(describe(path));
    }
  };
  visit(join(root, 'src'));
  for (const name of ['build.js', 'load.js']) lines.push(describe(join(__dirname, name)));
  lines.push(describe(join(root, 'package.json')));
  return lines.join('\n');
}

function describe(path) {
  const { mtimeMs, size } = statSync(path);
  return `${path.slice(root.length + 1)} ${mtimeMs} ${size}`;
}

/** What the install stamp must start with. */
function describeLock() {
  return describe(join(root, 'package-lock.json'));
}

function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function isInstalled() {
  return readIfThere(installStamp)?.split('\n')[0] === describeLock();
}

function isBuilt() {
  const stamp = readIfThere(buildStamp);
  return stamp !== undefined && stamp.slice(stamp.indexOf('\n') + 1) === listSources();
}

function isCurrent() {
  return isPackaged() || (isInstalled() && isBuilt());
}

/** The folder of the newest build; undefined when there is none. */
function builtDir() {
  const stamp = readIfThere(buildStamp);
  return stamp && join(distDir, stamp.slice(0, stamp.indexOf('\n')));
}

module.exports = {
  root,
  distDir,
  buildStamp,
  installStamp,
  builtDir,
  describeLock,
  isBuilt,
  isCurrent,
  isInstalled,
  isPackaged,
  listSources,
};
