import type { Browser, Page } from 'playwright-core';
import { markTime, newWindow, openBrowser, type SignedIn, signUp, whyNoBrowser } from './console-window.ts';
import type { Bench, Figure } from './figure.ts';
import { expand, pan, type Smoothness, zoom } from './gestures.ts';
import { type EstateSize, type SyntheticEstate, withSyntheticEstate } from './synthetic-estate.ts';

const estates: readonly EstateSize[] = [
  { workloads: 14, apps: 3, edges: 40 },
  { workloads: 2000, apps: 40, edges: 20_000 },
  { workloads: 20_000, apps: 400, edges: 20_000 },
];

/** kB of 1,000 bytes, compressed as they travel: script and style that the map's page loads before anything is done. */
const mostBundle = 300;
/** Frames per second: what no run may fall below. */
const leastFrames = 30;

export const ui: Bench = {
  about:
    'the console in a browser without a GPU: first paint, first picture of the map, pan, zoom, opening an app, size of the page',
  defaultRepeats: 5,
  run: async (repeats, say, { sizes }) => {
    const missing = whyNoBrowser();
    if (missing !== null) {
      say(missing);
      return [];
    }
    const figures: Figure[] = [];
    for (const size of estates.filter(({ workloads }) => sizes?.includes(workloads) ?? true)) {
      figures.push(
        ...(await withSyntheticEstate(size, say, (estate) => measureEstate(estate, size, { repeats, say }))),
      );
    }
    return withOneBundle(figures);
  },
};

type Measuring = { readonly repeats: number; readonly say: (text: string) => void };

export async function measureEstate(
  estate: SyntheticEstate,
  { workloads }: EstateSize,
  { repeats, say }: Measuring,
): Promise<Figure[]> {
  const browser = await openBrowser();
  try {
    const signedIn = await signUp(browser, estate);
    const runs: Run[] = [];
    for (let run = 0; run < repeats; run++) {
      runs.push(await measureOnce(browser, estate.base, signedIn));
      say(`${workloads} workloads, run ${run + 1}: ${JSON.stringify(runs.at(-1))}`);
    }
    return asFigures(runs, `${workloads} workloads`);
  } finally {
    await browser.close();
  }
}

type Run = {
  /** When the browser had drawn anything of the page, as it says itself. */
  readonly firstPaint: number;
  readonly firstPicture: number;
  readonly firstEdges: number;
  readonly bundle: number;
  readonly pan: Smoothness;
  readonly zoom: Smoothness;
  readonly expand: number;
};

const bundleExpression = `performance.getEntriesByType('resource')
  .filter(({ name }) => /\\.(js|css)$/.test(new URL(name).pathname))
  .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0) / 1000`;
/** Edges that came twice, fonts and lists are in, so that a gesture is measured and not the end of the start. */
const settleMilliseconds = 3000;

/** Every run is a first visit: a window with an empty cache. */
export async function measureOnce(browser: Browser, base: string, signedIn: SignedIn): Promise<Run> {
  const context = await newWindow(browser, base, signedIn);
  try {
    const page: Page = await context.newPage();
    await page.goto('/map?open=%5B%5D', { waitUntil: 'commit' });
    const firstPicture = await markTime(page, 'map-drawn');
    const firstEdges = await markTime(page, 'map-edges');
    const firstPaint = await markTime(page, 'first-contentful-paint');
    await page.waitForTimeout(settleMilliseconds);
    const bundle = (await page.evaluate(bundleExpression)) as number;
    const first = { firstPaint, firstPicture, firstEdges };
    return { ...first, bundle, pan: await pan(page), zoom: await zoom(page), expand: await expand(page) };
  } finally {
    await context.close();
  }
}

function asFigures(runs: readonly Run[], of: string): Figure[] {
  const figure = (name: string, unit: string, read: (run: Run) => number): Figure => ({
    name: `${of}: ${name}`,
    unit,
    shape: 'repeats',
    values: runs.map(read),
  });
  return [
    figure('first paint', 'ms', (run) => run.firstPaint),
    figure('first picture', 'ms', (run) => run.firstPicture),
    figure('first picture with edges', 'ms', (run) => run.firstEdges),
    { ...figure('pan', 'frames/s', (run) => run.pan.fps), least: leastFrames },
    figure('pan, longest frame', 'ms', (run) => run.pan.longest),
    { ...figure('zoom', 'frames/s', (run) => run.zoom.fps), least: leastFrames },
    figure('zoom, longest frame', 'ms', (run) => run.zoom.longest),
    figure('an app opened', 'ms', (run) => run.expand),
    { ...figure(bundleName, 'kB', (run) => run.bundle), most: mostBundle },
  ];
}

const bundleName = 'script and style of the first page';

/** The page is the same for every estate. */
function withOneBundle(figures: readonly Figure[]): Figure[] {
  const [first] = figures.filter(({ name }) => name.endsWith(bundleName));
  const rest = figures.filter(({ name }) => !name.endsWith(bundleName));
  return first === undefined ? rest : [...rest, { ...first, name: bundleName, values: first.values.slice(0, 1) }];
}
