import { type OpenLayoutOptions, openOciLayout } from './layout.ts';
import { createMemoryStore } from './memory.ts';
import type { Repository } from './port.ts';
import { Target } from './target.ts';

/** A repository in memory, of blobs of at most 1 GiB each: for tests, and for what is gathered and sent on. */
export class MemoryStore extends Target {
  constructor() {
    const store = createMemoryStore();
    const repository = store.repository('memory');
    super(repository, repository.registry, () => store.close());
  }
}

/** A folder that is one OCI image layout. One process has it open at a time; others may read it meanwhile. */
export class OciLayoutStore extends Target {
  private constructor(repository: Repository, close: () => Promise<void>) {
    super(repository, repository.registry, close);
  }

  /**
   * Opens it, and makes it where there is none (not with `create: false`: PKG_E_STORE_MISSING). PKG_E_STORE_LOCKED
   * while another has it open, PKG_E_STORE_FORMAT where it is damaged or no folder.
   */
  static async open(
    folder: string,
    options: Pick<OpenLayoutOptions, 'create' | 'signal'> = {},
  ): Promise<OciLayoutStore> {
    const { repository, close } = await openOciLayout(folder, options);
    return new OciLayoutStore(repository, close);
  }
}
