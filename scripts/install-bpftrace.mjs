// Installs upstream's bpftrace from Debian sid into a folder of its own, for measuring side by side:
//
//     node scripts/install-bpftrace.mjs DIR [--mirror URL]
//
// A tool for people who measure; no test needs it. Needs root and debootstrap. The mirror is the one apt is set up to use unless
// given. Removing: umount -R DIR/sys DIR/proc DIR/dev, then delete DIR.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  options: { mirror: { type: 'string' } },
  allowPositionals: true,
});
if (positionals.length !== 1) fail('usage: node scripts/install-bpftrace.mjs DIR [--mirror URL]');
const dir = resolve(positionals[0]);
if (process.getuid() !== 0) fail('needs root: debootstrap makes device files and runs chroot');

if (!existsSync(join(dir, 'usr/bin/bpftrace'))) {
  const mirror = values.mirror ?? aptMirror();
  mkdirSync(dir, { recursive: true });
  run('debootstrap', [
    '--variant=minbase',
    '--include=bpftrace',
    'sid',
    dir,
    ...(mirror === undefined ? [] : [mirror]),
  ]);
}
for (const name of ['sys', 'proc', 'dev']) {
  const target = join(dir, name);
  if (!isMountPoint(target)) run('mount', ['--rbind', `/${name}`, target]);
  // A later `umount -R` must not reach this system's own mounts.
  run('mount', ['--make-rslave', target]);
}
const version = execFileSync('chroot', [dir, 'bpftrace', '--version'], { encoding: 'utf8' }).trim();
process.stdout.write(`${version} in ${dir}\n\nTETRACE_BPFTRACE='chroot ${dir} bpftrace' npm run bench\n`);

/** The first Debian mirror that apt is set up to use; undefined leaves the choice to debootstrap. */
function aptMirror() {
  const folder = '/etc/apt/sources.list.d';
  const lists = [
    '/etc/apt/sources.list',
    ...(existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []),
  ];
  for (const list of lists.filter((path) => existsSync(path))) {
    const match = /https?:\/\/\S+\/debian\/?(?=\s|$)/.exec(readFileSync(list, 'utf8'));
    if (match !== null) return match[0];
  }
  return undefined;
}

function isMountPoint(path) {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .some((line) => line.split(' ')[4] === path);
}

function run(command, args) {
  const { error, status } = spawnSync(command, args, { stdio: ['ignore', 2, 2] });
  if (error) fail(`${command}: ${error.message}`);
  if (status !== 0) fail(`${command} ended with ${status}`);
}

function fail(message) {
  process.stderr.write(`install-bpftrace: ${message}\n`);
  process.exit(1);
}
