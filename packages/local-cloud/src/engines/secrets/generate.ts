// `GenerateSecretString`: the text that CloudFormation generates when it creates a secret.
//
//   https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-secretsmanager-secret-generatesecretstring.html

import { randomInt } from "node:crypto";
import { z } from "zod";

export type GenerateSecretString = z.output<typeof GenerateSecretString>;

export const GenerateSecretString = z.strictObject({
  PasswordLength: z.number().int().min(1).max(4_096).default(32),
  ExcludeCharacters: z.string().default(""),
  ExcludeLowercase: z.boolean().default(false),
  ExcludeUppercase: z.boolean().default(false),
  ExcludeNumbers: z.boolean().default(false),
  ExcludePunctuation: z.boolean().default(false),
  IncludeSpace: z.boolean().default(false),
  RequireEachIncludedType: z.boolean().default(true),
  SecretStringTemplate: z.string().optional(),
  GenerateStringKey: z.string().optional(),
});

/** Throws an Error that names the property when no text can be as it says. */
export function generatedSecret(rules: GenerateSecretString): string {
  const { SecretStringTemplate: template, GenerateStringKey: key } = rules;
  if ((template === undefined) !== (key === undefined)) {
    throw new Error("SecretStringTemplate and GenerateStringKey must be given together");
  }
  const password = passwordOf(rules);
  return template === undefined || key === undefined
    ? password
    : JSON.stringify({ ...z.record(z.string(), z.unknown()).parse(JSON.parse(template)), [key]: password });
}

function passwordOf(rules: GenerateSecretString): string {
  const types = typesOf(rules);
  const alphabet = types.join("");
  const required = rules.RequireEachIncludedType ? types : [];
  if (alphabet === "") throw new Error("GenerateSecretString excludes every character");
  if (required.length > rules.PasswordLength) {
    throw new Error(`PasswordLength must be ${required.length} at least, got ${rules.PasswordLength}`);
  }
  const free = Array.from({ length: rules.PasswordLength - required.length }, () => oneOf(alphabet));
  return shuffled([...required.map(oneOf), ...free]).join("");
}

function typesOf(rules: GenerateSecretString): string[] {
  const types = [
    rules.ExcludeLowercase ? "" : "abcdefghijklmnopqrstuvwxyz",
    rules.ExcludeUppercase ? "" : "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    rules.ExcludeNumbers ? "" : "0123456789",
    rules.ExcludePunctuation ? "" : "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    rules.IncludeSpace ? " " : "",
  ];
  const isIncluded = (character: string) => !rules.ExcludeCharacters.includes(character);
  return types.map((type) => [...type].filter(isIncluded).join("")).filter((type) => type !== "");
}

function oneOf(characters: string): string {
  return characters.charAt(randomInt(characters.length));
}

function shuffled(characters: string[]): string[] {
  for (let last = characters.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    [characters[last], characters[other]] = [characters[other] ?? "", characters[last] ?? ""];
  }
  return characters;
}
