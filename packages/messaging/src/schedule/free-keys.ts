// The run after a lost race looks for the messages that wait under the keys of its own: the race may have been lost for a key.
import { type Change, exists } from "./change.ts";
import type { StoredItem } from "./scheduled-item.ts";

/** @throws Park SCHEDULE_EXISTS when another message waits under a key that is not read yet */
export async function requireFreeKeys(
  changes: Iterable<Change>,
  read: (id: string) => Promise<StoredItem | undefined>,
): Promise<void> {
  await Promise.all(Array.from(changes, requireFree));

  async function requireFree({ id, isRead, put }: Change): Promise<void> {
    if (put === undefined || isRead) return;
    const item = await read(id);
    if (item !== undefined && item.messageId?.S !== put.made.message.id) throw exists(put.key);
  }
}
