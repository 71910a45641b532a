// The payload of a dead letter: only when it is asked for, secrets masked, always as text.

import { useState } from "preact/hooks";
import type { OpenDeadLetter } from "../../api/dead-letter.ts";
import { useLoad } from "../server/use-load.ts";
import { Failure } from "../widgets/failure.tsx";
import { safeText } from "../widgets/safe-text.ts";
import { countText } from "../widgets/time-text.ts";

export function PayloadView({ deadLetterKey: key }: { readonly deadLetterKey: string }) {
  const [asked, setAsked] = useState(false);
  const { value, error, reload } = useLoad<OpenDeadLetter>(asked ? "dead-letters/open" : undefined, {
    key,
    payload: true,
  });
  const payload = value?.payload;
  return (
    <section aria-labelledby="payload-title">
      <h3 id="payload-title">Payload</h3>
      {!asked && (
        <p>
          <button type="button" onClick={() => setAsked(true)}>
            Show the payload
          </button>{" "}
          <span class="quiet">It may hold personal data.</span>
        </p>
      )}
      <Failure error={error} retry={reload} />
      {payload && (
        <>
          {payload.masked.length > 0 && (
            <p class="quiet">
              {countText(payload.masked.length, "secret is", "secrets are")} masked:{" "}
              {payload.masked.join(", ")}
            </p>
          )}
          <textarea
            class="payload"
            readOnly
            aria-label="Payload"
            rows={14}
            value={safeText(payload.text, { lines: true })}
          />
          {payload.cut && <p class="quiet">Only the beginning is shown.</p>}
        </>
      )}
      {asked && value && !payload && <p class="quiet">The payload could not be read.</p>}
    </section>
  );
}
