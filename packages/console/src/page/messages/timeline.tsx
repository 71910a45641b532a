// The path of a message in time: who did what, how long it waited and ran, and what ended each delivery.

import type { MessagePath, Step } from "../../api/message.ts";
import { linkTo } from "../shell/route.ts";
import { Icon } from "../widgets/icon.tsx";
import { shortText } from "../widgets/safe-text.ts";
import { Pill } from "../widgets/state-pill.tsx";
import { clockText, fullTime, spanText } from "../widgets/time-text.ts";
import { MessageRow } from "./message-row.tsx";
import { appearanceOf } from "./step-appearance.ts";

const SHOWN_MAX = 500;

export function Timeline({ path: { steps, caused } }: { readonly path: MessagePath }) {
  const start = Date.parse(steps.find(({ at }) => at !== undefined)?.at ?? "");
  return (
    <>
      <section aria-labelledby="path-title">
        <h3 id="path-title">Its path</h3>
        <ol class="timeline">
          {steps.slice(0, SHOWN_MAX).map((step, index) => (
            <TimelineStep key={index} step={step} start={start} />
          ))}
        </ol>
        {steps.length > SHOWN_MAX && (
          <p class="quiet">{steps.length - SHOWN_MAX} more steps are not shown.</p>
        )}
      </section>
      {caused.length > 0 && (
        <section aria-labelledby="caused-title">
          <h3 id="caused-title">Messages that it caused</h3>
          <ul class="caused">
            {caused.map((message) => (
              <li key={`${message.source} ${message.id}`}>
                <a href={linkTo("messages", { id: message.id, source: message.source })}>
                  <MessageRow message={message} />
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function TimelineStep({ step, start }: { readonly step: Step; readonly start: number }) {
  const { at, text, consumer, environment, receiveCount, waitedMs, ranMs, code, detail, chaos = [] } = step;
  const { word, icon, tone } = appearanceOf(step);
  return (
    <li class={`step ${tone}`}>
      <span class="when">
        {at === undefined ? (
          <span class="quiet">no time known</span>
        ) : (
          <>
            <time dateTime={at} title={fullTime(at)}>
              {clockText(at, { milliseconds: true })}
            </time>
            <small>+{spanText(Date.parse(at) - start)}</small>
          </>
        )}
      </span>
      <span class="knot">
        <Icon name={icon} size={14} />
      </span>
      <div class="what">
        <p class="first">
          <Pill tone={tone}>{word}</Pill>
          {consumer && <b>{shortText(consumer, 60)}</b>}
          {receiveCount !== undefined && <span class="quiet">delivery {receiveCount}</span>}
          {environment && <span class="environment">process {shortText(environment, 24)}</span>}
          <Spent waitedMs={waitedMs} ranMs={ranMs} />
          {chaos.map((one) => (
            <Pill key={one} tone="made" icon="trouble">
              {`on purpose: ${one}`}
            </Pill>
          ))}
        </p>
        <p>{shortText(text, 400)}</p>
        {(code || detail || step.retryAfterSeconds !== undefined) && (
          <p class="reason">
            {code && <code class="code">{shortText(code, 80)}</code>} {detail && shortText(detail, 600)}
            {step.retryAfterSeconds !== undefined && (
              <span class="quiet"> again after {spanText(step.retryAfterSeconds * 1_000)}</span>
            )}
          </p>
        )}
      </div>
      <span class="told quiet" title="The source that tells it">
        {step.told}
      </span>
    </li>
  );
}

function Spent({
  waitedMs,
  ranMs,
}: {
  readonly waitedMs: number | undefined;
  readonly ranMs: number | undefined;
}) {
  const parts = [
    waitedMs !== undefined && `waited ${spanText(waitedMs)}`,
    ranMs !== undefined && `ran ${spanText(ranMs)}`,
  ].filter(Boolean);
  return parts.length === 0 ? null : <span class="quiet">{parts.join(", ")}</span>;
}
