// Is what is installed and built still what package-lock.json and src/ say? Asked at every start, so it only compares file times and sizes.
'use strict';

const { readdirSync, readFileSync, statSync } = require('node:fs');
const { join } = require('node:path');
const { root, distDir, isPackaged } = require('./tetrace');

/** Inside node_modules, so that it goes when they go: time and size of package-lock.json, then its SHA-256. */
const installStamp = join(root, 'node_modules', '.tetrace-installed');

/** The sources that the newest build was made of, as listSources() told them; written after everything else. */
const builtSources = join(distDir, 'sources');

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
  for (const name of ['build.js', 'rooms.js', 'tetrace']) lines.push(describe(join(__dirname, name)));
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
  return readIfThere(builtSources) === listSources();
}

function isCurrent() {
  return isPackaged() || (isInstalled() && isBuilt());
}

module.exports = {
  builtSources,
  installStamp,
  describeLock,
  isBuilt,
  isCurrent,
  isInstalled,
  listSources,
};
