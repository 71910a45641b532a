// The rows of a group, page by page as the reader scrolls.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { DeadLetterPage, DeadLetterRow } from "../../api/dead-letter.ts";
import { get } from "../server/requests.ts";
import { useRetry } from "../server/use-retry.ts";

export interface LoadedRows {
  readonly rows: readonly DeadLetterRow[];
  readonly total: number;
  readonly error: Error | undefined;
  readonly loading: boolean;
  readonly more: () => void;
}

interface State {
  readonly rows: readonly DeadLetterRow[];
  readonly total: number;
  readonly next: number | undefined;
  readonly error: Error | undefined;
}

const nothing: State = { rows: [], total: 0, next: 0, error: undefined };

/**
 * @param changed reads the rows again, as many as there were. A read that has begun is not broken off for it: where many messages are
 * parked, none would ever end.
 */
export function useRows(group: string | undefined, changed: string): LoadedRows {
  const [state, setState] = useState<State>(nothing);
  const [loading, setLoading] = useState(true);
  const asking = useRef<AbortController | undefined>(undefined);
  const count = useRef(0);
  count.current = state.rows.length;
  const [times, setTimes] = useState(0);
  const wanted = `${times} ${changed}`;
  const [begun, setBegun] = useState(wanted);

  const read = useCallback(
    async (from: readonly DeadLetterRow[], after: number, wanted: number) => {
      asking.current?.abort();
      const mine = new AbortController();
      const { signal } = mine;
      asking.current = mine;
      setLoading(true);
      let rows = from;
      try {
        for (let next: number | undefined = after; next !== undefined; ) {
          const page: DeadLetterPage = await get("dead-letters/list", { group, after: next }, signal);
          rows = [...rows, ...page.deadLetters];
          next = rows.length < wanted ? page.next : undefined;
          // Rows that are read again replace the old ones together: a list that shrinks meanwhile loses its place.
          if (next === undefined) setState({ rows, total: page.total, next: page.next, error: undefined });
        }
      } catch (error) {
        if (!signal.aborted) setState((old) => ({ ...old, error: error as Error }));
      } finally {
        if (asking.current === mine) {
          asking.current = undefined;
          setLoading(false);
        }
      }
    },
    [group],
  );

  useEffect(() => {
    void read([], 0, count.current);
    return () => asking.current?.abort();
  }, [read, begun]);
  useEffect(() => {
    if (!loading) setBegun(wanted);
  }, [wanted, loading]);

  const { rows, next, total, error } = state;
  useRetry({ error, loading }, () => setTimes((count) => count + 1));
  const more = useCallback(() => {
    if (next !== undefined && next > 0 && asking.current === undefined) void read(rows, next, 0);
  }, [read, rows, next]);
  return { rows, total, error, loading, more };
}
