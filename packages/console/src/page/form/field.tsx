// One place of a value with its input, its limits and its errors. Objects and lists have fields of their own.

import { useState } from "preact/hooks";
import type { FieldError } from "../../api/about.ts";
import { safeText, shortText } from "../widgets/safe-text.ts";
import { ChoiceInput, FlagInput, JsonInput, NumberInput, TextInput } from "./inputs.tsx";
import { inputId, pointerTo } from "./pointer.ts";
import { emptyOf, type Kind, limitsOf, type Schema, shapeOf } from "./schema.ts";
import { useEntryKeys } from "./use-entry-keys.ts";

export interface FieldProps {
  readonly form: string;
  readonly name: string;
  readonly pointer: string;
  readonly schema: Schema | undefined;
  readonly root: Schema;
  readonly value: unknown;
  readonly errors: readonly FieldError[];
  readonly masked: readonly string[];
  readonly required: boolean;
  readonly onChange: (value: unknown) => void;
  readonly onRemove?: (() => void) | undefined;
}

export function Field(props: FieldProps) {
  const {
    form,
    name,
    pointer,
    schema: given,
    root,
    value,
    errors,
    masked,
    required,
    onChange,
    onRemove,
  } = props;
  const { kind, schema } = shapeOf(given, root);
  const [Input] = useState(() => inputFor(kind, schema, value)); // it stays while a person types, whatever the value becomes
  const id = inputId(form, pointer);
  const own = errors.filter(({ path }) => path === pointer);
  if (kind === "object" && isObject(value))
    return <ObjectField {...props} schema={schema} value={value} errors={errors} />;
  if (kind === "list" && Array.isArray(value)) return <ListField {...props} schema={schema} value={value} />;
  const input = {
    id,
    value,
    schema,
    onChange,
    invalid: own.length > 0,
    describedBy: `${id}-limits ${id}-errors`,
  };
  const origin = masked.find((path) => value === `***${path}`);
  const limits = [
    limitsOf(schema),
    origin !== undefined && `masked: keeps the old value${origin === pointer ? "" : ` of ${origin}`}`,
    typeof value === "string" && unseenIn(value),
    kind === "number" && typeof value === "string" && "now it is a text",
    kind === "text" && typeof value === "number" && "now it is a number",
  ].filter(Boolean);
  return (
    <div class={`field ${own.length > 0 ? "wrong" : ""}`}>
      <Label id={id} name={name} required={required} onRemove={onRemove} />
      <div class="field-input">
        <Input {...input} />
        <span id={`${id}-limits`} class="quiet limits">
          {limits.join("; ")}
        </span>
        <Errors id={id} errors={own} />
      </div>
    </div>
  );
}

/** A list or object where the schema has none is edited as JSON; a text that no schema knows, as a text. */
function inputFor(kind: Kind, schema: Schema, value: unknown): typeof TextInput {
  if (typeof value === "object" && value !== null) return JsonInput;
  if (kind === "json")
    return typeof value === "string" && Object.keys(schema).length === 0 ? TextInput : JsonInput;
  return {
    text: TextInput,
    number: NumberInput,
    flag: FlagInput,
    choice: ChoiceInput,
    object: JsonInput,
    list: JsonInput,
  }[kind];
}

type ObjectFieldProps = Omit<FieldProps, "value" | "schema"> & {
  readonly schema: Schema;
  readonly value: Readonly<Record<string, unknown>>;
};

