// Counts over time as small bars; the numbers are in its label.

import { countText, spanText } from "./time-text.ts";

const HEIGHT = 22;
const STEP = 5;

interface BarsProps {
  readonly values: readonly number[];
  readonly sliceSeconds: number;
  readonly noun: string;
}

export function Bars({ values, sliceSeconds, noun }: BarsProps) {
  const most = Math.max(1, ...values);
  const total = values.reduce((sum, value) => sum + value, 0);
  const span = spanText(values.length * sliceSeconds * 1_000);
  const label = `${countText(total, noun)} in the last ${span}, at most ${most} in ${spanText(sliceSeconds * 1_000)}`;
  return (
    <svg class="bars" width={values.length * STEP} height={HEIGHT} role="img" aria-label={label}>
      <title>{label}</title>
      {values.map((value, index) => {
        const height = value === 0 ? 1 : Math.max(3, (value / most) * HEIGHT);
        return (
          <rect
            key={index}
            class={value === 0 ? "none" : undefined}
            x={index * STEP}
            y={HEIGHT - height}
            width={STEP - 1}
            height={height}
          />
        );
      })}
    </svg>
  );
}
