/** What a storage of others answered to a request that it did not carry out: the cause of the error that says so. */
export class StorageRefusal extends Error {
  override name = 'StorageRefusal';
  readonly status: number;
  /** Codes of the distribution specification, where it gave some. */
  readonly codes: readonly string[];

  constructor(status: number, codes: readonly string[], text: string) {
    super(text);
    this.status = status;
    this.codes = codes;
  }
}

/** The refusal that an error is about; undefined for any other error. */
export function refusalOf(error: unknown): StorageRefusal | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof StorageRefusal ? cause : undefined;
}
