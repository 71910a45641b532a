// Sends a message to its consumers' queues a second time, in the local cloud.

import type { MessageSummary } from "../../api/message.ts";
import { about } from "../shell/about.ts";
import { Icon } from "../widgets/icon.tsx";
import { useTrouble } from "./function-trouble.tsx";

export function DeliverAgain({ message }: { readonly message: MessageSummary }) {
  const { id, source, consumers } = message;
  const { made, text, error } = useTrouble();
  const theirs = (about.value?.consumers ?? []).filter(({ consumer, name }) =>
    consumers.some((one) => one.consumer === consumer || one.consumer === name),
  );
  if (theirs.length === 0) return null;
  return (
    <div class="trouble-buttons">
      {theirs.map(({ consumer, nodeId }) => (
        <button
          key={consumer}
          type="button"
          class="made"
          onClick={() => made({ what: "duplicate", functionPath: nodeId, message: { id, source } })}
        >
          <Icon name="absorbed" size={13} />
          Deliver it to {consumer} again
        </button>
      ))}
      <span role="status" class={error ? "errors" : "quiet"}>
        {error?.message ?? text}
      </span>
    </div>
  );
}
