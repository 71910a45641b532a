// DynamoDB as it answers when many ask for one item: each request takes its time, and one that meets a transaction on
// its item, or is a transaction and meets a write, is refused at once. The engine itself has no conflicts.
//
//   https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling

import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { TransactionCanceledException, TransactionConflictException } from "@aws-sdk/client-dynamodb";
import { answerCommand, type Call, type CallOutput } from "@essentially-once/testing/internal/explorer/call";
import { seededRandom } from "@essentially-once/testing/internal/explorer/seeded-random";
import type { Simulation } from "@essentially-once/testing/internal/explorer/simulation";

/** There and back, and at work on a write; milliseconds. */
const wayMs = { min: 1, max: 4 };
const writeMs = 3;
const transactionMs = 8;

interface UnderWay {
  readonly items: ReadonlySet<string>;
  readonly isTransaction: boolean;
  readonly untilMs: number;
}

export interface Contention {
  readonly gate: Simulation["gate"];
  /** How many requests were refused so far. */
  readonly conflicts: () => number;
}

/** @param onCall hears of each call when it has arrived */
export function contention(
  seed: number,
  { world, onCall }: { world: () => Simulation; onCall: (call: Call) => void },
): Contention {
  const random = seededRandom(seed);
  const underWay = new Set<UnderWay>();
  let conflicts = 0;
  return { gate, conflicts: () => conflicts };

  async function gate(...[wanted, carrier]: Parameters<Simulation["gate"]>): Promise<CallOutput> {
    const { command, input } = wanted;
    if (command === answerCommand) return carrier.perform();
    await pause(way());
    onCall({ ...wanted, nth: 0 });
    const items = itemsOf(command, input);
    if (items.length === 0) return withWayBack(() => busily(() => carrier.perform()));

    const isTransaction = command === "TransactWriteItems";
    const met = items.map((item) => isMet(item, isTransaction));
    if (met.includes(true)) {
      conflicts++;
      return withWayBack(async () => {
        throw conflictOf(isTransaction, met);
      });
    }
    const ms = isTransaction ? transactionMs : writeMs;
    const mine = { items: new Set(items), isTransaction, untilMs: world().nowMs() + ms };
    underWay.add(mine);
    await pause(ms);
    return withWayBack(() => busily(() => carrier.perform()).finally(() => underWay.delete(mine)));

    function pause(forMs: number): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      world().addTimer({ process: wanted.process, atMs: world().nowMs() + forMs, fire: resolve });
      return promise;
    }

    async function withWayBack(work: () => Promise<CallOutput>): Promise<CallOutput> {
      try {
        return await work();
      } finally {
        await pause(way());
      }
    }
  }

  /** The request of a process that died may be applied or not; it blocks others no longer than a request takes. */
  function isMet(item: string, isTransaction: boolean): boolean {
    return [...underWay].some(
      (other) =>
        (isTransaction || other.isTransaction) && other.items.has(item) && other.untilMs >= world().nowMs(),
    );
  }

  async function busily<Result>(work: () => Promise<Result>): Promise<Result> {
    const ended = world().begin();
    return work().finally(ended);
  }

  function way(): number {
    return wayMs.min + random() * (wayMs.max - wayMs.min);
  }
}

interface Write {
  readonly TableName?: string;
  readonly Key?: Readonly<Record<string, { S?: string; N?: string }>>;
  readonly Item?: Readonly<Record<string, { S?: string; N?: string }>>;
}

function itemsOf(command: string, input: unknown): string[] {
  if (command === "TransactWriteItems") {
    const { TransactItems = [] } = input as { TransactItems?: readonly TransactWriteItem[] };
    return TransactItems.map(({ Put, Update, Delete, ConditionCheck }) =>
      nameOf((Put ?? Update ?? Delete ?? ConditionCheck) as Write),
    );
  }
  return /^(Put|Update|Delete)Item$/.test(command) ? [nameOf(input as Write)] : [];
}

function nameOf({ TableName, Key, Item }: Write): string {
  const { id, sequence } = Key ?? Item ?? {};
  return `${TableName} ${id?.S} ${sequence?.N ?? ""}`;
}

function conflictOf(isTransaction: boolean, met: readonly boolean[]): Error {
  const $metadata = { httpStatusCode: 400 };
  const message = "another request is at this item";
  if (!isTransaction) return new TransactionConflictException({ $metadata, message });
  const CancellationReasons = met.map((isMet) => ({ Code: isMet ? "TransactionConflict" : "None" }));
  return new TransactionCanceledException({ $metadata, message, CancellationReasons });
}
