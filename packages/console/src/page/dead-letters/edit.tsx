// Corrects the data of a dead letter: checked against the schema by a dry run, then sent as a new message that supersedes the old one.

import { useEffect, useRef, useState } from "preact/hooks";
import type { FieldError } from "../../api/about.ts";
import type { EditAnswer, OpenDeadLetter } from "../../api/dead-letter.ts";
import { DataEditor } from "../form/data-editor.tsx";
import { withEscapes } from "../form/json-text.ts";
import { useDraft } from "../form/use-draft.ts";
import { post, RequestFailed } from "../server/requests.ts";
import { useLoad } from "../server/use-load.ts";
import { mayChange } from "../shell/about.ts";
import { announce } from "../shell/announce.ts";
import { linkTo } from "../shell/route.ts";
import { Check } from "../widgets/check.tsx";
import { Failure } from "../widgets/failure.tsx";

interface EditProps {
  readonly deadLetter: OpenDeadLetter;
  readonly onDone: () => void;
}

/** What is typed for a dead letter is kept under this name. */
export function draftOf(key: string): string {
  return `dead letter ${key}`;
}

export function Edit({ deadLetter, onDone }: EditProps) {
  const { key } = deadLetter;
  const { value, error, reload } = useLoad<OpenDeadLetter>("dead-letters/open", { key, payload: true });
  const payload = value?.payload;
  if (!payload)
    return error ? <Failure error={error} retry={reload} /> : <p class="empty">Reading its data…</p>;
  if (payload.cut)
    return <p class="notice wait">Its data are too large to be edited here. Use npm run dlq -- edit.</p>;
  return <Editor deadLetter={deadLetter} begin={payload.text} masked={payload.masked} onDone={onDone} />;
}

interface EditorProps extends EditProps {
  readonly begin: string;
  readonly masked: readonly string[];
}

function Editor({ deadLetter, begin, masked, onDone }: EditorProps) {
  const { key, schema, needsTrust, source } = deadLetter;
  const { text: data, isChanged, change, forget } = useDraft(draftOf(key), withEscapes(begin));
  const [trust, setTrust] = useState(false);
  const [errors, setErrors] = useState<readonly FieldError[]>([]);
  const [failure, setFailure] = useState<Error>();
  const [answer, setAnswer] = useState<EditAnswer>();
  const [checked, setChecked] = useState<string>();
  const [busy, setBusy] = useState(false);

  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (errors.length > 0) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [errors]);

  async function send(dryRun: boolean): Promise<void> {
    setBusy(true);
    setFailure(undefined);
    try {
      const got = await post<EditAnswer>("dead-letters/edit", { key, dryRun, data, ...(trust && { trust }) });
      if (!got.dryRun) forget();
      setErrors([]);
      setAnswer(got);
      setChecked(data);
      announce(got.text);
    } catch (cause) {
      const fields = cause instanceof RequestFailed ? cause.fields : [];
      setErrors(fields);
      setFailure(fields.length > 0 ? undefined : (cause as Error));
      setAnswer(undefined);
      setChecked(undefined);
    } finally {
      setBusy(false);
    }
  }

  if (answer && !answer.dryRun) {
    return (
      <section class="notice good">
        {answer.text}{" "}
        <a href={linkTo("messages", { id: answer.supersededBy, source })}>Follow the new message</a>
      </section>
    );
  }
  const isChecked = checked === data && answer !== undefined;
  return (
    <form
      ref={form}
      class="edit"
      aria-label="Edit its data"
      onSubmit={(event) => {
        event.preventDefault();
        void send(!isChecked);
      }}
    >
      <p class="quiet">
        The corrected data are sent as a new message. It supersedes this one: only one of the two takes
        effect.
      </p>
      <DataEditor text={data} {...{ schema, errors, masked }} onChange={change} />
      {needsTrust && (
        <Check checked={trust} onChange={setTrust}>
          I trust this message although its signature is not valid
        </Check>
      )}
      <Failure error={failure} />
      {isChecked && (
        <p class="notice good">
          {answer.text}
          {!answer.schemaChecked && " No schema was known: its consumer checks it."}
        </p>
      )}
      <footer>
        <button type="button" disabled={busy} onClick={() => void send(true)}>
          Check
        </button>
        <button
          type="button"
          class="primary"
          disabled={busy || !isChecked || !mayChange()}
          onClick={() => void send(false)}
        >
          Send the corrected message
        </button>
        <button
          type="button"
          class="plain"
          onClick={() => {
            forget();
            onDone();
          }}
        >
          {isChanged ? "Drop my changes" : "Cancel"}
        </button>
      </footer>
    </form>
  );
}
