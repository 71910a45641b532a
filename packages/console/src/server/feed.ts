// The stream of events to the pages: numbered, the newest kept, so that a page that reconnects misses nothing or learns that it did.
//
//   G11. The ring is bounded, and a page that does not read is cut off instead of filling memory.
//   Counts are asked for only while a page looks, once for all pages, and never overtake each other.

import type { ServerResponse } from "node:http";
import type { StreamEvent } from "../api/stream.ts";
import type { Source } from "../data/source.ts";
import { begin } from "./answer.ts";

export interface Feed {
  /** @param after the last event that the page has; absent for a new page */
  open(response: ServerResponse, after: number | undefined): void;
  stop(): void;
}

export interface FeedOptions {
  /** How often counts are read while a page looks. */
  readonly countsEveryMs: number;
  readonly keepAliveMs?: number;
}

const KEPT_MAX = 2_000;
const SHOWN_AT_FIRST = 100;
const PAGES_MAX = 20;
/** What a page may leave unread. */
const UNREAD_BYTES_MAX = 8 * 1_048_576;

export function startFeed(source: Source, { countsEveryMs, keepAliveMs = 15_000 }: FeedOptions): Feed {
  const kept: { id: number; event: StreamEvent }[] = [];
  const pages = new Set<ServerResponse>();
  let lastId = 0;
  let counting = false;

  const stopWatching = source.watch(tell);
  const counts = setInterval(count, countsEveryMs).unref();
  const alive = setInterval(() => {
    for (const page of pages) write(page, ": alive\n\n");
  }, keepAliveMs).unref();

  function tell(event: StreamEvent): void {
    lastId += 1;
    if (event.kind !== "counts") kept.push({ id: lastId, event });
    if (kept.length > KEPT_MAX) kept.splice(0, kept.length - KEPT_MAX);
    for (const page of pages) write(page, frame(lastId, event));
  }

  async function count(): Promise<void> {
    if (counting || pages.size === 0) return;
    counting = true;
    try {
      tell({ kind: "counts", counts: await source.counts() });
    } catch {
      // the next count may succeed; a page shows how old its counts are
    } finally {
      counting = false;
    }
  }

  function write(page: ServerResponse, text: string): void {
    if (page.writableLength > UNREAD_BYTES_MAX) page.destroy();
    else page.write(text);
  }

  return {
    open(response, after) {
      begin(response, "text/event-stream; charset=utf-8");
      for (const oldest of [...pages].slice(0, Math.max(0, pages.size - PAGES_MAX + 1))) oldest.destroy();
      const oldestId = kept[0]?.id ?? lastId + 1;
      const missed = after !== undefined && (after > lastId || (after < oldestId - 1 && after < lastId));
      if (missed) write(response, frame(lastId, { kind: "gap" }));
      else {
        const since = after ?? kept.at(-SHOWN_AT_FIRST - 1)?.id ?? 0;
        for (const { id, event } of kept) if (id > since) write(response, frame(id, event));
      }
      pages.add(response);
      response.on("close", () => pages.delete(response));
      void count();
    },
    stop() {
      stopWatching();
      clearInterval(counts);
      clearInterval(alive);
      for (const page of pages) {
        write(page, frame(lastId + 1, { kind: "end" }));
        page.end();
      }
    },
  };
}

function frame(id: number, event: StreamEvent): string {
  return `id: ${id}\ndata: ${JSON.stringify(event)}\n\n`;
}
