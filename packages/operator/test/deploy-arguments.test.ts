import { describe, expect, test } from "vitest";
import { parseDeployArguments } from "../src/deploy/deploy-arguments.ts";

const emulator = { AWS_ENDPOINT_URL: "http://127.0.0.1:4566" };

describe("npm run deploy", () => {
  test("gives the CDK the stage, the settings, and the arguments after a second --", () => {
    const given = ["--stage", "prod", "-c", "tracing=active", "--", "--require-approval", "never"];
    expect(parseDeployArguments(given, {})).toEqual({
      action: "deploy",
      stage: "prod",
      context: ["-c", "stage=prod", "-c", "tracing=active"],
      cdkOptions: ["--require-approval", "never"],
      without: [],
    });
  });

  test("goes to an emulator only as deploy:local, and to AWS only without one", () => {
    expect(parseDeployArguments(["--local"], emulator)).toMatchObject({ endpoint: "http://127.0.0.1:4566" });
    expect(() => parseDeployArguments([], emulator)).toThrow("unset it to deploy to AWS");
    expect(() => parseDeployArguments([], { AWS_ENDPOINT_URL_S3: "http://a" })).toThrow(
      "AWS_ENDPOINT_URL_S3 is http://a",
    );
    const vpcEndpoint = { AWS_ENDPOINT_URL_STS: "https://vpce-1.sts.eu-west-1.vpce.amazonaws.com" };
    expect(parseDeployArguments([], vpcEndpoint)).toMatchObject({ action: "deploy" });
    expect(() => parseDeployArguments(["--local"], {})).toThrow("must be the URL of an emulator");
    expect(() => parseDeployArguments(["--without", "AWS::X::Y"], {})).toThrow(
      "--without is only for deploy:local",
    );
  });

  test("leaves out on an emulator what none of them rotates in its life, and what is named", () => {
    expect(parseDeployArguments(["--local", "--without", "AWS::X::Y"], emulator)).toMatchObject({
      without: ["AWS::SecretsManager::RotationSchedule", "AWS::X::Y"],
    });
  });

  test("moves evidence of the stage that is named, and only says what it would do without --yes", () => {
    const given = ["--stage", "prod", "--move-evidence", "--leave", "gone"];
    expect(parseDeployArguments(given, {})).toMatchObject({
      stage: "prod",
      moveEvidence: { leave: ["gone"], yes: false },
    });
    expect(parseDeployArguments(["--local", ...given, "--yes"], emulator)).toMatchObject({
      moveEvidence: { leave: ["gone"], yes: true },
    });
    expect(() => parseDeployArguments(["--move-evidence"], {})).toThrow("needs --stage NAME");
    expect(() => parseDeployArguments(["--yes"], {})).toThrow("need --move-evidence");
    for (const profile of [["--profile", "ops"], ["--profile=ops"]]) {
      expect(() => parseDeployArguments([...given, "--", ...profile], {})).toThrow("AWS_PROFILE");
      expect(parseDeployArguments(["--", "--verbose", ...profile], {})).toMatchObject({ profile: "ops" });
    }
    expect(parseDeployArguments(["--", "--verbose"], {})).not.toHaveProperty("profile");
  });

  test("asks for what is deployed in the stage that the stacks read", () => {
    expect(parseDeployArguments([], {})).toMatchObject({ stage: "dev" });
    expect(parseDeployArguments(["--stage", "dev", "-c", "stage=prod"], {})).toMatchObject({ stage: "prod" });
  });

  test.each([
    [["dev"], "Known flags: --stage"],
    [["--frob"], "Known flags: --stage"],
  ])("%j is refused and says what there is", (given, message) => {
    expect(() => parseDeployArguments(given, {})).toThrow(message);
  });

  test("is explained with --help, wherever it would go", () => {
    expect(parseDeployArguments(["--help"], emulator)).toEqual({ action: "help" });
  });
});
