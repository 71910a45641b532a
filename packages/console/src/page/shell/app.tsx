// The page's frame: the bar with the views, the open view, and the place where changes are spoken.

import { useEffect, useRef } from "preact/hooks";
import type { About } from "../../api/about.ts";
import { DeadLetters } from "../dead-letters/dead-letters.tsx";
import { FlowView } from "../flow/flow-view.tsx";
import { Messages } from "../messages/messages.tsx";
import { Now } from "../now/now.tsx";
import { connection, follow, lostAtMs, missedEvents } from "../server/live.ts";
import { token } from "../server/token.ts";
import { useLoad } from "../server/use-load.ts";
import { Trouble } from "../trouble/trouble.tsx";
import { Failure } from "../widgets/failure.tsx";
import { now } from "../widgets/now.ts";
import { about } from "./about.ts";
import { announcement } from "./announce.ts";
import { NoToken } from "./no-token.tsx";
import { route, type View, views } from "./route.ts";
import { TopBar } from "./top-bar.tsx";

const pages: Readonly<Record<View, () => preact.JSX.Element>> = {
  now: Now,
  flow: FlowView,
  messages: Messages,
  "dead-letters": DeadLetters,
  trouble: Trouble,
};

export function App() {
  return token.value === undefined ? <NoToken /> : <Console key={token.value} />;
}

function Console() {
  const { value, error, reload } = useLoad<About>("about", {}, missedEvents.value);
  const main = useRef<HTMLElement>(null);
  const { view } = route.value;
  const Page = pages[view];

  useEffect(() => {
    about.value = value;
  }, [value]);
  useEffect(() => {
    const stop = new AbortController();
    void follow(stop.signal);
    return () => stop.abort();
  }, []);
  useEffect(() => {
    document.title = `${views[view]} · essentially-once console`;
    if (document.activeElement !== document.body) main.current?.focus({ preventScroll: true });
  }, [view]);

  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the view
      </button>
      <TopBar />
      <main id="main" ref={main} tabIndex={-1} class={`view ${view}`}>
        <Failure error={value ? undefined : error} retry={reload} />
        {connection.value === "ended" && (
          <p class="notice wait" role="status">
            The server has stopped. The page shows the last state that it read.
          </p>
        )}
        <Lost />
        {value && <Page />}
      </main>
      <div class="unseen" role="status" aria-live="polite">
        {announcement.value}
      </div>
    </>
  );
}

/** A moment without a connection is nothing to tell. */
const LOST_MS_MIN = 4_000;

function Lost() {
  const since = lostAtMs.value;
  if (since === undefined || now.value - since < LOST_MS_MIN) return null;
  return (
    <p class="notice wait" role="status">
      The server does not answer. The page shows the last state that it read, and goes on when the server is
      back. One that was started anew has a new address: open the one that it printed.
    </p>
  );
}
