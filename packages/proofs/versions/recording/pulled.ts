// Kinds of the journal and of what is pulled from it.
import { journal } from "@essentially-once/messaging/journal";
import { Park } from "@essentially-once/messaging/outcome";
import { projection } from "@essentially-once/messaging/projection";
import { aContext } from "@essentially-once/testing/lambda";
import type { Kind } from "./kinds.ts";
import { bodyOf, noted, recorder, type Tally } from "./messages.ts";
import type { Stage } from "./stage.ts";

const journalKind: Kind = {
  name: "journal",
  formats: ["journal head", "journal entry", "journal evidence"],
  async write(stage) {
    await append(stage, [1, 2, 3]);
    return undefined;
  },
  async read(stage) {
    const other = { ...noted(2), data: { n: 99 } };
    const refused = await logOf(stage).append(
      [{ envelope: other, body: bodyOf(2, { data: { n: 99 } }) }],
      soon(),
    );
    return {
      appended: await append(stage, [2, 4]),
      refused: refused.map(({ kind }) => kind),
      entries: await entriesOf(stage),
    };
  },
};

const projectionKind: Kind = {
  name: "projection",
  formats: ["offset", "generations", "state of a generation", "parked journal entry"],
  async write(stage) {
    await append(stage, [1, 2, 3]);
    const handler = pulling(stage);
    await handler({}, aContext());
    await append(stage, [4]);
    await handler({ rebuild: true }, aContext({ remainingMs: 700 })); // begun, and not ended
    return undefined;
  },
  async read(stage) {
    const handler = pulling(stage);
    const begun = await stage.items("state");
    await append(stage, [5]);
    const runs = [await handler({}, aContext()), await handler({}, aContext())];
    const parked = (items: Record<string, unknown>[]) =>
      items.filter(({ id }) => String(id).includes("#parked#")).length;
    const ended = await stage.items("state");
    const tallies = ended
      .filter(({ id }) => String(id).endsWith("#tally#key"))
      .map(({ id, count }) => [id, count]);
    return { runs, parked: [parked(begun), parked(ended)], tallies: tallies.sort() };
  },
};

export const pulledKinds = [journalKind, projectionKind];

function logOf({ journal: table, clients }: Stage) {
  return journal({ table, client: clients.dynamodb });
}

function append(stage: Stage, numbers: readonly number[]) {
  const messages = numbers.map((n) => ({ envelope: noted(n), body: bodyOf(n) }));
  return logOf(stage).append(messages, soon());
}

async function entriesOf(stage: Stage) {
  const log = logOf(stage);
  const pages = Array.from({ length: log.partitions }, (_, partition) =>
    log.read({ partition, after: 0, limit: 100 }),
  );
  return (await Promise.all(pages)).map((page) =>
    page.map(({ sequence, body }) => [sequence, JSON.parse(body).id]),
  );
}

/** It refuses the second message, which is parked. */
function pulling(stage: Stage) {
  return projection(recorder, { journal: logOf(stage), table: stage.state, onPoison: "park" }).handler(
    async ({ data: { n } }, unit, state) => {
      if (n === 2) throw new Park("POISON", "it is refused");
      const tallies = state<Tally>("tally");
      const tally = (await tallies.get("key")) ?? { id: "key", version: 0, count: 0 };
      unit.write(tallies.save({ ...tally, count: tally.count + 1 }));
    },
  );
}

function soon() {
  return { deadlineMs: Date.now() + 10_000 };
}
