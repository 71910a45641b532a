// The two ways in which a record's effect and the offset behind it belong together.
//
//   G2, G10. `withState`: one transaction holds the offset, the unit of work and what it publishes.
//   G10. `afterEffect`: first the effect, which must be idempotent, then the offset; a crash between repeats it.
import type { Context } from "aws-lambda";
import { deliver, type MessageChain } from "../commit/delivery.ts";
import { writesWithRows } from "../commit/outbox.ts";
import type { UnitOfWork, Write } from "../commit/unit-of-work.ts";
import { environment } from "../core/environment.ts";
import { derivedId } from "../core/ids.ts";
import { Park } from "../core/outcome.ts";
import type { Contract } from "../envelope/contract.ts";
import type { Envelope } from "../envelope/envelope.ts";
import type { Move, Offsets } from "./offset.ts";

/** Lets a record take effect and moves the offset past it. */
export type Perform = (record: PulledRecord, context: Context) => Promise<void>;

export interface PulledRecord {
  readonly message: Envelope;
  readonly move: Move;
  readonly deadlineMs: number;
}

/** Never parked: it is the projection's fault and not the record's, whose state the new generation would lack. */
export const rebuildPublishes = "REBUILD_PUBLISHES";

export interface ModeOptions {
  /** Of the projection: its name is the producer of what it publishes. */
  readonly contract: Contract;
  /** Names one generation of it. */
  readonly prefix: string;
  readonly chain: MessageChain;
  readonly offsets: Offsets;
  /** A generation that is being built writes state and sends nothing. */
  readonly publishes: boolean;
  readonly outboxTable: string | undefined;
}

export function withState({
  contract,
  prefix,
  chain,
  offsets,
  publishes,
  outboxTable,
}: ModeOptions): Perform {
  return async function commitTogether({ message, move, deadlineMs }, context) {
    await deliver(workAndCommit, { contract, message, deadlineMs }, context);

    async function workAndCommit(...[delivery, given]: Parameters<MessageChain>) {
      await chain(delivery, given);
      await delivery.unit.checked();
      if (delivery.unit.messages.length > 0 && !publishes) {
        throw new Park(rebuildPublishes, "a rebuild must not publish: it would send messages again");
      }
      await offsets.commit(move, writesOf(delivery.unit, move), { deadlineMs });
      return { kind: "done" };
    }
  };

  function writesOf(unit: UnitOfWork, { partition, to }: Move): Write[] {
    const table = () => outboxTable ?? environment("ORDERED_OUTBOX_TABLE");
    return writesWithRows(unit, { table, id: derivedId(prefix, partition, to) });
  }
}

export function afterEffect({ contract, chain, offsets }: ModeOptions): Perform {
  return async function effectThenOffset({ message, move, deadlineMs }, context) {
    await deliver(chain, { contract, message, deadlineMs }, context); // UNIT_NOT_COMMITTED if it collects work
    await offsets.commit(move, [], { deadlineMs });
  };
}
