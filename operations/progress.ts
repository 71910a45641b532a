// How far long work is, on standard error: one line that is written over in a terminal, else a line now and then.

import { nowMs } from "../functions/messaging/clock.ts";

export type Progress = (text: string) => void;

const everyMs = { terminal: 200, file: 5_000 } as const;

export function progress(stream: NodeJS.WriteStream = process.stderr): { show: Progress; end(): void } {
  const terminal = stream.isTTY === true;
  let shownMs = nowMs(); // work that is done at once shows nothing
  let open = false;
  return {
    show(text) {
      if (nowMs() - shownMs < (terminal ? everyMs.terminal : everyMs.file)) return;
      shownMs = nowMs();
      stream.write(terminal ? `\r\u001b[2K${text}` : `${text}\n`);
      open = terminal;
    },
    end() {
      if (open) stream.write("\r\u001b[2K");
      open = false;
    },
  };
}
