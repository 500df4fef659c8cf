// Two replicas as processes of their own on one docker-registry and one Redis.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { temporaryFolder } from '../support/service.ts';

export type Deployed = {
  folder: string;
  storage: DockerRegistry;
  redis: RedisServer;
  /** The settings that every replica is given. */
  env: Record<string, string>;
  replicas: ServerProcess[];
  /** The administrator's token, which the first replica made. */
  token: string;
  /** Starts one more replica. */
  startReplica(name: string): Promise<ServerProcess>;
  end(): Promise<void>;
};

/** Starts the parts and so many replicas, one after the other. */
export async function deploy(count = 2): Promise<Deployed> {
  const temporary = await temporaryFolder();
  const storage = await startDockerRegistry();
  if ('missing' in storage) throw new Error(storage.missing);
  const redis = await startRedis();
  const secret = join(temporary.path, 'secret.json');
  const seed = Buffer.alloc(32, 3).toString('base64');
  await writeFile(secret, JSON.stringify({ schema: 'vitte.service-secret.v1', seed }));
  const env = {
    VITTE_REGISTRY_STORAGE: storage.storage(),
    VITTE_REGISTRY_INDEX: redis.url,
    VITTE_REGISTRY_SECRET_FILE: secret,
  };
  const startReplica = (name: string) => startServer(join(temporary.path, name), env);
  const replicas: ServerProcess[] = [];
  for (let n = 0; n < count; n++) replicas.push(await startReplica(`replica-${n}`));
  return {
    folder: temporary.path,
    storage,
    redis,
    env,
    replicas,
    token: replicas[0]?.token ?? '',
    startReplica,
    async end() {
      await Promise.all(replicas.map((replica) => replica.stop()));
      await redis.stop();
      await storage.stop();
      await temporary.remove();
    },
  };
}
