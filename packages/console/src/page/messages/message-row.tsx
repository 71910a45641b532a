// One message in a list.

import type { MessageSummary } from "../../api/message.ts";
import { Ago } from "../widgets/ago.tsx";
import { shortText } from "../widgets/safe-text.ts";
import { StatePill } from "../widgets/state-pill.tsx";

export function MessageRow({ message }: { readonly message: MessageSummary }) {
  const { id, type, at, partitionkey, state } = message;
  return (
    <div class="message-row">
      <span class="first">
        <b>{shortText(type, 60)}</b>
        <StatePill state={state} />
      </span>
      <span class="second quiet">
        <code>{shortText(partitionkey ?? id, 44)}</code>
        <Ago at={at} />
      </span>
    </div>
  );
}
