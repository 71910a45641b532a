// What the scaling documents count: a small run of the bench. Units and requests are exact and the same on AWS; how
// long a batch takes is the emulator's, with 5 ms added to each request as a network would.
import type { BenchEngines } from "../engines.ts";
import { runMatrix } from "../matrix.ts";
import { measureRelay } from "../relay.ts";
import { workloads } from "../workloads.ts";
import type { RelayUse } from "./cost.ts";

export interface Measured {
  readonly consumers: Readonly<Record<string, MeasuredConsumer>>;
  readonly relay: RelayUse;
  /** For each message that is kept in the journal, too. */
  readonly journalWriteUnits: number;
}

export interface MeasuredConsumer {
  readonly requests: number;
  readonly writeUnits: number;
  readonly readUnits: number;
  /** Of messages that were all done before: what is looked up, and what refused requests are charged. */
  readonly duplicateWriteUnits: number;
  readonly duplicateReadUnits: number;
  readonly batchMs: number;
}

export interface MeasureOptions {
  readonly messages: number;
  readonly rounds: number;
  readonly onProgress: (done: number, of: number, what: string) => void;
}

export async function measureAll(engines: BenchEngines, options: MeasureOptions): Promise<Measured> {
  const { kit } = await import("../kit.ts"); // its consumers read the environment when they load
  const { powertools } = await import("../powertools.ts");
  const wanted = workloads.filter(({ name }) => Object.values<string>(names).includes(name));
  const contenders = [...powertools, ...kit];
  const cells = await runMatrix(engines, { ...options, contenders, workloads: wanted });
  const legs = await measureRelay(engines, 1_000);
  const [toQueue, toJournal] = legs;
  if (!toQueue || !toJournal)
    throw new Error("the bench's relay must measure outbox → queue and outbox → journal");
  return {
    consumers: Object.fromEntries(contenders.map(({ name }) => [name, consumer(name)])),
    relay: { writeUnits: toQueue.writeUnitsPerMessage, sqsRequests: toQueue.sqsRequestsPerMessage },
    journalWriteUnits: toJournal.writeUnitsPerMessage,
  };

  function consumer(contender: string): MeasuredConsumer {
    const [fresh, duplicates, far] = [names.fresh, names.duplicates, names.far].map((workload) =>
      cells.find((cell) => cell.contender === contender && cell.workload === workload),
    );
    if (!fresh || !duplicates || !far)
      throw new Error(`the bench must have ${Object.values(names).join(", ")}`);
    return {
      requests: fresh.requestsPerMessage,
      writeUnits: fresh.writeUnitsPerMessage,
      readUnits: fresh.readUnitsPerMessage,
      // A refused request reports no units and is charged; an average request of a fresh message stands for it.
      duplicateWriteUnits:
        duplicates.writeUnitsPerMessage +
        (duplicates.refusedPerMessage * fresh.writeUnitsPerMessage) / fresh.requestsPerMessage,
      duplicateReadUnits: duplicates.readUnitsPerMessage,
      batchMs: far.batchP50Ms,
    };
  }
}

const names = { fresh: "fresh", duplicates: "100 % duplicates", far: "fresh, +5 ms a request" } as const;
