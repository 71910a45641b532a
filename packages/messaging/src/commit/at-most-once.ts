// At-most-once: the consumer takes the message before the work, so nothing can do the work a second time. A message
// that fails after it was taken is lost: counted, acknowledged, not repaired.
//
//   G9. Zero times or once: the unit of work commits together with the end of the lease, or not at all.
//   G9. Every loss is counted. The next delivery finds a lease that ended unsettled (the process died), and a loss
//   that was settled and never acknowledged. That may count a loss twice, under the same message id.
//
// If the message could not be taken, nothing is lost: no work was begun, so the message is retried. A message that no
// handler has seen is not lost either: one that does not fit its schema, for example, is parked.
import {
  type DynamoDBClient,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  type TransactWriteItemsCommandInput,
} from "@aws-sdk/client-dynamodb";
import { classifyCancellation } from "../aws/cancellation.ts";
import { dynamodb } from "../aws/clients.ts";
import { hasRun } from "../aws/in-flight.ts";
import { takeTurn } from "../aws/turns.ts";
import { nowMs } from "../core/clock.ts";
import { environment } from "../core/environment.ts";
import { errorCodeOf } from "../core/error-code.ts";
import { evidenceId } from "../core/ids.ts";
import { type Outcome, Park, RetryLater, StateMoved } from "../core/outcome.ts";
import { waitToRetry } from "../core/retry.ts";
import { isWait } from "../core/waits.ts";
import { digestOf, saysTheSame } from "../envelope/digest.ts";
import { duplicateLookups } from "../observe/duplicate-lookups.ts";
import type { Delivery, MessageMiddleware } from "./delivery.ts";
import { doneHere } from "./done-here.ts";
import { type Lease, leaseTable, type Settled } from "./lease.ts";
import { leaseGraceMs } from "./lease-item.ts";
import { measure } from "./limits.ts";
import { writesWithRows } from "./outbox.ts";

export interface AtMostOnceOptions {
  /** The evidence table; by default what EVIDENCE_TABLE names. */
  readonly evidenceTable?: string;
  /** The outbox table; by default what ORDERED_OUTBOX_TABLE names. */
  readonly outboxTable?: string;
  readonly client?: DynamoDBClient;
}

/** Reading the evidence first costs a fifth of the write that it saves, and a batch shares the request. */
const lookupsAfterDuplicate = 10;

/**
 * Makes the effect of a message happen zero times or once, in the place of `idempotency`.
 * ```ts
 * consumer(countOrderViews).use(atMostOnce())
 * ```
 */
export function atMostOnce(options: AtMostOnceOptions = {}): MessageMiddleware {
  const evidenceTable = options.evidenceTable ?? environment("EVIDENCE_TABLE");
  const outboxTable = () => options.outboxTable ?? environment("ORDERED_OUTBOX_TABLE"); // of those that publish
  const { client } = options;
  const leases = leaseTable({ table: evidenceTable, graceMs: leaseGraceMs, client });
  const lookups = duplicateLookups(lookupsAfterDuplicate);
  const done = doneHere();
  const sent = new WeakSet<Lease>(); // whose commit may be applied, whatever response came
  const taken = new WeakMap<object, Lease>(); // by request: another middleware may replace its event
  const turns = new WeakMap<object, () => void>();

  return {
    async find(delivery) {
      const settled = await leases.settled(evidenceId(delivery));
      if (settled?.result === "lost") return undefined; // whether it was counted is for `before` to say
      return settled && duplicateOf(settled, delivery);
    },

    async before(request) {
      if (done.has(request.event)) return { kind: "duplicate" };
      const { consumer, message, deadlineMs } = request.event;
      const { source, id: messageId } = message;
      const id = evidenceId(request.event); // as in `rows`: a consumer may change its mode
      const about = { consumer, source, messageId, ...digestOf(message) };
      const settled = lookups.isDue() ? await leases.settled(id) : undefined;
      if (settled === undefined) turns.set(request, await turnOf(request.event));
      const acquired = settled ?? (await leases.acquire({ id, untilMs: deadlineMs, about }));
      if (acquired.kind === "settled") {
        endTurn(request);
        lookups.found();
        return duplicateOf(acquired, request.event);
      }
      // Not a duplicate yet: were this copy acknowledged and the other died, its loss would go uncounted.
      if (acquired.kind === "held") {
        throw new RetryLater("LEASE_HELD", acquired.retryAfterSeconds, { waited: true });
      }
      taken.set(request, acquired.lease);
      if (!acquired.inDoubt) return undefined;
      endTurn(request);
      return lose(acquired.lease, { errorCode: "LEASE_EXPIRED", deadlineMs });
    },

    async after(request) {
      const lease = taken.get(request);
      if (lease === undefined) return;
      await commit(request.event, lease);
      done.add(request.event);
      endTurn(request);
      request.response = { kind: "done", receipt: request.response } satisfies Outcome;
    },

    async onError(request) {
      endTurn(request);
      const lease = taken.get(request);
      if (lease === undefined) return;
      const { deadlineMs, unit } = request.event;
      // A message that no handler has seen (of another type, for example, or one that waits for its rate) is parked or
      // redelivered as in every mode: no work was begun.
      const isUntouched = request.error instanceof Park || isWait(request.error);
      if (isUntouched && !hasRun(unit)) return lease.release();
      const mayBeDone = sent.has(lease) && !(request.error instanceof TransactionCanceledException);
      request.response = await lose(lease, { errorCode: codeOf(request.error), deadlineMs, mayBeDone });
    },
  };

  function endTurn(request: object): void {
    turns.get(request)?.();
  }

  /** Once: a transaction's token keeps the SDK's own attempts from applying it twice, also an `ADD` (D2). */
  async function commit({ unit, deadlineMs }: Delivery, lease: Lease): Promise<void> {
    await unit.checked();
    const writes = writesWithRows(unit, { table: outboxTable, id: lease.id });
    const { actions } = measure([lease.settlement("done"), ...writes]);
    sent.add(lease);
    await sendOnce({ TransactItems: [...actions] }, deadlineMs);
  }

  async function sendOnce(input: TransactWriteItemsCommandInput, deadlineMs: number): Promise<void> {
    let refused: TransactionCanceledException | undefined;
    try {
      await send();
    } catch (first) {
      if (!(first instanceof StateMoved)) throw first;
      const { repeatInTurn } = await import("./lost-race.ts"); // most commits meet no other
      const item = first.item ?? "";
      await repeatInTurn(send, { first, item, deadlineMs, share: 1 }).catch((error) => {
        throw error instanceof RetryLater ? refused : error;
      });
    }

    /** @throws StateMoved when it was refused whole because another was committing: it has not failed, and may be sent again */
    async function send(): Promise<void> {
      try {
        await (client ?? dynamodb()).send(new TransactWriteItemsCommand(input));
      } catch (error) {
        if (!(error instanceof TransactionCanceledException)) throw error;
        if (classifyCancellation(error, { evidenceIndex: 0 }).kind !== "transient") throw error;
        refused = error;
        throw new StateMoved(busyItem(error, input));
      }
    }
  }
}

