// A new kind of message: its declaration beside the others of its service, and a test of what it takes.
import { UsageError } from "../terminal/usage-error.ts";
import type { MessageCommand } from "./command.ts";
import type { Draft } from "./draft.ts";
import { knownTypes } from "./known-types.ts";
import type { TypeName } from "./names.ts";

export function newMessage(files: Draft, { type }: MessageCommand): string {
  const path = declareMessage(files, type);
  files.create(`test/functions/${type.service}/${type.file}.test.ts`, test(type));
  return `Next: define the message's data in ${path}, then
  npm run new -- consumer SERVICE/NAME --accepts ${type.type}`;
}

/** Returns the file that has it. */
export function declareMessage(files: Draft, type: TypeName): string {
  if (knownTypes(files).some((known) => known.type === type.type)) {
    throw new UsageError(`${type.type} exists. An incompatible change needs a new version.`);
  }
  const path = `functions/${type.service}/messages.ts`;
  if (files.read(path) === undefined) files.create(path, header(type));
  files.change(path, (text) => `${text}\n${declaration(type)}`);
  return path;
}

function header({ service }: TypeName): string {
  return `// The messages of the ${service} service.
import { messageType } from "@essentially-once/messaging/message-type";
import * as z from "zod/mini";
`;
}

function declaration({ type, exported }: TypeName): string {
  return `export const ${exported} = messageType({
  type: "${type}",
  schema: z.strictObject({ id: z.string().check(z.minLength(1), z.maxLength(64)) }),
  key: (message) => message.id, // messages of one key belong together
});
`;
}

function test({ type, service, exported }: TypeName): string {
  return `import { expect, it } from "vitest";
import { ${exported} } from "../../../functions/${service}/messages.ts";

it("${type} has a key, and accepts only data that match its schema", async () => {
  const draft = ${exported}.from({ id: "1" });
  expect(draft).toMatchObject({ type: "${type}", partitionkey: "1" });
  expect(await ${exported}.parse(draft.data)).toEqual({ id: "1" });
  await expect(${exported}.parse({ id: "1", more: true })).rejects.toThrow(/invalid/);
});
`;
}
