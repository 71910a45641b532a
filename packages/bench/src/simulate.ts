// `npm run simulate -- --rate 1000 --outage 120+60`: how a queue and its consumer do under load and trouble, from
// the limits and prices of docs/scaling.md. It needs no AWS, no engine, and well under a second for a day.
import { UsageError } from "@essentially-once/operator/usage-error";
import { help, readScenario } from "./simulation/command.ts";
import { report } from "./simulation/report.ts";
import { simulate } from "./simulation/simulate.ts";
import { summarize } from "./simulation/summary.ts";

try {
  const asked = readScenario(process.argv.slice(2));
  if (asked.help) console.log(help);
  else {
    const seconds = simulate(asked.scenario);
    const summary = summarize(asked.scenario, seconds);
    const { scenario } = asked;
    console.log(
      asked.json ? JSON.stringify({ scenario, summary, seconds }) : report(scenario, seconds, summary),
    );
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message} npm run simulate -- --help shows them all.`);
  process.exitCode = 2;
}
