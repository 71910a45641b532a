// Evidence inline, with a window that is soon full, on a FIFO queue; messages in the item. A closed book holds its group.
import { claimCheck } from "@essentially-once/messaging/claim-check";
import { consumer } from "@essentially-once/messaging/consumer";
import { environment } from "@essentially-once/messaging/environment";
import { guards } from "@essentially-once/messaging/guards";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { inline } from "@essentially-once/messaging/inline";
import { Park } from "@essentially-once/messaging/outcome";
import { versionedTable } from "@essentially-once/messaging/versioned-table";
import { book } from "./contracts.ts";
import { type Book, HandedOut } from "./messages.ts";

const table = environment("BOOKING_TABLE");
const books = versionedTable<Book>(table);
/** One in so many has a slip that does not travel in the message. */
const longEvery = 5;

export const handler = consumer(book)
  .use(guards())
  .use(idempotency({ evidence: inline({ table, window: 2 }) }))
  .use(claimCheck())
  .handler(async ({ data: { payment, account: id, number } }, unit) => {
    const before = (await books.get(id)) ?? { id, version: 0, payments: [], numbers: [] };
    if (before.closed) throw new Park("BOOK_CLOSED", id);
    const payments = [...before.payments, payment];
    unit.write(books.save({ ...before, payments, numbers: [...before.numbers, number] }));
    unit.publish(HandedOut.from({ payment, slip: "s".repeat(number % longEvery === 0 ? 40_000 : 10) }));
  });
