import { Anchor, Badge, Breadcrumbs, Button, Group, Text, Title, Tooltip } from '@mantine/core';
import { IconDeviceFloppy, IconEye } from '@tabler/icons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import { TimeText } from '../pages/time-text.tsx';
import classes from './narrow.module.css';
import { plural } from './preview-text.ts';
import type { DraftEdits } from './use-draft-edits.ts';

type Props = { readonly edits: DraftEdits; readonly mayEdit: boolean; readonly onSave: () => void };

export function DraftHead({ edits, mayEdit, onSave }: Props) {
  const { loaded, changed, saving } = edits;
  return (
    <Group className={classes.head} justify="space-between" wrap="nowrap">
      <div style={{ minWidth: 0 }}>
        <Group gap="sm" wrap="nowrap">
          <Breadcrumbs>
            <Anchor size="sm" renderRoot={(props) => <Link to="/policy" {...props} />}>
              Policy
            </Anchor>
            <Title order={1} size="h4" lineClamp={1}>
              <span className="name">{loaded.name}</span>
            </Title>
          </Breadcrumbs>
          <State edits={edits} />
        </Group>
        <Text size="sm" c="dimmed" truncate>
          from version {loaded.base}, saved by <span className="name">{loaded.updatedBy}</span>{' '}
          <TimeText at={loaded.updated} />
          {loaded.labels.length > 0 && <Labels edits={edits} />}
        </Text>
      </div>
      <Group wrap="nowrap" gap="xs">
        {mayEdit && (
          <Tooltip label="Ctrl-S">
            <Button
              variant="default"
              leftSection={<IconDeviceFloppy size={18} />}
              disabled={!changed}
              loading={saving}
              onClick={onSave}
            >
              Save
            </Button>
          </Tooltip>
        )}
        <PreviewButton edits={edits} mayEdit={mayEdit} />
      </Group>
    </Group>
  );
}

function State({ edits: { changed, loaded } }: { readonly edits: DraftEdits }) {
  if (changed)
    return (
      <Badge color="orange" flex="none">
        not saved
      </Badge>
    );
  const errors = loaded.problems.filter(({ severity }) => severity === 'error').length;
  return (
    <Badge variant="light" flex="none" color={loaded.sound ? 'teal' : 'red'}>
      {loaded.sound ? 'sound' : plural(errors, 'error')}
    </Badge>
  );
}

function Labels({ edits: { loaded } }: { readonly edits: DraftEdits }) {
  const texts = loaded.labels.map(({ workload, key, value }) =>
    value === null ? `${workload}: ${key} removed` : `${workload}: ${key}=${value}`,
  );
  return (
    <Tooltip label={texts.slice(0, 30).join('\n')} multiline maw={480} style={{ whiteSpace: 'pre-line' }}>
      <span>, with {plural(texts.length, 'label change')}</span>
    </Tooltip>
  );
}

function PreviewButton({ edits, mayEdit }: { readonly edits: DraftEdits; readonly mayEdit: boolean }) {
  const navigate = useNavigate();
  const { loaded, files, changed, save } = edits;
  const toPreview = () =>
    // What was saved just now still counts as changed here.
    void navigate({ to: '/policy/$draft/preview', params: { draft: loaded.name }, ignoreBlocker: true });
  const start = () => {
    if (changed && mayEdit) save({ files, over: loaded, onSaved: toPreview });
    else toPreview();
  };
  return (
    <Button leftSection={<IconEye size={18} />} onClick={start}>
      {changed ? 'Save and preview' : 'Preview'}
    </Button>
  );
}
