// The data of a message, edited as a form of its schema or as JSON; both are the same text.

import { useId, useState } from "preact/hooks";
import type { FieldError } from "../../api/about.ts";
import { shortText } from "../widgets/safe-text.ts";
import { Field } from "./field.tsx";
import { jsonText } from "./json-text.ts";
import { inputId } from "./pointer.ts";
import { type Schema, shapeOf } from "./schema.ts";

interface DataEditorProps {
  /** JSON. */
  readonly text: string;
  readonly schema: unknown;
  readonly errors: readonly FieldError[];
  readonly masked?: readonly string[];
  readonly onChange: (text: string) => void;
}

/** Larger data are edited as JSON: a form of so many fields helps nobody. */
const FORM_CHARACTERS_MAX = 60_000;

export function DataEditor({ text, schema, errors, masked = [], onChange }: DataEditorProps) {
  const form = useId();
  const root = isSchema(schema) ? schema : undefined;
  const value = parsed(text);
  const fits =
    root !== undefined &&
    value !== undefined &&
    text.length <= FORM_CHARACTERS_MAX &&
    shapeOf(root, root).kind === "object" &&
    typeof value.data === "object" &&
    value.data !== null;
  const [asJson, setAsJson] = useState(!fits);
  return (
    <div class="data-editor">
      <fieldset class="tabs">
        <legend class="unseen">Edit as</legend>
        <button type="button" aria-pressed={!asJson} disabled={!fits} onClick={() => setAsJson(false)}>
          Form
        </button>
        <button type="button" aria-pressed={asJson} onClick={() => setAsJson(true)}>
          JSON
        </button>
        {root === undefined && <span class="quiet">No schema is known here.</span>}
      </fieldset>
      {asJson || !fits ? (
        <>
          <textarea
            class="json"
            aria-label="Data as JSON"
            rows={14}
            value={text}
            aria-invalid={value === undefined}
            spellcheck={false}
            onInput={(event) => onChange(event.currentTarget.value)}
          />
          {value === undefined && <p class="errors">This is not JSON yet.</p>}
        </>
      ) : (
        <Field
          {...{ form, errors, masked }}
          name="data"
          pointer=""
          schema={root}
          root={root ?? {}}
          value={value?.data}
          required
          onChange={(next) => onChange(jsonText(next))}
        />
      )}
      <Summary form={form} errors={errors} asJson={asJson || !fits} />
    </div>
  );
}

interface SummaryProps {
  readonly form: string;
  readonly errors: readonly FieldError[];
  readonly asJson: boolean;
}

/** All errors beneath, each leading to its field: some are of places that have no field yet. */
function Summary({ form, errors, asJson }: SummaryProps) {
  if (errors.length === 0) return null;
  return (
    <ul class="errors summary" role="alert">
      {errors.map(({ path, message }) => (
        <li key={`${path} ${message}`}>
          {path === "" || asJson ? (
            <code>{shortText(path || "the whole", 100)}</code>
          ) : (
            <button
              type="button"
              class="link"
              onClick={() => document.getElementById(inputId(form, path))?.focus()}
            >
              {shortText(path, 100)}
            </button>
          )}
          : {shortText(message, 300)}
        </li>
      ))}
    </ul>
  );
}

function parsed(text: string): { readonly data: unknown } | undefined {
  try {
    return { data: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null;
}
