const UNITS = [
  { name: 'd', ms: 86_400_000 },
  { name: 'h', ms: 3_600_000 },
  { name: 'min', ms: 60_000 },
] as const;

/** A time span as people say it: `45 s`, `12 min`, `3 h`, `2 d`. */
export function age(ms: number): string {
  const unit = UNITS.find((candidate) => ms >= candidate.ms) ?? { name: 's', ms: 1000 };
  return `${Math.max(0, Math.floor(ms / unit.ms))} ${unit.name}`;
}
