#!/usr/bin/env node
'use strict';
const { spawn } = require('node:child_process');
const { constants } = require('node:os');
const { binaryPath } = require('../binary.cjs');

let binary;
try {
  binary = binaryPath();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
// Newer versions of Node.js can become the program, so that no process stands between it and its parent.
if (process.execve) process.execve(binary, [binary, ...process.argv.slice(2)], process.env);

const child = spawn(binary, process.argv.slice(2), { stdio: 'inherit' });
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGQUIT'];
for (const signal of signals) {
  // A terminal sends SIGINT and SIGQUIT to the child as well, for which two would mean "at once".
  const isSentToBoth = process.stdin.isTTY && (signal === 'SIGINT' || signal === 'SIGQUIT');
  process.on(signal, () => isSentToBoth || child.kill(signal));
}
child.on('error', (error) => {
  console.error(`invoked: ${binary}: ${error.message}`);
  process.exit(1);
});
child.on('exit', (status, signal) => process.exit(status ?? 128 + constants.signals[signal]));
