import { civilTime, padded } from '../base/calendar.ts';
import type { Scheduler } from '../base/fiber.ts';
import type { Logger } from '../base/logger.ts';
import type { Env, LogLevel } from '../env/index.ts';

/** Levels by letter; `log_level` shows all up to its number. */
const levels: Readonly<Record<LogLevel, number>> = {
  F: 0,
  '!': 1,
  E: 2,
  C: 3,
  W: 4,
  I: 5,
  V: 6,
  D: 7,
};

const jsonLevels: Readonly<Record<LogLevel, string>> = {
  F: 'FATAL',
  '!': 'SYSERROR',
  E: 'ERROR',
  C: 'CRIT',
  W: 'WARN',
  I: 'INFO',
  V: 'VERBOSE',
  D: 'DEBUG',
};

/** Formats log lines as the real server does, and counts nothing: folding repeats is the terminal's affair. */
export class Log {
  /** Lines of this level and more urgent ones are written. */
  level = 5;
  format: 'plain' | 'json' = 'plain';
  /** Before the first db.cfg the real server prints a bare line. */
  isConfigured = false;
  readonly #env: Env;
  readonly #scheduler: Scheduler;

  constructor(env: Env, scheduler: Scheduler) {
    this.#env = env;
    this.#scheduler = scheduler;
  }

  /** The function handed to every part that logs. */
  readonly write: Logger = (level, text, from) => {
    if (levels[level] > this.level) return;
    if (!this.isConfigured) {
      this.#env.log.line(text, level);
      return;
    }
    const origin = from?.origin ?? this.#fiberOrigin();
    const line =
      this.format === 'json'
        ? this.#json(level, text, origin, from?.source)
        : this.#plain(level, text, origin, from?.source);
    this.#env.log.line(line, level);
  };

  #plain(level: LogLevel, text: string, origin: string, source: string | undefined): string {
    const place = source === undefined ? '' : `${source} `;
    return `${this.#time()} [${this.#env.process.pid}] ${origin} ${place}${level}> ${text}`;
  }

  #json(level: LogLevel, text: string, origin: string, source: string | undefined): string {
    const [cord, id, fiber] = origin.split('/');
    const [file, line] = (source ?? '').split(':');
    return JSON.stringify({
      time: this.#time().replace(' ', 'T'),
      level: jsonLevels[level],
      message: text,
      pid: this.#env.process.pid,
      cord_name: cord,
      ...(id === undefined ? {} : { fiber_id: Number(id), fiber_name: fiber }),
      ...(file ? { file, line: Number(line) } : {}),
    });
  }

  #fiberOrigin(): string {
    const fiber = this.#scheduler.current;
    return fiber === undefined ? 'main' : `main/${fiber.id}/${fiber.name}`;
  }

  /** Local time as `YYYY-MM-DD HH:MM:SS`. */
  localTime(): string {
    return this.#time().slice(0, 19);
  }

  #time(): string {
    const now = this.#env.clock.now();
    const at = civilTime(now, this.#env.clock.utcOffset(now));
    const date = `${at.year}-${padded(at.month, 2)}-${padded(at.day, 2)}`;
    const time = [at.hour, at.minute, at.second].map((part) => padded(part, 2)).join(':');
    return `${date} ${time}.${padded(at.millisecond, 3)}`;
  }
}
