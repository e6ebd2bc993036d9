import { Alert, Anchor, Breadcrumbs, Button, Group, Paper, Stack, Text } from '@mantine/core';
import { IconGitBranch } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { type Previewed, previewProgressQuery, previewQuery } from '../api/policy-queries.ts';
import type { Preview, PreviewEffect } from '../api/policy-types.ts';
import { Empty, Loaded, PageFrame } from '../pages/page-frame.tsx';
import type { Jump } from './code-editor.tsx';
import { PreviewEffects } from './preview-effects.tsx';
import { changesNothing, plural, progressText } from './preview-text.ts';
import { ProblemRow } from './problem-panel.tsx';
import { ProvisionButton } from './provision-button.tsx';
import { useMayEdit } from './use-may-edit.ts';

export function PreviewPage() {
  const { draft: name } = useParams({ from: '/inside/policy/$draft/preview' });
  const query = useQuery(previewQuery(name));
  const client = useQueryClient();
  const isStopped = query.data === undefined && query.error === null && !query.isFetching;
  return (
    <PageFrame
      title="Preview"
      about={<Trail name={name} />}
      actions={
        <>
          {query.isFetching ? (
            <Button
              variant="default"
              onClick={() => void client.cancelQueries({ queryKey: previewQuery(name).queryKey })}
            >
              Stop
            </Button>
          ) : (
            <Button variant="default" onClick={() => void query.refetch()}>
              Look again
            </Button>
          )}
          {query.data !== undefined && <Provisioning {...query.data} onLookAgain={() => void query.refetch()} />}
        </>
      }
    >
      {query.isFetching && <HowFar name={name} />}
      {isStopped ? (
        <Empty title="The preview was stopped">Nothing is known of what the draft would change.</Empty>
      ) : (
        <Loaded query={query}>{({ preview }) => <Shown preview={preview} name={name} />}</Loaded>
      )}
    </PageFrame>
  );
}

/** Nothing for an answer that comes at once. */
function HowFar({ name }: { readonly name: string }) {
  const { data: progress = null } = useQuery(previewProgressQuery(name));
  if (progress === null) return null;
  return (
    <Text size="sm" c="dimmed" role="status">
      {progressText(progress)}
    </Text>
  );
}

function Trail({ name }: { readonly name: string }) {
  return (
    <Breadcrumbs component="span">
      <Anchor size="sm" renderRoot={(props) => <Link to="/policy" {...props} />}>
        Policy
      </Anchor>
      <Anchor size="sm" renderRoot={(props) => <Link to="/policy/$draft" params={{ draft: name }} {...props} />}>
        <span className="name">{name}</span>
      </Anchor>
      <span>what provisioning would change; nothing of it is done yet</span>
    </Breadcrumbs>
  );
}

function Provisioning({ preview, onLookAgain }: Previewed & { readonly onLookAgain: () => void }) {
  const mayEdit = useMayEdit();
  const effect = effectOf(preview);
  if (!mayEdit || effect === null) return null;
  return <ProvisionButton {...{ preview, effect, onLookAgain }} able={preview.sound && !preview.baseMoved} />;
}

/** Null: the text leaves no policy that could be compared. */
function effectOf({ hosts, diff, effective, flows, tests, invariants }: Preview): PreviewEffect | null {
  if (hosts === undefined || diff === undefined || effective === undefined) return null;
  if (flows === undefined || tests === undefined || invariants === undefined) return null;
  return { hosts, diff, effective, flows, tests, invariants };
}

function Shown({ preview, name }: { readonly preview: Preview; readonly name: string }) {
  const effect = preview.sound ? effectOf(preview) : null;
  return (
    <Stack>
      {preview.baseMoved && <BaseMoved preview={preview} />}
      {preview.problems.length > 0 && <Problems preview={preview} name={name} />}
      {effect !== null && isBare(effect) && (
        <Empty title="Nothing changes">
          No host gets another ruleset, and nothing opens or closes. Provisioning would only make a version.
        </Empty>
      )}
      {effect !== null && !isBare(effect) && <PreviewEffects effect={effect} draft={name} />}
    </Stack>
  );
}

const isBare = (effect: PreviewEffect): boolean =>
  changesNothing(effect) && effect.tests.length === 0 && effect.invariants.length === 0;

function BaseMoved({ preview: { base, current, draft } }: { readonly preview: Preview }) {
  return (
    <Alert color="orange" icon={<IconGitBranch />} title={`Version ${current} was provisioned meanwhile`}>
      This draft was made from version {base}, so it would be refused.{' '}
      <Anchor size="sm" renderRoot={(props) => <Link to="/policy/$draft" params={{ draft }} {...props} />}>
        Bring the draft onto version {current}
      </Anchor>
    </Alert>
  );
}

/** More than a person reads before mending the first. */
const shownMost = 100;

function Problems({ preview: { problems, sound }, name }: { readonly preview: Preview; readonly name: string }) {
  const navigate = useNavigate();
  const goTo = ({ path, line }: Jump) =>
    void navigate({ to: '/policy/$draft', params: { draft: name }, search: { file: path, line } });
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const title = sound ? plural(problems.length, 'warning') : `${plural(errors, 'error')}: this cannot be provisioned`;
  return (
    <Paper withBorder component="section" aria-label="Problems">
      <Group px="sm" py="xs" justify="space-between">
        <Text fw={600} size="sm" c={sound ? 'orange' : 'red'}>
          {title}
        </Text>
        <Anchor size="sm" renderRoot={(props) => <Link to="/policy/$draft" params={{ draft: name }} {...props} />}>
          Mend them in the editor
        </Anchor>
      </Group>
      <Stack gap={0} mah={260} style={{ overflow: 'auto' }}>
        {problems.slice(0, shownMost).map((problem, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: problems have no name, and rows hold no state
          <ProblemRow key={index} problem={problem} onGo={problem.place?.file === 'estate' ? null : goTo} />
        ))}
      </Stack>
    </Paper>
  );
}
