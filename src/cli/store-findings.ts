import type { Finding } from '../sync/findings.ts';
import type { Invocation } from './command.ts';
import { answeredNo } from './spoken-error.ts';

type VerifiedStore = Awaited<ReturnType<typeof import('../server/verify.ts')['verifyStore']>>;

/** Prints what was found, and answers no where anything is left. */
export async function printFindings(
  { output, messages }: Invocation,
  schema: string,
  verified: VerifiedStore,
): Promise<void> {
  const { upkeep } = messages;
  const { sequence = 0, packages, versions, objects, findings, found, mended } = verified;
  const sentence = (finding: Finding) => upkeep.findings[finding.kind](finding);
  const told = ({ kind, ...rest }: Finding) => ({
    finding: kind,
    message: sentence({ kind, ...rest }),
    ...rest,
  });
  const document = {
    schema,
    status: found === 0 ? 'ok' : 'error',
    sequence,
    packages,
    versions,
    objects,
    found,
    findings: findings.map(told),
    mended: mended.map(told),
  } as const;
  await output.answer(document, (paper) => {
    if (found === 0) {
      if (paper.forPeople) paper.line(upkeep.clean(packages));
      return;
    }
    const { table } = upkeep;
    paper.table(
      [table.finding, table.package, table.detail],
      findings.map((finding) => [finding.kind, subjectOf(finding), sentence(finding)]),
    );
    if (paper.forPeople && found > findings.length)
      paper.line(upkeep.more(found - findings.length));
  });
  if (mended.length > 0) output.note(upkeep.mended(mended.length));
  if (found === 0) return;
  throw answeredNo('PKG_E_STORE_DIFFERS', upkeep.differs(found), { help: upkeep.differsHelp });
}

/** What a finding is about, as commands name it. */
function subjectOf({ package: name, version }: Finding): string {
  if (name === undefined) return '-';
  return version === undefined ? name : `${name}@${version}`;
}
