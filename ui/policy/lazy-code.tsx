import { Skeleton } from '@mantine/core';
import { type ComponentProps, lazy, Suspense } from 'react';

/** The editor is a third of the console's code: it comes when a file is looked at. */
const Editor = lazy(async () => ({ default: (await import('./code-editor.tsx')).CodeEditor }));
const Reader = lazy(async () => ({ default: (await import('./code-editor.tsx')).CodeText }));

export function LazyEditor(props: ComponentProps<typeof Editor>) {
  return (
    <Suspense fallback={<Skeleton h="100%" />}>
      <Editor {...props} />
    </Suspense>
  );
}

export function LazyText(props: ComponentProps<typeof Reader>) {
  return (
    <Suspense fallback={<Skeleton h="100%" />}>
      <Reader {...props} />
    </Suspense>
  );
}
