// Why something is done: kept with the record of it.

interface ReasonFieldProps {
  readonly value: string;
  readonly onChange: (text: string) => void;
}

const REASON_MAX = 500;

export function ReasonField({ value, onChange }: ReasonFieldProps) {
  return (
    <label class="reason-field">
      Reason
      <textarea
        value={value}
        maxLength={REASON_MAX}
        rows={2}
        required
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </label>
  );
}
