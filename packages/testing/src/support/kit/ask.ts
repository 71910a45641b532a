import { endpoint } from "@essentially-once/messaging/endpoint";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { derivedId } from "@essentially-once/messaging/ids";
import { rows } from "@essentially-once/messaging/rows";
import { ask } from "./contracts.ts";
import { Asked } from "./messages.ts";

export const handler = endpoint(ask)
  .use(idempotency({ evidence: rows() }))
  .handler(async (request, unit) => {
    const ask = derivedId(request.source, request.id);
    unit.publish(Asked.from({ ask, ...request.data }));
    return { ask };
  });
