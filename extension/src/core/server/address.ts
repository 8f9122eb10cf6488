/** Where a server is, as the user may write it. */

const PATHS_TO_LEAVE_OUT = /\/+(v1\/*)?$/;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i;

/**
 * Returns the address without a final slash or `/v1`, or undefined when it is none: not http or
 * https, or with a user name, a password, a query or a fragment in it.
 */
export function normalAddress(text: string): string | undefined {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    return undefined;
  }
  const web = url.protocol === 'http:' || url.protocol === 'https:';
  if (!web || url.username || url.password || url.search || url.hash) {
    return undefined;
  }
  return url.href.replace(PATHS_TO_LEAVE_OUT, '');
}

/** Returns whether the address can only mean the machine that the extension runs on. */
export function isLocal(address: string): boolean {
  try {
    return LOOPBACK.test(new URL(address).hostname);
  } catch {
    return false;
  }
}

/** Returns scheme, host and port: what a key is kept for. */
export function originOf(address: string): string {
  return new URL(address).origin;
}
