#!/usr/bin/env node
// A checkout runs its source; the npm package carries the bundle only. Kept to syntax that every Node can read, so that
// an old one gets a sentence instead of a stack.
const fs = require('node:fs');
const path = require('node:path');

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 24 || major === 25 || (major === 24 && minor < 15)) {
  console.error(
    `qdrant-admission needs Node ^24.15.0 || >=26, this is ${process.versions.node}. ` +
      'After `npm install`, `npx qdrant-admission` brings a Node of its own.',
  );
  process.exit(3);
}
const source = path.join(__dirname, '..', 'src', 'main.ts');
import(fs.existsSync(source) ? source : path.join(__dirname, '..', 'dist', 'main.js'));
