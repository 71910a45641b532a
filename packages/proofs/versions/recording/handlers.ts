// The handlers that leave evidence, and what can be seen of what they did.
import { atMostOnce } from "@essentially-once/messaging/at-most-once";
import { consumer } from "@essentially-once/messaging/consumer";
import { effects } from "@essentially-once/messaging/effect";
import { endpoint } from "@essentially-once/messaging/endpoint";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { inline } from "@essentially-once/messaging/inline";
import { Park } from "@essentially-once/messaging/outcome";
import { rows } from "@essentially-once/messaging/rows";
import { aContext, aPost } from "@essentially-once/testing/lambda";
import { bodyOf, recorder, Told, talliesIn } from "./messages.ts";
import type { Stage } from "./stage.ts";

export function counting(stage: Stage, evidence: ReturnType<typeof rows>) {
  const tallies = talliesIn(stage.state);
  return consumer(recorder)
    .use(idempotency({ evidence }))
    .handler(async ({ data: { n } }, unit) => {
      unit.write(await tallies.next("key"));
      unit.publish(Told.from({ n }));
    });
}

export function once(stage: Stage) {
  const tallies = talliesIn(stage.state);
  return consumer(recorder)
    .use(atMostOnce())
    .handler(async ({ data: { n } }, unit) => {
      if (n === 2) throw new Error("lost");
      unit.write(await tallies.next("key"));
    });
}

/** The first effect is done, the second is left open when its process dies. */
export function acting(stage: Stage, { dies = false } = {}) {
  const calls: string[] = [];
  const tallies = talliesIn(stage.state);
  const handler = consumer(recorder)
    .use(idempotency({ evidence: rows() }))
    .use(effects())
    .handler(async ({ data: { n } }, unit, { effect }) => {
      const result = await effect(`act:${n}`, {
        async perform() {
          calls.push(`perform ${n}`);
          if (n === 2) throw new Error("no answer");
          return { acted: n };
        },
        async lookup() {
          calls.push(`lookup ${n}`);
          return { acted: -n };
        },
      });
      calls.push(JSON.stringify(result));
      if (dies) throw new Error("its process dies");
      unit.write(await tallies.next("key"));
    });
  return { handler, calls };
}

export function refusing(stage: Stage, poison: readonly number[]) {
  const tallies = talliesIn(stage.state);
  return consumer(recorder)
    .use(idempotency({ evidence: rows() }))
    .handler(async ({ data: { n } }, unit) => {
      if (poison.includes(n)) throw new Park("POISON", "it is refused");
      unit.write(await tallies.next("key"));
    });
}

export async function answer(stage: Stage): Promise<unknown> {
  const tallies = talliesIn(stage.state);
  const handler = endpoint(recorder)
    .use(idempotency({ evidence: rows() }))
    .handler(async (_request, unit) => {
      unit.write(await tallies.next("asked"));
      return { asked: await tallies.countOf("asked") };
    });
  const { statusCode, body } = Object(
    await handler(aPost({ n: 1 }, { "idempotency-key": "key" }), aContext()),
  );
  return { statusCode, body };
}

export function numbered({ state }: Stage) {
  return inline({ table: state, by: "sequence" });
}

export function numberedBody(n: number): string {
  return bodyOf(n, { sequence: String(n) });
}

export async function countOf(stage: Stage): Promise<number> {
  return talliesIn(stage.state).countOf("key");
}

export async function reasons(stage: Stage): Promise<string[]> {
  const parked = await stage.parked();
  return parked
    .map(({ MessageAttributes = {} }) => MessageAttributes.ReasonCode?.StringValue ?? "none")
    .sort();
}

export function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
