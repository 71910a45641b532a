// The form of a queue, as its stack's output says it, as what reads messages of that form.

import { eventBridge } from "../functions/messaging/event-bridge.ts";
import type { From, Origin, Place } from "../functions/messaging/origin.ts";
import { rawJson } from "../functions/messaging/raw-json.ts";
import { s3Notifications } from "../functions/messaging/s3-notifications.ts";
import { sns } from "../functions/messaging/sns.ts";
import { cloudEvents } from "../functions/messaging/unsigned-cloud-events.ts";
import { UsageError } from "./usage-error.ts";

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
    `${name} takes messages in the form ${form}, which this release does not know: use the one that is deployed.`,
  );
}

function typesIn({ type, types = {}, message }: Said): string[] {
  return [
    ...(type === undefined ? [] : [type]),
    ...Object.values(types),
    ...(message ? typesIn(message) : []),
  ];
}
