import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { makeBundle, writeBundle } from "../../src/bundle/make-bundle.ts";
import { EsbuildBundling } from "../../src/constructs/bundle.ts";

const functions = fileURLToPath(new URL("../../../../functions/", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "bundle-test-"));
afterAll(() => rmSync(scratch, { recursive: true }));

function aFunction(name: string, source: string): string {
  writeFileSync(join(scratch, name), source);
  return relative(functions, join(scratch, name));
}

function bundled(entry: string, parent = scratch): string {
  const output = mkdtempSync(join(parent, "out-"));
  expect(new EsbuildBundling(entry).tryBundle(output)).toBe(true);
  return output;
}

describe("a bundle", () => {
  const entry = aFunction("greet.ts", 'export const handler = async (): Promise<string> => "hello";\n');
  const output = bundled(entry);

  test("is one ES module and its source map", () => {
    expect(readdirSync(output).sort()).toEqual(["index.mjs", "index.mjs.map"]);
  });

  test("exports the handler, to Node as it is on Lambda", () => {
    const url = pathToFileURL(join(output, "index.mjs")).href;
    const script = `console.log(await (await import("${url}")).handler())`;
    expect(
      execFileSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" }),
    ).toBe("hello\n");
  });

  test("maps back to the source, without a copy of it", () => {
    const map = JSON.parse(readFileSync(join(output, "index.mjs.map"), "utf8"));
    expect(map.sources).toEqual([expect.stringMatching(/greet\.ts$/)]);
    expect(map.sourcesContent).toBeUndefined();
  });

  test("is the same byte for byte whenever it is made, so that its hash changes with the code only", () => {
    expect(makeBundle("functions/relay/publish.ts").files).toEqual(
      makeBundle("functions/relay/publish.ts").files,
    );
  });

  test("is made again when a file that it is made of has changed, and not otherwise", () => {
    const word = aFunction("word.ts", 'export const word = "one";\n');
    const say = aFunction(
      "say.ts",
      'import { word } from "./word.ts";\nexport const handler = () => word;\n',
    );
    const says = () => readFileSync(join(bundled(say), "index.mjs"), "utf8");
    const first = says();
    expect(says()).toBe(first);
    writeFileSync(join(functions, word), 'export const word = "two";\n');
    expect(says()).toContain('"two"');
  });
});

test("what a function imports lazily is a file of its own, which a cold start does not load", async () => {
  writeFileSync(join(scratch, "rare.ts"), 'export const rare = "seldom needed";\n');
  const source = 'export const handler = async () => (await import("./rare.ts")).rare;\n';
  const output = bundled(aFunction("lazy.ts", source));
  expect(readFileSync(join(output, "index.mjs"), "utf8")).not.toContain("seldom needed");
  const { handler } = await import(pathToFileURL(join(output, "index.mjs")).href);
  expect(await handler()).toBe("seldom needed");
});

test("a start loads one file, and what is loaded later shares its objects", async () => {
  writeFileSync(join(scratch, "outcome.ts"), "export class Outcome extends Error {}\n");
  for (const name of ["one", "two"]) {
    const source = `import { Outcome } from "./outcome.ts";\nexport const ${name} = new Outcome("${name}");\n`;
    writeFileSync(join(scratch, `${name}.ts`), source);
  }
  const source = `import { Outcome } from "./outcome.ts";
export const handler = async () => {
  const { one } = await import("./one.ts");
  const { two } = await import("./two.ts");
  return [one, two].every((outcome) => outcome instanceof Outcome);
};\n`;
  const output = bundled(aFunction("shares.ts", source));
  expect(readFileSync(join(output, "index.mjs"), "utf8")).not.toMatch(/\b(from|import)\s*"\.\//);
  const { handler } = await import(pathToFileURL(join(output, "index.mjs")).href);
  expect(await handler()).toBe(true);
});

test("two functions are two bundlings to CDK, which compares their properties", () => {
  const [publish, sweep] = ["relay/publish.ts", "relay/sweep.ts"].map((entry) => new EsbuildBundling(entry));
  expect(JSON.stringify(publish)).not.toBe(JSON.stringify(sweep));
});

test("a function that does not compile fails the synthesis and names the file", () => {
  const entry = aFunction("broken.ts", 'import "./absent.ts";\n');
  expect(() => bundled(entry)).toThrow(/broken\.ts[\s\S]*absent\.ts/);
});

test("so does one that esbuild warns about", () => {
  const entry = aFunction("odd.ts", "export const handler = (n: number) => -0 === -n || n === NaN;\n");
  expect(() => bundled(entry)).toThrow(/odd\.ts cannot be bundled cleanly: [\s\S]*NaN/);
});

describe("the SDK in a bundle", () => {
  const made = makeBundle("functions/orders/place-order.ts");
  // Below the project, where it finds the SDK.
  const client = join(mkdtempSync(join(process.cwd(), ".load-test-")), "client.mjs");
  afterAll(() => rmSync(dirname(client), { recursive: true }));
  writeFileSync(
    client,
    `import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
export const handler = async () => (await new DynamoDBClient({ region: "us-east-1" }).config.credentials()).accessKeyId;\n`,
  );
  /** The key that it finds, in the environment and nowhere else. */
  async function keyFound(environment: Readonly<Record<string, string>>): Promise<string> {
    const run = promisify(execFile);
    const script = 'import { handler } from "./index.mjs"; console.log(await handler());';
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", script], {
      cwd: directory,
      env: environment,
    });
    return stdout.trim();
  }
  const directory = mkdtempSync(join(scratch, "out-"));
  writeBundle(relative(process.cwd(), client), directory);

  test("has the credentials of the environment", async () => {
    expect(await keyFound({ AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" })).toBe("a");
  });

  test("and those that a restored snapshot gets by HTTP", async () => {
    const server = createServer((_, response) =>
      response.end(
        JSON.stringify({
          AccessKeyId: "h",
          SecretAccessKey: "s",
          Token: "t",
          Expiration: "2099-01-01T00:00:00Z",
        }),
      ),
    ).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    try {
      expect(await keyFound({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/` })).toBe("h");
    } finally {
      server.close();
    }
  });

  test("carries no source that a Lambda function does not have", () => {
    const sources = made.inputs.filter((path) => /credential-provider-(sso|ini|process|web)/.test(path));
    expect(sources).toEqual([]);
  });
});
