// What the recorded messages are, and a handler that counts them.
import { contract } from "@essentially-once/messaging/contract";
import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
import { messageType } from "@essentially-once/messaging/message-type";
import { type Versioned, versionedTable } from "@essentially-once/messaging/versioned-table";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import * as z from "zod";

export const Noted = messageType({
  type: "recorded.noted.v1",
  schema: z.strictObject({ n: z.int() }),
  key: () => "key",
});

export const Told = messageType({
  type: "recorded.told.v1",
  schema: z.strictObject({ n: z.int(), text: z.string().optional() }),
  key: () => "key",
});

export const recorder = contract({ name: "recorder", accepts: [Noted], publishes: [Told] });

export interface Tally extends Versioned {
  readonly count: number;
}

export function talliesIn(table: string) {
  const tallies = versionedTable<Tally>(table);
  return {
    async next(id: string) {
      const tally = (await tallies.get(id)) ?? { id, version: 0, count: 0 };
      return tallies.save({ ...tally, count: tally.count + 1 });
    },
    async countOf(id: string): Promise<number> {
      return (await tallies.get(id))?.count ?? 0;
    },
  };
}

/** The time of every recorded message. */
export const recordedAt = "2026-11-29T03:00:00.000Z";

export function noted(n: number, more: Partial<Envelope> = {}): Envelope {
  const given = { id: `message-${n}`, correlationid: "flow", partitionkey: "key", time: recordedAt };
  return anEnvelope({ ...Noted.from({ n }), ...given, ...more });
}

export function bodyOf(n: number, more?: Partial<Envelope>): string {
  return asciiJson(noted(n, more));
}
