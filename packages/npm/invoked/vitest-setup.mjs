// Vitest's `globalSetup`: one server for all workers. Options come from `provide.invoked` of the Vitest configuration.
import { start } from './index.mjs';

export default async function setup(project) {
  const given = project?.config?.provide?.invoked ?? project?.getProvidedContext?.()?.invoked ?? {};
  const server = await start({ clock: 'manual', ...given });
  process.env.INVOKED_ENDPOINT = server.endpoint;
  process.env.AWS_REGION ??= server.region;
  return () => server.stop();
}
