import { Anchor, Badge, Breadcrumbs, Button, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { provisionQuery } from '../api/policy-queries.ts';
import { versionQuery } from '../api/queries.ts';
import type { Version } from '../api/types.ts';
import { RestoreButton } from '../policy/restore-button.tsx';
import { RolledBack } from '../policy/rolled-back.tsx';
import { useMayEdit } from '../policy/use-may-edit.ts';
import { VersionCompared } from '../policy/version-compared.tsx';
import { Loaded, PageFrame } from './page-frame.tsx';
import { TimeText } from './time-text.tsx';

export function VersionPage() {
  const { number } = useParams({ from: '/inside/versions/$number' });
  const query = useQuery(versionQuery(Number(number)));
  return (
    <PageFrame
      title={`Version ${number}`}
      about={<About version={query.data} />}
      actions={query.data !== undefined && <Actions version={query.data} />}
    >
      {Number(number) > 0 && <TakenBack number={Number(number)} />}
      <Loaded query={query}>{(version) => <VersionCompared key={version.number} version={version} />}</Loaded>
    </PageFrame>
  );
}

/** Nothing for a version that stayed. */
function TakenBack({ number }: { readonly number: number }) {
  const rollBack = useQuery(provisionQuery(number)).data?.waves?.rolledBack ?? null;
  return rollBack === null ? null : <RolledBack rollBack={rollBack} />;
}

function About({ version }: { readonly version: Version | undefined }) {
  return (
    <Breadcrumbs component="span">
      <Anchor size="sm" renderRoot={(props) => <Link to="/versions" {...props} />}>
        Versions
      </Anchor>
      {version !== undefined && (
        <Text span size="sm" lh={1.5} lineClamp={2}>
          made <TimeText at={version.created} /> by <span className="name">{version.createdBy}</span>
          {version.note !== '' && (
            <>
              : <span className="name">{version.note}</span>
            </>
          )}
        </Text>
      )}
    </Breadcrumbs>
  );
}

function Actions({ version: { number, current } }: { readonly version: Version }) {
  const mayEdit = useMayEdit();
  return (
    <Group gap="xs">
      {current && <Badge size="lg">in force</Badge>}
      {number > 0 && (
        <Button
          variant="default"
          renderRoot={(props) => <Link to="/provisions/$version" params={{ version: String(number) }} {...props} />}
        >
          Its provisioning
        </Button>
      )}
      {mayEdit && !current && <RestoreButton number={number} />}
    </Group>
  );
}
