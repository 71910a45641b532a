// Bounds the code of dependencies here and in CI: which of it runs and what it can reach. A missing bound is reported.
import { globSync, readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { skipped } from "./skipped.ts";

interface Lock {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly version?: string;
        /** To a package of this repository. */
        readonly link?: boolean;
        readonly hasInstallScript?: boolean;
        readonly integrity?: string;
        readonly inBundle?: boolean;
      }
    >
  >;
}

const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as Lock;

describe.each([
  ["npm ci", "."],
  ["the install of the release tools", "packages/proofs/release"],
])("%s", (_install, directory) => {
  const manifest = JSON.parse(readFileSync(`${directory}/package.json`, "utf8"));
  const npmrc = readFileSync(`${directory}/.npmrc`, "utf8");
  const lock = JSON.parse(readFileSync(`${directory}/package-lock.json`, "utf8")) as Lock;
  const installed = Object.entries(lock.packages).filter(
    ([path, { link }]) => path.startsWith("node_modules/") && !link,
  );

  it("runs no install script that is not on the list, and fails where npm knows the list", () => {
    const withScripts = installed
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => path.replace(/^.*node_modules\//, ""));
    expect(withScripts.filter((name) => manifest.allowScripts?.[name] === undefined)).toEqual([]);
    expect(npmrc).toMatch(/^strict-allow-scripts=true$/m);
  });

  it("brings what is for development where NODE_ENV is production: every script needs it", () => {
    expect(npmrc).toMatch(/^include\[\]=dev$/m); // npm 10 and 11 do as it says
  });

  it("takes nothing whose bytes the lock file does not know", () => {
    expect(installed.length).toBeGreaterThan(100);
    const unknown = installed.filter(([, { integrity, inBundle }]) => !integrity && !inBundle);
    expect(unknown.map(([path]) => path)).toEqual([]);
  });

  it("takes exact versions of what package.json names", () => {
    const named = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
    expect(Object.entries(named).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(String(version)))).toEqual(
      [],
    );
  });
});

it("npm ci does not bring the release tools", () => {
  const tools = Object.keys(
    JSON.parse(readFileSync("packages/proofs/release/package.json", "utf8")).devDependencies,
  );
  expect(tools.filter((name) => packages[`node_modules/${name}`] !== undefined)).toEqual([]);
});

describe("a workflow", () => {
  const workflows = globSync(".github/workflows/*.yml").map((file) => ({
    file,
    text: readFileSync(file, "utf8"),
  }));

  it("pins every action to a commit", () => {
    const uses = workflows.flatMap(({ text }) =>
      [...text.matchAll(/uses: (\S+)/g)].map(([, action]) => action),
    );
    expect(uses.length).toBeGreaterThan(3);
    expect(uses.filter((action) => !/@[0-9a-f]{40}$/.test(action ?? ""))).toEqual([]);
  });

  it("lets nothing but the CDK and npm run where it can ask for credentials", () => {
    const jobs = workflows
      .flatMap(({ text }) => jobsOf(text))
      .filter((job) => job.includes("id-token: write"));
    const commands = jobs.map((job) => [...job.matchAll(/- run: (.*)/g)].map(([, command]) => command));
    expect(commands.sort()).toEqual([
      ['for tarball in dist/*.tgz; do npm publish "$tarball" --provenance --access public; done'],
      [
        "npm ci --no-audit --ignore-scripts",
        "npx cdk diff --app cdk.out",
        "npx cdk deploy --app cdk.out --all --require-approval never",
      ],
    ]);
    expect(workflows.filter(({ text }) => /^permissions:\n {2}contents: read$/m.test(text))).toHaveLength(
      workflows.length,
    );
  });

  it.each(["deploy", "publish"])("does %s no tag that is not on main", (name) => {
    const [gates = "", ...others] = jobsOf(
      workflows.find(({ file }) => file.endsWith(`${name}.yml`))?.text ?? "",
    );
    expect(gates).toContain('git merge-base --is-ancestor "$GITHUB_SHA" origin/main');
    expect(gates).toContain("fetch-depth: 0");
    expect(others.filter((job) => !/^ {4}needs: (gates|assembly|pack)$/m.test(job))).toEqual([]);
  });
});

describe("a gate that cannot do its work", () => {
  it.each([
    [{}, 0, "SKIPPED the audit: no registry"],
    [{ GITHUB_ACTIONS: "true" }, 1, "SKIPPED the audit: no registry (on GitHub this is a failure)"],
  ])("with %j ends with code %d and says so", (environment, exitCode, line) => {
    const said = vi.spyOn(console, "log").mockImplementation(() => undefined);
    expect(skipped("the audit", "no registry", environment)).toBe(exitCode);
    expect(said).toHaveBeenCalledWith(line);
    said.mockRestore();
  });

  it.each([
    "packages/proofs/gates/audit.ts",
    "packages/proofs/e2e/on-localstack.ts",
    "packages/proofs/e2e/on-ministack.ts",
    "packages/proofs/versions/gate.ts",
  ])("%s says it by that", (file) => {
    expect(readFileSync(file, "utf8")).toMatch(/\bskipped\(/);
  });
});

describe("docs/peers.md", () => {
  it("names the versions that are installed", () => {
    const versionIn = (file: string) =>
      /^(?:export )?const \w*[vV]ersion = "([^"]+)"/m.exec(readFileSync(file, "utf8"))?.[1];
    const versions = [
      packages["node_modules/fauxqs"]?.version,
      packages["node_modules/@dynoxide/linux-x64"]?.version,
      versionIn("packages/proofs/e2e/on-localstack.ts"),
      versionIn("packages/proofs/e2e/ministack.ts"),
    ];
    const table = readFileSync("docs/peers.md", "utf8");
    expect(versions.filter((version) => !table.includes(`| ${version} |`))).toEqual([]);
  });

  it("counts the conformance tests as they are", () => {
    const table = readFileSync("docs/peers.md", "utf8");
    for (const [suite, name] of Object.entries(suites)) {
      const tests = readFileSync(`packages/local-cloud/test/conformance/${suite}.test.ts`, "utf8").match(
        /^test\(/gm,
      )?.length;
      expect(table, suite).toMatch(new RegExp(`${name} ${tests} of ${tests}`));
    }
  });
});

const suites = {
  "dynamodb-streams": "of streams",
  "dynamodb-transactions": "of transactions",
  s3: "S3",
  "secrets-manager": "Secrets Manager",
  sqs: "SQS",
};

/** Their texts, in order. */
function jobsOf(workflow: string): string[] {
  const [, jobs = ""] = workflow.split(/^jobs:\n/m);
  return jobs.split(/^(?= {2}\w+:$)/m);
}
