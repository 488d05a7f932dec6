import type { ClockFields } from '../program/index.ts';

/** English locales that between them spell most zones by letters; the others say `GMT+9`. */
const zoneLocales = ['en-US', 'en-GB', 'en-AU', 'en-CA', 'en-IN', 'en-NZ', 'en-ZA'];

/** Broken-down local time, by the TZ variable and /etc/localtime as the JavaScript engine reads them. */
export class LocalTime {
  /** Zone abbreviations by offset: they change only with it. */
  readonly #zones = new Map<number, string>();

  at(unixNs: bigint): ClockFields {
    const date = new Date(Number(unixNs / 1_000_000n));
    const offsetMinutes = -date.getTimezoneOffset();
    let zone = this.#zones.get(offsetMinutes);
    if (zone === undefined) {
      zone = zoneName(date, offsetMinutes);
      this.#zones.set(offsetMinutes, zone);
    }
    return {
      year: date.getFullYear(),
      month: date.getMonth() + 1,
      day: date.getDate(),
      hour: date.getHours(),
      minute: date.getMinutes(),
      second: date.getSeconds(),
      weekday: date.getDay(),
      yearday: dayOfYear(date),
      zone,
      offsetMinutes,
    };
  }
}

/** Counted between dates at noon UTC, so that a change of the clock does not move the day. */
function dayOfYear(date: Date): number {
  const day = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((day - Date.UTC(date.getFullYear(), 0, 1)) / 86_400_000);
}

function zoneName(date: Date, offsetMinutes: number): string {
  for (const locale of zoneLocales) {
    const parts = new Intl.DateTimeFormat(locale, { timeZoneName: 'short' }).formatToParts(date);
    const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
    if (/^[A-Z]{2,5}$/.test(name)) return name;
  }
  // Zones without letters are written as numbers, as the tz database does: +03, -0330.
  const sign = offsetMinutes < 0 ? '-' : '+';
  const hours = String(Math.floor(Math.abs(offsetMinutes) / 60)).padStart(2, '0');
  const minutes = Math.abs(offsetMinutes) % 60;
  return `${sign}${hours}${minutes === 0 ? '' : String(minutes).padStart(2, '0')}`;
}
