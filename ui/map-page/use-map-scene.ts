import { useInterval, useThrottledValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import type { AllEdges } from '../api/all-edges.ts';
import { previewQuery } from '../api/policy-queries.ts';
import { hostsQuery, workloadsQuery } from '../api/queries.ts';
import type { Judged } from '../map/legend-words.ts';
import { type Layout, layoutScene } from '../scene/layout.ts';
import { cardKey } from '../scene/places.ts';
import { buildScene, type Scene, type SceneView, type SceneWorkload } from '../scene/scene.ts';
import { type TouchedEdge, underDraft } from './draft-verdicts.ts';
import { type MapSearch, openedCards, shownStates } from './map-search.ts';

/** Milliseconds. Edges change several times a second; an eye needs no more than this. */
const pace = 500;
const noEdges: readonly TouchedEdge[] = [];
const noneYet: AllEdges['byKey'] = new Map();
const noWorkloads: readonly SceneWorkload[] = [];

export type MapScene = {
  readonly scene: Scene;
  readonly layout: Layout;
  readonly edges: number;
  readonly opened: readonly string[];
};

/** `view`: what the map is shown in, whose shape districts are arranged to fill. */
export function useMapScene(known: AllEdges | null, search: MapSearch, view: RefObject<HTMLElement | null>): MapScene {
  const throttled = useThrottledValue(known?.byKey ?? noneYet, pace);
  // The first edges wait for nobody.
  const paced = throttled === noneYet ? (known?.byKey ?? noneYet) : throttled;
  const workloads = useSceneWorkloads();
  const touched = useTouched(search.draft);
  const edges = useMemo(() => underDraft([...paced.values()], touched), [paced, touched]);
  const opened = useOpened(search, workloads);
  const { decision = 'intended', hide, focus = null, q = '' } = search;
  const now = useNow();
  const scene = useMemo(() => {
    const sceneView: SceneView = {
      decision,
      show: shownStates({ hide: hide ?? [] }),
      opened: new Set(opened),
      focus,
      search: q,
      now,
    };
    return buildScene({ edges, workloads }, sceneView);
  }, [edges, workloads, decision, hide, opened, focus, q, now]);
  return { scene, layout: useStableLayout(scene, view, paced === noneYet), edges: edges.length, opened };
}

/** Milliseconds between looks at the clock: edges grow quiet without an event. */
const tick = 30_000;

function useNow(): number {
  const [now, setNow] = useState(Date.now);
  const { start, stop } = useInterval(() => setNow(Date.now()), tick);
  useEffect(() => {
    start();
    return stop;
  }, [start, stop]);
  return now;
}

function useOpened({ open }: MapSearch, workloads: readonly SceneWorkload[]): readonly string[] {
  const cards = useMemo(() => workloads.map(({ labels }) => cardKey(labels)), [workloads]);
  return useMemo(() => openedCards(open === undefined ? {} : { open }, cards), [open, cards]);
}

/** Things keep their places from one layout to the next, but for a `preliminary` one that knows of no addresses yet. */
function useStableLayout(scene: Scene, view: RefObject<HTMLElement | null>, preliminary: boolean): Layout {
  const previous = useRef<Layout | null>(null);
  const layout = useMemo(
    () => layoutScene(scene, { previous: previous.current, aspect: aspectOf(view.current) }),
    [scene, view],
  );
  useEffect(() => {
    previous.current = preliminary ? null : layout;
  }, [layout, preliminary]);
  return layout;
}

/** Width by height; a landscape window's where it is not shown yet. */
function aspectOf(view: HTMLElement | null): number {
  const { clientWidth = 0, clientHeight = 0 } = view ?? {};
  return clientWidth > 0 && clientHeight > 0 ? clientWidth / clientHeight : 1.6;
}

function useSceneWorkloads(): readonly SceneWorkload[] {
  const workloads = useQuery(workloadsQuery).data?.items;
  const hosts = useQuery(hostsQuery).data?.items;
  return useMemo(() => {
    // The same nothing whenever hosts come first, for a scene is built anew for another.
    if (workloads === undefined) return noWorkloads;
    const modes = new Map(hosts?.map(({ name, mode }) => [name, mode.inbound]));
    return workloads.map(({ name, labels, managed }) => ({
      name,
      labels: labels as SceneWorkload['labels'],
      managed,
      mode: modes.get(name) ?? null,
    }));
  }, [workloads, hosts]);
}

const usePreview = (draft: string | undefined) =>
  useQuery({ ...previewQuery(draft ?? ''), enabled: draft !== undefined });

/** What the draft would judge otherwise; nothing while it is not known. */
function useTouched(draft: string | undefined): readonly TouchedEdge[] {
  return usePreview(draft).data?.preview.flows?.items ?? noEdges;
}

/** How much of it is known. A draft with errors judges nothing. */
export function useKnown(draft: string | undefined): NonNullable<Judged['known']> {
  const { data, isError } = usePreview(draft);
  if (draft === undefined) return 0;
  if (isError || (data !== undefined && data.preview.flows === undefined)) return 'failed';
  return data?.preview.flows?.omitted ?? 'pending';
}
