// One task in a process of its own: see in-process.ts.
import { runTask, type Task } from "./tasks.ts";

process.once("message", async (task) => {
  const figures = await runTask(task as Task, (progress) => process.send?.({ progress }));
  process.send?.({ figures }, () => process.exit(0));
});
