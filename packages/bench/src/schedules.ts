// What a scheduled message costs: to schedule it, to cancel one, to dispatch it when it is due, and a run of the dispatcher that
// finds nothing.
import { contract } from "@essentially-once/messaging/contract";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { consumer } from "@essentially-once/messaging/internal/receive/consumer";
import { messageType } from "@essentially-once/messaging/message-type";
import { rows } from "@essentially-once/messaging/rows";
import { schedules } from "@essentially-once/messaging/schedules";
import * as z from "zod";
import { MoneyDeposited } from "./bank.ts";
import type { BenchEngines } from "./engines.ts";
import { type Leg, leg } from "./relay.ts";
import { invocation } from "./sqs-records.ts";
import { toBatches, workloads } from "./workloads.ts";

export const ReminderDue = messageType({
  type: "bench.reminder-due.v1",
  schema: z.strictObject({ accountId: z.string(), reference: z.string() }),
  key: ({ accountId }) => accountId,
});

const remind = contract({
  name: "remind",
  accepts: [MoneyDeposited],
  publishes: [ReminderDue],
  schedules: [ReminderDue],
});

export async function measureSchedules(engines: BenchEngines, messages: number): Promise<Leg[]> {
  await engines.fresh();
  const { handler: dispatch } = await import("@essentially-once/messaging/relay/dispatch");
  const [fresh] = workloads;
  const plan = (name: string, source?: string) =>
    toBatches(
      (fresh?.measured({ name, messages }) ?? []).map((one) => ({ ...one, ...(source && { source }) })),
    );
  const [due, later, canceled] = await Promise.all([plan("due"), plan("later"), plan("later", "/forget")]);
  const schedule = (at: Date) =>
    consumer(remind)
      .use(idempotency({ evidence: rows() }))
      .use(schedules())
      .handler(async ({ id, data: { accountId, reference } }, unit) => {
        unit.schedule(ReminderDue.from({ accountId, reference }), { key: id, at });
      });
  const cancel = consumer(remind)
    .use(idempotency({ evidence: rows() }))
    .use(schedules())
    .handler(async ({ id }, unit) => {
      await unit.cancel(id);
    });
  const inADay = schedule(new Date(Date.now() + 86_400_000));
  const atOnce = schedule(new Date(0));
  const legs = [
    await leg("schedule, with rows()", messages, async () => {
      for (const batch of later) await inADay(batch, invocation());
    }),
    await leg("cancel, with rows()", messages, async () => {
      for (const batch of canceled) await cancel(batch, invocation());
    }),
  ];
  for (const batch of due) await atOnce(batch, invocation());
  return [
    ...legs,
    await leg("dispatch of due messages", messages, async () => void (await dispatch({}, invocation()))),
    await leg(
      "dispatch that finds nothing, each time",
      1,
      async () => void (await dispatch({}, invocation())),
    ),
  ];
}
