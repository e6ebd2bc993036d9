import type { EndpointProcess } from './endpoint-process.ts';
import type { EstateNet } from './estate-net.ts';
import { hostAddress, liveContent, liveRuleset, type Peer, peerAddress, ports } from './live-rulesets.ts';

/** No rule allows it: only the helper of connection tracking can announce it. */
const dataPort = 40_000;
const announcement = `227 Entering Passive Mode (${hostAddress[4].replaceAll('.', ',')},${dataPort >> 8},${dataPort & 255})\r\n`;

/** The helper is somebody else's: rules that give one to a connection are in a table of their own. */
const table = `table inet transfers {
  ct helper ftp {
    type "ftp" protocol tcp
  }
  chain in {
    type filter hook prerouting priority 0
    tcp dport ${ports.tcp} ct helper set "ftp"
  }
}`;

type Parties = { readonly net: EstateNet; readonly host: EndpointProcess; readonly world: EndpointProcess };

/** A file transfer: its data connection passes because its control connection may, and with it no more. */
export async function checkHelperFlows({ net, host, world }: Parties): Promise<string[]> {
  const wrong: string[] = [];
  const load = async (allowed: readonly Peer[], number: number) => {
    const done = await net.backEnd.replace(liveRuleset(liveContent(allowed), number, number));
    if (done.kind === 'failed') throw new Error(done.message);
  };
  const open = async (name: string, peer: Peer, port: number) => {
    const to = { from: peerAddress[peer][4], to: hostAddress[4], port };
    return (await world.order({ do: 'open', name, protocol: 'tcp', ...to })).ok;
  };
  const expect = (what: string, is: boolean, should: boolean) => {
    if (is !== should) wrong.push(`file transfer: ${what} ${is ? 'passes' : 'does not pass'}`);
  };
  const asks = async (name: string) => (await world.order({ do: 'ask', name })).ok;
  await net.host.run('nft', table);
  await host.order({ do: 'serve', protocol: 'tcp', address: hostAddress[4], port: dataPort });
  await load(['keep', 'cut'], 1);
  for (const peer of ['keep', 'cut'] as const)
    expect(`${peer} control`, await open(`${peer} control`, peer, ports.tcp), true);
  expect('data that nobody announced', await open('unannounced', 'keep', dataPort), false);
  // The helper looks for announcements behind a line that it has seen.
  await host.order({ do: 'push', text: '220 ready\r\n' });
  await host.order({ do: 'push', text: announcement });
  for (const peer of ['keep', 'cut'] as const) {
    expect(`announced data of ${peer}`, await open(`${peer} data`, peer, dataPort), true);
    expect(`announced data of ${peer}, later`, await asks(`${peer} data`), true);
  }
  await load(['keep'], 2);
  expect('control after a change that allows it', await asks('keep control'), true);
  expect('control after a change that denies it', await asks('cut control'), false);
  expect('data after a change that denies its control', await asks('cut data'), false);
  // What answers the change's first question ends no line, and the helper wants one.
  await host.order({ do: 'push', text: '\r\n' });
  await host.order({ do: 'push', text: announcement });
  expect('data announced after a change', await open('keep data again', 'keep', dataPort), true);
  expect('data announced to who is denied', await open('cut data again', 'cut', dataPort), false);
  return wrong;
}
