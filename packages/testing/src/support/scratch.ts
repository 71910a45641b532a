// One directory for whatever the tests of a run leave behind, removed at its end: a worker that is stopped does
// not clean up after itself.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { forgetAssemblies } from "./assembly.ts";

export default async function scratch(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), "essentially-once-test-"));
  process.env.TMPDIR = directory; // the workers inherit it
  process.env.ASSEMBLIES = process.env.KEPT_ASSEMBLIES ?? join(directory, "assemblies");
  process.env.NODE_COMPILE_CACHE ??= join(directory, "compiled"); // the CDK and the SDK are read by a hundred processes
  project.onTestsRerun(forgetAssemblies);
  return () => rm(directory, { recursive: true, force: true, maxRetries: 5 });
}
