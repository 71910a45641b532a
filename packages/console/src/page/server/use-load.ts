// An answer of the server as a component uses it: loading, loaded, failed; read again when its address or `again` changes, and
// by itself after a failure.

import { useCallback, useEffect, useState } from "preact/hooks";
import { get, type Query } from "./requests.ts";
import { useRetry } from "./use-retry.ts";

export interface Loaded<Answer> {
  /** The last one that came, also while it is read again. */
  readonly value: Answer | undefined;
  readonly error: Error | undefined;
  readonly loading: boolean;
  readonly reload: () => void;
}

/**
 * @param path undefined: nothing is asked yet
 * @param again reads again when it changes, and shows the old answer meanwhile. A read of the same address is not broken off for it:
 * where reads take longer than changes need to come, none would ever end.
 */
export function useLoad<Answer>(
  path: string | undefined,
  query: Query = {},
  again: string | number = 0,
): Loaded<Answer> {
  const [state, setState] = useState<{ of?: string; value?: Answer; error?: Error; loading: boolean }>({
    loading: true,
  });
  const [times, setTimes] = useState(0);
  const asked = path === undefined ? undefined : JSON.stringify([path, query]);
  const wanted = `${times} ${again}`;
  const [begun, setBegun] = useState(wanted);

  useEffect(() => {
    if (asked === undefined) return;
    const stop = new AbortController();
    const [path, query] = JSON.parse(asked) as [string, Query];
    setState((old) => ({ ...(old.of === asked ? old : {}), of: asked, loading: true }));
    get<Answer>(path, query, stop.signal).then(
      (value) => setState({ of: asked, value, loading: false }),
      (error: Error) => {
        if (!stop.signal.aborted) setState((old) => ({ ...old, error, loading: false }));
      },
    );
    return () => stop.abort();
  }, [asked, begun]);
  useEffect(() => {
    if (!state.loading) setBegun(wanted);
  }, [wanted, state.loading]);

  const reload = useCallback(() => setTimes((count) => count + 1), []);
  useRetry({ error: state.error, loading: state.loading }, reload);
  const isCurrent = state.of === asked;
  return {
    value: isCurrent ? state.value : undefined,
    error: isCurrent ? state.error : undefined,
    loading: asked !== undefined && (state.loading || !isCurrent),
    reload,
  };
}
