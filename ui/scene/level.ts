/** How much is drawn: districts and bars; names too; workloads and ports too. */
export type Level = 'far' | 'middle' | 'near';

/** Below `middle` a card is too narrow for a name of ten letters at the smallest readable size. */
export const levelFrom = { middle: 0.45, near: 0.9 } as const;

export function levelAt(zoom: number): Level {
  if (zoom >= levelFrom.near) return 'near';
  return zoom >= levelFrom.middle ? 'middle' : 'far';
}
