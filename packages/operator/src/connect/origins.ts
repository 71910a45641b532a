// Turns the form of a queue, as its stack's output names it, into the reader of messages of that form.

import { eventBridge } from "@essentially-once/messaging/event-bridge";
import type { From, Origin, Place } from "@essentially-once/messaging/internal/origin/origin";
import { rawJson } from "@essentially-once/messaging/raw-json";
import { s3Notifications } from "@essentially-once/messaging/s3-notifications";
import { sns } from "@essentially-once/messaging/sns";
import { cloudEvents } from "@essentially-once/messaging/unsigned-cloud-events";
import { UsageError } from "../terminal/usage-error.ts";

interface Said {
  readonly form: string;
  readonly type?: string;
  readonly types?: Readonly<Record<string, string>>;
  readonly id?: Place;
  readonly key?: Place;
  readonly raw?: boolean;
  readonly message?: Said;
}

/** @throws UsageError for a form of a later release */
export function originIn(text: string, name: string): Origin {
  const said = JSON.parse(text) as Said;
  const accepts = typesIn(said).map((type) => ({ type, types: [type] as const }));
  return fromOf(said, name)({ name, accepts });
}

function fromOf({ form, id, key, types = {}, raw = false, message }: Said, name: string): From {
  const places = { ...(id && { id }), ...(key && { key }) };
  switch (form) {
    case "cloud-events":
      return cloudEvents();
    case "raw-json":
      return rawJson({ id: { field: [] }, ...places });
    case "event-bridge": {
      const typed = Object.entries(types).map(([detailType, type]) => [detailType, { type }]);
      return eventBridge({ types: Object.fromEntries(typed), ...places });
    }
    case "s3-notifications":
      return s3Notifications();
    case "sns":
      if (message) return sns(fromOf(message, name), { raw });
  }
  throw new UsageError(
    `${name} receives messages in the form ${form}, which this release does not know: use the deployed release.`,
  );
}

function typesIn({ type, types = {}, message }: Said): string[] {
  return [
    ...(type === undefined ? [] : [type]),
    ...Object.values(types),
    ...(message ? typesIn(message) : []),
  ];
}
