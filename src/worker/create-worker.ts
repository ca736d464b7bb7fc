/** A worker's script must come from the page's own origin; where Bee is embedded elsewhere, a Blob of one line imports it. */
const blobUrls = new Map<string, string>();

/**
 * Starts a module worker from any origin. From a foreign one its script needs CORS (`Access-Control-Allow-Origin`) there, and
 * the embedding page's policy must allow `worker-src blob:` and the script's origin. Its storage, channels and locks are the page's in both cases.
 * @param address of the script; what Vite's development server gives has no origin and means that server's
 * @param name as the browser's tools show it
 */
export function createWorker(address: string, name: string): Worker {
  const url = new URL(address, import.meta.url).href;
  if (isOwnOrigin(url)) return new Worker(url, { type: 'module', name });
  const worker = new Worker(blobUrlOf(url), { type: 'module', name });
  foreign.set(worker, new URL(url).origin);
  return worker;
}

/** Origins of the scripts of workers that came from elsewhere. */
const foreign = new WeakMap<Worker, string>();

/** Why a worker's script may not have been loaded: a browser gives no reason, and for an import not even a violation report. */
export function loadAdvice(worker: Worker): string {
  const origin = foreign.get(worker);
  if (origin === undefined) return 'its script did not arrive, or the page has a policy against it';
  return `${origin} must send Access-Control-Allow-Origin, and a policy of this page must allow worker-src blob: ${origin}`;
}

/** True where the worker's script is the page's own. */
export function isOwnOrigin(url: string): boolean {
  return new URL(url, import.meta.url).origin === location.origin;
}

/** One Blob for each script, kept as long as the page: a URL that is revoked while a worker loads would be a race. */
function blobUrlOf(url: string): string {
  const known = blobUrls.get(url);
  if (known !== undefined) return known;
  const blob = new Blob([`import ${JSON.stringify(url)};`], { type: 'text/javascript' });
  const made = URL.createObjectURL(blob);
  blobUrls.set(url, made);
  return made;
}
