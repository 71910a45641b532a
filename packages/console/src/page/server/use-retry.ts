// Reads again by itself after a failure that may pass: at first after seconds, later less often. A read of a stage costs money.

import { useEffect, useRef } from "preact/hooks";
import { RequestFailed } from "./requests.ts";

const RETRY_MS_MIN = 5_000;
const RETRY_MS_MAX = 60_000;

interface Read {
  readonly error: Error | undefined;
  readonly loading: boolean;
}

export function useRetry({ error, loading }: Read, retry: () => void): void {
  const failures = useRef(0);
  useEffect(() => {
    if (loading) return;
    if (error === undefined) failures.current = 0;
    if (error === undefined || isFinal(error)) return;
    const timer = setTimeout(retry, Math.min(RETRY_MS_MIN * 2 ** failures.current, RETRY_MS_MAX));
    failures.current += 1;
    return () => clearTimeout(timer);
  }, [error, loading]);
}

/** The server says that the request itself is wrong, or that there is no such thing. */
function isFinal(error: Error): boolean {
  return error instanceof RequestFailed && error.status >= 400 && error.status < 500;
}
