import { defaultNetwork, type Labels } from '@bulkhead/model/words.ts';
import { formatServicePoint } from '@bulkhead/net/service-space.ts';
import type { EdgeEnd } from './edge.ts';

/** `app=shop,env=prod`, keys in byte order; a value that could be misread is quoted, so equal text is equal labels. */
export function labelsText(labels: Labels): string {
  const keys = Object.keys(labels).sort();
  return keys.map((key) => `${plainText(key)}=${plainText(labels[key] ?? '')}`).join(',');
}

/** `web-1{app=shop}`, `192.0.2.7`, or `site-b/192.0.2.7` outside the default network. */
export function endText(end: EdgeEnd): string {
  if (end.kind === 'workload') return `${plainText(end.name)}{${labelsText(end.labels)}}`;
  return end.network === defaultNetwork ? end.address : `${end.network}/${end.address}`;
}

export function edgeKey(from: EdgeEnd, to: EdgeEnd, service: number): string {
  return `${endText(from)} -> ${endText(to)} ${formatServicePoint(service)}`;
}

/** The text itself, or in quotes where a separator of these forms could be misread. */
export function plainText(text: string): string {
  return /^[\w./:-]*$/.test(text) ? text : JSON.stringify(text);
}
