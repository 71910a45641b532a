// Kinds of evidence: of processed messages, of leases, of attempts and of held groups.
import { consumer } from "@essentially-once/messaging/consumer";
import { evidenceId } from "@essentially-once/messaging/ids";
import { inline } from "@essentially-once/messaging/inline";
import { leaseTable } from "@essentially-once/messaging/internal/commit/lease";
import { RetryLater } from "@essentially-once/messaging/outcome";
import { rows } from "@essentially-once/messaging/rows";
import {
  acting,
  answer,
  counting,
  countOf,
  numbered,
  numberedBody,
  numbers,
  once,
  reasons,
  refusing,
} from "./handlers.ts";
import type { Kind } from "./kinds.ts";
import { bodyOf, noted, recorder } from "./messages.ts";

const rowsKind: Kind = {
  name: "rows",
  formats: ["evidence row", "receipt"],
  async write(stage) {
    await stage.receive(counting(stage, rows()), [stage.record(bodyOf(1)), stage.record(bodyOf(2))]);
    await answer(stage);
    return undefined;
  },
  async read(stage) {
    const other = bodyOf(2, { data: { n: 99 } });
    const reordered = stage.record(bodyOf(1));
    const done = await stage.receive(counting(stage, rows()), [
      reordered,
      stage.record(other),
      stage.record(bodyOf(3)),
    ]);
    return { done, count: await countOf(stage), parked: await reasons(stage), answer: await answer(stage) };
  },
};

/** So many that their evidence leaves the item. */
const manyMessages = 40;

const inlineKind: Kind = {
  name: "inline",
  formats: ["inline evidence", "overflow row"],
  async write(stage) {
    const store = inline({ table: stage.state, window: 2 });
    const records = numbers(manyMessages).map((n) => stage.record(bodyOf(n)));
    await stage.receive(counting(stage, store), records);
    return { rows: (await stage.items("evidence")).length };
  },
  async read(stage) {
    const store = inline({ table: stage.state, window: 2 });
    const again = numbers(manyMessages + 2).map((n) => stage.record(bodyOf(n)));
    const other = stage.record(bodyOf(3, { data: { n: 99 } }));
    const done = await stage.receive(counting(stage, store), [...again, other]);
    return { done: done.every(Boolean), count: await countOf(stage), parked: await reasons(stage) };
  },
};

const sequenceKind: Kind = {
  name: "sequence",
  formats: ["evidence by number"],
  async write(stage) {
    await stage.receive(
      counting(stage, numbered(stage)),
      numbers(3).map((n) => stage.record(numberedBody(n))),
    );
    return undefined;
  },
  async read(stage) {
    const order = [2, 5, 4, 3];
    const done = await stage.receive(
      counting(stage, numbered(stage)),
      order.map((n) => stage.record(numberedBody(n))),
    );
    return { done, count: await countOf(stage) };
  },
};

const atMostOnceKind: Kind = {
  name: "at-most-once",
  formats: ["at-most-once lease"],
  laterMs: 60_000,
  async write(stage) {
    await stage.receive(once(stage), [stage.record(bodyOf(1)), stage.record(bodyOf(2))]);
    const { consumer: name, message } = { consumer: "recorder", message: noted(3) };
    const leases = leaseTable({ table: process.env.EVIDENCE_TABLE ?? "", graceMs: 2_000 });
    const id = evidenceId({ consumer: name, message });
    // Its process dies now.
    await leases.acquire({
      id,
      untilMs: Date.now(),
      about: { consumer: name, source: message.source, messageId: message.id },
    });
    return undefined;
  },
  async read(stage) {
    const done = await stage.receive(
      once(stage),
      [1, 2, 3, 4].map((n) => stage.record(bodyOf(n))),
    );
    return { done, count: await countOf(stage) };
  },
};

const effectKind: Kind = {
  name: "effect",
  formats: ["effect lease"],
  laterMs: 60_000,
  async write(stage) {
    await stage.receive(acting(stage, { dies: true }).handler, [
      stage.record(bodyOf(1)),
      stage.record(bodyOf(2)),
    ]);
    return undefined;
  },
  async read(stage) {
    const { handler, calls } = acting(stage);
    const done = await stage.receive(
      handler,
      [1, 2, 3].map((n) => stage.record(bodyOf(n))),
    );
    return { done, calls };
  },
};

const attemptsKind: Kind = {
  name: "attempts",
  formats: ["run note"],
  async write(stage) {
    const failing = consumer(recorder).handler(async () => {
      throw new RetryLater("TESTED");
    });
    await stage.receive(
      failing,
      [1, 2].map((receiveCount) => stage.record(bodyOf(1), { receiveCount, messageId: "sqs-1" })),
    );
    return undefined;
  },
  async read(stage) {
    const failing = consumer(recorder).handler(async () => {
      throw new RetryLater("TESTED");
    });
    const third = stage.record(bodyOf(1), { receiveCount: 3, messageId: "sqs-1" });
    return { done: await stage.receive(failing, [third]), parked: await reasons(stage) };
  },
};

const holdKind: Kind = {
  name: "hold",
  formats: ["hold of a group"],
  fifo: true,
  async write(stage) {
    await stage.receive(
      refusing(stage, [1]),
      [1, 2].map((n) => stage.record(bodyOf(n), { group: "group" })),
    );
    return undefined;
  },
  async read(stage) {
    const records = [3, 1, 2, 3, 4].map((n) => stage.record(bodyOf(n), { group: "group" }));
    const done = await stage.receive(refusing(stage, []), records);
    return { done, count: await countOf(stage), parked: await reasons(stage) };
  },
};

export const evidenceKinds = [
  rowsKind,
  inlineKind,
  sequenceKind,
  atMostOnceKind,
  effectKind,
  attemptsKind,
  holdKind,
];
