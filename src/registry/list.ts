import { packageRow, shownVersion } from '../index/package-row.ts';
import type { Parts } from './parts.ts';
import type { Answer, CallContext, PackagePage } from './port.ts';

/** Packages by name, after the name `after`, at most `limit` (1 to 999). */
export async function list(
  parts: Parts,
  { limit, ...page }: { after?: string; limit: number; namespace?: string },
  context: CallContext,
): Promise<Answer<PackagePage>> {
  // One more tells whether there is another page.
  const { sequence, value } = await parts.reader.read(
    (index, options) => index.packages({ ...page, limit: limit + 1 }, options),
    context,
  );
  const records = value.records.slice(0, limit);
  const packages = records.flatMap((record) => {
    const shown = shownVersion(record);
    return shown ? packageRow(record, shown) : [];
  });
  const next = value.records.length > limit ? records.at(-1)?.name : undefined;
  return { sequence, value: { packages, total: value.total, next } };
}
