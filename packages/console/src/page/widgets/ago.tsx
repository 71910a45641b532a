// How long ago something was; the full time on hover and for screen readers.

import { now } from "./now.ts";
import { agoText, fullTime } from "./time-text.ts";

export function Ago({ at }: { readonly at: string | undefined }) {
  if (at === undefined) return <span class="quiet">unknown</span>;
  return (
    <time dateTime={at} title={fullTime(at)}>
      {agoText(at, now.value)}
    </time>
  );
}
