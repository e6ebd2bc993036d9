/** World units. Gutters hold up to five lanes of edges; streets between districts hold more. */
export const sizes = {
  card: { minWidth: 148, maxWidth: 216, height: 56, letter: 8.5, padding: 26 },
  gutter: { x: 30, y: 26 },
  district: { header: 30 },
  street: 44,
  dot: { width: 168, height: 40, gutter: { x: 30, y: 14 }, header: 30, maxRows: 14 },
} as const;
