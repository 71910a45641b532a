// Sends a request or a message by hand, from a form of its schema.

import { useState } from "preact/hooks";
import type { FieldError } from "../../api/about.ts";
import type { SendAnswer, SendForm } from "../../api/trouble.ts";
import { DataEditor } from "../form/data-editor.tsx";
import { withEscapes } from "../form/json-text.ts";
import { useDraft } from "../form/use-draft.ts";
import { post, RequestFailed } from "../server/requests.ts";
import { announce } from "../shell/announce.ts";
import { linkTo } from "../shell/route.ts";
import { Failure } from "../widgets/failure.tsx";
import { shortText } from "../widgets/safe-text.ts";

export function Send({ forms }: { readonly forms: readonly SendForm[] }) {
  const [chosen, setChosen] = useState(forms[0]?.id ?? "");
  const form = forms.find(({ id }) => id === chosen) ?? forms[0];
  return (
    <section class="send" aria-labelledby="send-title">
      <div class="tools">
        <h2 id="send-title">Send by hand</h2>
        <select
          aria-label="What to send"
          value={form?.id}
          onChange={(event) => setChosen(event.currentTarget.value)}
        >
          {forms.map(({ id, label }) => (
            <option key={id} value={id}>
              {shortText(label, 90)}
            </option>
          ))}
        </select>
      </div>
      {form && <SendOne key={form.id} form={form} />}
    </section>
  );
}

function SendOne({ form }: { readonly form: SendForm }) {
  const { text: data, change, forget } = useDraft(`form ${form.id}`, withEscapes(form.example));
  const [errors, setErrors] = useState<readonly FieldError[]>([]);
  const [failure, setFailure] = useState<Error>();
  const [answer, setAnswer] = useState<SendAnswer>();
  const [busy, setBusy] = useState(false);

  async function send(): Promise<void> {
    setBusy(true);
    try {
      const got = await post<SendAnswer>("send", { form: form.id, data });
      forget();
      setAnswer(got);
      setErrors([]);
      setFailure(undefined);
      announce(got.text);
    } catch (cause) {
      const fields = cause instanceof RequestFailed ? cause.fields : [];
      setErrors(fields);
      setFailure(fields.length > 0 ? undefined : (cause as Error));
      setAnswer(undefined);
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      <DataEditor text={data} schema={form.schema} errors={errors} onChange={change} />
      <Failure error={failure} />
      <div class="tools">
        <button type="button" class="primary" disabled={busy} onClick={() => void send()}>
          Send
        </button>
        {answer && (
          <span>
            {shortText(answer.text, 200)}{" "}
            {(answer.message ?? answer.search) && <a href={followed(answer)}>Follow it</a>}
          </span>
        )}
      </div>
    </>
  );
}

function followed({ message, search }: SendAnswer): string {
  return message
    ? linkTo("messages", { id: message.id, source: message.source })
    : linkTo("messages", { q: search });
}
