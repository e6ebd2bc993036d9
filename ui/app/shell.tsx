import { AppShell, Burger, Group, NavLink, Text, VisuallyHidden } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  IconHistory,
  IconListDetails,
  IconLock,
  IconPlugConnectedX,
  IconServer2,
  IconShieldLock,
  IconTopologyStar3,
} from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useNavigate, useRouter, useRouterState } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import type { LiveState } from '../api/follow-events.ts';
import { followController } from '../api/live.ts';
import { sessionQuery, statusQuery } from '../api/queries.ts';
import { IsolationBar } from '../isolation/isolation-bar.tsx';
import { isolationsQuery } from '../isolation/isolation-queries.ts';
import type { Right } from './rights.ts';
import { useWhyNot } from './use-rights.ts';

/** Menus and tooltips are a fourth of all script, and nobody waits for them. */
const HeadEnd = lazy(async () => ({ default: (await import('./head-end.tsx')).HeadEnd }));

type Page = {
  readonly to: '/map' | '/workloads' | '/policy' | '/versions' | '/isolations' | '/audit';
  readonly label: string;
  readonly icon: ReactNode;
  readonly needs?: Right;
};

const pages: readonly Page[] = [
  { to: '/map', label: 'Map', icon: <IconTopologyStar3 size={20} /> },
  { to: '/workloads', label: 'Workloads', icon: <IconServer2 size={20} /> },
  { to: '/policy', label: 'Policy', icon: <IconShieldLock size={20} /> },
  { to: '/versions', label: 'Versions', icon: <IconHistory size={20} /> },
  { to: '/isolations', label: 'Isolations', icon: <IconLock size={20} /> },
  { to: '/audit', label: 'Audit', icon: <IconListDetails size={20} />, needs: 'administer' },
];

/** Pixels. */
const headHeight = 52;
const barHeight = 44;

/** What stands around every page once somebody is signed in; it keeps the live events. */
export function Shell() {
  const [opened, { toggle, close }] = useDisclosure();
  const live = useLiveEvents();
  useSignedIn();
  const isAway = live === 'away';
  const isolated = useQuery(isolationsQuery).data?.items ?? [];
  const bars = (isAway ? 1 : 0) + (isolated.length > 0 ? 1 : 0);
  return (
    <AppShell
      header={{ height: headHeight + bars * barHeight }}
      navbar={{ width: 200, breakpoint: 'sm', collapsed: { mobile: !opened } }}
    >
      <AppShell.Header>
        <Group h={headHeight} px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Pages" />
            <img src="/favicon.svg" alt="" width={24} height={24} />
            <Text fw={650}>Bulkhead</Text>
          </Group>
          <Suspense>
            <HeadEnd live={live} />
          </Suspense>
        </Group>
        {isAway && <Away />}
        {isolated.length > 0 && <IsolationBar isolations={isolated} height={barHeight} />}
      </AppShell.Header>
      <AppShell.Navbar p="xs" component="nav" aria-label="Pages" style={{ overflowY: 'auto' }}>
        <Pages onChoose={close} />
      </AppShell.Navbar>
      <AppShell.Main>
        <Outlet />
      </AppShell.Main>
    </AppShell>
  );
}

function Pages({ onChoose }: { readonly onChoose: () => void }) {
  return pages.map((page) => <PageLink key={page.to} page={page} onChoose={onChoose} />);
}

/** What somebody may not see is no link, and says why. */
function PageLink({ page, onChoose }: { readonly page: Page; readonly onChoose: () => void }) {
  const { to, label, icon, needs = 'view' } = page;
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const whyNot = useWhyNot(needs);
  if (whyNot !== null) {
    const look = { label, leftSection: icon, c: 'dimmed', description: 'For administrators' };
    return <NavLink {...look} component="div" role="link" aria-disabled tabIndex={0} title={whyNot} />;
  }
  return (
    <NavLink
      renderRoot={(props) => <Link to={to} {...props} />}
      label={label}
      leftSection={icon}
      active={path.startsWith(to)}
      onClick={onChoose}
    />
  );
}

/** In the head, whose height pages reckon with: what fills a window fills what is left of it. */
function Away() {
  return (
    <Group h={barHeight} px="md" gap="xs" wrap="nowrap" bg="orange.1" c="black" role="status">
      <IconPlugConnectedX size={20} style={{ flex: 'none' }} />
      <Text size="xs" lineClamp={2}>
        <b>The controller does not answer</b>. Shown is its last answer; hosts go on enforcing.
      </Text>
      <VisuallyHidden>Offline</VisuallyHidden>
    </Group>
  );
}

function useLiveEvents(): LiveState {
  const client = useQueryClient();
  const [state, setState] = useState<LiveState>('connecting');
  useEffect(() => followController(client, setState), [client]);
  return state;
}

/** A session that ended leads to the page for signing in, and back. */
function useSignedIn(): void {
  const session = useQuery(sessionQuery).data;
  const navigate = useNavigate();
  const router = useRouter();
  useQuery(statusQuery);
  useEffect(() => {
    // Read when it ends, not followed: on the way to the sign-in page it is that page itself.
    if (session === null) void navigate({ to: '/sign-in', search: { next: router.state.location.href } });
  }, [session, navigate, router]);
}
