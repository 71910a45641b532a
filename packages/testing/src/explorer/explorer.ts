// Runs the schedules of a scenario, one after the other, in a sandbox that is replaced after a number of runs.
import type { Fault } from "./fault.ts";
import { closeConnections, hangUp, instrumentClients } from "./instrument.ts";
import { type Program, programOf } from "./program.ts";
import { type Run, runSchedule } from "./run.ts";
import { openSandbox, type Sandbox } from "./sandbox.ts";
import type { Scenario } from "./scenario.ts";
import type { Choose } from "./simulation.ts";
import { installVirtualTime } from "./virtual-time.ts";

export interface Explorer {
  readonly scenario: Scenario;
  /** One run with these faults; `choose` decides who goes next, by default the one that waits longest. */
  run(faults: readonly Fault[], choose?: Choose): Promise<Run>;
  close(): Promise<void>;
}

/** A table with a stream is slower the more it has seen. */
const runsPerStage = 200;

/** Of all explorers of this process: the kit remembers ids, so no two runs may use the same ones. */
let runsOfAll = 0;

/**
 * Opens engines and loads the functions of a scenario.
 * ```ts
 * const explorer = await openExplorer(scenario);
 * const { violations } = await explorer.run([{ kind: "killed-after", command: "PutItem", nth: 1 }]);
 * ```
 */
export async function openExplorer(scenario: Scenario): Promise<Explorer> {
  installVirtualTime();
  await instrumentClients();
  const programs: Program[] = [];
  for (const { handler, name } of scenario.functions) programs.push(await programOf(handler, name));
  let sandbox: Sandbox | undefined;
  let runs = 0;
  return {
    scenario,
    async run(faults, choose) {
      if (runs > 0 && runs % runsPerStage === 0) await renew();
      sandbox ??= await openSandbox(scenario.sandbox);
      runs++;
      const unique = (++runsOfAll).toString(36).padStart(4, "0");
      const run = await runSchedule({ scenario, sandbox, programs, unique, faults, choose });
      hangUp();
      if (run.violations.length > 0) await renew(); // its remains must not disturb the next run
      return run;
    },
    async close() {
      await renew();
    },
  };

  async function renew(): Promise<void> {
    closeConnections();
    await sandbox?.stop();
    sandbox = undefined;
  }
}
