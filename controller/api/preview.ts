import type { ApiParts } from './parts.ts';

export async function preview(_parts: ApiParts, _name: string) {
  return {};
}
