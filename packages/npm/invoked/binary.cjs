'use strict';
// Where the program is: INVOKED_BINARY, else the package for this platform.

function binaryPath() {
  if (process.env.INVOKED_BINARY) return process.env.INVOKED_BINARY;
  const name = `@invoked/${process.platform}-${process.arch}`;
  try {
    return require.resolve(`${name}/bin/invoked`);
  } catch {
    throw new Error(
      `invoked: the package ${name} is not installed. It is an optional dependency of invoked, which npm leaves out ` +
        'with --omit=optional (or --no-optional), and which exists for linux-x64 and linux-arm64. Install it, or set ' +
        'INVOKED_BINARY to a program that you have built.',
    );
  }
}

module.exports = { binaryPath };
