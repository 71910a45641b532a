import { endpoint } from "../../../functions/messaging/endpoint.ts";
import { idempotency } from "../../../functions/messaging/idempotency.ts";
import { derivedId } from "../../../functions/messaging/ids.ts";
import { rows } from "../../../functions/messaging/rows.ts";
import { ask } from "./contracts.ts";
import { Asked } from "./messages.ts";

export const handler = endpoint(ask)
  .use(idempotency({ evidence: rows() }))
  .handler(async (request, unit) => {
    const ask = derivedId(request.source, request.id);
    unit.publish(Asked.from({ ask, ...request.data }));
    return { ask };
  });
