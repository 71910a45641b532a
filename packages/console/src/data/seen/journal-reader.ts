// Reads the journal into the index of messages, page by page, and only what is new since the last look.
//
//   G11. Of a long journal the latest entries are read, and the reader says so.

import { partitionsMax } from "@essentially-once/messaging/internal/pull/journal-partitions";
import { journal } from "@essentially-once/messaging/journal";
import type { Connection } from "@essentially-once/operator/internal/connect/connection";
import { outputNamed } from "@essentially-once/operator/internal/connect/outputs";
import { readHeads } from "@essentially-once/operator/internal/journal/heads";
import { whyOf } from "../why.ts";
import { fieldsIn } from "./fields-in.ts";
import type { MessageIndex, SeenMessage } from "./message-index.ts";

export interface JournalReader {
  /** Until the index has what the journal had when this was called. */
  refresh(): Promise<void>;
  /** The text of a message, as it was sent. */
  bodyOf(message: SeenMessage): Promise<string | undefined>;
  /** What was not read, in sentences. */
  missing(): readonly string[];
}

const NAME = "journal";
const PAGE = 500;
const ENTRIES_MAX = 20_000;
const AGAIN_AFTER_MS = 500;

export function journalReader(
  { dynamodb, outputs }: Connection,
  messages: MessageIndex,
  { entriesMax = ENTRIES_MAX, now = Date.now }: { entriesMax?: number; now?: () => number } = {},
): JournalReader {
  const table = outputNamed(outputs, "JournalTable");
  const seen = new Map<number, number>();
  let skipped = 0;
  let failure: string | undefined;
  let reading: Promise<void> | undefined;
  let readAtMs = Number.NEGATIVE_INFINITY;
  if (table === undefined) {
    return {
      refresh: async () => undefined,
      bodyOf: async () => undefined,
      missing: () => ["There is no journal: messages are known by their deliveries alone."],
    };
  }
  const log = journal({ name: NAME, table, client: dynamodb, partitions: partitionsMax });

  async function read(): Promise<void> {
    try {
      const heads = await readHeads({ dynamodb, table: table ?? "", name: NAME });
      const each = Math.ceil(entriesMax / Math.max(1, heads.size));
      await Promise.all([...heads].map(([partition, head]) => readTo(partition, head, each)));
      failure = undefined;
    } catch (error) {
      failure = `The journal was not read: ${whyOf(error)}.`;
    }
    readAtMs = now();
  }

  async function readTo(partition: number, head: number, entries: number): Promise<void> {
    const from = Math.max(seen.get(partition) ?? 0, head - entries);
    skipped += from - (seen.get(partition) ?? 0);
    seen.set(partition, from);
    for (let after = from; after < head; ) {
      const page = await log.read({ partition, after, limit: PAGE });
      if (page.length === 0) return; // an append that shows in part is whole at the next look
      for (const { sequence, body } of page) {
        const fields = fieldsIn(body);
        if (fields) messages.see(fields).entry = { partition, sequence };
        after = sequence;
        seen.set(partition, sequence);
      }
    }
  }

  return {
    async refresh() {
      if (now() - readAtMs < AGAIN_AFTER_MS) return;
      reading ??= read().finally(() => {
        reading = undefined;
      });
      await reading;
    },
    async bodyOf({ entry }) {
      if (entry === undefined) return undefined;
      const { partition, sequence } = entry;
      const [found] = await log.read({ partition, after: sequence - 1, limit: 1 });
      return found?.body;
    },
    missing: () => [
      ...(failure === undefined ? [] : [failure]),
      ...(skipped === 0
        ? []
        : [`Of the journal the latest entries were read, and ${skipped} older ones not.`]),
    ],
  };
}
