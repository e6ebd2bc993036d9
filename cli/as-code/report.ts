import { type Call, type OptionText, optionSet } from '../command.ts';
import { badInput } from '../failure.ts';

export const markdownOption: OptionText = { flags: '--markdown', about: 'answer in Markdown, for a merge request' };

type Report = {
  readonly json: () => unknown;
  readonly markdown: () => readonly string[];
  readonly text: () => readonly string[];
};

/** Which form a report is asked in. Throws for two of them. */
export function wantsMarkdown(call: Call): boolean {
  const markdown = optionSet(call, 'markdown');
  if (!markdown || !call.json) return markdown;
  throw badInput('two-forms', 'Cannot answer in JSON and in Markdown at once, one of --json and --markdown is needed');
}

export function sayReport(call: Call, report: Report): void {
  if (wantsMarkdown(call)) call.terminal.say(report.markdown().join('\n'));
  else call.terminal.say(call.json ? JSON.stringify(report.json()) : report.text().join('\n'));
}
