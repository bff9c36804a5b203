'use strict';
// Jest's `globalSetup`: one server for all workers. Options come from `globals.invoked` of the Jest configuration.
const { start } = require('./index.cjs');

module.exports = async (globalConfig, projectConfig) => {
  const server = await start({ clock: 'manual', cwd: globalConfig.rootDir, ...projectConfig?.globals?.invoked });
  process.env.INVOKED_ENDPOINT = server.endpoint;
  process.env.AWS_REGION ??= server.region;
  globalThis[Symbol.for('invoked.server')] = server;
};
