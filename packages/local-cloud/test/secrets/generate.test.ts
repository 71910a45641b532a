import { expect, test } from "vitest";
import { GenerateSecretString, generatedSecret } from "../../src/engines/secrets/generate.ts";

const generate = (rules: Record<string, unknown>) => generatedSecret(GenerateSecretString.parse(rules));
const only = {
  ExcludeLowercase: true,
  ExcludeUppercase: true,
  ExcludeNumbers: true,
  ExcludePunctuation: true,
};

test("a text of 32 characters, with each type of them, unless told otherwise", () => {
  for (let n = 0; n < 50; n++) {
    const text = generate({});
    expect(text).toHaveLength(32);
    for (const type of [/[a-z]/, /[A-Z]/, /[0-9]/, /[!-/:-@[-`{-~]/]) expect(text).toMatch(type);
    expect(text).not.toContain(" ");
  }
});

test.each([
  [{ ...only, ExcludeNumbers: false, PasswordLength: 9 }, /^[0-9]{9}$/],
  [{ ...only, ExcludeLowercase: false, ExcludeCharacters: "bcdefghijklmnopqrstuvwxyz" }, /^a{32}$/],
  [{ ...only, IncludeSpace: true, PasswordLength: 3 }, /^ {3}$/],
  [{ ...only, ExcludeUppercase: false, RequireEachIncludedType: false, PasswordLength: 1 }, /^[A-Z]$/],
])("as %o says", (rules, pattern) => {
  expect(generate(rules)).toMatch(pattern);
});

test("under its key in the template", () => {
  const text = generate({ SecretStringTemplate: '{"user":"ada"}', GenerateStringKey: "password" });
  expect(JSON.parse(text)).toEqual({ user: "ada", password: expect.stringMatching(/^.{32}$/s) });
});

test.each([
  [only, "excludes every character"],
  [{ PasswordLength: 3 }, "PasswordLength must be 4 at least, got 3"],
  [{ GenerateStringKey: "password" }, "must be given together"],
])("refuses %o", (rules, message) => {
  expect(() => generate(rules)).toThrow(message);
});
