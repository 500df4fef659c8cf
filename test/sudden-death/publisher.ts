// A process that opens the store in argv[2], publishes the archive in argv[3] and dies by SIGKILL at the step
// argv[4] ("before" or "after" in argv[5]). It prints the digest once the publish is answered.
import { manifestOf } from '../../src/archive/archive-manifest.ts';
import { inspectFile } from '../../src/archive/inspect.ts';
import { keyFromSeed, spkiOf } from '../../src/signing/keys.ts';
import { signVersion } from '../../src/signing/version-signature.ts';
import { admin, openService, publishRequest } from '../support/service.ts';

const [, , data = '', file = '', step, when] = process.argv;
let armed = false;
const service = await openService(data, {
  observe: (at, moment) => {
    if (armed && at === step && moment === when) process.kill(process.pid, 'SIGKILL');
  },
});
const packed = { file, ...(await inspectFile(file)) };
const version = manifestOf(packed);
const key = keyFromSeed(Buffer.alloc(32, 7));
const bundle = { bytes: signVersion(version.digest, key), key: spkiOf(key) };
armed = true;
const answer = await service.useCases.publish(await publishRequest(packed, [bundle]), admin);
process.stdout.write(answer.value.published.digest);
await service.close();
