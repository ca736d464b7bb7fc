/** Bounds of the server, each with its unit in its name and its reason. Those of replication are in `replication/limits.ts`. */

/**
 * How long one turn may last before the host's event loop gets a look: a frame of the page's animation. Ten times that is a
 * Ctrl-C that feels dead; a tenth of it costs more in turns than in work.
 */
export const turnSecondsMax = 0.016;

/**
 * Connections at one time. The real server is bounded by its file descriptors (1024 by default); here one costs some kB, and
 * a session has at most some tens of servers and clients.
 */
export const connectionsMax = 1024;

/**
 * Answers that were sent to one client and not taken by it, before its requests are no longer read: eight windows of the
 * network. Ten times that, times the connections, would be all the memory a worker has.
 */
export const unsentAnswerBytesMax = 8 * 1024 * 1024;

/**
 * Bytes of log that may wait for the disk before a commit waits too: two of the file system's blocks, so that one is being
 * written while the next one fills. Ten times that is what a crash may take from a loop that nobody was answered about; a
 * tenth would make every loop wait for the disk.
 */
export const unwrittenBytesMax = 2 * 1024 * 1024;
