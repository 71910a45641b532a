// An id, in full on hover, with a button that copies it.

import { useState } from "preact/hooks";
import { announce } from "../shell/announce.ts";
import { shortText } from "./safe-text.ts";

interface CopyTextProps {
  readonly text: string;
  /** Says in a word which text it is. */
  readonly label: string;
  readonly max?: number;
}

export function CopyText({ text, label, max = 44 }: CopyTextProps) {
  const [copied, setCopied] = useState(false);
  async function copy(): Promise<void> {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    announce(`${label} copied`);
    setTimeout(() => setCopied(false), 1_500);
  }
  return (
    <span class="copy-text">
      <code title={shortText(text, 400)}>{shortText(text, max)}</code>
      <button type="button" class="plain" aria-label={`Copy ${label}`} onClick={copy}>
        {copied ? "copied" : "copy"}
      </button>
    </span>
  );
}
