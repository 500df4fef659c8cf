// A storage that comes late may hold a registry in another encoding: what stops a start stops a late one as well.
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { compose } from '../../src/server/compose.ts';
import type { Config } from '../../src/server/config.ts';
import { makeLogger } from '../../src/server/logger.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { startRedis } from '../support/redis.ts';
import { configIn, temporaryFolder } from '../support/service.ts';
import { partsSuite } from './parts-suite.ts';

const test = await partsSuite('a storage that comes late');
const logger = makeLogger('silent', process.stderr);

test('in another encoding than the settings say ends the server', async () => {
  const temporary = await temporaryFolder();
  const storage = await startDockerRegistry();
  if ('missing' in storage) throw new Error(storage.missing);
  const url = storage.storage();
  const config: Config = { ...configIn(temporary.path), storage: { kind: 'remote', url } };
  await (await compose(config, logger)).close();

  const redis = await startRedis();
  const away = { reset: 0, unavailable: 1, late: 0, truncated: 0 };
  const proxy = await startFaultProxy(storage.origin, 1, away);
  const late = await compose(
    {
      ...config,
      data: join(temporary.path, 'late'),
      storage: { kind: 'remote', url: url.replace(new URL(storage.origin).host, proxy.host) },
      storageEncoding: 'single',
      index: { kind: 'redis', url: redis.url },
    },
    logger,
    { storageLimits: { triesMax: 1 } },
  );
  proxy.calm(true);
  const error = await late.fatal;
  assert.is(error?.code, 'PKG_E_CONFIG');
  assert.match(error?.message ?? '', 'in the encoding path, and storage-encoding says single');
  await late.close();
  await proxy.close();
  await Promise.all([redis.stop(), storage.stop()]);
  await temporary.remove();
});

test.run();
