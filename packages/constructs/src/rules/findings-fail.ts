// Findings fail the app itself, whichever CDK command runs it. The commands alone would miss findings of stacks inside a
// `Stage`: `cdk synth` and `cdk deploy` read only the findings of the stacks that they select.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface Report {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly conclusion: string;
    readonly violations: readonly Violation[];
  }[];
}

interface Violation {
  readonly ruleName: string;
  readonly description: string;
  readonly suggestedFix?: string;
  readonly violatingConstructs: readonly { readonly constructPath?: string }[];
}

let isWatching = false;

/**
 * Under the CDK CLI, which sets CDK_OUTDIR: once the app has written its report, prints what was found, by any plugin, in
 * any stack, and exits with 1. An app that is synthesized in process throws, so there is nothing to do.
 */
export function failOnFindings(): void {
  const { CDK_OUTDIR } = process.env;
  if (isWatching || CDK_OUTDIR === undefined) return;
  isWatching = true;
  process.once("exit", () => {
    const findings = findingsIn(join(CDK_OUTDIR, "validation-report.json"));
    if (findings.length === 0) return;
    console.error(`${findings.join("\n\n")}\n`);
    process.exitCode = 1;
  });
}

/** The findings that are not acknowledged, as text. */
export function findingsIn(reportFile: string): string[] {
  if (!existsSync(reportFile)) return [];
  const { pluginReports } = JSON.parse(readFileSync(reportFile, "utf8")) as Report;
  return pluginReports
    .filter(({ conclusion }) => conclusion === "failure")
    .flatMap(({ pluginName, violations }) => violations.map((violation) => said(pluginName, violation)));
}

function said(plugin: string, violation: Violation): string {
  const { ruleName, description, suggestedFix, violatingConstructs } = violation;
  return [
    `ERROR ${description} (${plugin})`,
    ...violatingConstructs.map(({ constructPath }) => `   ${constructPath}`),
    ...(suggestedFix === undefined ? [] : [`   Suggested fix: ${suggestedFix}`]),
    `   Acknowledge with '${plugin}::${ruleName}'`,
  ].join("\n");
}
