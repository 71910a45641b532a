import { describe, expect, test } from "vitest";
import { parseDeployArguments } from "../../operations/deploy-arguments.ts";

const emulator = { AWS_ENDPOINT_URL: "http://127.0.0.1:4566" };

describe("npm run deploy", () => {
  test("gives the CDK the stage, the settings, and what stands behind a second --", () => {
    const given = ["--stage", "prod", "-c", "tracing=active", "--", "--require-approval", "never"];
    expect(parseDeployArguments(given, {})).toEqual({
      action: "deploy",
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
      "--without is for deploy:local",
    );
  });

  test("leaves out on an emulator what none of them rotates in its life, and what is named", () => {
    expect(parseDeployArguments(["--local", "--without", "AWS::X::Y"], emulator)).toMatchObject({
      without: ["AWS::SecretsManager::RotationSchedule", "AWS::X::Y"],
    });
  });

  test("moves evidence only where it deploys to AWS, and only says what it would do without --yes", () => {
    const given = ["--stage", "prod", "--move-evidence", "--leave", "gone"];
    expect(parseDeployArguments(given, {})).toMatchObject({
      moveEvidence: { stage: "prod", leave: ["gone"], yes: false },
    });
    expect(parseDeployArguments(["--move-evidence", "--yes"], {})).toMatchObject({
      moveEvidence: { stage: "dev", leave: [], yes: true },
    });
    expect(() => parseDeployArguments(["--local", "--move-evidence"], emulator)).toThrow("is for AWS");
    expect(() => parseDeployArguments(["--yes"], {})).toThrow("belong to --move-evidence");
    expect(() => parseDeployArguments(["--move-evidence", "--", "--profile", "ops"], {})).toThrow(
      "AWS_PROFILE",
    );
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
