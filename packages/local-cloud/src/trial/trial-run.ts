// A trial run of an app, which is what its `npm start` does: the stacks on this machine, what a script sends through them, trouble, and an
// account of what became of it, from tables and queues.
//
//   outside → cdk synth → local cloud → the script: send, wait until idle, repair, reconcile → account

import type { DeadLetter } from "@essentially-once/operator/dead-letters/dead-letter";
import { openInBrowser } from "../open-in-browser.ts";
import { type Program, runProgram, untilSignal } from "../program.ts";
import { shellExports } from "../shell-exports.ts";
import type { Invariant } from "./account/invariant.ts";
import { reportOf, summaryOf } from "./account/report.ts";
import { shortReportOf } from "./account/short-report.ts";
import { parseTrialArguments, type Sent, trialHelp } from "./arguments.ts";
import { showProgress } from "./look/progress.ts";
import type { TrialRun } from "./run.ts";
import type { OutsideService } from "./send/outside.ts";

export { answerFaults } from "./account/answers.ts";
export { differences } from "./account/differences.ts";
export { invariant } from "./account/invariant.ts";
export type { TrialRun } from "./run.ts";
export type { OutsideAnswer, OutsideRequest } from "./send/outside.ts";
export type { Answered, TrialRequest } from "./send/requests.ts";
export { seededRandom } from "./send/seeded-random.ts";
export type { DeadLetter, Invariant };

export interface TrialOptions extends Sent {
  /** Other companies' HTTP services that functions call: the setting of the synthesis that has the URL → what answers there. */
  readonly outside?: Readonly<Record<string, OutsideService>>;
  /** Other settings of the synthesis, as `-c` gives them: short time-outs, for one. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** What a script makes of a run. Everything may be left out. */
export interface TrialResult {
  /** What must hold beside what must hold of every app. */
  readonly invariants?: readonly Invariant[];
  /** Figures for people, each with its name. */
  readonly figures?: readonly (readonly [name: string, text: string])[];
  /** The same for programs: fields of the object that `--json` prints. */
  readonly summary?: Readonly<Record<string, unknown>>;
  /** Paragraphs of the report. */
  readonly notes?: readonly string[];
  /** Whether a dead letter that is no garbage had to become one; unless given, none had to. */
  readonly isPoison?: (deadLetter: DeadLetter) => boolean;
  /** What to try while the local cloud stays up; `where` names it to the operator's commands. */
  readonly invitation?: (where: string) => string;
}

export type TrialScript = (run: TrialRun) => Promise<TrialResult>;

/**
 * Runs the script with the flags of this process, and ends it: with 0 when every invariant holds.
 * ```ts
 * await trialRun({ sends: "orders", byDefault: 200 }, async (run) => {
 *   await run.post(run.output("PlaceOrderUrl"), [{ key: "order-1", body: { sku: "rope" } }]);
 *   await run.settle(() => run.quiet());
 *   return {};
 * });
 * ```
 */
export async function trialRun(options: TrialOptions, script: TrialScript): Promise<void> {
  await runProgram((program) => start(program, options, script));
}

async function start(program: Program, options: TrialOptions, script: TrialScript): Promise<number> {
  const given = parseTrialArguments(process.argv.slice(2), options);
  if (given.help) {
    console.log(trialHelp(options));
    return 0;
  }
  const people = given.json ? process.stderr : process.stdout;
  const progress = showProgress(people);
  const { setUp } = await import("./set-up.ts"); // a wrong command line is answered before that
  const { play } = await import("./play.ts");
  const ground = await setUp(given, program, { ...options, progress });
  const { page, place, cloud, checked } = ground;
  if (page) progress.step(`Watch it, and make trouble:\n  ${page}`);
  if (page && given.open) openInBrowser(page);
  const playing = play(script, { given, sends: options.sends, ground, progress, program });
  const [{ account, invitation }] = await Promise.all([playing, checked]); // a finding ends the run
  const stays = (process.stdout.isTTY || given.open) && !given.exit;
  const where = place.beside ? ` --cloud ${place.cloudFile}` : "";
  const said = stays ? stayingUp() : "";
  people.write(given.verbose ? reportOf(account, said) : shortReportOf(account, said));
  const summary = summaryOf(account);
  if (given.json) console.log(JSON.stringify(summary));
  if (stays) await untilSignal();
  return summary.ok ? 0 : 1;

  function stayingUp(): string {
    if (page && !given.verbose) {
      return `It stays up until Ctrl-C: break and heal it in the page (commands: --verbose).
  ${page}`;
    }
    return `The local cloud stays up until Ctrl-C. Try this in another terminal, in this directory.
${invitation?.(where) ?? `\n  npm run journal -- tail --last 4${where}\n  npm run dlq -- list${where}\n`}
The AWS CLI and the SDKs reach it by these:
${shellExports(cloud.endpoints)}`;
  }
}
