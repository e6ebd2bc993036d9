import { displayText } from './display-text.ts';

const named = 4;

/** `tcp/443, tcp/5432 +3`: the services with most connections first. */
export function portsText(services: ReadonlyMap<string, number>): string {
  const ranked = [...services].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const head = ranked.slice(0, named).map(([service]) => displayText(service, 24));
  return head.join(', ') + (ranked.length > named ? ` +${ranked.length - named}` : '');
}

export function countService(services: Map<string, number>, service: string, connections: number): void {
  services.set(service, (services.get(service) ?? 0) + connections);
}
