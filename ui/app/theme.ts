import { createTheme, type MantineColorsTuple, Modal, Notification } from '@mantine/core';

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

/** Of the map's own hue, so that pages, panels and the map are one picture. */
const dark: MantineColorsTuple = [
  '#dfe5ef',
  '#c2cbd9',
  '#a6b0c1',
  '#7c889c',
  '#36435a',
  '#212b3c',
  '#1a2331',
  '#131a25',
  '#0e141d',
  '#0a0e15',
];

const sans = "'Inter Variable', system-ui, sans-serif";

export const theme = createTheme({
  colors: { bulkhead, dark },
  primaryColor: 'bulkhead',
  // In dark too: white is what stands on it in both, and a lighter one would be too near to it.
  primaryShade: 6,
  autoContrast: true,
  // Where black and white on a colour are equally far from it, both at 4.5 to 1.
  luminanceThreshold: 0.18,
  fontFamily: sans,
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  headings: { fontFamily: sans, fontWeight: '600' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  components: {
    Modal: Modal.extend({
      // Locking the page's scrolling would need a style that the page's own policy refuses.
      defaultProps: { closeButtonProps: { 'aria-label': 'Close' }, lockScroll: false },
    }),
    Notification: Notification.extend({ defaultProps: { closeButtonProps: { 'aria-label': 'Dismiss' } } }),
  },
});
