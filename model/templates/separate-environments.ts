import { endText, exceptText, quoted, type Template } from './template.ts';

export const separateEnvironments: Template = {
  name: 'separate-environments',
  about: 'environments that must not reach each other',
  settings: [
    { key: 'env', kind: 'word', about: 'a value of the label; give two or more', least: 2 },
    { key: 'key', kind: 'word', about: 'the label that tells them apart', least: 0, most: 1, fallback: ['env'] },
    { key: 'shared', kind: 'end', about: 'who may cross in both directions, such as role=metrics', least: 0 },
  ],
  write: ({ env = [], key = [], shared = [] }) => {
    const label = key[0] ?? 'env';
    const except = shared.length === 0 ? [] : [`{from: ${endText(shared)}}`, `{to: ${endText(shared)}}`];
    const apart = env.map((value) => {
      const others = env.filter((other) => other !== value);
      const ends = `from: ${quoted(`${label}=${value}`)}, to: ${quoted(`${label} in (${others.join(',')})`)}`;
      return { value, ends };
    });
    const rules = apart.map(
      ({ value, ends }) =>
        `  - {name: ${quoted(`${value}-stays`)}, deny: all, ${ends}, reason: environments are apart${exceptText(except)}}`,
    );
    const invariants = apart.map(
      ({ value, ends }) =>
        `---\n{kind: Invariant, name: ${quoted(`${label}-${value}-stays`)}, never: {${ends}}${exceptText(except)}}`,
    );
    return `# Workloads of ${env.join(', ')} do not reach each other. A workload without the label ${label} is in none of them.
kind: Ruleset
name: separate-${label}
tier: guardrail
rules:
${rules.join('\n')}
${invariants.join('\n')}
`;
  },
};
