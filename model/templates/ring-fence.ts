import { endText, exceptText, listText, quoted, type Template } from './template.ts';

export const ringFence: Template = {
  name: 'ring-fence',
  about: 'one application: open inside, and closed to everybody but those who are named',
  settings: [
    { key: 'app', kind: 'word', about: 'the value of the label app', least: 1, most: 1 },
    {
      key: 'env',
      kind: 'word',
      about: 'the value of the label env; without one, all environments together',
      least: 0,
      most: 1,
    },
    { key: 'from', kind: 'end', about: 'who may come in: a selector, list:NAME or a prefix', least: 0 },
    {
      key: 'to',
      kind: 'selector',
      about: 'where in the application they come in, such as role=lb',
      least: 0,
      most: 1,
      fallback: [''],
    },
    { key: 'service', kind: 'service', about: 'what they may use', least: 0, fallback: ['tcp/443'] },
  ],
  write: ({ app = [], env = [], from = [], to = [], service = [] }) => {
    const inside = [`app=${app[0]}`, ...env.map((value) => `env=${value}`)].join(',');
    const door = [inside, ...to.filter((text) => text !== '')].join(',');
    const name = ['ring', ...app, ...env].join('-');
    const entry = `to: ${quoted(door)}, services: ${listText(service)}`;
    const except = [`{from: ${quoted(inside)}}`, ...(from.length === 0 ? [] : [`{from: ${endText(from)}, ${entry}}`])];
    const comesIn = `  - {name: entry, allow: ${listText(service)}, from: ${endText(from)}, to: ${quoted(door)}, reason: who uses the application}`;
    return `# Inside, everything that belongs to ${inside} may talk; ${from.length === 0 ? 'nobody comes in' : 'who comes in is named'}.
# What leaves the application is left to other rules.
kind: Ruleset
name: ${name}
rules:
  - {name: inside, allow: all, from: ${quoted(inside)}, to: ${quoted(inside)}, reason: an application talks to itself}
${from.length === 0 ? '' : `${comesIn}\n`}---
# No rule of an application opens the ring: guardrails are judged before.
kind: Ruleset
name: ${name}-closed
tier: guardrail
rules:
  - {name: outside, deny: all, from: {any: true}, to: ${quoted(inside)}, reason: only what is named comes in${exceptText(except)}}
---
{kind: Invariant, name: ${name}-closed, never: {from: {any: true}, to: ${quoted(inside)}}${exceptText(except)}}
`;
  },
};
