// The items of the kit that several environments write at once: thirty of them, and no fault. What a race was lost for is
// what another has done, or is done by a later try.

import { newId } from "@essentially-once/messaging/ids";
import { leaseTable } from "@essentially-once/messaging/internal/commit/lease";
import { generationStore } from "@essentially-once/messaging/internal/pull/generation";
import { offsets } from "@essentially-once/messaging/internal/pull/offset";
import { holds } from "@essentially-once/messaging/internal/receive/holds";
import { RetryLater } from "@essentially-once/messaging/outcome";
import { aJournalWorld, inSeconds, type JournalWorld } from "@essentially-once/testing/journal-world";
import { rounds } from "@essentially-once/testing/rounds";
import { afterAll, beforeAll, expect, it } from "vitest";

const environments = Array.from({ length: 30 }, (_, nth) => nth);
const untilMs = () => Date.now() + 60_000;
let world: JournalWorld;

beforeAll(async () => {
  world = await aJournalWorld();
});
afterAll(() => world.stop());

it("G4: twelve join the line of a group at once, each has one place, and all of them leave it", async () => {
  const line = holds({ table: "evidence", queueName: "hot.fifo" });
  const ids = environments.slice(0, 12).map((nth) => `message ${nth}`);
  await Promise.all([...ids, ...ids].map((id) => line.join("hot", id)));
  const joined = (await line.read(["hot"])).get("hot");
  expect([...(joined?.line ?? [])].sort()).toEqual([...ids].sort());
  expect(joined?.parkedAt).toHaveLength(ids.length);

  let open = ids;
  for (const _ of rounds()) {
    const ended = await Promise.allSettled(open.map((id) => line.leave("hot", id)));
    const refused = ended.flatMap((end) => (end.status === "rejected" ? [end.reason] : []));
    for (const reason of refused) expect(reason).toMatchObject({ code: "HOLD_CONTENDED", waited: true });
    open = open.filter((_, index) => ended[index]?.status === "rejected");
    if (open.length === 0) break;
  }
  expect(open).toEqual([]);
  expect((await line.read(["hot"])).get("hot")?.line ?? []).toEqual([]);
});

it("G10: of thirty that move an offset at once one does, and what it writes is written once", async () => {
  const place = offsets({ table: world.stateTable, prefix: "hot@1" });
  const moves = environments.map((nth) => {
    const Item = { id: { S: `by ${nth}` }, kind: { S: "hot move" } };
    const move = { partition: 0, from: 0, to: nth + 1 };
    return place.commit(move, [{ Put: { TableName: world.stateTable, Item } }], inSeconds(10));
  });
  const ended = await Promise.allSettled(moves);
  const winner = ended.findIndex(({ status }) => status === "fulfilled");
  expect(ended.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(await place.read(0)).toBe(winner + 1);
  const written = (await world.items(world.stateTable)).filter(({ kind }) => kind === "hot move");
  expect(written.map(({ id }) => id)).toEqual([`by ${winner}`]);
});

it("G10: thirty that begin a rebuild, and that let it serve, do it once", async () => {
  const store = generationStore({ name: newId(), table: world.stateTable });
  const begun = await Promise.all(environments.map(() => store.rebuild()));
  expect(new Set(begun.map((one) => JSON.stringify(one)))).toEqual(new Set(['{"serving":1,"building":2}']));
  await Promise.all(begun.map((one) => store.serve(one)));
  await Promise.all(begun.map((one) => store.serve(one))); // a late process does not revert the change
  expect(await store.read()).toEqual({ serving: 2 });
});

it("G8, G9: when thirty processes acquire a lease at once, one gets it, and it settles once", async () => {
  const leases = leaseTable({ table: "evidence", graceMs: 0 });
  const id = newId();
  const expired = await leases.acquire({ id, untilMs: Date.now() - 1_000, about: {} });
  const acquisitions = await Promise.all(
    environments.map(() =>
      leases.acquire({ id, untilMs: untilMs(), about: {} }).catch((error) => {
        if (error instanceof RetryLater && error.waited) return undefined;
        throw error;
      }),
    ),
  );
  const granted = acquisitions.filter((acquired) => acquired?.kind === "granted");
  expect(granted).toMatchObject([{ inDoubt: true }]);
  const leased = [expired, ...granted].flatMap((acquired) =>
    acquired?.kind === "granted" ? [acquired.lease] : [],
  );
  const settled = await Promise.allSettled(leased.map((lease) => lease.settle("done")));
  expect(settled.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
});
