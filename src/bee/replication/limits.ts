/** Bounds of what replication and the binary protocol hold in memory, each with its unit in its name and its reason. */
import { windowBytes } from '../env/index.ts';

/**
 * The largest frame taken. The real server's limit is 2 GiB; here a frame is held whole in a worker's memory, and the
 * largest tuple that a default configuration lets in is 1 MiB. Ten times that, and one bad length could end the worker.
 */
export const frameBytesMax = 128 * 1024 * 1024;

/**
 * Input kept for a reader that is slow: four windows. Less would make a burst of rows stop and go; ten times that, with
 * thirty peers, would be more memory than most data sets here take.
 */
export const inputBytesMax = 4 * windowBytes;

/**
 * A statement on a console's socket, or an answer from one, has at most so many bytes: an answer is what a person reads or a
 * script takes in at once. Each new piece is looked through from the start, so ten times that would be seconds of work.
 */
export const lineBytesMax = 16 * 1024 * 1024;

/**
 * Rows that an applier applies before it lets others run: at 2 to 5 µs a row some milliseconds. Ten times that is felt at
 * the prompt; a tenth of it costs more in acknowledgements than in rows.
 */
export const applierBatchRowsMax = 1000;

/**
 * Bytes of rows that a relay puts into one piece: a large piece travels at 180 MB/s, small ones at 30,000 a second
 * (DESIGN D4). Ten times that and the window cannot hold two of them.
 */
export const relayBatchBytes = 256 * 1024;

/**
 * Seconds without a byte after which a joiner gives up. Longer than the heartbeat's limit, because a master may have to read a
 * snapshot before it says anything.
 */
export const joinSilenceSecondsMax = 30;

/** A side that heard nothing for so many times `replication_timeout` gives the connection up, as the real server does. */
export const silentTimeouts = 4;
