// A value once it has not changed for a moment: typing stays fluent while a view follows it.

import { useEffect, useState } from "preact/hooks";

const SETTLED_MS = 120;

export function useSettled<Value>(value: Value): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
