// Messages: search by id, key or correlation id; one message with its path; the whole flow that it belongs to.

import type { MessageSummary, SearchAnswer } from "../../api/message.ts";
import { useFresh } from "../server/use-fresh.ts";
import { useLoad } from "../server/use-load.ts";
import { goTo, route } from "../shell/route.ts";
import { Empty, Failure } from "../widgets/failure.tsx";
import { Missing } from "../widgets/missing.tsx";
import { VirtualList } from "../widgets/virtual-list.tsx";
import { MessageRow } from "./message-row.tsx";
import { MessageView } from "./message-view.tsx";

const ROW_HEIGHT = 54;

export function Messages() {
  const { q = "", id, source } = route.value.parameters;
  const fresh = useFresh();
  const found = useLoad<SearchAnswer>("search", { q }, fresh);
  const messages = found.value?.messages ?? [];
  const only =
    q !== "" &&
    messages.length > 0 &&
    messages.every((one) => one.correlationid === messages[0]?.correlationid);
  const began = messages.findLast(isSent) ?? messages.at(-1);
  const open = id ?? (only ? began?.id : undefined);
  const openSource = id === undefined ? began?.source : source;

  return (
    <div class="list-and-one">
      <section class="list" aria-labelledby="messages-title">
        <div class="tools">
          <h1 id="messages-title">Messages</h1>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              goTo("messages", { q: String(new FormData(event.currentTarget).get("q") ?? "").trim() });
              found.reload();
            }}
          >
            <input
              key={q}
              name="q"
              type="search"
              defaultValue={q}
              placeholder="Message id, key, correlation id"
              aria-label="Message id, partition key or correlation id"
              autocomplete="off"
              spellcheck={false}
            />
            <button type="submit">Find</button>
          </form>
        </div>
        <p class="quiet" role="status">
          {found.value === undefined
            ? found.error
              ? ""
              : "Looking…"
            : `${q === "" ? "The latest" : "Found"}: ${messages.length}${found.value.more ? ", and there are more" : ""}`}
        </p>
        <Failure error={found.error} retry={found.reload} />
        {found.value && messages.length === 0 && (
          <Empty>
            {q === "" ? "No message yet." : "Nothing has this id or key. An id must be given in full."}
          </Empty>
        )}
        <VirtualList
          label="Messages found"
          rows={messages}
          rowHeight={ROW_HEIGHT}
          keyOf={(one) => `${one.source} ${one.id}`}
          selected={`${openSource} ${open}`}
          onOpen={(one) => goTo("messages", { q, id: one.id, source: one.source })}
          render={(one) => <MessageRow message={one} />}
        />
        <Missing sentences={found.value?.missing ?? []} />
      </section>
      <section class="one" aria-label="One message">
        {open ? <MessageView key={`${openSource} ${open}`} id={open} source={openSource} /> : <Hint />}
      </section>
    </div>
  );
}

/** A time-out is committed with the message that begins a flow, and is not what is looked for. */
function isSent({ state }: MessageSummary): boolean {
  return state !== "scheduled" && state !== "canceled";
}

function Hint() {
  return (
    <Empty>
      Choose a message to see its path: who committed it, each delivery and how it ended, and the messages
      that it caused.
    </Empty>
  );
}
