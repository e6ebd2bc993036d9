import type { Problem } from '@bulkhead/model/problem.ts';
import {
  autocompletion,
  type CompletionContext,
  type CompletionResult,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, indentUnit } from '@codemirror/language';
import { lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { EditorState, type Extension } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react';
import { styleNonce } from '../app/style-nonce.ts';
import { complete } from './completion.ts';
import type { Words } from './completion-words.ts';
import { marksOf, offsetOf } from './editor-marks.ts';
import { editorLook } from './editor-theme.ts';

/** A place to go to; another one each time, so that one place can be gone to twice. */
export type Jump = { readonly path: string; readonly line: number; readonly column: number };

type Props = {
  readonly path: string;
  readonly text: string;
  readonly problems: readonly Problem[];
  readonly words: Words;
  readonly jump: Jump | null;
  readonly readOnly: boolean;
  readonly onEdit: (text: string) => void;
  readonly onLine: (line: number) => void;
  readonly onSave: () => void;
};

/** Editor of one file; with another `path` it is another editor, which has its own history. */
export function CodeEditor(props: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const latest = useRef(props);
  useLayoutEffect(() => {
    latest.current = props;
  });
  const { path, text, problems, jump, readOnly } = props;
  useEditor(frame, view, { latest, path, readOnly });
  useEffect(() => replaceText(view.current, text), [text]);
  useEffect(() => {
    const editor = view.current;
    if (editor !== null) editor.dispatch(setDiagnostics(editor.state, marksOf(problems, path, editor.state.doc)));
  }, [problems, path]);
  useEffect(() => {
    if (jump?.path === path) goTo(view.current, jump);
  }, [jump, path]);
  return <div ref={frame} style={{ height: '100%', overflow: 'hidden' }} />;
}

type Making = { readonly latest: RefObject<Props>; readonly path: string; readonly readOnly: boolean };

function useEditor(frame: RefObject<HTMLDivElement | null>, view: RefObject<EditorView | null>, making: Making): void {
  const { latest, path, readOnly } = making;
  useLayoutEffect(() => {
    if (frame.current === null) return;
    const state = EditorState.create({ doc: latest.current.text, extensions: editing({ latest, path, readOnly }) });
    const editor = new EditorView({ parent: frame.current, state });
    view.current = editor;
    return () => {
      view.current = null;
      editor.destroy();
    };
  }, [frame, view, latest, path, readOnly]);
}

function editing({ latest, path, readOnly }: Making): Extension {
  return [
    EditorState.readOnly.of(readOnly),
    reading(`Text of ${path}`),
    history(),
    highlightActiveLine(),
    bracketMatching(),
    closeBrackets(),
    highlightSelectionMatches(),
    lintGutter(),
    indentUnit.of('  '),
    autocompletion({ override: [(context) => completionAt(context, latest.current.words)] }),
    EditorView.updateListener.of(({ docChanged, selectionSet, state }) => {
      if (docChanged) latest.current.onEdit(state.doc.toString());
      if (docChanged || selectionSet) latest.current.onLine(state.doc.lineAt(state.selection.main.head).number);
    }),
    keymap.of([
      { key: 'Mod-s', preventDefault: true, run: () => save(latest.current) },
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...lintKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...defaultKeymap,
      // Escape, then Tab, leaves the editor by keyboard.
      indentWithTab,
    ]),
  ];
}

function save({ onSave }: Props): true {
  onSave();
  return true;
}

const reading = (label: string): Extension => [
  EditorView.cspNonce.of(styleNonce()),
  // Editable text takes the focus by itself; said for those who look for what scrolls and cannot be reached.
  EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
  lineNumbers(),
  drawSelection(),
  // What turns the text beside it is seen instead.
  highlightSpecialChars(),
  yaml(),
  editorLook,
];

function completionAt({ state, pos, explicit }: CompletionContext, words: Words): CompletionResult | null {
  const completion = complete(state.doc.sliceString(0, pos), words);
  if (completion === null || (completion.length === 0 && !explicit && !opensValue(state, pos))) return null;
  const options = completion.offers.map(({ label, detail, insert }) => ({ label, detail, apply: insert }));
  return { from: pos - completion.length, options, validFor: /^[\w./-]*$/ };
}

/** What is typed right after these is a word that can be offered. */
const opensValue = (state: EditorState, pos: number): boolean =>
  /[=[{,"]$|: $/.test(state.doc.sliceString(Math.max(0, pos - 2), pos));

function replaceText(editor: EditorView | null, text: string): void {
  if (editor === null || editor.state.doc.toString() === text) return;
  editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } });
}

function goTo(editor: EditorView | null, jump: Jump): void {
  if (editor === null) return;
  const at = offsetOf(editor.state.doc, jump);
  editor.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: 'center' }) });
  editor.focus();
}

type ViewProps = { readonly path: string; readonly text: string };

/** A file to read. */
export function CodeText({ path, text }: ViewProps) {
  const frame = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (frame.current === null) return;
    const extensions = [reading(`Text of ${path}`), EditorState.readOnly.of(true), keymap.of(searchKeymap)];
    const editor = new EditorView({ parent: frame.current, state: EditorState.create({ doc: text, extensions }) });
    return () => editor.destroy();
  }, [path, text]);
  return <div ref={frame} style={{ height: '100%', overflow: 'hidden' }} />;
}
