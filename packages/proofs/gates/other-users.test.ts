// What another user of the machine can write, our code must not run or deploy.
import { globSync, mkdtempSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { takeCloudDirectory } from "@essentially-once/local-cloud/internal/cloud-directory";
import { startEngines } from "@essentially-once/local-cloud/internal/engines/engines";
import { bundledAssemblyOf, kitApp } from "@essentially-once/testing/internal/support/assembly";
import { describe, expect, it } from "vitest";

const writableByOthers = 0o022;

describe("another user of the machine", () => {
  it("cannot replace a bundle between synthesis and deployment", async () => {
    const assembly = await bundledAssemblyOf(kitApp);
    const all = globSync("**", { cwd: assembly });
    expect(all.filter((path) => path.startsWith("asset.")).length).toBeGreaterThan(5);
    const open = all.filter((path) => (statSync(join(assembly, path)).mode & writableByOthers) !== 0);
    expect(open).toEqual([]);
  });

  it("cannot look into the place of a local cloud, or into the tables that it keeps", async () => {
    const project = mkdtempSync(join(tmpdir(), "essentially-once-place-"));
    const { directory } = await takeCloudDirectory(project);
    const dataDirectory = join(project, "data");
    const engines = await startEngines({ dataDirectory });
    await engines.stop();
    expect([directory, dataDirectory].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o700]);
  });

  it("cannot wait for a file under a name that is always the same", () => {
    const sources = globSync("{bin,lib,functions,demo,test,packages}/**/*.{ts,mjs}");
    const fixed = sources.flatMap((file) =>
      readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => /tmpdir\(\)|["'`]\/tmp\b/.test(line) && !/mkdtemp(Sync)?\(/.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    );
    expect(fixed.filter((line) => !line.startsWith("packages/proofs/gates/other-users.test.ts"))).toEqual([]);
  });
});
