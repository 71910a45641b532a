// What `npm run journal -- offsets` knows of the partitions of a journal.

import { newId } from "@essentially-once/messaging/ids";
import { journal } from "@essentially-once/messaging/journal";
import {
  aJournalMessage,
  aJournalWorld,
  inSeconds,
  type JournalWorld,
} from "@essentially-once/testing/journal-world";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readHeads, readPartitions, unreadPartitions } from "../src/journal/heads.ts";

let world: JournalWorld;

beforeAll(async () => {
  world = await aJournalWorld();
});
afterAll(() => world.stop());

it("G6: names the partitions that no consumer reads any more", async () => {
  const name = `journal-${newId()}`;
  const place = { dynamodb: world.clients.dynamodb, table: world.journalTable, name };
  const messages = Array.from({ length: 20 }, (_, n) => aJournalMessage({ partitionkey: `key-${n}` }));
  await journal({ name, partitions: 4 }).append(messages, inSeconds(10));
  const heads = await readHeads(place);
  expect([...heads.keys()]).toEqual([0, 1, 2, 3]);
  expect(unreadPartitions(heads, await readPartitions(place))).toEqual([]);
  expect(unreadPartitions(heads, new Map([[0, 2]]))).toEqual([2, 3]);
});
