// Runs tasks in processes of their own, as many at a time as there are workers: both cores are used, and what one
// leaves behind, another never meets.
import { fork } from "node:child_process";
import type { OnProgress, SectionFigures } from "./section.ts";
import type { Task } from "./tasks.ts";

export async function runTasks(
  tasks: readonly Task[],
  { workers, secondsMax, onProgress }: TasksOptions,
): Promise<SectionFigures[]> {
  const beganAt = performance.now();
  const open = [...tasks.entries()];
  const done: SectionFigures[] = [];
  await Promise.all(
    Array.from({ length: workers }, async () => {
      for (let next = open.shift(); next !== undefined; next = open.shift()) {
        const [place, task] = next;
        const tasksLeft = open.length + 1;
        done[place] = await inProcess(shared(task, tasksLeft), onProgress);
      }
    }),
  );
  return done;

  /** Each has an equal share of the time that is left; what it does not need, the others have. */
  function shared(task: Task, tasksLeft: number): Task {
    if (secondsMax === undefined) return task;
    const left = Math.max(0, secondsMax - (performance.now() - beganAt) / 1_000);
    return {
      ...task,
      depth: { ...task.depth, secondsMax: (left * Math.min(workers, tasksLeft)) / tasksLeft },
    };
  }
}

export interface TasksOptions {
  readonly workers: number;
  readonly secondsMax: number | undefined;
  readonly onProgress: OnProgress;
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
