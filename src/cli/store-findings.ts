import { type Finding, mendingOf } from '../sync/findings.ts';
import type { Invocation } from './command.ts';
import type { DifferenceHelp } from './messages/en-upkeep.ts';
import { answeredNo } from './spoken-error.ts';

/** Lines of what was mended; the document has all of them. */
const mendedMax = 1_000;

type VerifiedStore = Awaited<ReturnType<typeof import('../server/verify.ts')['verifyStore']>>;

/** Prints what was found, and answers no where anything is left. */
export async function printFindings(
  { output, messages, options }: Invocation,
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
    // Without a head, so that no sentence is cut.
    paper.table([], findings.map(rowOf));
    if (paper.forPeople && found > findings.length)
      paper.line(upkeep.more(found - findings.length));
  });
  for (const finding of mended.slice(0, mendedMax)) output.note(rowOf(finding).join('  '));
  if (mended.length > 0) output.note(upkeep.mended(mended.length));
  if (found === 0) return;
  const help = helpFor(findings, options.flag('fix'));
  throw answeredNo('PKG_E_STORE_DIFFERS', upkeep.differs(found), {
    help: upkeep.differsHelp[help],
  });

  function rowOf(finding: Finding): string[] {
    return [finding.kind, subjectOf(finding), sentence(finding)];
  }
}

/** What helps with the first thing that is left. */
function helpFor(findings: readonly Finding[], fixed: boolean): DifferenceHelp {
  const kinds = findings.map(({ kind }) => kind);
  if (!fixed && findings.some((finding) => mendingOf(finding) !== undefined)) return 'fix';
  if (kinds.includes('journal-unreadable')) return 'backup';
  if (kinds.some((kind) => kind === 'content-missing' || kind === 'content-damaged')) {
    return 'content';
  }
  return kinds.includes('tag-foreign') ? 'adopt' : 'again';
}

/** What a finding is about, as commands name it. */
function subjectOf({ package: name, version }: Finding): string {
  if (name === undefined) return '-';
  return version === undefined ? name : `${name}@${version}`;
}
