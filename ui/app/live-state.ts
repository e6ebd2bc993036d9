import { createContext, useContext } from 'react';
import type { LiveState } from '../api/live.ts';

/** How it stands with the controller's events, for whatever is inside of the shell. */
export const LiveContext = createContext<LiveState>('connecting');

export const useLiveState = (): LiveState => useContext(LiveContext);
