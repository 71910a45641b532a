import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { alarmDescription, alarmKinds } from "../src/config/runbook.ts";

const runbook = readFileSync("docs/runbook.md", "utf8");
const sections = new Map(
  runbook
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf("\n")), section]),
);

test("each kind of alarm has its section, and each section is that of an alarm", () => {
  expect([...sections.keys()].sort()).toEqual(Object.keys(alarmKinds).sort());
});

test.each([...sections])("%s says when it fires, where to look, and what to do", (_, section) => {
  expect(section.match(/^\*\*(Fires|Look:|Act:)\*\*/gm)).toEqual(["**Fires**", "**Look:**", "**Act:**"]);
});

test("an alarm says what happened, to whom, and where it goes on", () => {
  expect(alarmDescription("dead-letters", "ShipOrder")).toBe(
    "ShipOrder: there are messages in the dead-letter queue. docs/runbook.md#dead-letters",
  );
});
