const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

const steps = [
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3600 },
  { unit: 'minute', seconds: 60 },
] as const;

/** How long ago, with the exact time to hover over. `at` in RFC 3339. */
export function TimeText({ at }: { readonly at: string }) {
  const time = new Date(at);
  const seconds = (time.getTime() - Date.now()) / 1000;
  const step = steps.find((one) => Math.abs(seconds) >= one.seconds);
  const text =
    step === undefined
      ? relative.format(Math.round(seconds), 'second')
      : relative.format(Math.round(seconds / step.seconds), step.unit);
  return (
    <time dateTime={at} title={exact.format(time)}>
      {text}
    </time>
  );
}
