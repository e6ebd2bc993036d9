import { endText, exceptText, quoted, type Template } from './template.ts';

export const adminPorts: Template = {
  name: 'admin-ports',
  about: 'remote administration only from those who are named',
  settings: [
    { key: 'from', kind: 'end', about: 'who administers: a selector, list:NAME or a prefix', least: 1 },
    {
      key: 'to',
      kind: 'selector',
      about: 'what is guarded; without one, every workload',
      least: 0,
      most: 1,
      fallback: [''],
    },
  ],
  write: ({ from = [], to = [''] }) => {
    const ends = `from: {any: true}, to: ${endText(to)}`;
    const except = exceptText([`{from: ${endText(from)}}`]);
    return `# SSH, Telnet, RDP, WinRM, VNC and IPMI. SSH of a Lifeline document stays open: it is judged before.
{kind: Service, name: admin-ports, ports: [tcp/22, tcp/23, tcp/3389, udp/3389, tcp/5985-5986, tcp/5900-5903, tcp/623, udp/623]}
---
# No rule of an application opens administration to others: guardrails are judged before.
kind: Ruleset
name: admin-ports-closed
tier: guardrail
rules:
  - {name: others, deny: [admin-ports], ${ends}, reason: administration is for those who are named${except}}
---
kind: Ruleset
name: admin-ports
rules:
  - {name: administrators, allow: [admin-ports], from: ${endText(from)}, to: ${endText(to)}, reason: who administers}
---
{kind: Invariant, name: admin-ports-closed, never: {${ends}, services: [admin-ports]}${except}}
`;
  },
};

export const ransomwarePorts: Template = {
  name: 'ransomware-ports',
  about: 'what ransomware spreads over is closed between workloads',
  settings: [
    { key: 'server', kind: 'selector', about: 'who may be reached, such as role=fileserver', least: 0 },
    { key: 'admin', kind: 'end', about: 'who may reach everybody: a selector, list:NAME or a prefix', least: 0 },
  ],
  write: ({ server = [], admin = [] }) => {
    const except = exceptText([
      ...(server.length === 0 ? [] : [`{to: ${endText(server)}}`]),
      ...(admin.length === 0 ? [] : [`{from: ${endText(admin)}}`]),
    ]);
    const [name, ends] = [quoted('ransomware-ports'), 'from: "", to: ""'];
    return `# SMB, NetBIOS, RPC, RDP and WinRM: how ransomware goes from one machine to the next. From and to addresses that no
# workload has, other rules decide.
{kind: Service, name: ${name}, ports: [tcp/135, udp/137-138, tcp/139, tcp/445, tcp/3389, udp/3389, tcp/5985-5986]}
---
# Nothing is opened here: what is left out below is left to the rules of applications.
kind: Ruleset
name: ransomware-ports-closed
tier: guardrail
rules:
  - {name: workloads, deny: [${name}], ${ends}, reason: workloads do not manage each other${except}}
---
{kind: Invariant, name: ransomware-ports-closed, never: {${ends}, services: [${name}]}${except}}
`;
  },
};
