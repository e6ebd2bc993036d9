/** World units. Gutters hold up to five lanes of edges; streets between districts hold more. */
export const sizes = {
  card: { minWidth: 132, maxWidth: 196, height: 56, letter: 7, padding: 30 },
  gutter: { x: 30, y: 26 },
  district: { header: 30 },
  street: 44,
  dot: { width: 168, height: 40, gutter: { x: 30, y: 14 }, header: 40, maxRows: 14 },
} as const;
