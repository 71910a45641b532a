// Messages that an SNS topic delivers to a queue: as they were published (raw), or each in a notification of SNS.
//
//   https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html
//   https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html

import { Park } from "../core/outcome.ts";
import { parseCapped } from "../envelope/caps.ts";
import { givenIdName } from "../envelope/given-id.ts";
import { type Arrived, type From, isObject, originOf } from "./origin.ts";

export interface SnsOptions {
  /** Whether the subscription has raw message delivery; unless given, SNS puts each message into a notification. */
  readonly raw?: boolean;
}

/**
 * @param message the form of what is published
 * ```ts
 * contract({ name: "import-order", accepts: [LegacyOrder], from: sns(rawJson({ id: field("orderId") })) })
 * ```
 */
export function sns(message: From, { raw = false }: SnsOptions = {}): From {
  return function snsOf(bound) {
    if (bound.within) throw new Error(`contract ${bound.name} has sns(…) inside of sns(…)`);
    const inner = message({ ...bound, within: raw ? "sns-raw" : "sns" });
    const form = { form: "sns", raw, message: inner.form };
    if (raw) return { ...inner, form };
    return originOf(form, inner.beside, (arrived) => inner.read(published(arrived)));
  };
}

/** What was published, out of SNS's notification. @throws Park */
function published({ body, ...beside }: Arrived): Arrived {
  const notification = parseCapped(body);
  const { Type, Message, MessageId, MessageAttributes } = isObject(notification) ? notification : {};
  if (Type === "SubscriptionConfirmation") {
    throw new Park("SUBSCRIPTION_UNCONFIRMED", "SNS delivers nothing until the subscription is confirmed");
  }
  if (Type !== "Notification" || typeof Message !== "string") {
    throw new Park("FORM_INVALID", "the body is not an SNS notification: is raw message delivery on?");
  }
  return {
    ...beside,
    body: Message,
    attributes: { ...textsOf(MessageAttributes), [givenIdName]: beside.attributes[givenIdName] },
    publishId: typeof MessageId === "string" ? MessageId : undefined,
  };
}

function textsOf(attributes: unknown): Arrived["attributes"] {
  if (!isObject(attributes)) return {};
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, attribute]) => {
      const { Type, Value } = isObject(attribute) ? attribute : {};
      return typeof Value === "string" && Type !== "Binary" ? [[name, Value]] : [];
    }),
  );
}
