import Type, { type Static } from 'typebox';
import { defaultWaves, type WaveSettings } from '../provision/wave-settings.ts';

const share = (description: string) => Type.Optional(Type.Number({ minimum: 0, maximum: 1, description }));
const whole = (minimum: number, maximum: number, description: string) =>
  Type.Optional(Type.Integer({ minimum, maximum, description }));

const name = Type.String({ minLength: 1, maxLength: 300 });
const flow = Type.Object({ from: name, to: name, service: name }, { additionalProperties: false });
/** As many as a preview lists. */
const acceptedMost = 1000;

const settings = Type.Object(
  {
    canary: share('Share of the hosts that narrow which try it out; at least one host. Default 0.1'),
    rest: whole(1, 50, 'Waves that the other hosts are spread over. Default 1'),
    watch: Type.Optional(
      Type.Number({ minimum: 0, maximum: 3600, description: 'Seconds that reports are watched for after each wave' }),
    ),
    budget: whole(0, 1_000_000, 'Newly denied flows that are put up with. Default 0'),
    budgetShare: share('The same as a share of the flows in use at the hosts of the waves; the larger counts'),
    failures: whole(0, 1_000_000, 'Hosts of the canary that may fail. Default 0'),
    lookback: whole(1, 365, 'Days within which a flow must have passed to count as newly denied. Default 7'),
  },
  { additionalProperties: false },
);

export const wavesSchema = Type.Optional(
  Type.Union([settings, Type.Null()], {
    description: 'How hosts are brought to the version; null: all at once, and nothing is taken back',
  }),
);

export const acceptSchema = Type.Optional(
  Type.Union([Type.Literal('nothing'), Type.Literal('foreseen'), Type.Array(flow, { maxItems: acceptedMost })], {
    description: 'Flows in use that may be denied: those the difference of both versions names, or these of them',
  }),
);

export type AskedWaves = {
  readonly waves?: Static<typeof settings> | null;
  readonly accept?: Static<typeof acceptSchema>;
};

/** What was not said is as the controller has it; null: no waves. */
export function wavesOf({ waves, accept = 'nothing' }: AskedWaves, fallback: WaveSettings | null): WaveSettings | null {
  const settings = waves === undefined ? fallback : waves === null ? null : inMilliseconds(waves);
  return settings === null ? null : { ...settings, accept };
}

const inMilliseconds = ({ watch, ...rest }: Static<typeof settings>): WaveSettings => ({
  ...defaultWaves,
  ...rest,
  ...(watch !== undefined && { watch: Math.round(watch * 1000) }),
});
