// What the local cloud finds when this package is installed: a page that hears its events from the start.

import type { CloudPage } from "@essentially-once/local-cloud/internal/page";
import { localSource } from "./data/local-source.ts";
import { startRecorder } from "./data/seen/recorder.ts";
import { startConsoleServer } from "./server/server.ts";

export function cloudPage(): CloudPage {
  const recorder = startRecorder();
  return {
    note: recorder.note,
    serve: ({ cloud, outsides, port = 0 }) =>
      startConsoleServer({ source: localSource({ cloud, outsides }, recorder), port }),
  };
}