function ObjectField(props: ObjectFieldProps) {
  const { form, name, pointer, schema, root, value, errors, masked, required, onChange, onRemove } = props;
  const known = Object.keys(schema.properties ?? {});
  const names = [
    ...known.filter((key) => key in value),
    ...Object.keys(value).filter((key) => !known.includes(key)),
  ];
  const absent = known.filter((key) => !(key in value));
  return (
    <fieldset class={pointer === "" ? "fields whole" : "fields"} id={inputId(form, pointer)} tabIndex={-1}>
      {pointer !== "" && (
        <legend>
          <Label name={name} required={required} onRemove={onRemove} />
        </legend>
      )}
      <Errors id={inputId(form, pointer)} errors={errors.filter(({ path }) => path === pointer)} />
      {names.map((key) => (
        <Field
          key={key}
          {...{ form, root, errors, masked }}
          name={key}
          pointer={pointerTo(pointer, key)}
          schema={schema.properties?.[key]}
          value={value[key]}
          required={schema.required?.includes(key) ?? false}
          onChange={(next) => onChange({ ...value, [key]: next })}
          onRemove={
            schema.required?.includes(key)
              ? undefined
              : () => onChange(Object.fromEntries(Object.entries(value).filter(([other]) => other !== key)))
          }
        />
      ))}
      {absent.length > 0 && (
        <p class="add">
          {absent.map((key) => (
            <button
              key={key}
              type="button"
              class={schema.required?.includes(key) ? "needed" : "plain"}
              onClick={() => onChange({ ...value, [key]: emptyOf(schema.properties?.[key], root) })}
            >
              + {shortText(key, 40)}
            </button>
          ))}
        </p>
      )}
    </fieldset>
  );
}

type ListFieldProps = Omit<FieldProps, "value" | "schema"> & {
  readonly schema: Schema;
  readonly value: readonly unknown[];
};

const ENTRIES_MAX = 200;

function ListField(props: ListFieldProps) {
  const { form, name, pointer, schema, root, value, errors, masked, required, onChange, onRemove } = props;
  const id = inputId(form, pointer);
  const keys = useEntryKeys(value.length);
  if (value.length > ENTRIES_MAX) {
    const rest = { id, value, schema, onChange, invalid: false, describedBy: `${id}-errors` };
    return (
      <div class="field">
        <Label id={id} name={name} required={required} onRemove={onRemove} />
        <JsonInput {...rest} />
      </div>
    );
  }
  return (
    <fieldset class="fields" id={id} tabIndex={-1}>
      <legend>
        <Label name={name} required={required} onRemove={onRemove} />
      </legend>
      <Errors id={id} errors={errors.filter(({ path }) => path === pointer)} />
      {value.map((entry, index) => (
        <Field
          key={keys.of(index)}
          {...{ form, root, errors, masked }}
          name={String(index + 1)}
          pointer={pointerTo(pointer, index)}
          schema={schema.items}
          value={entry}
          required={false}
          onChange={(next) => onChange(value.with(index, next))}
          onRemove={() => {
            keys.remove(index);
            onChange(value.toSpliced(index, 1));
          }}
        />
      ))}
      <p class="add">
        <button type="button" class="plain" onClick={() => onChange([...value, emptyOf(schema.items, root)])}>
          + entry
        </button>
      </p>
    </fieldset>
  );
}

interface LabelProps {
  readonly id?: string;
  readonly name: string;
  readonly required: boolean;
  readonly onRemove?: (() => void) | undefined;
}

function Label({ id, name, required, onRemove }: LabelProps) {
  const text = shortText(name, 60);
  return (
    <span class="label">
      {id === undefined ? <b>{text}</b> : <label for={id}>{text}</label>}
      {required && <span class="quiet"> required</span>}
      {onRemove && (
        <button type="button" class="plain" aria-label={`Remove ${text}`} onClick={onRemove}>
          ✕
        </button>
      )}
    </span>
  );
}

function Errors({ id, errors }: { readonly id: string; readonly errors: readonly FieldError[] }) {
  return (
    <span id={`${id}-errors`} class="errors">
      {errors.map(({ message }) => shortText(message, 300)).join("; ")}
    </span>
  );
}

/** An input shows a text as the browser does; this says which characters of it cannot be seen. */
function unseenIn(text: string): string | false {
  if (safeText(text, { lines: true, max: text.length }) === text) return false;
  return `with characters that cannot be seen: ${shortText(text, 400)}`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
