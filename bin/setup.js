// Installs the packages and builds, when freshness.js says that it is needed. The slow path: nothing here runs when nothing changed.
'use strict';

const { createHash } = require('node:crypto');
const {
  accessSync,
  constants,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs');
const { spawnSync } = require('node:child_process');
const { basename, dirname, join } = require('node:path');
const { installStamp, describeLock, isBuilt, isCurrent, isInstalled } = require('./freshness.js');
const { root, distDir, isPackaged } = require('./tetrace');

/**
 * Brings the project up to date ("install" packages only, or packages and "build"), and ends the process with a
 * message when that fails. Under sudo the work is done by a process of the user who owns the project, so that everything it leaves
 * there belongs to that user.
 */
function setUpAsOwner(goal) {
  if (isPackaged()) return;
  if (goal === 'build' ? isCurrent() : isInstalled()) return;
  const { uid, gid } = statSync(root);
  const becomeOwner = process.getuid() === 0 && uid !== 0;
  if (!becomeOwner) {
    try {
      accessSync(root, constants.W_OK);
    } catch {
      fail(
        `${root} is not ${isInstalled() ? 'built' : 'installed'} yet, and this user may not write there.\n` +
          `Run "npm ci && npm run build" in it as its owner (${userName(uid)}), or clone it to a place of your own.`,
      );
    }
  }
  const asOwner = becomeOwner && { uid, gid, env: environmentOf(uid) };
  // A clone below a folder that its owner may not enter (/root, say) is set up by root, and given to the owner afterwards.
  const ownerCanReach =
    asOwner &&
    spawnSync(process.execPath, ['--check', __filename], { cwd: '/', stdio: 'ignore', ...asOwner }).status ===
      0;
  const child = spawnSync(process.execPath, [__filename, goal], {
    cwd: root,
    // Whatever is said goes to stderr: stdout belongs to the script that is about to run.
    stdio: ['ignore', 2, 2],
    ...(ownerCanReach && asOwner),
  });
  if (becomeOwner && !ownerCanReach)
    for (const dir of ['node_modules', 'dist']) giveAway(join(root, dir), uid, gid);
  if (child.error) fail(`cannot set up ${root}: ${child.error.message}`);
  if (child.status !== 0) process.exit(1);
}

function giveAway(path, uid, gid) {
  const entry = lstatSync(path, { throwIfNoEntry: false });
  if (entry === undefined) return;
  lchownSync(path, uid, gid);
  if (entry.isDirectory()) for (const name of readdirSync(path)) giveAway(join(path, name), uid, gid);
}

/** The environment for npm as another user: without the settings that npm (under sudo: root's) hands to its scripts as paths. */
function environmentOf(uid) {
  const env = { ...process.env };
  for (const name of Object.keys(env)) {
    if (
      /^npm_config_(cache|userconfig|globalconfig|prefix|global_prefix|local_prefix|init_module)$/i.test(name)
    )
      delete env[name];
  }
  const user = passwdEntry(uid);
  env.HOME = user?.home ?? join(require('node:os').tmpdir(), `tetrace-home-${uid}`);
  env.USER = env.LOGNAME = user?.name ?? String(uid);
  delete env.XDG_CACHE_HOME;
  delete env.XDG_CONFIG_HOME;
  return env;
}

function passwdEntry(uid) {
  let text = '';
  try {
    text = readFileSync('/etc/passwd', 'utf8');
  } catch {
    // A container without users: ids only.
  }
  for (const line of text.split('\n')) {
    const [name, , id, , , home] = line.split(':');
    if (Number(id) === uid && name !== '') return { name, home };
  }
  return undefined;
}

function userName(uid) {
  return passwdEntry(uid)?.name ?? `uid ${uid}`;
}

function setUp(goal) {
  mkdirSync(distDir, { recursive: true });
  const unlock = lock(join(distDir, 'setup.lock'));
  try {
    // Looked at again: another process may have done it while this one waited.
    if (!isInstalled()) install();
    if (goal === 'build' && !isBuilt())
      run(process.execPath, [join(__dirname, 'build.js')], 'the build failed');
  } finally {
    unlock();
  }
}

function install() {
  const lockText = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const digest = createHash('sha256').update(lockText).digest('hex');
  const described = describeLock();
  if (!isSameInstall(digest, lockText)) {
    process.stderr.write('tetrace: installing packages (once, npm ci) ...\n');
    // No package's install script is needed: everything native comes prebuilt inside a package.
    const [command, ...args] = npmCommand();
    run(
      command,
      [...args, 'ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
      'npm ci failed',
    );
  }
  const temporary = `${installStamp}.${process.pid}`;
  writeFileSync(temporary, `${described}\n${digest}\n`);
  renameSync(temporary, installStamp);
}

/** Whether what node_modules holds is what the lock file says: by our stamp, or by npm's own record of what it installed. */
function isSameInstall(digest, lockText) {
  try {
    if (readFileSync(installStamp, 'utf8').split('\n')[1] === digest) return true;
  } catch {
    // No stamp: npm was run by hand, or never.
  }
  let installed;
  try {
    installed = JSON.parse(readFileSync(join(root, 'node_modules', '.package-lock.json'), 'utf8')).packages;
  } catch {
    return false;
  }
  const wanted = Object.entries(JSON.parse(lockText).packages).filter(([path]) => path !== '');
  return wanted.every(([path, { version, optional }]) =>
    installed[path] === undefined ? optional === true : installed[path].version === version,
  );
}

/** npm as argv: the one that runs us, else the one on the PATH. */
function npmCommand() {
  const running = process.env.npm_execpath;
  if (running !== undefined && basename(running) === 'npm-cli.js') return [process.execPath, running];
  const beside = join(dirname(process.execPath), 'npm');
  const onPath = (process.env.PATH ?? '')
    .split(':')
    .some((dir) => dir !== '' && isExecutable(join(dir, 'npm')));
  return [onPath || !isExecutable(beside) ? 'npm' : beside];
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function run(command, args, failure) {
  const child = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  if (child.error) throw new SetupError(`${failure}: ${command}: ${child.error.message}`);
  if (child.status !== 0) throw new SetupError(`${child.stdout}${child.stderr}${failure}`);
}

/** How long a lock counts without its holder being seen, for a holder in another pid namespace. */
const abandonedAfterMs = 10 * 60_000;

/** Takes a lock file, waiting for its holder. A holder that is gone does not count. Returns what releases it. */
function lock(path) {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (isAbandoned(path)) breakLock(path);
    else Atomics.wait(pause, 0, 0, 50);
  }
}

/** Removes an abandoned lock. Moved aside first and looked at again: it may be the fresh lock of one who broke the old one before us. */
function breakLock(path) {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    if (!isAbandoned(aside)) linkSync(aside, path);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  }
  rmSync(aside, { force: true });
}

function isAbandoned(path) {
  try {
    const holder = Number(readFileSync(path, 'utf8'));
    if (Date.now() - statSync(path).mtimeMs > abandonedAfterMs) return true;
    if (!(holder > 0)) return false; // just being written
    process.kill(holder, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

function fail(message) {
  process.stderr.write(`tetrace: ${message}\n`);
  process.exit(1);
}

class SetupError extends Error {}

if (require.main === module) {
  try {
    setUp(process.argv[2]);
  } catch (error) {
    fail(error instanceof SetupError ? error.message : String(error.stack));
  }
}

module.exports = { setUpAsOwner };
