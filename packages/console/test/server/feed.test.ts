// The stream: its order, a page that comes back, a page that was away too long, and a page that does not read.

import { afterEach, expect, test } from "vitest";
import type { Activity, StreamEvent } from "../../src/api/stream.ts";
import type { Source } from "../../src/data/source.ts";
import { type ConsoleServer, startConsoleServer } from "../../src/server/server.ts";
import { fixtureSource } from "../fixture/source.ts";

let server: ConsoleServer | undefined;

afterEach(() => server?.stop());

test("a page that comes back gets what it missed, in order, and nothing twice", async () => {
  const { tell } = await started();
  for (let n = 1; n <= 5; n++) tell(n);
  const first = await read(undefined, 5);
  tell(6);
  const again = await read(3, 3);
  expect(first.map(textOf)).toEqual(["1", "2", "3", "4", "5"]);
  expect(again.map(textOf)).toEqual(["4", "5", "6"]);
});

test("a new page begins with the latest hundred", async () => {
  const { tell } = await started();
  for (let n = 1; n <= 300; n++) tell(n);
  const events = await read(undefined, 100);
  expect([events[0], events.at(-1)].map((event) => event && textOf(event))).toEqual(["201", "300"]);
});

test("G11: a page that was away for too long is told so", async () => {
  const { tell } = await started();
  for (let n = 1; n <= 5_000; n++) tell(n);
  expect((await read(1, 1)).map(({ event }) => event.kind)).toEqual(["gap"]);
  expect((await read(99_999, 1)).map(({ event }) => event.kind)).toEqual(["gap"]); // of an earlier run
});

test("counts are read while a page looks, and not otherwise", async () => {
  let counted = 0;
  const source = fixtureSource({ consumers: 1, messages: 1, deadLetters: 0 });
  const { tell } = await started({
    ...source,
    counts: () => {
      counted += 1;
      return source.counts();
    },
  });
  tell(1);
  expect(counted).toBe(0);
  const events = await read(undefined, 2);
  expect(events.map(({ event }) => event.kind).sort()).toEqual(["activity", "counts"]);
});

test("a console that stops says so", async () => {
  const { tell } = await started();
  tell(1);
  const reading = read(undefined, 2);
  await new Promise((resolve) => setImmediate(resolve));
  const { origin, token } = server as ConsoleServer;
  await fetch(`${origin}/api/about`, { headers: { authorization: `Bearer ${token}` } }); // the stream is open by then
  const stopping = server?.stop();
  server = undefined;
  expect((await reading).map(({ event }) => event.kind)).toEqual(["activity", "end"]);
  await stopping;
});

interface Read {
  readonly id: number;
  readonly event: StreamEvent;
}

async function started(given?: Source) {
  const source = given ?? quiet(fixtureSource({ consumers: 1, messages: 1, deadLetters: 0 }));
  let watcher: (event: StreamEvent) => void = () => undefined;
  const watched: Source = {
    ...source,
    watch(tell) {
      watcher = tell;
      return () => undefined;
    },
  };
  server = await startConsoleServer({ source: watched, countsEveryMs: 3_600_000 });
  return {
    tell(n: number) {
      const activity: Activity = { at: "2026-01-01T00:00:00Z", what: "kill", text: String(n) };
      watcher({ kind: "activity", activity });
    },
  };
}

/** Without counts. */
function quiet(source: Source): Source {
  return { ...source, counts: () => Promise.reject(new Error("not now")) };
}

/** The first events of a stream. */
async function read(after: number | undefined, count: number): Promise<Read[]> {
  const { origin, token } = server as ConsoleServer;
  const abort = new AbortController();
  const { body } = await fetch(`${origin}/api/stream${after === undefined ? "" : `?after=${after}`}`, {
    headers: { authorization: `Bearer ${token}` },
    signal: abort.signal,
  });
  const events: Read[] = [];
  let text = "";
  for await (const chunk of body ?? []) {
    text += Buffer.from(chunk).toString("utf8");
    const frames = text.split("\n\n");
    text = frames.pop() ?? "";
    for (const frame of frames) {
      const [, id, data] = /^id: (\d+)\ndata: (.*)$/.exec(frame) ?? [];
      if (data !== undefined) events.push({ id: Number(id), event: JSON.parse(data) });
    }
    if (events.length >= count) break;
  }
  abort.abort();
  return events.slice(0, count);
}

function textOf({ event }: Read): string {
  return event.kind === "activity" ? event.activity.text : event.kind;
}
