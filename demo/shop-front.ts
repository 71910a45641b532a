// The shop front: people look at some of the orders that were placed, and each look is told to the counter of
// views once, straight to its queue, and forgotten.
//
//   G9. A view is sent zero times or once. What was sent is known here; what became of it is in the tables.
import { SQSClient } from "@aws-sdk/client-sqs";
import { type Answered, seededRandom, type TrialRun } from "@essentially-once/local-cloud/trial-run";
import { sendOnce } from "@essentially-once/messaging/send-once";
import { OrderViewed } from "../functions/insights/messages.ts";

export interface ShopFront {
  /** Order id → how many views were sent, also when nobody knows whether they arrived. */
  readonly sent: ReadonlyMap<string, number>;
  /** Somebody may look at it. */
  readonly show: (placed: Answered) => void;
  /** Resolves when every view was tried. */
  close(): Promise<void>;
}

/** This share of the orders is looked at. */
const viewedShare = 0.65;
const viewsMax = 2;

export function openShopFront({ endpoints, output, seed }: TrialRun): ShopFront {
  const client = new SQSClient({
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    endpoint: endpoints.sqs,
    maxAttempts: 1, // a second attempt could count a view twice
    useQueueUrlAsEndpoint: false, // an engine's queue URL may name a host that does not resolve
  });
  const sent = new Map<string, number>();
  const sending: Promise<void>[] = [];
  return {
    sent,
    show({ key, answers: [answer] }) {
      const random = seededRandom(seed, `views of ${key}`); // orders are answered in another order on every run
      const views = random.next() < viewedShare ? random.integer(1, viewsMax) : 0;
      if (answer === undefined || views === 0) return;
      const orderId = String(answer.orderId);
      sent.set(orderId, views);
      for (let n = 0; n < views; n++) {
        const view = OrderViewed.from({ orderId });
        sending.push(sendOnce(output("CountOrderViewsQueueUrl"), view, { producer: "shop-front", client }));
      }
    },
    async close() {
      await Promise.all(sending);
      client.destroy();
    },
  };
}
