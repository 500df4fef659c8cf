import { openMemoryIndex } from '../../src/index/memory.ts';
import { indexContract } from '../contract/index.ts';

indexContract('memory index', async (options) => {
  const index = openMemoryIndex(options);
  return { index, close: () => index.close() };
});
