// The inputs of a form, one for each kind of value.

import { useState } from "preact/hooks";
import { shortText } from "../widgets/safe-text.ts";
import { jsonText } from "./json-text.ts";
import type { Schema } from "./schema.ts";

export interface InputProps {
  readonly id: string;
  readonly value: unknown;
  readonly schema: Schema;
  readonly invalid: boolean;
  readonly describedBy: string;
  readonly onChange: (value: unknown) => void;
}

/** Longer texts, and texts of several lines, get a box. */
const LINE_MAX = 120;

export function TextInput({ id, value, invalid, describedBy, onChange }: InputProps) {
  const text = String(value ?? "");
  const shared = {
    id,
    value: text,
    "aria-invalid": invalid,
    "aria-describedby": describedBy,
    spellcheck: false,
    autocomplete: "off",
  } as const;
  return text.length > LINE_MAX || text.includes("\n") ? (
    <textarea {...shared} rows={4} onInput={(event) => onChange(event.currentTarget.value)} />
  ) : (
    <input {...shared} type="text" onInput={(event) => onChange(event.currentTarget.value)} />
  );
}

/** Keeps what is typed; a text that is no number is given on as a text, so that the schema's error says so. */
export function NumberInput({ id, value, invalid, describedBy, onChange }: InputProps) {
  const [typed, setTyped] = useState<string>();
  const isTyped =
    typed !== undefined && (typed === value || (typed.trim() !== "" && Number(typed) === value));
  return (
    <input
      id={id}
      type="text"
      inputMode="decimal"
      value={isTyped ? typed : String(value ?? "")}
      aria-invalid={invalid}
      aria-describedby={describedBy}
      autocomplete="off"
      onInput={(event) => {
        const next = event.currentTarget.value;
        setTyped(next);
        onChange(next.trim() !== "" && Number.isFinite(Number(next)) ? Number(next) : next);
      }}
    />
  );
}

export function FlagInput({ id, value, describedBy, onChange }: InputProps) {
  return (
    <input
      id={id}
      type="checkbox"
      checked={value === true}
      aria-describedby={describedBy}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  );
}

export function ChoiceInput({ id, value, schema, invalid, describedBy, onChange }: InputProps) {
  const choices = schema.const !== undefined ? [schema.const] : (schema.enum ?? []);
  const texts = choices.map((choice) => JSON.stringify(choice));
  const own = JSON.stringify(value) ?? "";
  return (
    <select
      id={id}
      value={own}
      aria-invalid={invalid}
      aria-describedby={describedBy}
      onChange={(event) => onChange(JSON.parse(event.currentTarget.value))}
    >
      {!texts.includes(own) && (
        <option value={own}>{own === "" ? "choose" : `${shortText(own, 60)}: not allowed`}</option>
      )}
      {texts.map((text) => (
        <option key={text} value={text}>
          {shortText(text.replace(/^"(.*)"$/, "$1"))}
        </option>
      ))}
    </select>
  );
}

/** Any value. Keeps what is typed; what is not JSON while it is typed is given on as a text. */
export function JsonInput({ id, value, invalid, describedBy, onChange }: InputProps) {
  const [typed, setTyped] = useState<string>();
  const isTyped = typed !== undefined && JSON.stringify(parsedOr(typed)) === JSON.stringify(value);
  const text = isTyped ? typed : jsonText(value);
  return (
    <textarea
      id={id}
      value={text}
      rows={Math.min(8, text.split("\n").length)}
      aria-invalid={invalid}
      aria-describedby={describedBy}
      spellcheck={false}
      onInput={(event) => {
        const next = event.currentTarget.value;
        setTyped(next);
        onChange(parsedOr(next));
      }}
    />
  );
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
