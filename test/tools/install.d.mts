/** See install.mjs. */
export function findProgram(name: string): string | undefined;
