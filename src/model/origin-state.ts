/** File of a release that says how the origin is; holding pages look at it, and never at the origin. */
export const ORIGIN_STATE_PATH = '_holdfast/origin.json';

const FORMAT = 1;

/** How the origin is, by what the looks of a cycle say. */
export const ORIGIN_STATES = ['up', 'slow', 'down'] as const;

/** What holding pages are told. */
export interface OriginState {
  readonly state: (typeof ORIGIN_STATES)[number];
  /** ISO 8601: when it was first seen so. */
  readonly since: string;
}

/** The origin's state as it is remembered between cycles. */
export interface OriginRecord extends OriginState {
  /** Looks in a row that say another state, and which; it is believed once there are enough of them. */
  readonly turning?: { readonly to: OriginState['state']; readonly looks: number };
}

/** The file as it is published. */
export function originStateText({ state, since }: OriginState): string {
  return `${JSON.stringify({ format: FORMAT, state, since })}\n`;
}

/** The state in a published file, undefined where it is none of this version. */
export function parseOriginState(text: string): OriginState | undefined {
  try {
    const { format, state, since } = JSON.parse(text) as Record<string, unknown>;
    const known = ORIGIN_STATES.find((each) => each === state);
    const isDate = typeof since === 'string' && !Number.isNaN(Date.parse(since));
    return format === FORMAT && known !== undefined && isDate ? { state: known, since } : undefined;
  } catch {
    return undefined;
  }
}
