import { Paper, Stack, Text, UnstyledButton } from '@mantine/core';
import { useEffect, useRef } from 'react';
import type { Jump } from './code-editor.tsx';
import { noRulesText, type PlacedRule, type ReadDraft, ruleAtLine, rulesOfFile } from './read-draft.ts';
import { ruleSentence, type SentencePart } from './rule-sentence.ts';
import { visibleText } from './visible-text.ts';

type Props = {
  readonly read: ReadDraft;
  readonly path: string;
  readonly line: number;
  readonly onGo: (place: Jump) => void;
};

/** Rules shown on each side of the one under the cursor; a file may have a million. */
const shownAround = 40;

/** What the rules of a file say, as sentences; the one under the cursor stands out. */
export function RulePanel({ read: { documents }, path, line, onGo }: Props) {
  const rules = rulesOfFile(documents, path);
  const active = ruleAtLine({ documents, path }, line);
  const first = Math.max(0, (active ?? 0) - shownAround);
  const shown = rules.slice(first, first + 2 * shownAround);
  return (
    <Stack gap={6} p="xs" component="section" aria-label="What the rules say">
      <Text size="xs" c="dimmed" fw={600}>
        In words
      </Text>
      {rules.length === 0 && (
        <Text size="sm" c="dimmed">
          {noRulesText(documents, path)}
        </Text>
      )}
      {shown.map((placed, index) => (
        <RuleCard key={ruleId(placed)} placed={placed} active={first + index === active} onGo={onGo} />
      ))}
      {shown.length < rules.length && (
        <Text size="xs" c="dimmed">
          {shown.length} of {rules.length} rules, around the cursor
        </Text>
      )}
    </Stack>
  );
}

const ruleId = ({ rule, ruleset }: PlacedRule): string => visibleText(`${ruleset.name}/${rule.name}`);

type CardProps = { readonly placed: PlacedRule; readonly active: boolean; readonly onGo: (place: Jump) => void };

function RuleCard({ placed, active, onGo }: CardProps) {
  const card = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (active) card.current?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  const { rule, ruleset } = placed;
  const { file, line, column } = rule.place;
  return (
    <UnstyledButton onClick={() => onGo({ path: file, line, column })} aria-current={active ? 'true' : undefined}>
      <Paper
        ref={card}
        p="xs"
        withBorder
        bg={active ? 'var(--mantine-primary-color-light)' : 'transparent'}
        style={active ? { borderColor: 'var(--mantine-primary-color-filled)' } : {}}
      >
        <Text size="xs" c="dimmed" truncate>
          <span className="name">{ruleId(placed)}</span>
        </Text>
        <Text size="sm" lineClamp={6}>
          {ruleSentence(rule, ruleset).map((part, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: parts of one sentence, by their place in it
            <Part key={index} part={part} verdict={rule.verdict} />
          ))}
        </Text>
      </Paper>
    </UnstyledButton>
  );
}

const verdictColors = { allow: 'teal', deny: 'red', pass: 'grape' } as const;

type PartProps = { readonly part: SentencePart; readonly verdict: keyof typeof verdictColors };

function Part({ part: { kind, text }, verdict }: PartProps) {
  if (kind === 'plain') return text;
  const color = kind === 'verdict' ? { c: `var(--mantine-color-${verdictColors[verdict]}-text)` } : {};
  return (
    <Text span inherit fw={600} {...color} {...(kind === 'service' ? { ff: 'monospace' } : {})}>
      <span className="name">{text}</span>
    </Text>
  );
}
