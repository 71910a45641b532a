// `npm start`: runs the stacks on this machine, sends requests and forgeries through them, and counts the results.

import { invariant, trialRun } from "@essentially-once/local-cloud/trial-run";

await trialRun({ sends: "requests", byDefault: 20 }, async (run) => {
  const requests = Array.from({ length: run.count }, (_, n) => ({
    key: `seed-${run.seed}-request-${n}`,
    body: { id: `seed-${run.seed}-invoice-${n}` },
    repeats: n % 5 === 0 ? 1 : 0, // some ask again, with the same key
  }));
  const forged = { type: "billing.invoice-requested.v1", data: { id: "forged" }, partitionkey: "forged" };
  await run.throwGarbage([["SendInvoiceQueueUrl", forged]]);
  await run.post(run.output("RequestInvoiceUrl"), requests);
  await run.settle(() => run.quiet());

  const items = await run.items<{ id: string; messages?: number }>("BillingTable");
  const sent = new Map(items.map(({ id, messages }) => [id.replace(/^send-invoice#/, ""), messages]));
  const wrong = requests.map(({ body }) => body.id).filter((id) => sent.get(id) !== 1);
  const invoices = items.filter(({ messages }) => messages !== undefined).length;
  return {
    invariants: [
      invariant(
        "each request became one invoice",
        wrong.map((id) => `${id} was sent ${sent.get(id) ?? 0} times`),
        `${requests.length} requests, ${invoices} invoices`,
      ),
    ],
    figures: [["invoices", `${invoices}`]],
    summary: { invoices },
  };
});
