// Installs the dependencies where they are missing or differ from the lock file, so that every npm script works in a
// fresh clone. It runs before there is a node_modules, under whatever Node the machine has: plain CommonJS.
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');

if (!isInstalled()) {
  console.error('installing dependencies (npm ci)');
  const quiet = process.stderr.isTTY ? [] : ['--loglevel=error'];
  const { status, error } = spawnSync('npm', ['ci', ...quiet], {
    cwd: root,
    stdio: ['ignore', process.stderr, process.stderr],
    shell: process.platform === 'win32',
  });
  if (error) console.error(`npm ci could not be started: ${error.message}`);
  process.exitCode = error ? 3 : (status ?? 3);
}

/** Whether every package of the lock file that this platform needs is there in its version. */
function isInstalled() {
  const wanted = packages('package-lock.json');
  const found = packages(path.join('node_modules', '.package-lock.json'));
  if (!wanted || !found) return false;
  return Object.entries(wanted).every(
    ([name, { version, optional }]) => name === '' || optional || found[name]?.version === version,
  );
}

function packages(file) {
  try {
    return JSON.parse(fs.readFileSync(path.join(root, file), 'utf8')).packages;
  } catch {
    return undefined;
  }
}
