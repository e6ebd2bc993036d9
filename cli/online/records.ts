import { answer, argument, type Call, type CommandText, optionNumber, wholeNumber } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { table } from '../table.ts';
import { openApi } from './api.ts';
import { onlineOptions } from './options.ts';
import { allItems } from './pages.ts';
import { differenceLines, effectiveLine, type ShownDifference } from './preview-text.ts';

type Version = {
  readonly number: number;
  readonly hash: string;
  readonly base: number | null;
  readonly note: string;
  readonly created: string;
  readonly createdBy: string;
};

type AuditEntry = {
  readonly number: number;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
};

const limitOption = { flags: '--limit <number>', about: 'at most this many, newest first', fallback: '50' };

export const versionsCommand: CommandText = {
  usage: 'versions [older] [newer]',
  about: 'provisioned policies, newest first; with two numbers, what changed between them',
  options: [...onlineOptions, limitOption],
  run: (call) => (call.args[0] === undefined ? listVersions(call) : compareVersions(call)),
};

export const auditCommand: CommandText = {
  usage: 'audit',
  about: 'who did what, newest first',
  options: [...onlineOptions, limitOption, { flags: '--verify', about: 'whether the chain of hashes is intact' }],
  run: (call) => (call.options.verify === true ? verifyAudit(call) : listAudit(call)),
};

async function listVersions(call: Call): Promise<ExitCode> {
  const versions = await allItems<Version>(openApi(call), '/versions', optionNumber(call, 'limit') ?? 50);
  return answer(call, versions, () => {
    const rows = versions.map((version) => [
      String(version.number),
      version.base === null ? '-' : String(version.base),
      timeText(version.created),
      version.createdBy,
      version.hash.slice(0, 12),
      version.note || '-',
    ]);
    return table(['VERSION', 'BASE', 'WHEN', 'WHO', 'HASH', 'NOTE'], rows);
  });
}

async function compareVersions(call: Call): Promise<ExitCode> {
  const older = wholeNumber(argument(call, 0), 'the older version');
  const newer = wholeNumber(argument(call, 1), 'the newer version');
  const difference = (await openApi(call).get(`/versions/${older}/diff/${newer}`)) as ShownDifference & {
    readonly effective: ShownDifference;
  };
  return answer(call, difference, () =>
    [...differenceLines(difference), effectiveLine(difference.effective)].join('\n'),
  );
}

async function listAudit(call: Call): Promise<ExitCode> {
  const entries = await allItems<AuditEntry>(openApi(call), '/audit', optionNumber(call, 'limit') ?? 50);
  return answer(call, entries, () => {
    const rows = entries.map((entry) => [
      String(entry.number),
      timeText(entry.at),
      entry.actor,
      entry.action,
      entry.subject,
    ]);
    return table(['NUMBER', 'WHEN', 'WHO', 'WHAT', 'OF'], rows);
  });
}

async function verifyAudit(call: Call): Promise<ExitCode> {
  const said = (await openApi(call).get('/audit/verification')) as { intact: boolean; firstBroken: number | null };
  answer(call, said, () =>
    said.intact ? 'the audit log is intact' : `the audit log is broken at entry ${said.firstBroken}`,
  );
  return said.intact ? exitCodes.ok : exitCodes.no;
}

const timeText = (time: string): string => time.slice(0, 19).replace('T', ' ');
