// Trouble for one function of the local cloud: kill it, deliver twice, lose its response.

import { useState } from "preact/hooks";
import type { TroubleAnswer, TroubleRequest } from "../../api/trouble.ts";
import { post } from "../server/requests.ts";
import { Icon, type IconName } from "../widgets/icon.tsx";

type Kind = "kill" | "duplicate" | "drop-response";

const kinds: Readonly<Record<Kind, { word: string; icon: IconName; title: string }>> = {
  kill: { word: "Kill now", icon: "kill", title: "Kills its running processes, or the next one that runs" },
  duplicate: {
    word: "Deliver twice",
    icon: "absorbed",
    title: "Delivers its next batch to two processes at once",
  },
  "drop-response": {
    word: "Drop response",
    icon: "lost",
    title: "Loses its next response: its messages are redelivered",
  },
};

export function FunctionTrouble({ functionPath }: { readonly functionPath: string }) {
  const { made, text, error } = useTrouble();
  return (
    <div class="trouble-buttons">
      {(Object.keys(kinds) as Kind[]).map((what) => (
        <button
          key={what}
          type="button"
          class="made"
          title={kinds[what].title}
          onClick={() => made({ what, functionPath })}
        >
          <Icon name={kinds[what].icon} size={13} />
          {kinds[what].word}
        </button>
      ))}
      <span role="status" class={error ? "errors" : "quiet"}>
        {error?.message ?? text}
      </span>
    </div>
  );
}

export interface MadeTrouble {
  readonly made: (request: TroubleRequest) => void;
  readonly text: string;
  readonly error: Error | undefined;
}

export function useTrouble(): MadeTrouble {
  const [state, setState] = useState<{ text: string; error?: Error }>({ text: "" });
  function made(request: TroubleRequest): void {
    post<TroubleAnswer>("trouble", request).then(
      ({ text }) => setState({ text }),
      (error: Error) => setState({ text: "", error }),
    );
  }
  return { made, text: state.text, error: state.error };
}
