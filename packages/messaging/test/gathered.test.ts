import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { gathered } from "../src/limit/gathered.ts";

it("asks for those of one moment together, and for those who come meanwhile in the next request", async () => {
  const requests: (readonly number[])[] = [];
  const held = Promise.withResolvers<void>();
  const ask = gathered(async (asked: readonly number[]) => {
    requests.push(asked);
    await held.promise;
    return asked.map((one) => one * 10);
  });
  const answers = [ask(1), ask(2)];
  for (const one of [3, 4]) {
    await setImmediate();
    answers.push(ask(one));
  }
  await setImmediate();
  expect(requests).toEqual([[1, 2]]);
  held.resolve();
  expect(await Promise.all(answers)).toEqual([10, 20, 30, 40]);
  expect(requests).toEqual([
    [1, 2],
    [3, 4],
  ]);
});