/** A message that takes longer waits for more than its commit, so the next message of its key may go on. */
const turnMs = 500;

/**
 * Waits for the turn to take a message. A taken message must commit or is lost, and ten messages of a hot key cannot all
 * commit at once: of one key, one message at a time is taken.
 * @throws RetryLater CONTENDED, as a wait: the message was not taken, and those that were keep half of the time
 */
async function turnOf({ consumer, message, deadlineMs }: Delivery): Promise<() => void> {
  const name = JSON.stringify([consumer, message.partitionkey]);
  const end = await takeTurn(name, { untilMs: nowMs() + (deadlineMs - nowMs()) / 3, turnMs });
  if (end === undefined) throw new RetryLater("CONTENDED", undefined, { waited: true });
  return end;
}

/** Where another was: of one process, one commit at a time is sent to it. */
function busyItem(
  { CancellationReasons = [] }: TransactionCanceledException,
  { TransactItems = [] }: TransactWriteItemsCommandInput,
): string {
  const place = CancellationReasons.findIndex(({ Code }) => Code !== "None");
  return [...measure(TransactItems.slice(place, place + 1)).items].join();
}

function duplicateOf({ about, result }: Settled, { message, sqsMessage }: Delivery): Outcome {
  if (!saysTheSame(about, digestOf(message))) {
    throw new Park("ID_REUSED", `${message.source} ${message.id} was processed before with other data`);
  }
  // The delivery that lost it was not acknowledged: its process may have died before it counted the loss.
  const isRedelivered = (sqsMessage?.receiveCount ?? 1) > 1;
  return result === "lost" && isRedelivered
    ? { kind: "lost", errorCode: "LOST_BEFORE" }
    : { kind: "duplicate" };
}

interface Loss {
  readonly errorCode: string;
  readonly deadlineMs: number;
  /** Its own commit was sent, and not refused. */
  readonly mayBeDone?: boolean;
}

/** While a commit is being applied, DynamoDB refuses all other writes of the item for a moment. */
const settlingsMax = 5;

/**
 * Settles the lease as lost, so that a worker that wakes up late commits nothing, and no other delivery counts the loss.
 * @throws RetryLater LOSS_UNSETTLED when its own commit may still be applied: the next delivery finds out
 */
async function lose(lease: Lease, { errorCode, deadlineMs, mayBeDone = false }: Loss): Promise<Outcome> {
  for (let attempt = 1; ; attempt++) {
    try {
      // The commit whose response was lost may have settled it.
      return (await lease.settle("lost")) === "done" ? { kind: "done" } : { kind: "lost", errorCode };
    } catch (cause) {
      // Overtaken: the one who did counted it. Otherwise the next delivery, if there is one, counts it again.
      if (cause instanceof RetryLater) return { kind: "duplicate" };
      if (attempt < settlingsMax && (await waitToRetry({ attempt, deadlineMs }))) continue;
      if (!mayBeDone) return { kind: "lost", errorCode };
      const seconds = Math.max(1, Math.ceil((lease.overtakenAfterMs - nowMs()) / 1_000));
      throw new RetryLater("LOSS_UNSETTLED", seconds, { cause, waited: true });
    }
  }
}

/** Of a cancelled transaction, why it was. */
function codeOf(error: unknown): string {
  const reasons = error instanceof TransactionCanceledException ? error.CancellationReasons : undefined;
  return reasons?.find(({ Code }) => Code !== "None")?.Code ?? errorCodeOf(error);
}
