import { createTheme, type MantineColorsTuple } from '@mantine/core';

const bulkhead: MantineColorsTuple = [
  '#eef4ff',
  '#dbe6fe',
  '#b9cffd',
  '#8fb2fb',
  '#6692f7',
  '#3f73f0',
  '#2a5fe3',
  '#1d4ec6',
  '#19429f',
  '#17387f',
];

const sans = "'Inter Variable', system-ui, sans-serif";

export const theme = createTheme({
  colors: { bulkhead },
  primaryColor: 'bulkhead',
  primaryShade: { light: 6, dark: 4 },
  autoContrast: true,
  fontFamily: sans,
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  headings: { fontFamily: sans, fontWeight: '600' },
  defaultRadius: 'md',
  cursorType: 'pointer',
});
