// What must be so at the end of a flow, read from tables, queues and journal, and not from counters.

import type { LocalCloud } from "@essentially-once/local-cloud/cloud";
import { journal } from "@essentially-once/messaging/journal";
import { type Ask, tillStart, tills } from "./flow.ts";
import { allItems } from "./settle.ts";

/** What does not hold, each with the id of its promise first. */
export async function reconcile(cloud: LocalCloud, asks: readonly Ask[]): Promise<string[]> {
  return [
    ...(await tillsHold(cloud, asks)),
    ...(await settledOnce(cloud, asks)),
    ...(await approvedOnce(cloud, asks)),
    ...(await journaledOnce(cloud, asks)),
  ];
}

async function tillsHold(cloud: LocalCloud, asks: readonly Ask[]): Promise<string[]> {
  const items = new Map((await allItems(cloud, "StandardTable")).map((item) => [item.id, item]));
  return tills.flatMap((till) => {
    const asked = asks.filter((ask) => ask.till === till).reduce((sum, { amount }) => sum + amount, 0);
    const taken = tillStart - Number(items.get(till)?.available);
    return taken === asked ? [] : [`G2: ${taken} were taken from ${till}, and ${asked} were asked for`];
  });
}

async function settledOnce(cloud: LocalCloud, asks: readonly Ask[]): Promise<string[]> {
  const amounts = new Map((await allItems(cloud, "OrderedTable")).map(({ id, amount }) => [id, amount]));
  return asks
    .filter(({ id, amount }) => amounts.get(id) !== amount)
    .map(({ id, amount }) => `G2: ${id} of ${amount} is settled as ${amounts.get(id)}`);
}

async function approvedOnce(cloud: LocalCloud, asks: readonly Ask[]): Promise<string[]> {
  const versions = new Map((await allItems(cloud, "SecondTable")).map(({ id, version }) => [id, version]));
  return asks
    .filter(({ id }) => versions.get(id) !== 1)
    .map(({ id }) => `G1, G3: ${id} is approved ${versions.get(id) ?? 0} times`);
}

const pageSize = 1_000;

async function journaledOnce(cloud: LocalCloud, asks: readonly Ask[]): Promise<string[]> {
  const log = journal({ table: cloud.output("JournalTable"), client: cloud.clients.dynamodb });
  const times = new Map<string, number>();
  for (let partition = 0; partition < log.partitions; partition++) {
    for (let after = 0; ; ) {
      const page = await log.read({ partition, after, limit: pageSize });
      for (const { body } of page) {
        const { type, data } = JSON.parse(body) as { type: string; data: { ask: string } };
        const name = `${type} of ${data.ask}`;
        times.set(name, (times.get(name) ?? 0) + 1);
      }
      const last = page.at(-1);
      if (last === undefined) break;
      after = last.sequence;
    }
  }
  const wanted = asks.flatMap(({ id }) =>
    ["kit.asked.v1", "kit.taken.v1", "kit.approved.v1"].map((type) => `${type} of ${id}`),
  );
  return [
    ...wanted
      .filter((name) => times.get(name) !== 1)
      .map((name) => `G2, G3: ${name} is in the journal ${times.get(name) ?? 0} times`),
    ...(times.size > wanted.length
      ? [`G2: the journal has ${times.size - wanted.length} messages of nobody`]
      : []),
  ];
}
