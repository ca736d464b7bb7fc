/** `os.date` of a format, as C's strftime in the C locale. */
import { type CivilTime, civilTime, padded } from '../../base/calendar.ts';

const weekdays = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const months =
  'January February March April May June July August September October November December'.split(
    ' ',
  );

/**
 * @param at seconds since 1970
 * @param utcOffset minutes that the wanted zone is ahead of UTC
 * @param zone what `%Z` shows
 */
export function strftime(format: string, at: number, utcOffset = 0, zone = 'GMT'): string {
  const time = civilTime(at, utcOffset);
  return format.replace(/%[EO]?([\s\S])?/g, (whole, letter: string | undefined) => {
    if (letter === undefined) return whole;
    if (letter === 's') return String(Math.floor(at));
    if (letter === 'z') return zoneOffset(utcOffset);
    if (letter === 'Z') return zone;
    const inner = composites[letter];
    if (inner !== undefined) return strftime(inner, at, utcOffset, zone);
    return simple(letter, time) ?? whole;
  });
}

const composites: Readonly<Record<string, string>> = {
  c: '%a %b %e %H:%M:%S %Y',
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  R: '%H:%M',
  r: '%I:%M:%S %p',
  T: '%H:%M:%S',
  x: '%m/%d/%y',
  X: '%H:%M:%S',
  h: '%b',
};

function simple(letter: string, time: CivilTime): string | undefined {
  const hour12 = time.hour % 12 === 0 ? 12 : time.hour % 12;
  switch (letter) {
    case 'a':
      return (weekdays[time.weekday] ?? '').slice(0, 3);
    case 'A':
      return weekdays[time.weekday] ?? '';
    case 'b':
      return (months[time.month - 1] ?? '').slice(0, 3);
    case 'B':
      return months[time.month - 1] ?? '';
    case 'C':
      return padded(Math.floor(time.year / 100), 2);
    case 'd':
      return padded(time.day, 2);
    case 'e':
      return String(time.day).padStart(2);
    case 'g':
      return padded(isoWeek(time).year % 100, 2);
    case 'G':
      return String(isoWeek(time).year);
    case 'H':
      return padded(time.hour, 2);
    case 'I':
      return padded(hour12, 2);
    case 'j':
      return padded(time.yearDay, 3);
    case 'k':
      return String(time.hour).padStart(2);
    case 'l':
      return String(hour12).padStart(2);
    case 'm':
      return padded(time.month, 2);
    case 'M':
      return padded(time.minute, 2);
    case 'n':
      return '\n';
    case 'p':
      return time.hour < 12 ? 'AM' : 'PM';
    case 'P':
      return time.hour < 12 ? 'am' : 'pm';
    case 'S':
      return padded(time.second, 2);
    case 't':
      return '\t';
    case 'u':
      return String(time.weekday === 0 ? 7 : time.weekday);
    case 'U':
      return padded(Math.floor((time.yearDay + 6 - time.weekday) / 7), 2);
    case 'V':
      return padded(isoWeek(time).week, 2);
    case 'w':
      return String(time.weekday);
    case 'W':
      return padded(Math.floor((time.yearDay + 6 - ((time.weekday + 6) % 7)) / 7), 2);
    case 'y':
      return padded(time.year % 100, 2);
    case 'Y':
      return String(time.year);
    case '%':
      return '%';
    default:
      return undefined;
  }
}

function zoneOffset(minutes: number): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${padded(Math.floor(size / 60), 2)}${padded(size % 60, 2)}`;
}

/** ISO 8601: week 1 is the one with the year's first Thursday. */
function isoWeek(time: CivilTime): { readonly year: number; readonly week: number } {
  const weekday = (time.weekday + 6) % 7;
  const week = Math.floor((time.yearDay - 1 - weekday + 10) / 7);
  if (week < 1) return { year: time.year - 1, week: weeksOf(time.year - 1) };
  if (week > weeksOf(time.year)) return { year: time.year + 1, week: 1 };
  return { year: time.year, week };
}

function weeksOf(year: number): number {
  const lastWeekday = (y: number) =>
    (y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400)) % 7;
  return lastWeekday(year) === 4 || lastWeekday(year - 1) === 3 ? 53 : 52;
}
