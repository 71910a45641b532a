// A request that failed, in the server's words, with the way to try it again.

export function Failure({
  error,
  retry,
}: {
  readonly error: Error | undefined;
  readonly retry?: () => void;
}) {
  if (error === undefined) return null;
  return (
    <div class="failure" role="alert">
      <span>{error.message}</span>
      {retry && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Where a view has nothing to show yet, or nothing at all. */
export function Empty({ children }: { readonly children: preact.ComponentChildren }) {
  return <p class="empty">{children}</p>;
}
