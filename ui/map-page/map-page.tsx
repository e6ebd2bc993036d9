import { useComputedColorScheme, VisuallyHidden } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, type RefObject, Suspense, useMemo, useRef } from 'react';
import type { AllEdges } from '../api/all-edges.ts';
import { edgesQuery, workloadsQuery } from '../api/queries.ts';
import { MapCanvas } from '../map/map-canvas.tsx';
import { darkMap, lightMap } from '../map/map-theme.ts';
import { NoWorkload } from '../pages/no-workload.tsx';
import { Empty, Loaded, Refused } from '../pages/page-frame.tsx';
import { useMayEdit } from '../policy/use-may-edit.ts';
import type { Scene } from '../scene/scene.ts';
import classes from './map-page.module.css';
import { type MapSearch, toggled } from './map-search.ts';
import { MapToolbar } from './map-toolbar.tsx';
import { useKnown, useMapScene } from './use-map-scene.ts';

/** With what makes rules, which the first picture does not wait for. */
const EdgeDetails = lazy(async () => ({ default: (await import('../details/edge-details.tsx')).EdgeDetails }));

const FocusActions = lazy(async () => ({ default: (await import('../isolation/focus-actions.tsx')).FocusActions }));

const MapTable = lazy(async () => ({ default: (await import('../map/map-table.tsx')).MapTable }));

export function MapPage() {
  // Without the workloads it would be another map, and the view that fits it would not fit this one.
  const workloads = useQuery(workloadsQuery);
  const edges = useQuery(edgesQuery);
  const page = useRef<HTMLDivElement>(null);
  return (
    <div className={classes.page} ref={page}>
      <VisuallyHidden>
        <h1>Map</h1>
      </VisuallyHidden>
      <Loaded query={workloads}>
        {({ items }) => (
          <>
            <Refused query={edges} />
            <LiveMap edges={edges.data ?? null} loading={edges.isPending} workloads={items.length} view={page} />
          </>
        )}
      </Loaded>
    </div>
  );
}

type LiveMapProps = {
  /** Null while nobody knows. */
  readonly edges: AllEdges | null;
  readonly loading: boolean;
  readonly workloads: number;
  readonly view: RefObject<HTMLElement | null>;
};

function LiveMap({ edges, loading, workloads, view }: LiveMapProps) {
  const search = useSearch({ from: '/inside/map' });
  const change = useChangeSearch();
  const { scene, layout, opened, edges: count } = useMapScene(edges, search, view);
  const theme = useComputedColorScheme('light') === 'dark' ? darkMap : lightMap;
  const selected = search.edge ?? null;
  const known = useKnown(search.draft);
  const isQuiet = edges !== null && count === 0;
  const isEmpty = isQuiet && (workloads === 0 || search.as === 'table');
  const shared = {
    scene,
    theme,
    selected,
    focus: search.focus ?? null,
    onSelectEdge: (edge: string | null) => change({ edge }),
  };
  return (
    <>
      <MapToolbar
        search={search}
        change={change}
        edges={edges === null ? null : { count, complete: edges.complete }}
        loading={loading}
        omitted={scene.omitted}
      />
      {search.focus !== undefined && (
        <Suspense>
          <FocusActions focus={search.focus} />
        </Suspense>
      )}
      <div className={classes.body}>
        <div className={classes.map}>
          {isEmpty && (workloads === 0 ? <NoWorkload /> : <NoTraffic />)}
          {!isEmpty && search.as === 'table' && (
            <Suspense>
              <MapTable {...shared} />
            </Suspense>
          )}
          {!isEmpty && search.as !== 'table' && (
            <MapCanvas
              {...shared}
              layout={layout}
              judged={{ decision: search.decision ?? 'intended', draft: search.draft ?? null, known }}
              onFocus={(focus) => change({ focus })}
              onOpen={(card) => change({ open: toggled(opened, card) })}
            />
          )}
        </div>
        {selected !== null && edges !== null && (
          <Details
            {...{ edges, scene, selected }}
            draft={search.draft ?? null}
            onClose={() => change({ edge: null })}
          />
        )}
      </div>
    </>
  );
}

type Change = { readonly [K in keyof MapSearch]?: MapSearch[K] | null };

/** What changes often replaces the address, what opens something is a step that the back button undoes. */
function useChangeSearch(): (change: Change) => void {
  const navigate = useNavigate({ from: '/map' });
  return (change) => {
    const isStep = 'open' in change || 'edge' in change || 'as' in change;
    void navigate({ search: (before: MapSearch) => applied(before, change), replace: !isStep });
  };
}

function applied(before: MapSearch, change: Change): MapSearch {
  const all = Object.entries({ ...before, ...change });
  return Object.fromEntries(all.filter(([, value]) => value !== null && value !== undefined && value !== ''));
}

type DetailsProps = {
  readonly edges: AllEdges;
  readonly scene: Scene;
  readonly selected: string;
  readonly draft: string | null;
  readonly onClose: () => void;
};

function Details({ edges: { byKey }, scene, selected, draft, onClose }: DetailsProps) {
  const mayEdit = useMayEdit();
  const line = scene.edges.find(({ key }) => key === selected);
  const behind = useMemo(() => line?.underlying.flatMap((key) => byKey.get(key) ?? []) ?? [], [line, byKey]);
  return (
    <aside className={classes.details} aria-label="Details of the edge">
      {line === undefined ? (
        <Empty title="This edge is not on the map now">It aged out, is hidden, or an app was opened or closed.</Empty>
      ) : (
        <Suspense>
          <EdgeDetails
            edges={behind}
            title={`${line.fromName} to ${line.toName}`}
            draft={draft}
            mayEdit={mayEdit}
            onClose={onClose}
          />
        </Suspense>
      )}
    </aside>
  );
}

function NoTraffic() {
  return (
    <Empty title="No traffic yet">
      Connections appear here within two seconds of being made, for as long as an hour.
    </Empty>
  );
}
