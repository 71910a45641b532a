// The bar: which deployment this is, the views, the search, and whether the page is live.

import { counts } from "../server/live.ts";
import { Icon } from "../widgets/icon.tsx";
import { shortText } from "../widgets/safe-text.ts";
import { about } from "./about.ts";
import { LiveMark } from "./live-mark.tsx";
import { goTo, linkTo, route, type View, views } from "./route.ts";
import { nextTheme, theme } from "./theme.ts";

export function TopBar() {
  const target = about.value;
  const shown = (Object.keys(views) as View[]).filter((view) => view !== "trouble" || target?.mayTrouble);
  return (
    <header class="top-bar">
      <a class="mark" href={linkTo("now")}>
        <Mark />
        <span>
          essentially<b>once</b>
        </span>
      </a>
      <nav aria-label="Views">
        {shown.map((view) => (
          <a key={view} href={linkTo(view)} aria-current={route.value.view === view ? "page" : undefined}>
            {views[view]}
            {view === "dead-letters" && <Dead />}
          </a>
        ))}
      </nav>
      <SearchBox />
      <span class="target" title={target?.where}>
        {target === undefined ? "…" : target.target === "local" ? "local cloud" : shortText(target.name, 40)}
        {target && !target.mayChange && <b>read-only</b>}
      </span>
      <LiveMark />
      <button
        type="button"
        class="plain theme"
        onClick={nextTheme}
        aria-label={`Theme: ${theme.value}. Change it`}
        title={`Theme: ${theme.value}`}
      >
        <Icon name="theme" />
      </button>
    </header>
  );
}

function Mark() {
  return (
    <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true" class="mark-picture">
      <path d="M3 7.5h8.5a2.5 2.5 0 0 1 0 5H9" />
      <path d="M3 12.5h2.5" />
      <circle cx="16" cy="10" r="1.6" />
    </svg>
  );
}

function Dead() {
  const dead = counts.value?.dead ?? 0;
  if (dead === 0) return null;
  return <span class="badge bad">{dead.toLocaleString("en")}</span>;
}

function SearchBox() {
  return (
    <search>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const q = new FormData(event.currentTarget).get("q");
          goTo("messages", { q: String(q ?? "").trim() });
        }}
      >
        <Icon name="search" size={14} />
        <input
          name="q"
          type="search"
          placeholder="Message id, key or correlation id"
          aria-label="Find a message by its id, key or correlation id"
          autocomplete="off"
          spellcheck={false}
        />
      </form>
    </search>
  );
}
