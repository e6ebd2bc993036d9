import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { sessionQuery } from '../api/queries.ts';
import { queryClient } from '../api/query-client.ts';
import { MapPage } from '../map-page/map-page.tsx';
import { readMapSearch } from '../map-page/map-search.ts';
import { draftSearch, previewSearch, versionSearch } from '../policy/search.ts';
import { Failed, NotFound } from './failed.tsx';
import { Shell } from './shell.tsx';

const root = createRootRoute({ component: Outlet, errorComponent: Failed, notFoundComponent: NotFound });

/** `next`: the page to go to afterwards, a path of this console. */
type SignInSearch = { readonly next?: string };

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  component: lazyRouteComponent(() => import('../pages/sign-in-page.tsx'), 'SignInPage'),
  validateSearch: ({ next }: Record<string, unknown>): SignInSearch => (isOwnPath(next) ? { next } : {}),
});

const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  component: lazyRouteComponent(() => import('../pages/setup-page.tsx'), 'SetupPage'),
});

/** Everything behind the sign-in. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  component: Shell,
  beforeLoad: async ({ location }) => {
    const session = await queryClient.ensureQueryData(sessionQuery);
    if (session === null) throw redirect({ to: '/sign-in', search: { next: location.href } });
  },
});

const start = createRoute({
  getParentRoute: () => inside,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/map' });
  },
});

const pages = [
  start,
  createRoute({ getParentRoute: () => inside, path: '/map', component: MapPage, validateSearch: readMapSearch }),
  createRoute({
    getParentRoute: () => inside,
    path: '/workloads',
    component: lazyRouteComponent(() => import('../pages/workloads-page.tsx'), 'WorkloadsPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/workloads/$name',
    component: lazyRouteComponent(() => import('../pages/workload-page.tsx'), 'WorkloadPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/policy',
    component: lazyRouteComponent(() => import('../policy/policy-page.tsx'), 'PolicyPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/policy/$draft',
    component: lazyRouteComponent(() => import('../policy/draft-page.tsx'), 'DraftPage'),
    validateSearch: draftSearch,
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/policy/$draft/preview',
    component: lazyRouteComponent(() => import('../policy/preview-page.tsx'), 'PreviewPage'),
    validateSearch: previewSearch,
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/provisions/$version',
    component: lazyRouteComponent(() => import('../policy/provision-page.tsx'), 'ProvisionPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/versions',
    component: lazyRouteComponent(() => import('../pages/versions-page.tsx'), 'VersionsPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/versions/$number',
    component: lazyRouteComponent(() => import('../pages/version-page.tsx'), 'VersionPage'),
    validateSearch: versionSearch,
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/isolations',
    component: lazyRouteComponent(() => import('../isolation/isolations-page.tsx'), 'IsolationsPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/isolations/$id',
    component: lazyRouteComponent(() => import('../isolation/isolation-page.tsx'), 'IsolationPage'),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: '/audit',
    component: lazyRouteComponent(() => import('../pages/audit-page.tsx'), 'AuditPage'),
  }),
];

export const router = createRouter({
  routeTree: root.addChildren([signIn, setup, inside.addChildren(pages)]),
  defaultPreload: 'intent',
  defaultErrorComponent: Failed,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

/** Not an address elsewhere: `//host` and `/\host` would be. */
function isOwnPath(value: unknown): value is string {
  return typeof value === 'string' && /^\/(?![/\\])/.test(value);
}
