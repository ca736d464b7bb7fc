/** The log port: where finished log lines go (the terminal, standard error, a file's tail in a test). */
export interface LogSink {
  /** One line without its newline, already formatted as the real server formats it. */
  line(text: string, level: LogLevel): void;
}

/** Letters of the real server: F fatal, ! system error, E error, C critical, W warning, I info, V verbose, D debug. */
export type LogLevel = 'F' | '!' | 'E' | 'C' | 'W' | 'I' | 'V' | 'D';
