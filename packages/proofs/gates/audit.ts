// The dependency audit of `npm run check`: known vulnerabilities in what is deployed. A registry that keeps no
// advisories (some mirrors do not) is said out loud; on GitHub, where there are some, their absence is a failure.
import { execFile } from "node:child_process";
import { skipped } from "./skipped.ts";

interface Report {
  readonly vulnerabilities?: Readonly<Record<string, { readonly name: string; readonly severity: string }>>;
  readonly message?: string;
}

// `.npmrc` includes what is for development, and its word is stronger than `--omit`: so it is given another.
const report = await new Promise<Report>((resolve) => {
  execFile(
    "npm",
    ["audit", "--omit=dev", "--include=prod", "--json"],
    { timeout: 60_000 },
    (_error, stdout) => {
      resolve(parse(stdout));
    },
  );
});
if (report.vulnerabilities === undefined) {
  process.exitCode = skipped(
    "the dependency audit",
    report.message ?? "the registry did not answer within 60 s",
  );
} else {
  const found = Object.values(report.vulnerabilities).filter(({ severity }) => severity !== "info");
  for (const { name, severity } of found) console.log(`${name}: ${severity}`);
  console.log(`${found.length} vulnerable packages among those that are deployed`);
  process.exitCode = found.length === 0 ? 0 : 1;
}

function parse(text: string): Report {
  try {
    return JSON.parse(text) as Report;
  } catch {
    return {};
  }
}
