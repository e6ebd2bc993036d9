import { type CSSProperties, type KeyboardEvent, type MouseEvent, useMemo, useState } from 'react';
import type { Point } from '../scene/geometry.ts';
import type { Hit } from '../scene/hit.ts';
import type { Layout } from '../scene/layout.ts';
import type { Scene } from '../scene/scene.ts';
import type { CameraControl } from './camera.ts';
import type { Judged } from './legend-words.ts';
import { type KeyAction, keyAction } from './map-keys.ts';
import { MapLegend } from './map-legend.tsx';
import type { MapTheme } from './map-theme.ts';
import { MapTooltip } from './map-tooltip.tsx';
import { describeKey } from './map-words.ts';
import { mapScene, type Picture, picture as pictureOf } from './picture.ts';
import { useMapPainting } from './use-map-painting.ts';

export type MapCanvasProps = {
  readonly scene: Scene;
  readonly layout: Layout;
  readonly theme: MapTheme;
  /** Key of a card or workload; everything it has nothing to do with is dimmed. */
  readonly focus: string | null;
  readonly onFocus: (key: string | null) => void;
  /** A card is to be opened, or closed when it is open. */
  readonly onOpen: (card: string) => void;
  readonly onSelectEdge: (key: string | null) => void;
  /** Key of the selected edge. */
  readonly selected: string | null;
  /** By what the edges are judged. */
  readonly judged: Judged;
};

const fill: CSSProperties = { position: 'relative', flex: 1, minHeight: 0, overflow: 'hidden' };
const surface: CSSProperties = {
  display: 'block',
  width: '100%',
  height: '100%',
  outlineOffset: -2,
  touchAction: 'none',
};
const spoken: CSSProperties = {
  position: 'absolute',
  width: 1,
  height: 1,
  overflow: 'hidden',
  clipPath: 'inset(50%)',
  whiteSpace: 'nowrap',
};

const label =
  'Map of apps and their traffic. Arrow keys move between cards, Enter opens an app, E goes through its edges, ' +
  'Escape leaves, plus, minus and zero zoom. The same data is in the table.';

export function MapCanvas(props: MapCanvasProps) {
  const { scene, layout, theme, selected } = props;
  const mapped = useMemo(() => mapScene(scene, layout), [scene, layout]);
  const picture = useMemo(() => pictureOf(mapped, { focus: props.focus, selected }), [mapped, props.focus, selected]);
  const { canvas, camera } = useMapPainting({ picture, theme });
  const [hover, setHover] = useState<Hover | null>(null);
  const pointAt = (event: MouseEvent): Hit | null => hitAt(picture, camera.current, event);
  const onMove = (event: MouseEvent): void => {
    const hit = event.buttons === 0 ? pointAt(event) : null;
    setHover(hit === null ? null : { key: hit.key, at: offset(event) });
  };
  const onClick = (event: MouseEvent): void => click(pointAt(event), props);
  const onDoubleClick = (event: MouseEvent): void => {
    const hit = pointAt(event);
    if (hit !== null && hit.kind !== 'edge') open(picture, hit.kind === 'workload' ? hit.card : hit.key, props);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = keyAction(event.key, picture, selected);
    if (action === null) return;
    event.preventDefault();
    act(action, { picture, camera: camera.current, props });
  };
  return (
    <>
      <div style={fill}>
        {/* biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: a canvas that takes keys is an application */}
        <canvas
          ref={canvas}
          style={{ ...surface, outlineColor: theme.focus, cursor: hover === null ? 'grab' : 'pointer' }}
          role="application"
          aria-label={label}
          tabIndex={0}
          onPointerMove={onMove}
          onPointerLeave={() => setHover(null)}
          onClick={onClick}
          onDoubleClick={onDoubleClick}
          onKeyDown={onKeyDown}
        />
        {hover !== null && <MapTooltip picture={picture} theme={theme} target={hover.key} at={hover.at} />}
        <FocusSpeech text={describeKey(picture, selected ?? picture.focus)} />
      </div>
      <MapLegend theme={theme} judged={props.judged} folded={picture.folded} />
    </>
  );
}

function FocusSpeech({ text }: { readonly text: string }) {
  return (
    <div style={spoken} aria-live="polite">
      {text}
    </div>
  );
}

type Hover = { readonly key: string; readonly at: Point };

/** Screen pixels around an edge in which it is still meant. */
const tolerance = 6;

const offset = (event: MouseEvent): Point => ({ x: event.nativeEvent.offsetX, y: event.nativeEvent.offsetY });

function hitAt(picture: Picture, camera: CameraControl | null, event: MouseEvent): Hit | null {
  if (camera === null) return null;
  const { x, y, k } = camera.read();
  const at = offset(event);
  return picture.hit({ x: (at.x - x) / k, y: (at.y - y) / k }, tolerance / k);
}

function click(hit: Hit | null, { onFocus, onSelectEdge }: MapCanvasProps): void {
  onSelectEdge(hit?.kind === 'edge' ? hit.key : null);
  if (hit?.kind !== 'edge') onFocus(hit?.key ?? null);
}

function open({ cards }: Picture, key: string, { onOpen }: MapCanvasProps): void {
  const card = cards.get(key);
  if (card !== undefined && card.kind !== 'addresses') onOpen(key);
}

type Acting = { readonly picture: Picture; readonly camera: CameraControl | null; readonly props: MapCanvasProps };

function act(action: KeyAction, { picture, camera, props }: Acting): void {
  switch (action.kind) {
    case 'focus':
      moveTo(action.key, { picture, camera, props });
      break;
    case 'open':
      props.onOpen(action.key);
      break;
    case 'edge':
      props.onSelectEdge(action.key);
      break;
    case 'zoom':
      camera?.zoomBy(action.factor);
      break;
    case 'fit':
      camera?.fit(picture.layout.bounds);
  }
}

function moveTo(key: string | null, { picture, camera, props }: Acting): void {
  const box = picture.layout.dots.get(key ?? '') ?? picture.layout.cards.get(key ?? '');
  if (box !== undefined) camera?.reveal(box);
  props.onSelectEdge(null);
  props.onFocus(key);
}
