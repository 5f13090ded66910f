/**
 * Dates as people and programs write them.
 *
 * Year first, always: `2026-11-21`, `2026/11/21 09:30`, `2026-11-21T09:30:00.5+01:00`. A time
 * without a zone is UTC, so that the same text means the same moment on every machine.
 */
const DATE =
  /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?$/i;

/** Reads a date; `undefined` for text that is none, and for days that no calendar has. */
export function parseDate(text: string): Date | undefined {
  const match = DATE.exec(text.trim());
  if (match === null) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = match;
  const milliseconds = Math.floor(Number(`0.${fraction || '0'}`) * 1000);
  const local = new Date(0);
  local.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  if (local.getUTCMonth() !== Number(month) - 1 || local.getUTCDate() !== Number(day)) {
    return undefined;
  }
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  local.setUTCHours(Number(hour), Number(minute), Number(second), milliseconds);
  return new Date(local.getTime() - zoneMinutes(zone) * 60_000);
}

function zoneMinutes(zone: string | undefined): number {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? '') ?? [];
  if (sign === undefined) return 0;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
