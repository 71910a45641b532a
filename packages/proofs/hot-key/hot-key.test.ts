// A key that all messages share, and no fault: no message may be parked.
import { expect, it } from "vitest";
import { forms, proveForm } from "./forms.ts";

it.each(forms)(
  "G2, G6: messages of a hot key wait for each other, and that is no attempt: $name",
  async (form) => {
    const { violations, invocations } = await proveForm(form, {
      messages: 16,
      environments: 8,
      batchSize: 2,
      attemptsMax: 2,
    });
    expect(violations).toEqual([]);
    expect(invocations).toBeGreaterThanOrEqual(8);
  },
);
