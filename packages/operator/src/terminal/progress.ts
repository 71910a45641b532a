// Shows the progress of long work on standard error: a terminal gets one line that is overwritten, a file a line now and then.

import { nowMs } from "@essentially-once/messaging/clock";
import { printable } from "./safe-text.ts";

export type Progress = (text: string) => void;

/** A longer line would wrap, and could not be written over. */
const charactersMax = 200;
const everyMs = { terminal: 200, file: 5_000 } as const;

export function progress(stream: NodeJS.WriteStream = process.stderr): { show: Progress; end(): void } {
  const terminal = stream.isTTY === true;
  let shownMs = nowMs(); // work that is done at once shows nothing
  let open = false;
  return {
    show(text) {
      if (nowMs() - shownMs < (terminal ? everyMs.terminal : everyMs.file)) return;
      shownMs = nowMs();
      const safe = printable(text, charactersMax);
      stream.write(terminal ? `\r\u001b[2K${safe}` : `${safe}\n`);
      open = terminal;
    },
    end() {
      if (open) stream.write("\r\u001b[2K");
      open = false;
    },
  };
}
