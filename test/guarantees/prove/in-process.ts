// Runs tasks in processes of their own, as many at a time as there are workers: both cores are used, and what one
// leaves behind, another never meets.
import { fork } from "node:child_process";
import type { OnProgress, SectionFigures } from "./section.ts";
import type { Task } from "./tasks.ts";

export async function runTasks(
  tasks: readonly Task[],
  { workers, onProgress }: { readonly workers: number; readonly onProgress: OnProgress },
): Promise<SectionFigures[]> {
  const open = [...tasks.entries()];
  const done: SectionFigures[] = [];
  await Promise.all(
    Array.from({ length: workers }, async () => {
      for (let next = open.shift(); next !== undefined; next = open.shift()) {
        const [place, task] = next;
        done[place] = await inProcess(task, onProgress);
      }
    }),
  );
  return done;
}

interface Said {
  readonly progress?: string;
  readonly figures?: SectionFigures;
}

function inProcess(task: Task, onProgress: OnProgress): Promise<SectionFigures> {
  const worker = fork(new URL("./task-worker.ts", import.meta.url), { serialization: "advanced" });
  return new Promise((resolve, reject) => {
    worker.on("message", (said) => {
      const { progress, figures } = said as Said;
      if (progress !== undefined) onProgress(progress);
      if (figures !== undefined) resolve(figures);
    });
    worker.once("exit", (code) => reject(new Error(`the process for ${task.kind} ended with ${code}`)));
    worker.send(task);
  });
}
