// Makes a Node.js process believe that it runs on the system that TETRACE_TEST_PLATFORM names: there is no /proc and no /sys, and whoever loads
// foreign functions fails. Loaded with --require, before anything else.
'use strict';

const fs = require('node:fs');
const Module = require('node:module');

const platform = process.env.TETRACE_TEST_PLATFORM;
Object.defineProperty(process, 'platform', { value: platform });
// The identities that only Unix has.
if (platform === 'win32')
  for (const name of ['getuid', 'geteuid', 'getgid', 'getegid', 'getgroups']) process[name] = undefined;

function refuse(what) {
  throw new Error(`elsewhere: ${what} is for Linux`);
}

process.dlopen = (_module, path) => refuse(`loading ${path}`);
const load = Module._load;
Module._load = function guarded(request, ...rest) {
  if (/koffi/.test(request)) refuse(request);
  return load.call(this, request, ...rest);
};

const isLinuxOnly = (path) => /^\/(proc|sys)(\/|$)/.test(String(path));
const missing = (name, path) =>
  Object.assign(new Error(`ENOENT: no such file or directory, ${name} '${path}'`), {
    code: 'ENOENT',
    errno: -2,
    syscall: name,
    path,
  });

for (const name of [
  'openSync',
  'readFileSync',
  'readdirSync',
  'statSync',
  'lstatSync',
  'realpathSync',
  'readlinkSync',
  'accessSync',
]) {
  const original = fs[name];
  fs[name] = (path, ...rest) => {
    if (isLinuxOnly(path)) throw missing(name, path);
    return original.call(fs, path, ...rest);
  };
}
const existsSync = fs.existsSync;
fs.existsSync = (path) => !isLinuxOnly(path) && existsSync.call(fs, path);
Module.syncBuiltinESMExports();
