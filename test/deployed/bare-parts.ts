import { startDockerRegistry } from '../support/docker-registry.ts';
import { startRedis } from '../support/redis.ts';

/** A docker-registry and a Redis of its own, as the settings of a server. */
export async function bareParts() {
  const storage = await startDockerRegistry();
  if ('missing' in storage) throw new Error(storage.missing);
  const redis = await startRedis();
  return {
    env: { VITTE_REGISTRY_STORAGE: storage.storage(), VITTE_REGISTRY_INDEX: redis.url },
    layout: false,
    async end() {
      await redis.stop();
      await storage.stop();
    },
  };
}
