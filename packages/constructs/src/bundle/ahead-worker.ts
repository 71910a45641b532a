// The thread that ahead.ts starts.
import { workerData } from "node:worker_threads";
import type { Ahead } from "./ahead.ts";
import { bundleOf } from "./make-bundle.ts";

const { files, done } = workerData as Ahead;
for (const file of files) {
  try {
    bundleOf(file);
  } catch {
    // The synthesis makes it again, if it needs it, and says why it cannot.
  }
  Atomics.add(done, 0, 1);
  Atomics.notify(done, 0);
}
