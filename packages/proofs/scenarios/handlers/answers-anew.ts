// Wrong on purpose: an endpoint without idempotency. Each repetition of a request gets an answer of its own.
import { contract } from "@essentially-once/messaging/contract";
import { endpoint } from "@essentially-once/messaging/endpoint";
import { newId } from "@essentially-once/messaging/ids";
import { Ask } from "@essentially-once/testing/internal/support/kit/messages";

const answersAnew = contract({ name: "answers-anew", accepts: [Ask] });

export const handler = endpoint(answersAnew).handler(async () => ({ id: newId() }));
