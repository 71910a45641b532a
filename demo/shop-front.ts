// The shop front: people look at some of the orders that were placed, and each look is told to the counter of
// views once, straight to its queue, and forgotten.
//
//   G9. A view is sent zero times or once. What was sent is known here; what became of it is in the tables.

import { SQSClient } from "@aws-sdk/client-sqs";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "@essentially-once/local-cloud/clients";
import { seededRandom } from "@essentially-once/local-cloud/internal/trial/seeded-random";
import { sendOnce } from "@essentially-once/messaging/send-once";
import { OrderViewed } from "../functions/insights/messages.ts";
import type { Placement } from "./clients.ts";

export interface ShopFront {
  /** Order id → how many views were sent, also when nobody knows whether they arrived. */
  readonly sent: ReadonlyMap<string, number>;
  /** Somebody may look at it. */
  show(placement: Placement): void;
  /** Resolves when every view was tried. */
  close(): Promise<void>;
}

export interface ShopFrontOptions {
  /** Where the SQS engine listens. */
  readonly endpoint: string;
  readonly queueUrl: string;
  readonly seed: number;
}

/** This share of the orders is looked at. */
const VIEWED_SHARE = 0.65;
const VIEWS_MAX = 2;

export function openShopFront({ endpoint, queueUrl, seed }: ShopFrontOptions): ShopFront {
  const client = new SQSClient({
    region: LOCAL_REGION,
    credentials: LOCAL_CREDENTIALS,
    endpoint,
    maxAttempts: 1, // a second attempt could count a view twice
    useQueueUrlAsEndpoint: false, // an engine's queue URL may name a host that does not resolve
  });
  const sent = new Map<string, number>();
  const sending: Promise<void>[] = [];

  function show({ key, orderIds }: Placement): void {
    const [orderId] = orderIds;
    const views = viewsOf(key, seed);
    if (orderId === undefined || views === 0) return;
    sent.set(orderId, views);
    for (let n = 0; n < views; n++) {
      sending.push(sendOnce(queueUrl, OrderViewed.from({ orderId }), { producer: "shop-front", client }));
    }
  }

  async function close(): Promise<void> {
    await Promise.all(sending);
    client.destroy();
  }

  return { sent, show, close };
}

/** By the order's own key: orders are answered in another order on every run. */
export function viewsOf(key: string, seed: number): number {
  const random = seededRandom(seed, `views of ${key}`);
  return random.next() < VIEWED_SHARE ? random.integer(1, VIEWS_MAX) : 0;
}
