// Pauses a consumer, and ends that, by the code of `npm run consumers`.
//
//   G6. A paused consumer loses and parks nothing: its messages wait in their queue.

import { clientsOf } from "@essentially-once/operator/internal/consumers/clients";
import { pause, resume } from "@essentially-once/operator/internal/consumers/pauses";
import type { Reached } from "./reached.ts";
import { type ConsumerSource, NotRight } from "./source.ts";

export interface Pausing extends ConsumerSource {
  stop(): void;
}

/** @param changed is called when a consumer was paused or resumed */
export function pausing({ connection, queues }: Reached, changed: () => void): Pausing {
  let clients: ReturnType<typeof clientsOf> | undefined;
  const reach = () => {
    clients ??= clientsOf(connection);
    return clients;
  };

  function queueOf(consumer: string) {
    const queue = queues.find((one) => one.consumer === consumer);
    if (queue) return queue;
    const names = queues.map((one) => one.consumer).join(", ");
    throw new NotRight(`There is no consumer ${JSON.stringify(consumer)}; there are: ${names}.`);
  }

  return {
    async pause({ consumer, because }) {
      const { isNew, record } = await pause(reach(), queueOf(consumer), because).finally(changed);
      const { at, by, because: why } = record;
      return {
        text: isNew ? `${consumer} is paused.` : `${consumer} was paused already, at ${at} by ${by}: ${why}`,
      };
    },
    async resume({ consumer }) {
      const wasPaused = await resume(reach(), queueOf(consumer)).finally(changed);
      return { text: wasPaused ? `${consumer} receives messages again.` : `${consumer} was not paused.` };
    },
    stop: () => clients?.lambda.destroy(),
  };
}
