/**
 * Milliseconds that a test waits for anything before it says what it waited for in vain: ten times what a slow step needs on a
 * quiet machine, since others may work on it too. Only a test that fails takes so long.
 */
export const patienceMs = 60_000;
